"""The works that a leaderboard cites, as BibTeX in ASCII: leaderboard.bib."""

from __future__ import annotations

from collections.abc import Iterator

from genbench.report.latex import escape
from genbench.report.leaderboard import Leaderboard, Reference


def bibtex(board: Leaderboard) -> str:
    """Write one entry for each work, after a comment with the runs that cite it."""
    entries = []
    for key, work in board["references"].items():
        runs = [row["run"] for row in board["rows"] if key in row["cites"]]
        citing = " ".join(", ".join(runs).replace("@", "(at)").split())
        entries.append("\n".join([*([f"% cited by {citing}"] if citing else []), entry(key, work)]))
    return "\n\n".join(entries) + "\n"


def entry(key: str, work: Reference) -> str:
    """Write a work as an @article, @inproceedings or @misc."""
    kind = "article" if work["journal"] else "inproceedings" if work["booktitle"] else "misc"
    return "\n".join([f"@{kind}{{{key},", *(f"  {name} = {{{text}}}," for name, text in _fields(work)), "}"])


def _fields(work: Reference) -> Iterator[tuple[str, str]]:
    yield "author", " and ".join(map(escape, work["authors"]))
    yield "title", f"{{{escape(work['title'])}}}"
    yield "year", str(work["year"])
    for name, text in (
        ("journal", work["journal"]),
        ("booktitle", work["booktitle"]),
        ("howpublished", work["howpublished"]),
        ("doi", work["doi"]),
    ):
        if text:
            yield name, escape(text)
    if work["arxiv"]:
        yield "eprint", work["arxiv"]
        yield "archiveprefix", "arXiv"
