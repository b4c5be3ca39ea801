"""`genbench init`: a benchmark of one's own, complete, in an empty folder or not at all."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from pathlib import Path

import pytest

from genbench.cli import main
from genbench.dag.fanout.clone import pack
from genbench.doctor import install, versions
from genbench.errors import InputError
from genbench.find import PACKAGE
from genbench.pipeline import check, environment, installed, layout, params
from genbench.pipeline.catalogue import RUNS, Catalogue
from genbench.pipeline.fingerprint import fingerprints
from tests.support.clone import ROOT, environment as variables

#: Files of git outside the folders of code, tests, documents and results, which a benchmark of one's own does not need.
NOT_LAID_OUT = {
    ".dockerignore",
    ".editorconfig",
    ".pre-commit-config.yaml",
    "CITATION.cff",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Dockerfile",
    "LICENSE",
    "Makefile",
    "README.md",
    "dvc.lock",
    "mkdocs.yml",
    "pyproject.toml",
    "requirements.txt",
    "setup.py",
}
FOLDERS_NOT_LAID_OUT = {".ci", ".github", "benchmarks", "docs", "genbench", "laboratory", "reports", "tests"}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in no git repository, with nobody's settings of git."""
    monkeypatch.chdir(tmp_path)
    for name, value in variables().items():
        monkeypatch.setenv(name, value)
    return tmp_path


