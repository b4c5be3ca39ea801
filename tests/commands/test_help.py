"""The command line itself: its help, and how little that imports."""

from __future__ import annotations

import subprocess
import sys

import pytest

from genbench.cli import parser
from genbench.find import find, members
from tests.support.clone import ROOT

#: Libraries that take longer to import than the rest of the help together.
HEAVY = ("dvc", "numpy", "pandas", "pydantic", "ray", "scipy", "torch", "tqdm")


def test_help_imports_no_heavy_library() -> None:
    code = f"import sys; from genbench.cli import parser; parser(); print(*sys.modules.keys() & set({HEAVY}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize("command", members("commands"))
def test_help_describes_a_command_by_its_first_line(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        parser().parse_args([command, "--help"])
    assert stop.value.code == 0
    first_line = (find("commands", command).__doc__ or "").partition("\n")[0]
    assert first_line
    assert first_line in " ".join(capsys.readouterr().out.split())
