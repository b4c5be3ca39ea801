"""dvc.yaml and those of the laboratories: readable, known to DVC, every template resolved."""

from __future__ import annotations

from collections.abc import Iterator

from genbench.doctor import Finding, _pipelines
from genbench.errors import InputError


def find() -> Iterator[Finding]:
    """What DVC would refuse as a whole."""
    for file in _pipelines.files():
        try:
            _pipelines.resolved(file)
        except InputError as error:
            yield Finding("error", str(error), f"edit {file}, or what its templates name in params files")
