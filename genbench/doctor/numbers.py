"""Values of YAML files that look like numbers or truths and are text, or are text to other readers of YAML.

DVC and genbench read YAML 1.2, in which `1e-3` is a number; to readers of YAML 1.1, such as PyYAML, it is text. `yes`
and `off` are the other way round.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from genbench.doctor import Finding

FILES = ("params.yaml", "runs/*.yaml", "profiles/*.yaml", "laboratory/*/params.yaml")
NUMBER = re.compile(r"[-+\u2212]?(\d[\d_]*[.,]?\d*|[.,]\d+)([eE][-+\u2212]?\d+)?")
#: What PyYAML takes for a floating-point number: with a point, and a sign in the exponent.
OLD_FLOAT = re.compile(r"[-+]?(\d[\d_]*\.[\d_]*([eE][-+]\d+)?|\.[\d_]+([eE][-+]\d+)?|\.(inf|nan))", re.IGNORECASE)
TRUTHS = {"yes": "true", "on": "true", "no": "false", "off": "false"}
#: Keys whose values are text, whatever they look like.
TEXT = {"note"}


def find() -> Iterator[Finding]:
    """Each such value, with its file and line."""
    for file in (file for pattern in FILES for file in sorted(Path().glob(pattern))):
        for key, node in _scalars(file):
            if finding := _look(f"{file}:{node.start_mark.line + 1}: {key}", node):
                yield finding


def _look(where: str, node: Any) -> Finding | None:
    kind, value = node.tag.rpartition(":")[2], node.value
    if kind == "float" and not OLD_FLOAT.fullmatch(value):
        what = f"{where}: {value} is a number to DVC and text to readers of YAML 1.1, such as PyYAML"
        return Finding("warning", what, f"write {_plain(value)}")
    if kind == "str" and NUMBER.fullmatch(value):
        return Finding("error", f"{where}: {node.value!r} is text, not a number", f"write {_plain(value)}")
    if kind == "str" and not node.style and value.lower() in TRUTHS:
        what = f"{where}: {value} is text: in YAML 1.2 only true and false are truths"
        return Finding("error", what, f"write {TRUTHS[value.lower()]}")
    return None


def _plain(value: str) -> str:
    number = Decimal(value.replace("\u2212", "-").replace(",", ".").replace("_", ""))
    text = f"{number:f}"
    return text if "." in text or "e" not in value.lower() else f"{text}.0"


def _scalars(file: Path) -> Iterator[tuple[str, Any]]:
    """The values of a file with their keys; none of what is no YAML, which other checks say."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        root = YAML(typ="safe").compose(file.read_text(encoding="utf-8"))
    except (YAMLError, UnicodeDecodeError):
        return
    if root is not None:
        yield from _below(root, "")


def _below(node: Any, key: str) -> Iterator[tuple[str, Any]]:
    if node.id == "mapping":
        for name, value in node.value:
            if name.value not in TEXT:
                yield from _below(value, f"{key}.{name.value}" if key else str(name.value))
    elif node.id == "sequence":
        for index, value in enumerate(node.value):
            yield from _below(value, f"{key}[{index}]")
    else:
        yield key, node
