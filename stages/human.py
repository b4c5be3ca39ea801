"""Stage human: scores of rows from the answers of people (HYPE), of the profile's table human/<profile>.csv."""

from genbench.data.paths import Paths
from genbench.files.atomic import write_json
from genbench.files.require_file import kind_of
from genbench.human import answers
from genbench.human.record import record
from genbench.pipeline import params
from genbench.pipeline.stage import run, use_threads


def main() -> None:
    """Write data/<dataset>/human.json; null where the profile has no table, or a table without answers."""
    p = params.load()
    use_threads(p.threads)
    path = answers.path(p.profile)
    found = None if kind_of(path) == "nothing" else record(answers.read(path), path)
    write_json(Paths(p.dataset).root / "human.json", None if found is None else found.model_dump())


if __name__ == "__main__":
    run(main)
