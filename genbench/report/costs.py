"""What a run cost: seconds, rates and memory, which differ from one repetition to the next.

They are shown on the page and in costs.csv alone, so that tables are the same bytes every time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from genbench.errors import InputError
from genbench.files.atomic import read_json
from genbench.report import frames
from genbench.report.leaderboard import Leaderboard
from genbench.report.printed import integer
from genbench.text import MISSING

COLUMNS = (
    "run",
    "seed",
    "parameters",
    "images_seen",
    "train_seconds",
    "sample_seconds",
    "sampled_images_per_second",
    "peak_memory_bytes",
)


@dataclass(frozen=True)
class Cost:
    """One seed's cost. Seconds of wall clock; steps a second; bytes."""

    train_seconds: float | None = None
    steps_per_second: float | None = None
    sample_seconds: float | None = None
    peak_memory_bytes: float | None = None

    def images_per_second(self, images: int) -> float | None:
        """The rate of sampling, where `images` were drawn."""
        return images / self.sample_seconds if self.sample_seconds else None

    def texts(self, images: int) -> dict[str, str]:
        """The cost in words, by heading. images: how many were drawn."""
        rate = self.images_per_second(images)
        return {
            "training time": duration(self.train_seconds),
            "steps a second": MISSING if self.steps_per_second is None else f"{self.steps_per_second:.4g}",
            "samples a second": MISSING if rate is None else rounded(rate),
            "peak memory": MISSING if self.peak_memory_bytes is None else f"{self.peak_memory_bytes / 2**20:.0f} MiB",
        }


def read_cost(folder: Path, seed: int) -> Cost:
    """Read folder/<seed>-train.json and <seed>-sample.json; of a file that is not there, nothing is known."""
    content: dict[str, float | None] = {}
    for path in (folder / f"{seed}-train.json", folder / f"{seed}-sample.json"):
        found = read_json(path) if path.is_file() else {}
        if not isinstance(found, dict) or not all(isinstance(one, float | int | None) for one in found.values()):
            raise InputError(f"{path}: not what a stage cost: expected numbers by name")
        content |= found
    return Cost(**{name: content.get(name) for name in Cost.__dataclass_fields__})


def rounded(value: float) -> str:
    """A number with three digits that say something, as people write it: 0.123, 12.3, 12 300."""
    return f"{value:.3g}" if value < 1000 else integer(int(float(f"{value:.3g}")))


def costs_csv(board: Leaderboard, costs: Mapping[str, Sequence[Cost]]) -> str:
    """Write one line for each run and seed: seconds, bytes, images. costs: by run, one for each seed."""
    images = max(protocol["n_fake"] for protocol in board["protocols"].values())
    rows = [
        (
            row["run"],
            cell["seed"],
            cell["parameters"],
            cell["images_seen"],
            cost.train_seconds,
            cost.sample_seconds,
            cost.images_per_second(images),
            cost.peak_memory_bytes,
        )
        for row in board["rows"]
        for cell, cost in zip(row["cells"], costs[row["run"]], strict=True)
    ]
    return frames.csv(frames.frame(COLUMNS, rows))


def duration(seconds: float | None) -> str:
    """Seconds as people read them."""
    if seconds is None:
        return MISSING
    if seconds < 60:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
