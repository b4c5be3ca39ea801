"""Stage models: every metric of one run's samples under one ruler."""

from genbench.data.paths import Paths
from genbench.files.atomic import write_json
from genbench.pipeline import params
from genbench.pipeline.stage import run, use_threads
from laboratory.metrics import rulers
from laboratory.truth import measure, options, paths


def main(name: str, model: str) -> None:
    """Write laboratory/truth/data/models/<ruler>/<run>.json."""
    p, o = params.load(), options.load()
    of = Paths(p.dataset)
    ruler = rulers.load(paths.ruler(name), name, o.rulers[name], of)
    use_threads(p.threads)
    sides = measure.Sides.load(of.images, ruler, o.measuring)
    found = measure.of_run(of.root / "samples" / model, p.seeds, sides, ruler, o.measuring)
    write_json(paths.models(name, model), found)


if __name__ == "__main__":
    run(main)
