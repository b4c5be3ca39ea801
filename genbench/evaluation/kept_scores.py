"""Scores that were computed before, so that a change of one metric computes no other one again.

DVC knows stages alone: where one option of one metric changes, all of `evaluate` runs. So each metric's scores of a
cell are kept here, under a hash of everything that decides them: the metric's own code and options, the versions of
what computes, and the bytes of the features. The stage likelihood keeps log p of the held-out images of a known
distribution in the same way. What lies here can always be deleted.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from genbench.errors import InputError
from genbench.files.atomic import read_json, write_json
from genbench.files.scratch import SCRATCH

log = logging.getLogger(__name__)

#: In the scratch folder, which the private clones of a fan-out share.
FOLDER = SCRATCH / "scores"
Values = dict[str, list[float]]  # the scores of each block, by name


def recall(key: Mapping[str, Any], compute: Callable[[], Values]) -> Values:
    """Give the scores that are kept under `key`, else those that `compute` gives, which are kept from then on.

    key: everything that decides the scores, as plain values.
    """
    path = FOLDER / f"{hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()}.json"
    if path.exists():
        try:
            return _numbers(read_json(path))
        except InputError as error:
            log.warning("%s; computed again", error)
    scores = compute()
    write_json(path, scores)
    return scores


def _numbers(values: Any) -> Values:
    lists = list(values.values()) if isinstance(values, dict) else [None]
    if all(isinstance(each, list) and all(isinstance(value, int | float) for value in each) for each in lists):
        return values
    raise InputError("scores that were kept: expected lists of numbers by name")
