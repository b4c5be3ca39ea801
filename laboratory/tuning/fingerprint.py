"""Stage fingerprint: the code that each other stage depends on, so that an edited comment searches nothing again."""

from pathlib import Path

from genbench.code import closure
from genbench.files import write_json
from genbench.laboratory.tuning.paths import CODE
from genbench.stage import run

ROOT = Path(__file__).parents[2]


def main() -> None:
    """Write data/laboratory/tuning/code/<stage>.json, a hash by module."""
    for stage in ("search", "page"):
        write_json(CODE / f"{stage}.json", closure([f"laboratory.tuning.{stage}"], ROOT))


if __name__ == "__main__":
    run(main)
