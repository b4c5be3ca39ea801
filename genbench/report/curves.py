"""Training curves: curve.csv as the training loop wrote it, with few enough points for a picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from genbench.errors import InputError
from genbench.report.leaderboard import Row

HEADER = ["step", "group", "loss", "grad_norm"]


@dataclass(frozen=True)
class Curve:
    """The loss of one group of one seed: equally long steps and losses, finite."""

    seed: int
    group: str
    steps: Sequence[int]
    losses: Sequence[float]


def read_curves(path: Path, seed: int) -> list[Curve]:
    """Read the curves of one training, one for each group; none where the file has only a header (nothing was trained).

    A loss that is not finite is left out: the page reports the divergence in words.
    """
    try:
        header, *lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not readable as a training curve: {error}") from None
    if header.split(",") != HEADER:
        raise InputError(f"{path}: expected the header {','.join(HEADER)}, got {header!r}")
    lines_of: dict[str, list[str]] = {}
    for line in lines:
        lines_of.setdefault(line.split(",", 2)[1] if "," in line else "", []).append(line)
    return [_curve(path, seed, group, mine) for group, mine in lines_of.items()]


def operations_a_step(row: Row) -> dict[int, float]:
    """Give by seed the mean operations of a step of training; {} where those of any seed that made one are unknown.

    A training in phases has steps of several costs, of which only the sum is on record.
    """
    known: dict[int, float] = {}
    for cell in row["cells"]:
        if cell["steps"]:
            operations = cell.get("operations")
            if not operations:
                return {}
            known[cell["seed"]] = operations / cell["steps"]
    return known


def _curve(path: Path, seed: int, group: str, lines: Sequence[str]) -> Curve:
    points = []
    for line in lines:
        try:
            step, _, loss, _ = line.split(",")
            points.append((int(step), float(loss)))
        except ValueError:
            raise InputError(f"{path}: expected {','.join(HEADER)}, got {line!r}") from None
    points = [point for point in points if math.isfinite(point[1])]
    return Curve(seed, group, [step for step, _ in points], [loss for _, loss in points])
