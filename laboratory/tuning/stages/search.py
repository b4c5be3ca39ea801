"""Stage search: one run's trials, each trained on `train` and scored on `validation`."""

from genbench.files.atomic import read_json, write_json
from genbench.pipeline import params
from genbench.pipeline.stage import run
from laboratory.tuning.paths import CODE, SEARCHES
from laboratory.tuning.search import search
from laboratory.tuning.space import load


def main(name: str) -> None:
    """Write laboratory/tuning/data/searches/<run>.json."""
    code = {file: read_json(CODE / f"{file}.json") for file in ("search", "extractor", f"runs/{name}")}
    write_json(SEARCHES / f"{name}.json", search(name, params.load(), load(), code))


if __name__ == "__main__":
    run(main)
