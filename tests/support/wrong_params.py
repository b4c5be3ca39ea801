"""A study's params.yaml with one wrong value, which is refused in one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from genbench.errors import InputError
from genbench.files.section import read


def assert_refused(
    load: Callable[[Path], object], params: Path, folder: Path, keys: tuple[str, str], value: Any, message: str
) -> None:
    """Write `params` into `folder` with another value at `keys`, and let `load` refuse it; message: a pattern."""
    values = read(params)
    values[keys[0]][keys[1]] = value
    path = folder / "params.yaml"
    path.write_text(json.dumps(values), encoding="utf-8")
    with pytest.raises(InputError, match=message) as caught:
        load(path)
    assert "\n" not in str(caught.value)
