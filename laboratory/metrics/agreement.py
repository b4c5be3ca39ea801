"""Stage agreement: the benchmark's models under one ruler."""

from genbench import dataset, params
from genbench.files import write_json
from genbench.laboratory.metrics import agreement, options, paths, rulers
from genbench.paths import Paths
from genbench.stage import run, use_threads


def main(name: str) -> None:
    """Write laboratory/metrics/data/agreement/<name>.json."""
    p, o = params.load(), options.load()
    of = Paths(p.dataset)
    ruler = rulers.load(name, o.rulers[name], of)
    use_threads(p.threads)
    reference = dataset.load_split(of.images, "reference")
    scores = agreement.measure(of.root / "samples", p.enabled, p.seeds, reference, ruler, o.agreement.metrics)
    write_json(paths.records("agreement", name), scores)


if __name__ == "__main__":
    run(main)
