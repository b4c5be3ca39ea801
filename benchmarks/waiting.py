"""A command's time beside busy processes, with threads that wait by spinning and with threads that sleep.

    python -m benchmarks.waiting [--pictures 250] [--busy 0 2] [--rounds 3] [--extractor efficientnet_lite0]

writes waiting.json, .csv and .md into reports/benchmarks. The command is `genbench features` of JPEG pictures. It sets
OMP_WAIT_POLICY=PASSIVE before libraries load; the other way, the same command runs without that. Both take turns, each
run a process of its own. A busy process counts without end.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.machine import described
from benchmarks.process import Usage, usage
from genbench.files.atomic import read_json, write_json, write_text
from genbench.report import frames

SIZE = (480, 360)  # pixels of a picture
WAYS = {
    "as the libraries wait": "from genbench.cli import parser; a = parser().parse_args(); a.run(a)",
    "PASSIVE": "from genbench.cli import main; main()",
}
BUSY = "while True: pass"
FIELDS = ("busy", "way", "seconds", "processor_seconds")
HEADS = ("busy processes", "threads wait", "seconds", "processor seconds")


def main() -> None:
    options = _options()
    machine = described(["torch"])
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        pictures(folder / "pictures", options.pictures)
        words = ["features", str(folder / "pictures"), "--extractor", options.extractor, "--no-cache", "--out"]
        words.append(str(folder / "features.npz"))
        records = list(measured(words, options.busy, options.rounds))
    said = {"machine": machine, "pictures": options.pictures, "extractor": options.extractor, "records": records}
    write_json(options.out / "waiting.json", said)
    write(options.out)


def measured(words: list[str], busy: list[int], rounds: int) -> Iterator[dict[str, Any]]:
    """Measure a command both ways, in turns, beside each number of busy processes; a first run is not counted."""
    _usage(WAYS["PASSIVE"], words)
    for count in busy:
        with beside(count):
            turns = [{way: _usage(code, words) for way, code in WAYS.items()} for _ in range(rounds)]
        for way in WAYS:
            seconds = median(turn[way].seconds for turn in turns)
            spent = median(turn[way].processor_seconds for turn in turns)
            sys.stderr.write(f"{count} busy, {way}: {seconds:.1f} s, {spent:.1f} s of the processor\n")
            yield {"busy": count, "way": way, "seconds": seconds, "processor_seconds": spent, "rounds": rounds}


def pictures(folder: Path, n: int) -> None:
    """Write smooth random colour pictures, as JPEG files."""
    folder.mkdir()
    coarse = np.random.default_rng(0).integers(0, 256, (n, 9, 12, 3), dtype=np.uint8)
    for index, pixels in enumerate(coarse):
        Image.fromarray(pixels).resize(SIZE, Image.Resampling.BICUBIC).save(folder / f"{index:05d}.jpg")


@contextmanager
def beside(count: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Keep so many busy processes during the block."""
    processes = [subprocess.Popen([sys.executable, "-S", "-c", BUSY]) for _ in range(count)]
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _usage(code: str, words: list[str]) -> Usage:
    """Run a command, one that waits as the code says."""
    inherited = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    return usage(" ".join(words), [sys.executable, "-c", code, *words], inherited, errors=False)


def write(folder: Path) -> None:
    """Write waiting.csv and waiting.md beside waiting.json."""
    said = read_json(folder / "waiting.json")
    rows = [[record[field] for field in FIELDS] for record in said["records"]]
    write_text(folder / "waiting.csv", frames.csv(frames.frame(FIELDS, rows)))
    write_text(folder / "waiting.md", markdown(said))


def markdown(said: dict[str, Any]) -> str:
    """Write the table of the document waiting.json, with what was measured."""
    machine = said["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    rows = [[str(r["busy"]), r["way"], f"{r['seconds']:.1f}", f"{r['processor_seconds']:.1f}"] for r in said["records"]]
    parts = [
        "# Threads that wait",
        f"{machine['processor']}, Python {machine['python']}, {versions}; load at the start {machine['load']:.1f}. "
        f"Made by `python -m benchmarks.waiting`: `genbench features` of {said['pictures']} JPEG pictures of "
        f"{SIZE[0]} × {SIZE[1]} with {said['extractor']}, beside busy processes; medians of "
        f"{said['records'][0]['rounds']} runs. Commands set OMP_WAIT_POLICY=PASSIVE where the user has not set it.",
        frames.markdown(frames.frame(HEADS, rows), align="rlrr"),
    ]
    return "\n\n".join(parts) + "\n"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.waiting", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--pictures", type=int, default=250)
    parser.add_argument("--busy", type=int, nargs="+", default=[0, os.cpu_count() or 1], help="busy processes beside")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--extractor", default="efficientnet_lite0")
    parser.add_argument("--out", type=Path, default=Path("reports/benchmarks"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
