"""What docstrings say of options: "draws: random draws an image. batch: images at once."."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable

ROLE = re.compile(r":\w+:`~?(?:[\w.]+\.)?([^`]+)`")


def of_options(docstring: str | None, names: Iterable[str]) -> dict[str, str]:
    """Find the sentences on each option: those after its name and a colon, up to the next option or paragraph."""
    known = "|".join(re.escape(name) for name in names)
    head = re.compile(rf"(?:^|(?<=[.;:)] ))((?:{known})(?:(?:, | and )(?:{known}))*): ")
    said: dict[str, str] = {}
    for paragraph in _paragraphs(docstring) if known else ():
        found = list(head.finditer(paragraph))
        for one, following in zip(found, [*found, None][1:], strict=True):
            text = paragraph[one.end() : following.start() if following else None].strip(" ;")
            for name in re.split(", | and ", one[1]):
                said.setdefault(name, text)
    return said


def first_line(docstring: str | None) -> str:
    """Give the sentence that a docstring opens with."""
    return next(iter(_paragraphs(docstring)), "")


def whole(docstring: str | None) -> str:
    """Give a docstring as running text, a line a paragraph."""
    return "\n".join(_paragraphs(docstring))


def _paragraphs(docstring: str | None) -> list[str]:
    text = ROLE.sub(r"\1", inspect.cleandoc(docstring or ""))
    return [" ".join(paragraph.split()) for paragraph in text.split("\n\n") if paragraph.strip()]
