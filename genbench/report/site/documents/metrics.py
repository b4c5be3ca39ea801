"""The page of all metrics and how each one misleads, from their docstrings and columns."""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any

from genbench.find import find, members
from genbench.metrics import Column, used
from genbench.report.site.documents.docstrings import docstring

HEAD = """# Every metric, and how it misleads

This page is made from the code: each section is the docstring of a module of `genbench/metrics`, and how a number
misleads is the sentence that the module says of it. [What the numbers mean](numbers.md) says what is
common to all of them. A metric is enabled by its name in the section `metrics` of [params.yaml](../params.yaml), or by
`genbench evaluate --metrics NAME`.
"""
SIDES = {
    "real": "real images",
    "fake": "generated images",
    "train": "training images",
    "held_out": "held-out images",
    "twins": "true targets",
    "sources": "sources",
    "cycle": "outputs translated back",
    "teacher": "the known distribution",
    "rng": "random draws",
}


def pages() -> dict[str, str]:
    """Make the page."""
    return {"metrics.md": "\n\n".join([HEAD, *(_section(name) for name in members("metrics"))])}


def _section(name: str) -> str:
    module = find("metrics", name)
    columns = module.COLUMNS.values()
    labels = [column.label for column in columns if column.better != "none"] or [column.label for column in columns]
    numbers = "\n".join(_number(key, column) for key, column in module.COLUMNS.items())
    return "\n\n".join([f"## {', '.join(labels)} {{#{name}}}", docstring("metrics", name), numbers, _use(module)])


def _number(key: str, column: Column) -> str:
    low, high = (_bound(bound) for bound in (column.low, column.high))
    better = "" if column.better == "none" else f"{column.better} is better, "
    return f"- **{column.label}** (`{key}`; {better}from {low} to {high}). *How it misleads:* {column.fails}"


def _bound(value: float) -> str:
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    return f"{value:g}".replace("-", "−")


def _use(module: ModuleType) -> str:
    """Say what a metric needs, and by which name and options it is asked for."""
    name = module.__name__.rpartition(".")[2]
    needs = ", ".join(SIDES[side] for side in used(module.compute, name))
    defaults: dict[str, Any] = getattr(module, "DEFAULTS", {})
    options = ", ".join(f"`{key}`" + ("" if callable(value) else f" = {value}") for key, value in defaults.items())
    standard = "It is computed where no metrics are named. " if getattr(module, "STANDARD", False) else ""
    return f"{standard}Its name is `{name}`. It uses: {needs}." + (f" Options: {options}." if options else "")
