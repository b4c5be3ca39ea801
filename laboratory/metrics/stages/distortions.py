"""Stage distortions: what each metric says of spoilt images under one ruler."""

from genbench.data import prepared
from genbench.data.paths import Paths
from genbench.files.atomic import write_json
from genbench.pipeline import params
from genbench.pipeline.stage import run, use_threads
from laboratory.metrics import distortions, options, paths, rulers


def main(name: str) -> None:
    """Write laboratory/metrics/data/distortions/<name>.json."""
    p, o = params.load(), options.load()
    of = Paths(p.dataset)
    ruler = rulers.load(paths.ruler(name), name, o.rulers[name], of)
    use_threads(p.threads)
    train = prepared.load_split(of.images, "train")
    rows = distortions.measure(rulers.unseen(of), train, ruler, o.distortions)
    write_json(paths.records("distortions", name), rows)


if __name__ == "__main__":
    run(main)
