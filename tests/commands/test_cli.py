"""The command line around its commands: the version, a mistyped command, and what a real shell completes."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

from genbench.cli import SHELLS, main, parser
from genbench.commands import repro
from genbench.find import members
from tests.support.clone import ROOT, environment


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[object, str, str]:
    with pytest.raises(SystemExit) as stop:
        main(words)
    out, err = capsys.readouterr()
    return stop.value.code, out, err


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "--version") == (0, f"genbench {version('genbench')}\n", "")


def test_a_command_is_given_its_own_options_alone() -> None:
    """`genbench repro` gives all of its options to DVC, which takes no other."""
    own = argparse.ArgumentParser()
    repro.arguments(own)
    given = vars(parser().parse_args(["repro", "--force", "train"]))
    assert given == vars(own.parse_args(["--force", "train"])) | {"run": repro.run}


@pytest.mark.parametrize(
    ("typed", "meant"), [("evalute", "evaluate"), ("chekc", "check"), ("fan-out", "fanout"), ("Plan", "plan")]
)
def test_a_mistyped_command_is_suggested(typed: str, meant: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capsys, typed, "--real", "x")
    assert (code, out) == (2, "")
    assert f"unknown command '{typed}'; did you mean '{meant}'? (there is: cache, check," in err


def test_a_command_like_no_other_is_not_guessed(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = said(capsys, "zzzzzz")
    assert code == 2 and "unknown command 'zzzzzz' (there is: " in err and "did you mean" not in err


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("evaluate --reel a --fake b", "unknown option '--reel'; did you mean '--real'? (there is: --"),
        ("evaluate --real a --fake b --extracter=pixels", "unknown option '--extracter'; did you mean '--extractor'?"),
        ("doctor --jsn", "unknown option '--jsn'; did you mean '--json'?"),
        ("human srve", "unknown command 'srve'; did you mean 'serve'?"),
        ("human serve --pot 1", "unknown option '--pot'; did you mean '--port'?"),
        ("publish --profile x", "unknown option '--profile' (there is: --help)"),
        ("--versoin", "unknown option '--versoin'; did you mean '--version'?"),
    ],
)
def test_a_mistyped_option_is_suggested(typed: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capsys, *typed.split())
    assert (code, out) == (2, "")
    assert message in err


def test_an_option_may_be_cut_short_and_what_follows_two_dashes_is_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said(capsys, "--vers") == (0, f"genbench {version('genbench')}\n", "")
    monkeypatch.chdir(ROOT)
    assert str(said(capsys, "use", "--", "--nothing")[0]).startswith("error: unknown profile '--nothing' (there is: ")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("use digist", "digits"),
        ("verify nsgna", "nsgan"),
        ("verify nsgan --profile digits_al", "digits_all"),
        ("compare HAED", "HEAD"),
        ("evaluate --real digits/referense --fake digits/held_out", "reference"),
        ("evaluate --real {a} --fake {a} --extractor pixles", "pixels"),
        ("evaluate --real {a} --fake {a} --extractor pixels --metrics fdi", "fid"),
        ("evaluate --real {a} --fake {a} --extractor pixels --set fdi.x=1", "fid"),
        ("evaluate --real {a} --fake {a} --extractor pixels --set extractor.pixel=1", "pixels"),
        ("features {a} --out o.npz --extractor pixles", "pixels"),
    ],
)
def test_a_mistyped_name_is_suggested(
    typed: str, meant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    np.save(tmp_path / "a.npy", np.zeros((4, 4, 4, 3), np.uint8))
    message, _, _ = said(capsys, *typed.format(a=tmp_path / "a.npy").split())
    assert f"; did you mean {meant!r}? (there is: " in str(message)


def completed(words: list[str], folder: Path) -> list[str]:
    """Give what bash completes the last word to, by the script that the command prints."""
    script = subprocess.run(
        [sys.executable, "-c", "from genbench.cli import main; main()", "--print-completion", "bash"],
        env={**environment(), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    ask = 'COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _shtab_genbench; printf "%s\\n" "${COMPREPLY[@]}"'
    words = ["bash", "--norc", "-c", f"{script}\n{ask}", "bash", *words]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout.split()


@pytest.mark.skipif(shutil.which("bash") is None, reason="the completion is tried in bash")
def test_bash_completes_commands_options_and_paths(tmp_path: Path) -> None:
    (tmp_path / "pictures.zip").touch()
    assert completed(["genbench", ""], tmp_path) == members("commands")
    assert completed(["genbench", "ver"], tmp_path) == ["verify"]
    assert completed(["genbench", "evaluate", "--ext"], tmp_path) == ["--extractor"]
    assert completed(["genbench", "evaluate", "--real", "pic"], tmp_path) == ["pictures.zip"]


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_has_a_script_with_every_command(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capsys, "--print-completion", shell)
    assert (code, err) == (0, "")
    assert [name for name in members("commands") if name not in out] == []
