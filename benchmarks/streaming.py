"""Pictures in mixed formats, read one after another: seconds a picture, and memory that does not grow.

    python -m benchmarks.streaming [--pictures 1000 10000] [--checkouts . ../other] [--rounds 3]

writes streaming.json, .csv and .md into reports/benchmarks. A folder has PNG, JPEG, BMP, WebP, TIFF, GIF and PPM
pictures in colour, grey and of palettes, 48 to 52 pixels a side; what is measured is a process that reads them all
(`genbench.data.sources`), with the start of Python. Checkouts take turns, and are compared with the first one.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
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

FORMATS = ("png", "jpg", "bmp", "webp", "tiff", "gif", "ppm")
MODES = ("RGB", "L", "P")
READ = (
    "import sys; from genbench.data.sources.location import open_source; "
    "sys.exit(sum(1 for _ in open_source(sys.argv[1]).items()) != int(sys.argv[2]))"
)
MEASURED = ("seconds", "processor_seconds", "peak_bytes")
FIELDS = ("checkout", "pictures", *MEASURED, "ratio")
HEADS = ("checkout", "pictures", "seconds", "processor seconds", "peak MB", "times the first")


def main() -> None:
    options = _options()
    machine = described(("imagecodecs", "pillow", "tifffile"))
    records = list(measured(options.pictures, options.checkouts, options.rounds))
    write_json(options.out / "streaming.json", {"machine": machine, "records": records})
    write(options.out)


def measured(counts: list[int], checkouts: list[Path], rounds: int) -> Iterator[dict[str, Any]]:
    """Measure each checkout on folders of so many pictures each, in turns; a first run is not counted."""
    for count in counts:
        with TemporaryDirectory() as scratch:
            pictures(Path(scratch), count)
            for checkout in checkouts:
                _usage(checkout, scratch, count)
            turns = [[_usage(checkout, scratch, count) for checkout in checkouts] for _ in range(rounds)]
        for place, checkout in enumerate(checkouts):
            seconds, spent, peak = (median(getattr(turn[place], what) for turn in turns) for what in MEASURED)
            ratio = median(turn[place].processor_seconds / turn[0].processor_seconds for turn in turns)
            sys.stderr.write(f"{checkout}, {count}: {seconds:.1f} s, {spent:.1f} s of the processor, {ratio:.2f}\n")
            numbers = {"seconds": seconds, "processor_seconds": spent, "peak_bytes": peak, "ratio": ratio}
            yield {"checkout": checkout.resolve().name, "pictures": count, **numbers, "rounds": rounds}


def pictures(folder: Path, n: int) -> None:
    """Write pictures in mixed formats and modes."""
    coarse = np.random.default_rng(0).integers(0, 256, (n, 6, 6, 3), dtype=np.uint8)
    for index, pixels in enumerate(coarse):
        kind, mode, side = FORMATS[index % len(FORMATS)], MODES[index % len(MODES)], 48 + index % 5
        picture = Image.fromarray(pixels).resize((side, side), Image.Resampling.BICUBIC)
        picture.convert("RGB" if (kind, mode) in (("jpg", "P"), ("ppm", "P")) else mode).save(
            folder / f"{index:05d}.{kind}"
        )


def _usage(checkout: Path, folder: str, count: int) -> Usage:
    """Read all pictures by a checkout's code."""
    command = [sys.executable, "-P", "-c", READ, folder, str(count)]  # -P: not the code of the working directory
    return usage(str(checkout), command, {**os.environ, "PYTHONPATH": str(checkout.resolve())})


def write(folder: Path) -> None:
    """Write streaming.csv and streaming.md beside streaming.json."""
    said = read_json(folder / "streaming.json")
    rows = [[record[field] for field in FIELDS] for record in said["records"]]
    write_text(folder / "streaming.csv", frames.csv(frames.frame(FIELDS, rows)))
    write_text(folder / "streaming.md", markdown(said))


def markdown(said: dict[str, Any]) -> str:
    """Write the table of the document streaming.json, with what was measured."""
    machine = said["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    rows = [
        [
            r["checkout"],
            str(r["pictures"]),
            f"{r['seconds']:.1f}",
            f"{r['processor_seconds']:.1f}",
            f"{r['peak_bytes'] / 1e6:.0f}",
            f"{r['ratio']:.2f}",
        ]
        for r in said["records"]
    ]
    parts = [
        "# Pictures in mixed formats",
        f"{machine['processor']}, Python {machine['python']}, {versions}; load at the start {machine['load']:.1f}. "
        f"Made by `python -m benchmarks.streaming`: a process that reads all pictures ({', '.join(FORMATS)}); medians "
        f"of {said['records'][0]['rounds']} runs in turns, the last column of processor seconds.",
        frames.markdown(frames.frame(HEADS, rows), align="lrrrrr"),
    ]
    return "\n\n".join(parts) + "\n"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.streaming", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--pictures", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--checkouts", type=Path, nargs="+", default=[Path()], help="folders whose code is compared")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("reports/benchmarks"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
