"""Stage agreement: the benchmark's models under one ruler."""

from genbench.data import prepared
from genbench.data.paths import Paths
from genbench.files.atomic import write_json
from genbench.pipeline import params
from genbench.pipeline.stage import run, use_threads
from laboratory.metrics import agreement, options, paths, rulers


def main(name: str) -> None:
    """Write laboratory/metrics/data/agreement/<name>.json."""
    p, o = params.load(), options.load()
    of = Paths(p.dataset)
    ruler = rulers.load(paths.ruler(name), name, o.rulers[name], of)
    use_threads(p.threads)
    reference = prepared.load_split(of.images, "reference")
    scores = agreement.measure(of.root / "samples", p.enabled, p.seeds, reference, ruler, o.agreement.metrics)
    write_json(paths.records("agreement", name), scores)


if __name__ == "__main__":
    run(main)
