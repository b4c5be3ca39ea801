"""Stage draws: fresh and spoilt draws of the known distribution, one seed of them, and the truth about them."""

from genbench.data import teachers
from genbench.files.atomic import write_json
from genbench.pipeline import params
from genbench.pipeline.stage import run, use_threads
from laboratory.truth import draws, options, paths


def main(seed: int) -> None:
    """Write laboratory/truth/data/draws/<seed>."""
    p, o = params.load(), options.load()
    use_threads(p.threads)
    teacher = teachers.require(p.dataset, "draws")
    record = draws.draw(teacher, o.spoilings, o.measuring.counts, seed, paths.draws(seed))
    write_json(paths.draws(seed) / "record.json", record)


if __name__ == "__main__":
    run(main)
