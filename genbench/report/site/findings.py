"""Findings of the pages, a sentence with its number each: of a leaderboard by its document, of a study by its page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

from genbench.report.leaderboard import (
    Heading,
    Leaderboard,
    Row,
    best_first,
    headline,
    of_kind,
    other_rulers,
    rank,
    score,
)
from genbench.report.printed import drawn, number

#: Models of calibration rows that deal out real images, or leave some of them out: no rivals of a model that draws.
REAL = ("held_out", "memoriser", "mode_drop", "truth", "shuffled_truth")
BASELINE = "baseline"  # family of rows that learn nothing


def finding(board: Leaderboard) -> str:
    """Say who leads, whether it beats the best simple baseline, what real images score, and who leads elsewhere."""
    column = headline(board)[0]
    scored = [row for row in board["rows"] if score(row, column)["mean"] is not None]
    rows = [row for row in of_kind(scored, "trained") if row.get("family") != BASELINE]
    simple = [row for row in scored if row["calibration"] and row["model"] not in REAL or row.get("family") == BASELINE]
    if not rows:
        return "No trained row has a number."
    sentences = [_leading(rows, column), *([_beaten(rows, simple, column)] if simple else [])]
    if floor := board["protocols"][column["extractor"]]["floors"].get(column["metric"]):
        sentences.append(f"Other real images have {number(floor['mean'], column['decimals'])}.")
    return " ".join([*sentences, *_by_other_rulers(board, rows, column)])


def _leading(rows: Sequence[Row], column: Heading) -> str:
    best = best_first(rows, column)[0]
    first = sum(rank(row, column) == 1 for row in rows)
    tied = f"; the test of ranks puts {first} rows first together" if first > 1 else ""
    models = f"the best of {len(rows)} trained rows" if len(rows) > 1 else "the one trained row"
    return f"{best['run']} is {models} in {column['heading']}, with {_estimate(best, column)}{tied}."


def _beaten(rows: Sequence[Row], simple: Sequence[Row], column: Heading) -> str:
    """Count the rows that do better than the best of those that no network is trained for."""
    best = best_first(simple, column)[0]
    better = best_first([best, *rows], column).index(best)  # of equal rows it comes first
    count = "None reaches" if not better else f"{'All' if better == len(rows) else better} do better than"
    return f"{count} the simple baseline {best['run']}, which has {_estimate(best, column)}."


def _by_other_rulers(board: Leaderboard, rows: Sequence[Row], column: Heading) -> Iterator[str]:
    """Say who leads by each extractor that has another row first than the one by which rows are ordered."""
    best = best_first(rows, column)[0]
    for other in other_rulers(board, column):
        order = best_first(rows, other)
        if best in order[1:]:
            name, place = board["protocols"][other["extractor"]]["name"], 1 + order.index(best)
            yield f"By {name} {order[0]['run']} is first, and {best['run']} has place {place}."


def _estimate(row: Row, column: Heading) -> str:
    """Print a score with the error of its draw, not broken over lines."""
    return drawn(row, column).replace(" ", "\u00a0")


@dataclass
class Study:
    """Texts of a laboratory's page. finding: the paragraph of this class; lead: the first one of the header."""

    title: str = ""
    finding: str = ""
    lead: str = ""
    held: int = 0
    failed: list[str] = field(default_factory=list)

    @property
    def sentence(self) -> str:
        """Finding of the page; of one that names none its claims, or else what it asks."""
        if self.finding:
            return self.finding
        claims = self.held + len(self.failed)
        if not claims:
            return self.lead
        holding = f"Of {claims} claims of theory and papers {self.held or 'none'} held here."
        return f"{holding} One that did not: “{self.failed[0]}”" if self.failed else holding


class _Page(HTMLParser):
    """Reader of a study's page: its title, its first paragraphs, and the table of claims."""

    def __init__(self) -> None:
        super().__init__()
        self.study = Study()
        self._kind = self._claim = self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        classes = (dict(attrs).get("class") or "").split()
        if tag in ("h1", "p", "th", "td"):
            self._text = ""
            known = [name for name in ("finding", "holds", "fails") if name in classes]
            self._kind = known[0] if known else tag

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("h1", "p", "th", "td"):
            return
        text, study = " ".join(self._text.split()), self.study
        if self._kind == "h1":
            study.title = study.title or text
        elif self._kind == "p":
            study.lead = study.lead or text
        elif self._kind == "finding":
            study.finding = study.finding or text
        elif self._kind == "th":
            self._claim = text
        elif self._kind == "holds":
            study.held += 1
        elif self._kind == "fails":
            study.failed.append(self._claim)
        self._kind = ""


def study(html: str) -> Study:
    """Read what a laboratory's page says of itself."""
    page = _Page()
    page.feed(html)
    return page.study
