"""Sizes of networks, budgets of trainings and the work of a sample: what the rows of a board should be alike in.

Operations are floating-point ones, of products alone (:mod:`genbench.engine.operations`): no clock is in these numbers,
so that they are the same on every machine.
"""

from __future__ import annotations

from genbench.report.leaderboard import Leaderboard, Row, SeedResult, trained
from genbench.report.printed import integer
from genbench.text import MISSING

HEADS = ("run", "parameters", "steps", "training, operations", "one image, operations", "one image, network calls")
NOTE = (
    "Operations are those of products and convolutions, in floating point; normalisation, activations, splines and "
    "optimisers are not counted. The network calls of an image are 1 for a generator, the evaluations for a diffusion "
    "model, and the places for an autoregressive one."
)


def table(board: Leaderboard) -> list[list[str]]:
    """Give a row for each trained run, of its first seed that finished; seeds differ in no size but by a divergence.

    A board of before these numbers were counted has no rows.
    """
    cells = {row["run"]: _first(row) for row in trained(board)}
    if all(cell.get("operations") is None for cell in cells.values()):
        return []
    return [[run, *texts(cell).values()] for run, cell in cells.items()]


def texts(cell: SeedResult) -> dict[str, str]:
    """Print the sizes of a cell by heading."""
    numbers = (
        integer(cell["parameters"]),
        integer(cell["steps"]),
        operations(cell.get("operations")),
        operations(cell.get("sample_operations")),
        integer(cell.get("network_calls")),
    )
    return dict(zip(HEADS[1:], numbers, strict=True))


def operations(value: float | None) -> str:
    """Print a number of operations with three significant digits and a power of ten: "6.00e+11"."""
    return MISSING if value is None else f"{value:.2e}"


def _first(row: Row) -> SeedResult:
    return next((cell for cell in row["cells"] if not cell["diverged"]), row["cells"][0])
