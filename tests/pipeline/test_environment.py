"""Versions that results depend on: read, compared with what is installed, written, and refused by whoever computes."""

from __future__ import annotations

import ast
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from genbench import cli
from genbench.errors import InputError
from genbench.files.code import closure
from genbench.files.section import read
from genbench.find import dotted, members
from genbench.pipeline import environment, installed
from tests.support.clone import ROOT, copy_versions, environment as variables

#: What else stages import, and why its version decides neither a number nor a picture.
DECIDE_NOTHING = {
    "filelock": "who may write",
    "lightning-fabric": "starts processes; casts and sums are torch's",
    "pooch": "downloads, which are checked by their hashes",
    "ruamel.yaml": "YAML 1.2 to plain values",
    "ruamel.yaml.clib": "the same, faster",
    "safetensors": "bytes of arrays as they are",
    "timm": "an extra: layers of plain torch; weights are checked by their hashes",
    "threadpoolctl": "sets what params.yaml says",
    "tqdm": "progress bars",
    "typing_extensions": "types",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an environment.yaml of what is installed."""
    copy_versions(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def edit(before: str, after: str) -> None:
    text = environment.FILE.read_text(encoding="utf-8")
    assert text.count(before) == 1
    environment.FILE.write_text(text.replace(before, after), encoding="utf-8")


def release(package: str) -> str:
    """Return the installed release of a package that there is."""
    installed = environment.version(package)
    assert installed
    return installed


def imported() -> Iterator[str]:
    """Return the packages that stages, and all that a run can name, import."""
    named = [dotted(kind, name) for kind in COLLECTIONS for name in members(kind)]
    stages = [f"stages.{file.stem}" for file in (ROOT / "stages").glob("[a-z]*.py") if file.stem != "fingerprint"]
    of = packages_distributions()
    for module in (name for name in closure([*stages, *named], ROOT) if "/" not in name):
        path = ROOT.joinpath(*module.split("."))
        file = path.with_suffix(".py") if path.with_suffix(".py").is_file() else path / "__init__.py"
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            for name in names:
                yield from of.get(name.partition(".")[0], [])


COLLECTIONS = (
    "captions",
    "conditionings",
    "datasets",
    "divergences",
    "extractors",
    "metrics",
    "models",
    "networks",
    "objectives",
    "pairings",
    "penalties",
    "tricks",
)


def test_every_package_that_stages_import_is_written_or_decides_nothing() -> None:
    written = environment.load(ROOT)
    used = {name.lower() for name in imported()} - {"genbench"}
    decide = {*written.computes, *written.draws} - {"python"}
    assert decide <= used <= decide | DECIDE_NOTHING.keys()


def test_the_written_versions_are_the_pinned_ones() -> None:
    pins = dict(line.lower().split("==") for line in (ROOT / "requirements.txt").read_text().splitlines() if line)
    written = environment.load(ROOT)
    versions = written.computes | written.draws
    del versions["python"]
    assert versions == {name: pins[name] for name in versions}


def test_what_is_installed_is_silent(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = environment.FILE.read_bytes()
    environment.require(*environment.KINDS)
    cli.main(["environment", "--write"])
    assert (capsys.readouterr().out, environment.FILE.read_bytes()) == ("", before)


def test_a_build_is_not_a_release() -> None:
    assert "+" not in release("torch")
    assert release("python") == f"{sys.version_info.major}.{sys.version_info.minor}"
    assert environment.version("no-such-package") is None


def test_all_that_differs_is_one_line_with_its_mend(project: Path) -> None:
    torch, jinja2 = release("torch"), release("jinja2")
    edit(f"torch: {torch}", "torch: 1.2.3")
    edit(f"jinja2: {jinja2}", "jinja2: 0.1.0")
    with pytest.raises(InputError) as refused:
        environment.require(*environment.KINDS)
    assert str(refused.value) == (
        f"environment.yaml: computes.torch is 1.2.3, installed is {torch}, draws.jinja2 is 0.1.0, installed is "
        f"{jinja2}; pip install torch==1.2.3 jinja2==0.1.0, or `genbench environment --write`, after which everything "
        "is computed anew"
    )
    with pytest.raises(InputError, match="after which the report is drawn anew$"):
        environment.require("draws")
    edit("torch: 1.2.3", f"torch: {torch}")
    environment.require("computes")


def test_another_python_is_named(project: Path) -> None:
    edit(f"python: '{release('python')}'", "python: '3.1'")
    with pytest.raises(InputError, match=r"computes.python is 3.1, installed is .*; use Python 3.1, or"):
        environment.require("computes")


def test_writing_keeps_comments_and_says_what_changed(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = environment.FILE.read_text(encoding="utf-8")
    torch, python = release("torch"), release("python")
    edit(f"torch: {torch}", "torch: 1.2.3")
    edit(f"python: '{python}'", "python: '3.1'")
    with pytest.raises(SystemExit, match=r"^error: environment.yaml: computes.python is 3.1, installed is"):
        cli.main(["environment"])
    shown = capsys.readouterr().out
    assert f"torch        1.2.3      {torch}  differs\n" in shown
    cli.main(["environment", "--write"])
    output = capsys.readouterr().out
    assert output == f"environment.yaml: python 3.1 → {python}\nenvironment.yaml: torch 1.2.3 → {torch}\n"
    assert environment.FILE.read_text(encoding="utf-8") == before
    assert isinstance(read(environment.FILE)["computes"]["python"], str)


def test_what_is_not_installed_is_not_written(project: Path) -> None:
    edit("computes:", "computes:\n  no-such-package: 1.0.0")
    before = environment.FILE.read_bytes()
    with pytest.raises(InputError, match="not installed: no-such-package; pip install no-such-package$"):
        installed.write()
    assert environment.FILE.read_bytes() == before


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "environment.yaml: "),
        ("computes: {torch: 2.13}\ndraws: {}\n", "environment.yaml: computes.torch: "),
        ("computes: {}\ndraws: {}\n", "environment.yaml: computes: "),
        ("computes: {torch: 2.13.0}\n", "environment.yaml: draws: "),
        ("computes: {torch: 2.13.0}\ndraws: {}\nextra: {}\n", "unknown environment.yaml: option 'extra'"),
        ("computes: {'': 2.13.0}\ndraws: {}\n", "environment.yaml: computes."),
    ],
)
def test_a_file_that_does_not_fit_is_one_line(project: Path, content: str | None, message: str) -> None:
    environment.FILE.unlink()
    if content is not None:
        environment.FILE.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=f"^{message}") as refused:
        environment.load()
    assert "\n" not in str(refused.value)


def test_looking_is_fast_and_imports_no_library() -> None:
    started = time.perf_counter()
    for _ in range(5):
        environment.differences(environment.load(ROOT).computes)
    assert (time.perf_counter() - started) / 5 < 0.25, "it takes 0.03 s on a quiet machine"
    code = "import sys; from genbench.pipeline import environment; environment.load(); print('torch' in sys.modules)"
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, cwd=ROOT, env=variables(), capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
