"""Leaderboards of schema 2, of earlier commits and of kept copies, by the names of schema 3.

Schema 2 called the final weights `last` and the best ones `chosen`: in values of `weights`, in keys of metrics
(`fid_chosen`), in the step `chosen_step`, and in headings ("FID chosen"), also within sentences.
"""

from __future__ import annotations

import re
from typing import Any

from genbench.report.best_weights import SUFFIX

WEIGHTS = {"last": "final", "chosen": "best"}


def upgraded(value: Any) -> Any:
    """Give the plain values of a document of schema 2 by the names of schema 3."""
    if isinstance(value, list):
        return [upgraded(part) for part in value]
    if not isinstance(value, dict):
        return value
    return {_key(key): _value(key, upgraded(part)) for key, part in value.items()}


def _key(key: str) -> str:
    return "best_step" if key == "chosen_step" else re.sub("_chosen$", SUFFIX, key)


def _value(key: str, value: Any) -> Any:
    if key == "schema":
        return 3
    if not isinstance(value, str):
        return value
    if key == "weights":
        return WEIGHTS.get(value, value)
    if key in ("label", "heading", "sentence"):
        return re.sub(r" chosen(?= \(|$)", " of best weights", value)
    return _key(value) if key == "metric" else value
