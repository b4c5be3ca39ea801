"""The cost of a run: seconds, rates and memory, which differ from one repetition to the next.

Only the page and costs.csv show them, so that the tables are the same bytes every time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median

from genbench.errors import InputError
from genbench.files.atomic import read_json
from genbench.report import frames
from genbench.report.leaderboard import Leaderboard, trained
from genbench.report.printed import integer
from genbench.text import MISSING

SLOW = 2  # times the median of the seconds, from which on a row wants a limit of its steps
COLUMNS = (
    "run",
    "seed",
    "parameters",
    "images_seen",
    "train_operations",
    "sample_operations",
    "sample_network_calls",
    "train_seconds",
    "sample_seconds",
    "sampled_images_per_second",
    "peak_memory_bytes",
)


@dataclass(frozen=True)
class Cost:
    """Cost of one seed, in seconds of wall clock, steps per second and bytes; None where it is unknown."""

    train_seconds: float | None = None
    steps_per_second: float | None = None
    sample_seconds: float | None = None
    sampled_images: float | None = None
    peak_memory_bytes: float | None = None

    @property
    def images_per_second(self) -> float | None:
        """Rate of sampling."""
        return self.sampled_images / self.sample_seconds if self.sampled_images and self.sample_seconds else None

    @property
    def texts(self) -> dict[str, str]:
        """Texts of the cost by heading."""
        rate = self.images_per_second
        return {
            "training time": duration(self.train_seconds),
            "steps per second": MISSING if self.steps_per_second is None else f"{self.steps_per_second:.4g}",
            "samples per second": MISSING if rate is None else rounded(rate),
            "peak memory": MISSING if self.peak_memory_bytes is None else f"{self.peak_memory_bytes / 2**20:.0f} MiB",
        }


def read_cost(folder: Path, seed: int) -> Cost:
    """Read folder/<seed>-train.json and <seed>-sample.json; a missing file leaves its numbers unknown."""
    content: dict[str, float | None] = {}
    for path in (folder / f"{seed}-train.json", folder / f"{seed}-sample.json"):
        costs = read_json(path) if path.is_file() else {}
        if not isinstance(costs, dict) or not all(isinstance(cost, float | int | None) for cost in costs.values()):
            raise InputError(f"{path}: not the cost of a stage: expected numbers by name")
        content |= costs
    return Cost(**{name: content.get(name) for name in Cost.__dataclass_fields__})


def slow_rows(board: Leaderboard, costs: Mapping[str, Sequence[Cost]]) -> str:
    """Name the trained rows that took more than SLOW times the median of their seconds, or say that none did.

    Operations that the counter does not see are seconds all the same. costs: by run. "" where fewer than two rows have
    seconds.
    """
    known = {
        row["run"]: [cost.train_seconds for cost in costs[row["run"]] if cost.train_seconds] for row in trained(board)
    }
    means = {run: fmean(seconds) for run, seconds in known.items() if seconds}
    if len(means) < 2:
        return ""
    middle = median(means.values())
    slow = [f"{run} ({mean / middle:.1f} times)" for run, mean in means.items() if mean > SLOW * middle]
    said = "of the trained rows' seconds, on the machine that made this page"
    if not slow:
        return f"No training took more than twice the median {said}."
    return f"These rows took more than twice the median {said}, and their steps want a limit: {', '.join(slow)}."


def rounded(value: float) -> str:
    """Print a number with three significant digits: 0.123, 12.3, 12 300."""
    return f"{value:.3g}" if value < 1000 else integer(int(float(f"{value:.3g}")))


def costs_csv(board: Leaderboard, costs: Mapping[str, Sequence[Cost]]) -> str:
    """Write one line for each run and seed: seconds, bytes, images. costs: by run, one for each seed."""
    rows = [
        (
            row["run"],
            cell["seed"],
            cell["parameters"],
            cell["images_seen"],
            cell.get("operations"),
            cell.get("sample_operations"),
            cell.get("network_calls"),
            cost.train_seconds,
            cost.sample_seconds,
            cost.images_per_second,
            cost.peak_memory_bytes,
        )
        for row in board["rows"]
        for cell, cost in zip(row["cells"], costs[row["run"]], strict=True)
    ]
    return frames.csv(frames.frame(COLUMNS, rows))


def duration(seconds: float | None) -> str:
    """Print seconds in units that suit their size: "12.3 s", "2 min 5 s", "3 h 10 min"."""
    if seconds is None:
        return MISSING
    if seconds < 60:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
