"""Stage fingerprint: the code that each other stage depends on, so that an edited comment runs nothing again."""

from pathlib import Path

from genbench.files.atomic import write_json
from genbench.files.code import closure
from genbench.pipeline.stage import run
from laboratory.sequences.paths import CODE

ROOT = Path(__file__).parents[3]
STAGES = ("bounds", "gradients", "learning", "page")


def main() -> None:
    """Write laboratory/sequences/data/code/<stage>.json, a hash by module."""
    for stage in STAGES:
        write_json(CODE / f"{stage}.json", closure([f"laboratory.sequences.stages.{stage}"], ROOT))


if __name__ == "__main__":
    run(main, requires=())
