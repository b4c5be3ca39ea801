"""Stage search: one run's trials, each trained on `train` and scored on `validation`."""

from genbench import params
from genbench.files import write_json
from genbench.laboratory.tuning.paths import SEARCHES
from genbench.laboratory.tuning.search import search
from genbench.laboratory.tuning.space import load
from genbench.stage import run


def main(name: str) -> None:
    """Write laboratory/tuning/data/searches/<run>.json."""
    write_json(SEARCHES / f"{name}.json", search(name, params.load(), load()))


if __name__ == "__main__":
    run(main)
