"""Stage distortions: what each metric says of spoilt images under one ruler."""

from genbench import dataset, params
from genbench.files import write_json
from genbench.laboratory.metrics import distortions, options, paths, rulers
from genbench.paths import Paths
from genbench.stage import run, use_threads


def main(name: str) -> None:
    """Write laboratory/metrics/data/distortions/<name>.json."""
    p, o = params.load(), options.load()
    of = Paths(p.dataset)
    ruler = rulers.load(name, o.rulers[name], of)
    use_threads(p.threads)
    train = dataset.load_split(of.images, "train")
    rows = distortions.measure(rulers.unseen(of), train, ruler, o.distortions)
    write_json(paths.records("distortions", name), rows)


if __name__ == "__main__":
    run(main)
