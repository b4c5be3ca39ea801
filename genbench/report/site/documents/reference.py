"""Pages of the reference: functions for Python, and each collection's contract with its members, by mkdocstrings."""

from __future__ import annotations

from genbench.find import COLLECTIONS, dotted, members

PYTHON = """# Functions for Python

[genbench from Python](../api.md) shows them at work.

::: genbench.api.evaluate.evaluate
::: genbench.api.fid.fid
::: genbench.api.train.train
::: genbench.api.train.TrainedModel
::: genbench.evaluation.evaluate.Evaluation
::: genbench.data.features.Features
::: genbench.errors.InputError
"""
#: Of a member its own docstring is shown and that of the function that the contract asks for.
ASKED = {"datasets": ["load"], "extractors": ["obtain", "load"], "metrics": ["compute"]}


def pages() -> dict[str, str]:
    """Make the pages."""
    made = {f"reference/{collection}.md": _collection(collection) for collection in COLLECTIONS}
    return {"reference/python.md": PYTHON, **made}


def _collection(collection: str) -> str:
    contract = dotted(collection, "").rstrip(".")
    asked = ASKED.get(collection, ["build"])
    options = f"    options:\n      heading_level: 3\n      members: [{', '.join(asked)}]\n"
    sections = [f"::: {dotted(collection, name)}\n{options}" for name in members(collection)]
    heading = "    options:\n      heading: Contract\n      toc_label: Contract\n"
    return "\n".join([f"# {collection.capitalize()}\n", f"::: {contract}\n{heading}", "## Members\n", *sections])
