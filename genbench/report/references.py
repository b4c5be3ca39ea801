"""Citations of a row: the works that its members and options come from, by facts/references.yaml.

A run's options name members of collections, at any depth (:mod:`genbench.pipeline.fingerprint` has the rule). A work
says by `of` which members, options of them or values of options it is the source of; a row cites every work that one of
its own is of, and the leaderboard those of its dataset, extractors, metrics and test.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from genbench.errors import InputError
from genbench.files.section import Section, read
from genbench.find import members
from genbench.report.leaderboard import Leaderboard, Reference, tests

FILE = Path(__file__).parent / "facts" / "references.yaml"


class Work(Section):
    """One work. booktitle, journal, howpublished: where it appeared, at most one of them. of: names that cite it."""

    authors: list[str]
    title: str
    year: int
    booktitle: str = ""
    journal: str = ""
    howpublished: str = ""
    arxiv: str = ""
    doi: str = ""
    of: list[str] = []

    def reference(self) -> Reference:
        """Give the work as leaderboard.json has it."""
        return Reference(
            authors=self.authors,
            title=self.title,
            year=self.year,
            booktitle=self.booktitle,
            journal=self.journal,
            howpublished=self.howpublished,
            arxiv=self.arxiv,
            doi=self.doi,
        )


@cache
def works() -> dict[str, Work]:
    """Read all works by key, in the order of the file."""
    entries = read(FILE)
    if not isinstance(entries, dict):
        raise InputError(f"{FILE.name}: expected a mapping of works, got {type(entries).__name__}")
    return {key: Work.parse(entry, f"{FILE.name}: {key}:") for key, entry in entries.items()}


def add(board: Leaderboard) -> None:
    """Add the keys of cited works to every row and to the whole leaderboard, and the works themselves."""
    for row in board["rows"]:
        row["cites"] = cited(_of_run(row["options"]))
    board["cites"] = cited(_of_all(board))
    keys = {key for row in board["rows"] for key in row["cites"]} | set(board["cites"])
    keys |= {value["source"] for value in board["published"]}
    board["references"] = {key: work.reference() for key, work in works().items() if key in keys}


def short(work: Reference) -> str:
    """Give authors and year: "Ho et al. 2020"."""
    names = [_last(author) for author in work["authors"]]
    return f"{names[0]} et al. {work['year']}" if len(names) > 2 else f"{' and '.join(names)} {work['year']}"


def _last(author: str) -> str:
    """Give a last name with its particles: "van den Oord"."""
    words = author.split()
    start = next((index for index, word in enumerate(words) if word[0].islower()), len(words) - 1)
    return " ".join(words[start:])


def cited(names: Iterable[str]) -> list[str]:
    """Find the keys of the works of any of these names, in the order of the file."""
    wanted = set(names)
    return [key for key, work in works().items() if wanted.intersection(work.of)]


def _of_run(options: Mapping[str, Any]) -> Iterator[str]:
    halves = {**options.get("train", {}), **options.get("sample", {})}
    return named(f"models/{options['model']}", halves)


def named(name: str, options: Mapping[str, Any]) -> Iterator[str]:
    """Name a member, its options that are set, their values, and the same for every member that they name."""
    yield name
    for key, value in options.items():
        if value:
            yield f"{name}:{key}"
            yield f"{name}:{key}={value}"
        collection, values = (key, value) if isinstance(value, list) else (f"{key}s", [value])
        for part in values:
            inner = part if isinstance(part, dict) else {"name": part}
            member = inner.get("name")
            if isinstance(member, str) and member in members(collection):
                yield from named(f"{collection}/{member}", inner)


def _of_all(board: Leaderboard) -> Iterator[str]:
    yield f"datasets/{board['dataset']['name']}"
    for protocol in board["protocols"].values():
        yield f"extractors/{protocol['extractor']}"
        yield from (f"metrics/{metric}" for metric in protocol["options"])
    if board["likelihood"]:
        yield "likelihood"
    if board.get("human"):
        yield "human"
    if tests(board):
        yield "ranks"
