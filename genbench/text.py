"""Plain values as text, for whoever shows them."""

from __future__ import annotations

import json
from typing import Any

MISSING = "–"
#: Signs of tables and messages in ASCII, for outputs whose encoding lacks them.
ASCII = {
    "↓": "v",
    "↑": "^",
    "→": "->",
    "±": "+-",
    "−": "-",
    "–": "-",
    "─": "-",
    "×": "x",
    "≤": "<=",
    "≥": ">=",
    "≈": "~",
    "∞": "inf",
    "…": "...",
}


def printable(text: str) -> str:
    """Escape what steers a terminal, turns text around or breaks the line."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def value(one: Any) -> str:
    """Write a param's value on one line, a dash where there is none."""
    if one is None:
        return MISSING
    # YAML has dates and bytes too
    return printable(one if isinstance(one, str) else json.dumps(one, ensure_ascii=False, default=str, skipkeys=True))


def stand_in(error: UnicodeError) -> tuple[str, int]:
    """Give ASCII for characters that an encoding lacks, "?" where there is none, and the place to go on at.

    A handler of errors for :func:`codecs.register_error`.
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(ASCII.get(c, "?") for c in error.object[error.start : error.end]), error.end
