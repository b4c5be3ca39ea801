"""Docstrings as Markdown: Sphinx's roles become links, and signs that Markdown would take for its own are shown."""

from __future__ import annotations

import ast
import re
from typing import Any

from griffe import Extension, Object

from genbench.find import PACKAGE, dotted

_ROLE = re.compile(r":(?:func|class|mod|meth|data|attr|exc):`~?([^`]+)`")
_KEPT = re.compile(r"(`[^`]*`|<autoref.*?</autoref>|^ *\*\*\w+:)")  # code, links, and an argument **options
_SECTION = re.compile(r"(Args|Returns|Raises|Yields|Examples):")  # whose texts are indented
_SIGNS = str.maketrans({"<": "&lt;", "*": r"\*"})


def markdown(text: str) -> str:
    """Write a docstring as Markdown. Formulas and listings, which are indented, and examples stay as they are."""
    written, in_section = [], False
    for line in text.splitlines():
        if line[:1].strip():
            in_section = _SECTION.fullmatch(line) is not None
        code = (line.startswith("    ") and not in_section) or line.lstrip().startswith((">>>", "..."))
        written.append(line if code else _line(line))
    return "\n".join(written)


def docstring(collection: str, name: str) -> str:
    """Read the docstring of a member of a collection, without importing it, as Markdown."""
    path = PACKAGE.parent.joinpath(*dotted(collection, name).split(".")).with_suffix(".py")
    return markdown(ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "")


def _line(line: str) -> str:
    parts = _KEPT.split(_ROLE.sub(_link, line))
    return "".join(part if index % 2 else part.translate(_SIGNS) for index, part in enumerate(parts))


def _link(match: re.Match[str]) -> str:
    """Link what a role names where the reference has it; elsewhere its name alone remains."""
    return f'<autoref optional identifier="{match[1]}"><code>{match[1]}</code></autoref>'


class Markdown(Extension):
    """The same of docstrings that mkdocstrings reads."""

    def on_object(self, *, obj: Object, **kwargs: Any) -> None:
        """Write the docstring of what was loaded as Markdown."""
        if obj.docstring:
            obj.docstring.value = markdown(obj.docstring.value)
