"""A stage's stand-in: `work.py OUTPUT ...` writes them, and says in $STAGE_TIMES how long that took,
in seconds on the wall and of the processor.

An output without a suffix is a folder, with the two files in it that other stages name. `work.py --run COMMAND ...`
runs a real stage instead.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

INNER = ("about.json", "training.json")


def main(words: list[str]) -> None:
    started = time.perf_counter()
    if words[0] == "--run":
        subprocess.run(words[1:], check=True)
    else:
        for path in map(Path, words):
            for file in [path] if path.suffix else [path / name for name in INNER]:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(f'{{"of": "{path}"}}\n', encoding="utf-8")
    seconds, spent = time.perf_counter() - started, os.times()
    with Path(os.environ["STAGE_TIMES"]).open("a", encoding="utf-8") as log:
        log.write(f"{seconds} {spent.user + spent.system + spent.children_user + spent.children_system}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
