"""Stage spoilings: every metric of fresh and spoilt draws under one ruler."""

from genbench.data import teachers
from genbench.data.paths import Paths
from genbench.files.atomic import write_json
from genbench.pipeline import params
from genbench.pipeline.stage import run, use_threads
from laboratory.metrics import rulers
from laboratory.truth import measure, options, paths


def main(name: str) -> None:
    """Write laboratory/truth/data/spoilings/<ruler>.json."""
    p, o = params.load(), options.load()
    of = Paths(p.dataset)
    teacher = teachers.require(p.dataset, "spoilings")
    ruler = rulers.load(paths.ruler(name), name, o.rulers[name], of)
    use_threads(p.threads)
    sides = measure.Sides.load(of.images, ruler, o.measuring)
    rows = measure.of_draws(paths.draws, teacher, sides, ruler, o.measuring, o.spoilings)
    write_json(paths.spoilings(name), list(rows))


if __name__ == "__main__":
    run(main)