def test_nothing_that_a_benchmark_needs_is_forgotten() -> None:
    words = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(words, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    wanted = {
        Path(name)
        for name in listed
        if (ROOT / name).is_file() and name not in NOT_LAID_OUT and name.partition("/")[0] not in FOLDERS_NOT_LAID_OUT
    }
    assert set(layout.files()) == wanted
    assert {"dvc.yaml", "params.yaml", "runs/vae.yaml", "stages/train.py"} <= {str(path) for path in wanted}


def test_a_new_folder_becomes_a_benchmark_that_fits(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    main(["init", "my own/first"])
    assert capsys.readouterr().out.splitlines() == [
        "next: cd 'my own/first'",
        "      git add -A && git commit -m start",
        "      genbench use quick, the fewest rows, or edit params.yaml",
        "      genbench repro, or dvc repro",
        "      genbench table",
    ]
    folder = Path("my own/first")
    laid_out = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts}
    assert laid_out == set(layout.files())
    for file in laid_out - {environment.FILE, Path(".gitignore")}:
        assert (folder / file).read_bytes() == (ROOT / file).read_bytes()
    assert environment.load(folder).code == {"genbench": environment.version("genbench")}
    assert (folder / "genbench").readlink() == PACKAGE.resolve()
    monkeypatch.chdir(folder)
    check.check(params.load())
    ignored = subprocess.run(["git", "check-ignore", "--quiet", "genbench"], check=False)
    assert ignored.returncode == 0


def test_code_has_the_hashes_that_it_has_in_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    layout.init(Path("mine"))
    monkeypatch.chdir("mine")
    values = params.load()
    assert fingerprints(Path.cwd(), values) == fingerprints(ROOT, values)


@pytest.mark.parametrize(
    ("there", "message"),
    [
        ("mine/photo.png", "mine: expected a new or an empty folder, there is photo.png in it"),
        ("mine/.git/HEAD", None),
        ("mine/.venv/pyvenv.cfg", None),
        ("mine", "mine: expected a new or an empty folder, it is a file"),
    ],
)
def test_only_an_empty_folder_is_taken(there: str, message: str | None) -> None:
    Path(there).parent.mkdir(parents=True, exist_ok=True)
    Path(there).write_text("kept", encoding="utf-8")
    if message is None:
        layout.init(Path("mine"))
        assert Path("mine/dvc.yaml").is_file()
    else:
        with pytest.raises(InputError) as refused:
            layout.init(Path("mine"))
        assert str(refused.value) == message
        assert [path for path in Path().rglob("*") if path.is_file()] == [Path(there)]
    assert Path(there).read_text(encoding="utf-8") == "kept"


@pytest.mark.parametrize("folder", ["blocked/mine", "blocked"])
def test_what_cannot_be_written_leaves_nothing(folder: str) -> None:
    Path("file").write_text("", encoding="utf-8")
    Path("blocked").symlink_to("file/below")
    with pytest.raises(InputError, match=f"^{folder}: cannot be written: "):
        layout.init(Path(folder))
    assert sorted(path.name for path in Path().iterdir()) == ["blocked", "file"]


def test_a_folder_in_a_repository_makes_none_of_its_own() -> None:
    subprocess.run(["git", "init", "--quiet"], check=True)
    main(["init", "mine"])
    assert not Path("mine/.git").exists()


def test_here_may_be_the_folder(capsys: pytest.CaptureFixture[str]) -> None:
    main(["init", "."])
    assert "cd" not in capsys.readouterr().out
    assert Path("dvc.yaml").is_file()


def test_another_version_is_refused_until_it_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    layout.init(Path())
    text = environment.FILE.read_text(encoding="utf-8")
    now = environment.version("genbench")
    environment.FILE.write_text(text.replace(f"genbench: {now}", "genbench: 0.0.1"), encoding="utf-8")
    with pytest.raises(SystemExit) as refused:
        main(["check"])
    assert str(refused.value) == (
        f"error: environment.yaml: code.genbench is 0.0.1, installed is {now}; pip install genbench==0.0.1, or "
        "`genbench environment --write`, after which what its changed code touches is computed anew"
    )
    main(["environment", "--write"])
    assert environment.FILE.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("command", ["check", "environment", "fanout", "plan", "repro"])
def test_a_link_that_leads_elsewhere_is_refused_and_made_anew(command: str, here: Path) -> None:
    layout.init(Path())
    link = Path("genbench")
    link.unlink()
    (here / "other").mkdir()
    for target in (None, "nowhere", "other"):
        if target:
            link.unlink(missing_ok=True)
            link.symlink_to(here / target)
        with pytest.raises(SystemExit) as refused:
            main([command])
        assert str(refused.value) == (
            f"error: genbench: expected a link to the installed {PACKAGE}; next: genbench environment --write"
        )
    assert installed.write() == []
    assert link.readlink() == PACKAGE.resolve()
    environment.require("code")


def test_the_doctor_looks_at_the_installed_package() -> None:
    layout.init(Path())
    assert [*install.find(), *versions.find()] == []
    Path("genbench").unlink()
    assert [finding.fix for finding in install.find()] == ["genbench environment --write"]


def test_a_folder_in_the_place_of_the_link_is_kept() -> None:
    layout.init(Path())
    Path("genbench").unlink()
    Path("genbench").mkdir()
    with pytest.raises(InputError, match="^genbench: expected a link to the installed .*, it is a folder of its own$"):
        installed.write()


def test_clones_of_the_fan_out_have_the_package_that_the_link_leads_to(here: Path) -> None:
    package = here / "package"
    for name in ("__init__.py", "models/vae.py", "models/__pycache__/vae.pyc", f"{layout.PACKED}/dvc.yaml"):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text("", encoding="utf-8")
    layout.init(Path("mine"))
    Path("mine/genbench").unlink()
    Path("mine/genbench").symlink_to(package)
    with tarfile.open(fileobj=io.BytesIO(pack(Path("mine"), []))) as archive:
        packed = {Path(entry.name) for entry in archive if entry.isfile()}
    code = {Path("genbench/__init__.py"), Path("genbench/models/vae.py")}
    live = Path("live/.gitignore")  # a clone has a link to the live curves of the main one
    assert packed == {*layout.files(), *code, Path("dvc.lock")} - {live}


def test_the_catalogue_of_a_folder_that_is_no_benchmark_is_not_taken() -> None:
    from genbench.api.train import _catalogue

    Path("runs/tensorboard").mkdir(parents=True)
    assert set(_catalogue()) == set(Catalogue(ROOT / RUNS))
    layout.init(Path("mine"))
    os.chdir("mine")
    Path("runs/vae.yaml").rename("runs/my_vae.yaml")
    assert "my_vae" in _catalogue()
    assert "vae" not in _catalogue()
