"""A command, not a stage, for it changes the catalogue: take the options that tuning found in as rows <run>_tuned."""

import sys

from genbench.files.atomic import read_json
from genbench.pipeline.stage import run
from laboratory.tuning.apply import apply
from laboratory.tuning.paths import FOUND


def main() -> None:
    """Read laboratory/tuning/report/tuning.json; write runs/ and the profile that compares them."""
    names = apply(read_json(FOUND))
    sys.stdout.write(f"runs/ now has {', '.join(names)}; git diff shows the profile that compares them\n")


if __name__ == "__main__":
    run(main)
