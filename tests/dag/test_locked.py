"""Reports are what dvc.lock says: the committed ones are, and one that was touched is not published."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from genbench import cli
from genbench.dag import lock, locked
from genbench.errors import InputError
from genbench.report.publish import KEPT
from tests.support.clone import ROOT

COPY = "reports/published/divergences"
BOARD = "reports/leaderboard.json"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current report and a published copy with their locks, in which commands run."""
    for name in ("params.yaml", "runs", "dvc.lock", COPY):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        copy(ROOT / name, tmp_path / name)
    for name in ("extractors", "plots", *KEPT, "summary.json"):
        copy = shutil.copytree if (ROOT / "reports" / name).is_dir() else shutil.copy2
        copy(ROOT / "reports" / name, tmp_path / "reports" / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def flip(name: str) -> Callable[[], None]:
    """Change one byte in the middle of a file."""

    def change() -> None:
        content = bytearray(Path(name).read_bytes())
        content[len(content) // 2] ^= 1
        Path(name).write_bytes(content)

    return change


def refusal(*words: str) -> str:
    """The one line that a command refuses with."""
    with pytest.raises(SystemExit) as stop:
        cli.main(words)
    assert isinstance(stop.value.code, str)
    assert "\n" not in stop.value.code
    return stop.value.code


def test_the_committed_report_is_what_its_lock_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    locked.require_current()


@pytest.mark.parametrize("name", sorted(folder.name for folder in (ROOT / "reports/published").iterdir()))
def test_a_published_copy_is_what_its_lock_says(name: str) -> None:
    locked.require_copy(ROOT / "reports/published" / name, KEPT)


def test_a_folder_has_the_hash_that_dvc_gave_it() -> None:
    (grids,) = [out for out in lock.read(ROOT)["report"]["outs"] if out["path"] == "reports/grids"]
    assert grids["md5"].endswith(".dir")
    assert locked.md5(ROOT / "reports/grids") == grids["md5"]


def test_a_byte_of_a_number_is_neither_published_nor_shown(project: Path) -> None:
    before = locked.md5(project / BOARD)
    flip(BOARD)()
    now = locked.md5(project / BOARD)
    expected = (
        f"error: {BOARD}: MD5 {now[:8]}, but dvc.lock has {before[:8]}, as it was computed; "
        "dvc repro, or git checkout HEAD -- reports dvc.lock"
    )
    assert refusal("publish") == expected
    assert refusal("site") == expected
    assert not Path("build").exists()
    assert [folder.name for folder in Path("reports/published").iterdir()] == [Path(COPY).name]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (flip("reports/extractors/classifier.json"), "reports/extractors/classifier.json: MD5 "),
        (flip("reports/grids/vae.png"), "reports/grids: MD5 "),
        (lambda: Path("reports/grids/vae.png").unlink(), "reports/grids: MD5 "),
        (lambda: Path("reports/grids/more.png").touch(), "reports/grids: MD5 "),
        (lambda: Path("reports/summary.json").unlink(), "reports/summary.json: missing, but dvc.lock has "),
        (flip(f"{COPY}/leaderboard.csv"), f"{COPY}/leaderboard.csv: MD5 "),
        (lambda: Path(COPY, "real.png").unlink(), f"{COPY}/real.png: missing, but {COPY}/dvc.lock has "),
        (lambda: Path(COPY, "dvc.lock").unlink(), f"{COPY}/dvc.lock: no such file"),
        (lambda: Path("dvc.lock").write_text("[", encoding="utf-8"), "dvc.lock: not readable as YAML"),
        (lambda: Path("dvc.lock").write_text("stages: 3", encoding="utf-8"), "dvc.lock: expected what `dvc repro`"),
        (lambda: Path("dvc.lock").write_text("{}", encoding="utf-8"), "dvc.lock: expected what `dvc repro` writes"),
    ],
)
def test_whatever_is_not_as_locked_stops_the_site(project: Path, change: Callable[[], None], error: str) -> None:
    change()
    assert refusal("site").startswith(f"error: {error}")
    assert not Path("build").exists()


@pytest.mark.parametrize("name", ["report", "extractor@classifier", "train@vae-0"])
def test_a_stage_that_is_parsed_alone_is_that_of_the_whole_file(name: str) -> None:
    assert locked.Lock.read(ROOT / "dvc.lock").stage(name) == lock.read(ROOT)[name]


def test_a_command_of_many_lines_is_read_whole_and_no_stage_is_another_ones_end(tmp_path: Path) -> None:
    stages = {"report": {"cmd": "one\n\n  two\n", "outs": []}, "my report": {"cmd": "x"}, "reports": {"cmd": "y"}}
    lock.update(tmp_path, stages)
    found = locked.Lock.read(tmp_path / "dvc.lock")
    assert {name: found.stage(name) for name in stages} == stages
    with pytest.raises(InputError, match="expected what `dvc repro` writes; KeyError: 'port'"):
        found.stage("port")


def test_what_dvc_has_half_written_is_not_part_of_a_folder(project: Path) -> None:
    Path("reports/grids/.vae.png.1234.part").touch()
    locked.require_current()


def test_outputs_elsewhere_are_found_in_their_folder(tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy/page.html").write_text("page", encoding="utf-8")
    # by `printf page | md5sum`
    outs = "[{path: there/page.html, md5: 71860c77c6745379b0d44304d66b6a13}, {path: data/more, md5: '0'}]"
    (tmp_path / "dvc.lock").write_text(f"stages: {{page: {{outs: {outs}}}}}\n", encoding="utf-8")
    lock = locked.Lock.read(tmp_path / "dvc.lock")
    locked.require(lock, ["page"], below=Path("there"), folder=tmp_path / "copy", fix="")
    with pytest.raises(InputError, match="more: missing, but .*dvc.lock has 0, as it was computed; run it$"):
        locked.require(lock, ["page"], below=Path("data"), folder=tmp_path / "copy", fix="run it")
