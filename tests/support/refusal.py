"""The refusal of a command."""

from __future__ import annotations

import pytest

from genbench import cli


def refusal(*words: str) -> str:
    """Run a command, which must end with one line of an error, and return the line."""
    with pytest.raises(SystemExit) as stop:
        cli.main(words)
    assert isinstance(stop.value.code, str)
    assert stop.value.code.startswith("error: ")
    assert "\n" not in stop.value.code
    return stop.value.code
