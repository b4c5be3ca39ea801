"""The JSON Schema of leaderboard.json, made of the types and docstrings of :mod:`genbench.report.leaderboard`.

Draft 2020-12, and closed: a key that it does not name is a fault, as is one that is not there. The report
writes it beside the document.
"""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from genbench.report.leaderboard import SCHEMA, Leaderboard

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """Make the schema as plain values."""
    schema = TypeAdapter(Leaderboard).json_schema()
    for part in (schema, *schema["$defs"].values()):
        part["additionalProperties"] = False
        part["required"] = list(part["properties"])  # of what is written now; an earlier document lacks some
    schema["properties"]["schema"]["const"] = SCHEMA
    return {"$schema": DRAFT, **schema}
