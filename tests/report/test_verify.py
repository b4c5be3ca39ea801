"""Training again: what counts as the same, and that nothing of the user's is touched."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from genbench.errors import InputError
from genbench.pipeline.params import PARAMS
from genbench.report import page
from genbench.report.compare.board import BOARD, read_board
from genbench.report.compare.comparison import Measure
from genbench.report.compare.noise import LEVEL, prediction
from genbench.report.compare.settings import mapping
from genbench.report.compare.snapshot import WORKSPACE, Snapshot, snapshot
from genbench.report.compare.verify import Check, Verification, _checks, _clone, board_of, verify
from tests.support.clone import ROOT, Clone, copy_versions, pretend

FID = Measure("classifier", "fid", "FID", "lower", 2, ratio=True)
RECALL = Measure("classifier", "recall", "recall", "higher", 3, ratio=False)
HERE = Snapshot("HEAD", "0" * 40)
#: Boards of code whose params had other sections.
OLDER = {"digits_all", "divergences"}
PUBLISHED = sorted((ROOT / "reports").glob("**/leaderboard.json"))


def check(measure: Measure, again: float | None, published: float | None, *seeds: float) -> str:
    return Check(measure, published, list(seeds), again, LEVEL).verdict


def test_one_more_seed_lies_where_it_is_predicted_as_often_as_said() -> None:
    rng = np.random.default_rng(0)
    draws = rng.normal(5, 2, size=(4000, 4))
    inside = [
        low <= x <= high for *seeds, x in draws.tolist() if (interval := prediction(seeds)) for low, high in [interval]
    ]
    # three standard errors of a share of 95 % among 4000
    assert np.mean(inside) == pytest.approx(1 - LEVEL, abs=3 * np.sqrt(LEVEL * (1 - LEVEL) / len(inside)))
    assert prediction([1.0]) is None


def test_what_a_new_value_says() -> None:
    assert check(FID, 100.0, 100.0, 100.0) == "identical"
    assert check(FID, 101.0, 100.0, 100.0) == "too few seeds"
    assert check(FID, 101.0, 100.0, 100.0, 104.0, 98.0) == "within seed noise"
    assert check(FID, 200.0, 100.0, 100.0, 104.0, 98.0) == "beyond seed noise"
    assert check(FID, None, 100.0, 100.0, 104.0) == "missing"
    # by hand: 0.5 ± 12.706 · 0.0141 · √1.5 = 0.5 ± 0.22
    assert check(RECALL, 0.71, 0.49, 0.49, 0.51) == "within seed noise"
    assert check(RECALL, 0.73, 0.49, 0.49, 0.51) == "beyond seed noise"


@pytest.mark.parametrize("run", ["noise", "vae"])
def test_a_column_that_a_row_has_no_number_in_is_not_missing(run: str) -> None:
    """The calibration row has no best weights, published or trained again; the trained row has."""
    board = read_board(Snapshot(WORKSPACE, ""), ROOT / "reports/published/digits_all/leaderboard.json")
    row = next(row for row in board["rows"] if row["run"] == run)
    again = {key: score["mean"] for key, score in row["scores"]["classifier"].items() if score["mean"] is not None}
    plain = {key: value for key, value in again.items() if not key.endswith("_best")}
    record = {"extractor": "classifier", "metrics": plain, "best": plain if run == "vae" else None}
    checks = {check.measure.metric: check.verdict for check in _checks(board, row, 0, [record])}
    assert ("fid_best" in checks) == (run == "vae")
    assert "fid" in checks and "missing" not in checks.values()


def test_distances_are_judged_by_their_ratio() -> None:
    # a factor of 2 either way from seeds that scatter by one of 1.2
    seeds = (10.0, 12.0, 14.4)
    assert check(FID, 12.0 / 2, None, *seeds) == check(FID, 12.0 * 2, None, *seeds)


@pytest.mark.parametrize(
    ("diverged", "again", "stands"),
    [
        ((False, False), 1.0, True),
        ((None, False), 1.0, True),
        ((False, False), 9.0, False),
        ((True, True), None, True),
        ((False, True), None, False),
        ((True, False), 1.0, False),
        ((None, True), None, False),
    ],
)
def test_when_the_published_numbers_stand(diverged: Any, again: float | None, stands: bool) -> None:
    checks = [Check(FID, 1.0, [1.0, 1.1, 0.9], again, LEVEL)]
    assert Verification("vae", 0, HERE, BOARD, checks, diverged, None).stands is stands


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    """The committed leaderboards in a repository of one commit, in which the test runs."""
    for name in ("params.yaml", "reports/leaderboard.json", *(str(path.relative_to(ROOT)) for path in PUBLISHED)):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    made = Clone(tmp_path)
    made.run("git", "init", "--quiet")
    made.commit()
    monkeypatch.chdir(tmp_path)
    return made


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.parent.name)
def test_the_command_of_every_page_finds_the_numbers_of_its_page(project: Clone, path: Path) -> None:
    """Of published pages and of the current one, and of all their rows."""
    board = read_board(Snapshot(WORKSPACE, ""), path)
    assert board_of(snapshot("HEAD"), board["profile"]) == path.relative_to(ROOT)
    for row in board["rows"]:
        words = shlex.split(page.verification(row, board["profile"]))
        assert words == ["genbench", "verify", row["run"], "--profile", board["profile"]]
        assert shlex.split(page.command(row, board["profile"]))[:3] == ["genbench", "use", board["profile"]]


def test_without_a_profile_it_is_the_current_one_and_a_copy_counts_before_it(project: Clone) -> None:
    assert board_of(snapshot("HEAD"), None) == BOARD
    profile = read_board(snapshot("HEAD"), BOARD)["profile"]
    assert board_of(snapshot("HEAD"), profile) == BOARD
    copy = project.path / "reports/published" / profile / BOARD.name
    copy.parent.mkdir()
    shutil.copy(project.path / BOARD, copy)
    project.commit()
    assert board_of(snapshot("HEAD"), profile) == copy.relative_to(project.path)
    assert board_of(snapshot("HEAD"), None) == BOARD


def test_a_run_of_another_profile_is_found_by_name(project: Clone) -> None:
    with pytest.raises(
        InputError, match=r"json: has no run 'ddpm_guided', but reports/published/digits_all/.*--profile"
    ):
        verify("ddpm_guided")
    with pytest.raises(InputError, match=r"unknown run of reports/leaderboard.json 'nobody' \(there is: "):
        verify("nobody")
    with pytest.raises(InputError, match=r"--profile: profile with a leaderboard 'digit'; did you mean 'digits'"):
        verify("vae", profile="digit")
    (project.path / "reports/published/digits_all/leaderboard.json").write_text("{", encoding="utf-8")
    project.commit()
    with pytest.raises(InputError, match="unknown run of"):  # a copy that cannot be read is passed over
        verify("ddpm_guided")


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.parent.name)
def test_the_params_of_every_page_are_read_by_the_code_of_now(project: Clone, path: Path, tmp_path: Path) -> None:
    """Sections that they have not are those of HEAD; others are theirs, and a sweep of other runs is left out."""
    source = PARAMS if path == ROOT / BOARD else path.with_name("params.yaml").relative_to(ROOT)
    shutil.copytree(ROOT / "runs", project.path / "runs")
    copy_versions(project.path)
    copy = project.path / "reports/published/again/params.yaml"
    copy.parent.mkdir()
    shutil.copy(ROOT / source, copy)
    project.commit()
    run = read_board(snapshot("HEAD"), path.relative_to(ROOT))["rows"][0]["run"]
    if path.parent.name in OLDER:
        with pytest.raises(InputError, match=r"again/params.yaml in HEAD .* does not fit the code of HEAD"):
            _clone(snapshot("HEAD"), tmp_path / "again", copy.relative_to(project.path), run, 3)
        return
    p = _clone(snapshot("HEAD"), tmp_path / "again", copy.relative_to(project.path), run, 3)
    assert (p.enabled, p.seeds, p.sweep.runs) == ([run], [3], [])
    published = mapping((ROOT / source).read_bytes(), str(source))
    assert (p.profile, p.dataset) == (published["profile"], published["dataset"])
    assert p.train.model_dump() == {**p.train.model_dump(), **published["train"]}


@pytest.mark.pipeline
def test_a_run_trained_again_is_identical_and_nothing_else_changed(base: Clone, tmp_path: Path) -> None:
    project = base.copy(tmp_path / "project")
    # neither is part of HEAD
    project.set(train={"steps": 1})
    (project.path / "data/source/mine.txt").write_text("mine", encoding="utf-8")
    before = {name: content for name, content in project.files("**/*").items() if "/.git/" not in f"/{name}"}
    zuko = project.json("reports/leaderboard.json")["environment"]["zuko"]
    said = project.run("env", pretend(tmp_path / "pretended", zuko="9.9.9"), "genbench", "verify", "vae")
    assert "vae, seed 0, trained again from HEAD" in said
    assert f"versions: zuko 9.9.9 (published: {zuko})" in said
    assert said.count("identical") == 5
    after = {name: content for name, content in project.files("**/*").items() if "/.git/" not in f"/{name}"}
    assert after.keys() == before.keys()
    assert after == before
    refused = project.attempt("genbench", "verify", "nobody")
    assert refused.returncode == 1
    assert refused.stderr == "error: unknown run of reports/leaderboard.json 'nobody' (there is: vae, wgan_gp)\n"
