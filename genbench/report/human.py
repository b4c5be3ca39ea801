"""Columns of what people said of a row's images (HYPE), and its agreement with metrics.

Scores by people come from the stage human (:mod:`genbench.report.answers` reads them); a board without answers has no
columns. Imports nothing that is slow, so that a table in the terminal appears at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from genbench.report.leaderboard import Agreement, HumanScore, Leaderboard, Row, marks_best
from genbench.report.printed import ARROWS, number
from genbench.text import MISSING

AGREEMENT_HEADS = ("metric", "order by", "rows", "Kendall's τ", "interval")


class HumanColumn(NamedTuple):
    """A column. key: of a row's scores. title: the column in words. fails: how it can mislead.

    fields: by heading of the CSV, keys of a row's numbers.
    """

    key: Literal["infinity", "time"]
    heading: str
    decimals: int
    title: str
    fails: str
    fields: Mapping[str, str]
    better: Literal["lower", "higher"] = "higher"
    under: str = "people"

    @property
    def name(self) -> str:
        """Name of the column in summary.json, and in the page."""
        return f"hype_{self.key}"

    @property
    def label(self) -> str:
        """The heading with the arrow of the better direction."""
        return f"{self.heading} {ARROWS[self.better]}"

    def of(self, row: Row) -> HumanScore | None:
        """Return a row's number."""
        known = row.get("human")
        return known[self.key] if known else None

    def is_best(self, board: Leaderboard, row: Row) -> bool:
        """Return whether a row is marked as the best."""
        known = board.get("human")
        return marks_best(board) and known is not None and row["run"] in known["best"][self.key]

    def text(self, row: Row) -> str:
        """Print a row's number and its interval, "31.2 [28.0, 34.5]", or a dash."""
        known = self.of(row)
        return MISSING if known is None else f"{number(known['mean'], self.decimals)}{self._interval(known)}"

    def _interval(self, known: HumanScore) -> str:
        if known["low"] is None or known["high"] is None:
            return ""
        return f" [{number(known['low'], self.decimals)}, {number(known['high'], self.decimals)}]"

    def note(self, row: Row) -> str:
        """Count the people behind a row's number; "" without one."""
        known = self.of(row)
        return "" if known is None else f"{known['n']} {'person' if known['n'] == 1 else 'people'}"


def _fields(heading: str) -> dict[str, str]:
    return {heading: "mean", f"{heading} low": "low", f"{heading} high": "high", f"{heading} people": "n"}


INFINITY = HumanColumn(
    key="infinity",
    heading="HYPE∞ %",
    decimals=1,
    title="Share of wrong answers of people who say of an image whether it is real",
    fails="It is blind to missing variety, and to copies of training images. People who are asked alike answer alike: "
    "other people and other instructions give other numbers.",
    fields=_fields("HYPE∞ %"),
)
TIME = HumanColumn(
    key="time",
    heading="HYPE-time ms",
    decimals=0,
    title="Exposure at which people tell 75 % of images rightly",
    fails="It is blind to missing variety, and to copies of training images. No exposure is longer than a second, so "
    "that rows beyond it have the same number.",
    fields=_fields("HYPE-time ms"),
)
COLUMNS = (INFINITY, TIME)


def shown(board: Leaderboard) -> list[HumanColumn]:
    """Select the columns that have numbers."""
    return [column for column in COLUMNS if any(column.of(row) for row in board["rows"])]


def caption(board: Leaderboard) -> list[tuple[str, str]]:
    """Explain the numbers; nothing where there are none."""
    columns, known = shown(board), board.get("human")
    if not columns or not known:
        return []
    sentences = {
        "infinity": "HYPE∞ is the share of wrong answers without a limit of time, of real and generated images alike; "
        "50 % is chance.",
        "time": "HYPE-time is the exposure that people need to tell 75 % of the images rightly, in milliseconds.",
    }
    text = (
        "People say of one image at a time whether it is real or generated (Zhou et al. 2019). "
        f"{' '.join(sentences[column.key] for column in columns)} In brackets stands the 95 % interval over people"
        f"{' and images' if INFINITY in columns else ''}. {known['attentive']} people count"
    )
    text += f"; {known['inattentive']} did not pass the attention checks." if known["inattentive"] else "."
    return [("People (HYPE)", text)]


def table(board: Leaderboard) -> list[list[str]]:
    """Give a line of texts for each row that people judged, its head first; none without."""
    known, columns = board.get("human"), shown(board)
    if not known or not columns:
        return []
    judged = [row for row in board["rows"] if any(column.of(row) for column in columns)]
    heads = ["run", *(column.label for column in columns)]
    heads += ["errors on generated %", "on real %"] if INFINITY in columns else []
    return [[*heads, *known["approximations"]], *(_line(board, row, columns) for row in judged)]


def _line(board: Leaderboard, row: Row, columns: list[HumanColumn]) -> list[str]:
    scores, known = row.get("human"), board.get("human")
    shares = scores["infinity"] if scores else None
    texts = [row["run"], *(column.text(row) for column in columns)]
    if INFINITY in columns:
        texts += [number(shares[side] if shares else None, 1) for side in ("generated", "real")]
    values = known["approximations"].values() if known else ()
    return [*texts, *(number(by_run.get(row["run"]), 3) for by_run in values)]


def agreements(board: Leaderboard) -> list[list[str]]:
    """Give a line of texts by AGREEMENT_HEADS for each agreement, the closest first; none without."""
    known = board.get("human")
    found = sorted(known["agreements"] if known else [], key=lambda each: -each["tau"])
    headings = {column.key: column.heading for column in COLUMNS}
    return [[each["metric"], headings[each["score"]], str(each["rows"]), *_tau(each)] for each in found]


def _tau(found: Agreement) -> tuple[str, str]:
    return number(found["tau"], 2), f"[{number(found['low'], 2)}, {number(found['high'], 2)}]"


def note(board: Leaderboard) -> str:
    """Explain the agreements; "" where there are none."""
    if not agreements(board):
        return ""
    text = (
        "Kendall's τ is of the trained rows that people judged, with the better row first: 1 is the same order, 0 an "
        "unrelated one. Its 95 % interval is for the τ that endless answers would give: pairs of rows that the answers "
        "do not tell apart (Welch's test, Tamhane's T2 over all pairs) count both ways. The metrics' numbers are taken "
        "as they stand."
    )
    if (known := board.get("human")) and known["approximations"]:
        text += (
            " Elsewhere distances of features stand for people: realism, which compares an image's distance to its "
            "nearest real neighbours with theirs, and FID over several layers where the extractor keeps them."
        )
    return text
