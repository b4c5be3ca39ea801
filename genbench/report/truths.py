"""The table of truths, where the distribution that drew the images is known.

A truth is a number of a metric that is given that distribution, or the divergence from it; docs/known.md says what
each one misses.
"""

from __future__ import annotations

from genbench.find import find, members
from genbench.metrics import is_truth
from genbench.report.best_weights import of_best_weights
from genbench.report.leaderboard import Heading, Leaderboard, score
from genbench.report.likelihood import KL
from genbench.report.printed import arrow, estimate


def columns(board: Leaderboard) -> list[Heading]:
    """Select the columns of truths that a row has a number in, of the final weights; their standard errors apart."""
    if not board["dataset"].get("teacher"):
        return []
    keys = {
        (extractor, key)
        for extractor, protocol in board["protocols"].items()
        for name in protocol["options"]
        if name in members("metrics") and is_truth(find("metrics", name).compute, f"metrics.{name}")
        for key in find("metrics", name).COLUMNS
        if not key.endswith("_se")
    }
    found = [column for column in board["columns"] if (column["extractor"], column["metric"]) in keys]
    return [
        column
        for column in found
        if not of_best_weights(column["metric"])
        and any(score(row, column)["mean"] is not None for row in board["rows"])
    ]


def heads(board: Leaderboard) -> list[str]:
    """Give the headings of the table."""
    of_kl = [KL.label] if KL.shared(board) else []
    return ["run", *of_kl, *(f"{column['label']} {arrow(column)}".rstrip() for column in columns(board))]


def table(board: Leaderboard) -> list[list[str]]:
    """Give the lines under `heads`, one for each row of the leaderboard; none where nothing is known."""
    found = columns(board)
    if not found:
        return []
    return [
        [row["run"], *([KL.text(row)] if KL.shared(board) else []), *(estimate(row, column) for column in found)]
        for row in board["rows"]
    ]


def note(board: Leaderboard) -> str:
    """Say what the numbers are of."""
    text = "The distribution that drew the images is known, so that these numbers are of the truth and of no ruler."
    if all(row["run"] != "held_out" for row in board["rows"]):
        return text
    return f"{text} The row held_out shows what each of them is of images of the distribution itself."
