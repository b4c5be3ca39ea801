"""Numbers, names and divergences as texts, the same in every format.

Imports nothing but the schema, so that a table in the terminal appears at once.
"""

from __future__ import annotations

from genbench.report.leaderboard import (
    Heading,
    Leaderboard,
    Row,
    SeedResult,
    above_floor,
    finished,
    rank,
    score,
    ties,
)
from genbench.text import MISSING

ARROWS = {"lower": "↓", "higher": "↑", "none": ""}


def number(value: float | None, decimals: int) -> str:
    """Print a number with its digits, a minus sign below 0, or a dash for none; a rounded zero has no sign."""
    return MISSING if value is None else f"{value:z.{decimals}f}".replace("-", "−")


def estimate(row: Row, column: Heading) -> str:
    """Print a row's score: "23.41 ± 0.45 [1.20]", with what there is of the draw's error and the sd between seeds."""
    text, sd = drawn(row, column), score(row, column)["sd"]
    return text if sd is None else f"{text} [{number(sd, column['decimals'])}]"


def drawn(row: Row, column: Heading) -> str:
    """Print a row's score with the error of its draw, where that is known: "23.41 ± 0.45"."""
    cell, decimals = score(row, column), column["decimals"]
    draw = cell.get("draw")
    return number(cell["mean"], decimals) + ("" if draw is None else f" ± {number(draw, decimals)}")


def survivors(row: Row) -> str:
    """Count the seeds behind a row's numbers, "1 of 2 seeds"; "" where all of them finished, or none."""
    finishers = len(finished(row))
    return f"{finishers} of {len(row['cells'])} seeds" if 0 < finishers < len(row["cells"]) else ""


def full(row: Row, column: Heading) -> str:
    """Print a row's score, with the number of seeds where some diverged: "23.41 (1 of 2 seeds)"."""
    lost = survivors(row) if score(row, column)["mean"] is not None else ""
    return f"{estimate(row, column)} ({lost})" if lost else estimate(row, column)


def excess(board: Leaderboard, row: Row, column: Heading) -> str:
    """Print a row's score less the floor, with a digit less than the score: the floor is not known better."""
    return number(above_floor(board, row, column), max(1, column["decimals"] - 1))


def rank_text(board: Leaderboard, row: Row, column: Heading) -> str:
    """Print a row's rank, "3", or "3=" where rows share it; a dash where none is claimed."""
    claimed = rank(row, column)
    return MISSING if claimed is None else f"{claimed}{'=' * bool(ties(board, row, column))}"


def arrow(column: Heading) -> str:
    """Give the arrow of a column's better direction, "" where there is none."""
    return ARROWS[column["better"]]


def heading(column: Heading) -> str:
    """Give a column's name with its arrow."""
    return f"{column['heading']} {arrow(column)}".rstrip()


def has_floor(board: Leaderboard, column: Heading) -> bool:
    """Tell whether a column has a floor to compare its numbers with."""
    return column["metric"] in board["protocols"][column["extractor"]]["floors"]


def divergence(cell: SeedResult) -> str:
    """Say what stopped a seed's training, "" where nothing did."""
    return f"diverged at step {cell['diverged']['step']} ({cell['diverged']['reason']})" if cell["diverged"] else ""


def all_diverged(row: Row) -> str:
    """Say why a run has no numbers, because none of its seeds finished; "" for any other run."""
    ends = dict.fromkeys(divergence(cell).removeprefix("diverged at ") for cell in row["cells"])
    return "" if finished(row) else f"diverged at {', '.join(ends)}"


def notes(board: Leaderboard) -> list[str]:
    """Write one sentence for each seed that a row's mean lacks, and for each row of which people saw other images."""
    lost = [
        f"Run {row['run']}: seed {cell['seed']} {divergence(cell)}. The numbers of the run are over its other seeds."
        for row in board["rows"]
        if finished(row)
        for cell in row["cells"]
        if cell["diverged"]
    ]
    known = board.get("human")
    return lost + [
        f"Run {run}: {people} {'people' if people != 1 else 'person'} judged images that it no longer has. "
        "These answers do not count."
        for run, people in (known["outdated"] if known else {}).items()
    ]


def integer(value: int | None) -> str:
    """Print a count with thin spaces between thousands: 1 797."""
    return MISSING if value is None else f"{value:,}".replace(",", "\u202f")
