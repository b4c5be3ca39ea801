"""What a comparison says of revisions whose numbers are known, and how often its rule errs."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st
from markdown_it import MarkdownIt
from scipy import stats

from genbench.errors import InputError
from genbench.report.compare.comparison import Comparison, compare
from genbench.report.compare.markdown import markdown
from genbench.report.compare.noise import LEVEL, difference, holm, levels, smallest
from genbench.report.compare.page import page
from genbench.report.compare.snapshot import snapshot
from genbench.report.compare.text import text
from tests.support.clone import ROOT, Clone

BOARD = "reports/leaderboard.json"


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """The committed leaderboard and params in a repository of one commit, with two seeds and some numbers set."""
    project = Clone(tmp_path_factory.mktemp("compare") / "project")
    for name in ("params.yaml", "runs", BOARD, "reports/grids"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        (project.path / name).parent.mkdir(parents=True, exist_ok=True)
        copy(ROOT / name, project.path / name)
    project.set(train={"steps": 1200}, data={"seed": 0})

    def known(board: dict[str, Any]) -> None:
        for one in board["rows"]:
            del one["cells"][2:]
        for run, values in {"nsgan": (100, 102), "pixelcnn": (90, 120)}.items():
            for cell, value in zip(row(board, run)["cells"], values, strict=True):
                cell["scores"]["classifier"]["fid"] = value

    edit(project, known)
    project.run("git", "init", "--quiet")
    project.commit()
    return project


@pytest.fixture
def project(origin: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    """A copy of it, in which the test runs."""
    shutil.copytree(origin.path, tmp_path / "project")
    monkeypatch.chdir(tmp_path / "project")
    return Clone(tmp_path / "project")


def edit(project: Clone, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the leaderboard of the working tree."""
    board = project.json(BOARD)
    change(board)
    (project.path / BOARD).write_text(json.dumps(board), encoding="utf-8")


def row(board: dict[str, Any], run: str) -> dict[str, Any]:
    return next(one for one in board["rows"] if one["run"] == run)


def scale(run: str, factor: float) -> Callable[[dict[str, Any]], None]:
    def change(board: dict[str, Any]) -> None:
        for cell in row(board, run)["cells"]:
            cell["scores"]["classifier"]["fid"] *= factor

    return change


def compared(before: str = "HEAD", after: str = "workspace") -> Comparison:
    return compare(snapshot(before), snapshot(after))


def said(found: Comparison) -> dict[tuple[str, str], str]:
    """Return the verdicts under the first ruler, by run and metric."""
    moves = [move for move in found.moves if move.measure.extractor == "classifier"]
    return {(move.run, move.measure.metric): move.verdict for move in moves}


# The rule


VALUES = st.lists(
    st.integers(-5000, 5000).map(lambda thousandths: thousandths / 1000), min_size=2, max_size=6, unique=True
)


@given(VALUES, VALUES)
def test_the_difference_is_scipys_welch_test(before: list[float], after: list[float]) -> None:
    found = difference(before, after)
    expected = stats.ttest_ind(after, before, equal_var=False)
    interval = expected.confidence_interval(1 - LEVEL)
    assert found is not None
    assert found == pytest.approx((np.mean(after) - np.mean(before), *interval, expected.pvalue), rel=1e-6, abs=1e-9)


def test_one_seed_a_side_says_nothing_and_one_beside_two_does() -> None:
    assert difference([1.0], [2.0]) is None
    found = difference([1.0], [2.0, 2.1])
    assert found is not None
    # t = 1.05 / (0.0707 √1.5) = 12.12 with one degree of freedom, whose distribution is Cauchy's
    assert found.p == pytest.approx(2 * stats.cauchy.sf(1.05 / np.sqrt(0.005 * 1.5)))


def test_without_any_noise_every_difference_counts() -> None:
    assert difference([48.67, 48.67], [48.67, 48.67]).p == 1  # type: ignore[union-attr]
    assert difference([48.67, 48.67], [48.68, 48.68]).p == 0  # type: ignore[union-attr]


def test_holms_adjustment_by_hand() -> None:
    # 3 × 0.01, then 2 × 0.02 = 0.04, then 1 × 0.03, which may not fall below 0.04
    assert holm([0.03, 0.01, 0.02]) == pytest.approx([0.04, 0.03, 0.04])
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_a_p_value_is_held_against_its_level_alone(p: list[float]) -> None:
    """Each verdict of Holm's rule is that of a comparison with a level that depends on the others alone."""
    held = levels(p)
    assume(all(abs(value / level - 1) > 1e-9 for value, level in zip(p, held, strict=True)))
    assert [value <= LEVEL for value in holm(p)] == [value <= level for value, level in zip(p, held, strict=True)]


def test_levels_by_hand() -> None:
    # the first is held against 5 % / 3; the others, of which the first goes before, against 5 % / 2
    assert levels([0.01, 0.5, 0.5]) == pytest.approx([LEVEL / 3, LEVEL / 2, LEVEL / 2])
    assert levels([0.02, 0.02]) == [LEVEL, LEVEL]
    assert levels([]) == []


@given(VALUES, VALUES, st.sampled_from([0.05, 0.01, 0.001]), st.booleans())
def test_the_smallest_difference_is_where_the_test_turns(
    before: list[float], after: list[float], level: float, down: bool
) -> None:
    least = float(smallest(before, after, level)) * (-1 if down else 1)
    centred = [value - float(np.mean(after)) + float(np.mean(before)) for value in after]
    for factor, told in ((1 + 1e-6, True), (1 - 1e-6, False)):
        found = difference(before, [value + factor * least for value in centred])
        assert found is not None
        assert (found.p <= level) == told


@pytest.mark.parametrize(("seeds", "rate"), [(3, 0.058), (5, 0.053)])
def test_a_change_of_the_spread_alone_is_no_move(seeds: int, rate: float) -> None:
    """Where it grows tenfold: rates of 100,000 pairs. A pooled variance errs in 10 % and in 8 % of them."""
    rng, tries = np.random.default_rng(0), 4000
    sides = [rng.normal(scale=scale, size=(tries, seeds)).tolist() for scale in (1, 10)]
    found = [difference(before, after) for before, after in zip(*sides, strict=True)]
    wrong = sum(one.p <= LEVEL for one in found if one)
    assert wrong / tries == pytest.approx(rate, abs=3 * np.sqrt(rate / tries))


@pytest.mark.parametrize(("growth", "most"), [(1, LEVEL), (10, 0.072)])
def test_without_a_difference_the_rule_errs_at_most_as_often_as_it_says(growth: float, most: float) -> None:
    """In tables of ten rows; where all spreads grow tenfold, a pooled variance errs in 18 % of them."""
    rng = np.random.default_rng(0)
    wrong, tables = 0, 1000
    for _ in range(tables):
        rows = [
            [rng.normal(mean, sd, 5), rng.normal(mean, growth * sd, 5)]
            for mean, sd in zip(rng.uniform(0, 3, 10), rng.uniform(0.01, 0.3, 10), strict=True)
        ]
        p = [found.p for before, after in rows if (found := difference(before.tolist(), after.tolist()))]
        wrong += min(holm(p)) <= LEVEL
    assert wrong / tables <= most + 3 * np.sqrt(most / tables)


# What became of rows


def test_nothing_changed(project: Clone) -> None:
    found = compared()
    assert set(said(found).values()) == {"the same"}
    assert "No parameter changed." in text(found)


def test_a_move_beyond_noise_is_told_from_one_within(project: Clone) -> None:
    def both(board: dict[str, Any]) -> None:
        scale("nsgan", 2)(board)
        scale("pixelcnn", 1.1)(board)
        row(board, "vae")["cells"][0]["scores"]["classifier"]["recall"] += 0.001

    edit(project, both)
    found = compared()
    assert {key: verdict for key, verdict in said(found).items() if verdict != "the same"} == {
        ("nsgan", "fid"): "worse",
        ("pixelcnn", "fid"): "within noise",
        ("vae", "recall"): "within noise",
    }
    (move,) = found.moved
    assert "×2.00" in text(found)
    assert move.difference is not None
    assert move.difference.value == pytest.approx(np.log(2))
    assert said(compared("workspace", "HEAD"))["nsgan", "fid"] == "better"


@pytest.mark.parametrize("less", [False, True])
def test_the_smallest_change_is_where_the_verdict_turns(project: Clone, less: bool) -> None:
    edit(project, scale("nsgan", 1.001))
    (move,) = [move for move in compared().moves if move.run == "nsgan" and move.verdict != "the same"]
    assert move.smallest is not None
    # two seeds of 100 and 102, beside rows that stayed the same: by hand, with n rows, t of 2 degrees of freedom
    rows = len([one for one in compared().moves if one.measure == move.measure])
    error = np.log(102 / 100) / np.sqrt(2)
    assert move.smallest == pytest.approx(error * stats.t.isf(LEVEL / rows / 2, 2), rel=1e-6)
    for beyond, verdict in ((1.0001, "better" if less else "worse"), (0.9999, "within noise")):
        project.run("git", "checkout", "--quiet", BOARD)
        edit(project, scale("nsgan", np.exp(beyond * move.smallest * (-1 if less else 1))))
        assert said(compared())["nsgan", "fid"] == verdict


def test_one_seed_is_said_to_say_nothing(project: Clone) -> None:
    def single(board: dict[str, Any]) -> None:
        for one in board["rows"]:
            del one["cells"][1:]

    edit(project, single)
    project.commit()
    edit(project, scale("vae", 3))
    found = compared()
    assert said(found)["vae", "fid"] == "too few seeds"
    assert "there is no verdict on vae." in text(found)


def test_rows_that_came_went_or_diverged_are_listed(project: Clone) -> None:
    def change(board: dict[str, Any]) -> None:
        row(board, "noise")["run"] = "louder"
        row(board, "vae")["cells"][1]["diverged"] = {"step": 3, "reason": "not finite"}

    edit(project, change)
    found = compared()
    assert (found.added, found.removed, found.lost, found.mended) == (["louder"], ["noise"], {"vae": [1]}, {})
    back = compared("workspace", "HEAD")
    assert (back.lost, back.mended) == ({}, {"vae": [1]})


def test_params_are_compared_key_by_key_and_new_runs_whole(project: Clone) -> None:
    project.set(runs={"wgan": {"train": {"lr": 0.5}}, "mine": {"train": {"model": "vae"}}}, train={"steps": 7})
    assert compared().settings == [
        ("runs/mine.yaml", None, "a run"),
        ("runs/wgan.yaml:train.lr", 0.001, 0.5),
        ("train.steps", 1200, 7),
    ]


def test_versions_are_compared_too(project: Clone) -> None:
    versions = project.path / "environment.yaml"
    versions.write_text("computes: {torch: 2.12.0}\ndraws: {}\n", encoding="utf-8")
    assert compared().settings == [("environment.yaml", None, "a file")]
    project.commit()
    versions.write_text("computes: {torch: 2.13.0}\ndraws: {}\n", encoding="utf-8")
    assert compared().settings == [("environment.yaml:computes.torch", "2.12.0", "2.13.0")]


def test_a_catalogue_inside_params_counts_as_files(project: Clone) -> None:
    (project.path / "params.yaml").write_text("runs: {old: {train: {lr: 1}}}\ndata: {}\n", encoding="utf-8")
    project.commit()
    (project.path / "params.yaml").write_text("runs: {old: {train: {lr: 2}}}\ndata: {}\n", encoding="utf-8")
    assert compared().settings == [("runs/old.yaml:train.lr", 1, 2)]


# What is refused


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda board: board["protocols"]["classifier"].update(n_fake=7), "classifier: n_fake is"),
        (lambda board: board["protocols"]["classifier"].update(weights="0"), "classifier: weights is"),
        (
            lambda board: board["protocols"]["classifier"]["options"].update(precision_recall={"k": 99}),
            "options of precision_recall is",
        ),
        (lambda board: board["dataset"].update(name="mnist"), "dataset: name is 'digits' in HEAD"),
        (
            lambda board: board.update(json.loads(re.sub('"(classifier|pixels)"', r'"my_\1"', json.dumps(board)))),
            "no extractor in common (classifier, pixels; my_classifier, my_pixels)",
        ),
        (lambda board: board.update(schema=0), "got 0"),
    ],
)
def test_numbers_made_differently_are_refused_by_name(
    project: Clone, change: Callable[[dict[str, Any]], None], words: str
) -> None:
    edit(project, change)
    with pytest.raises(InputError) as refused:
        compared()
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_other_images_are_refused_by_name(project: Clone) -> None:
    project.set(data={"seed": 1})
    with pytest.raises(InputError, match="data.seed is 0 in HEAD .*, 1 in workspace"):
        compared()


def test_unknown_revisions_and_missing_boards_are_one_line(project: Clone) -> None:
    with pytest.raises(InputError, match="unknown revision 'HAED'; did you mean 'HEAD'"):
        compared("HAED")
    with pytest.raises(InputError, match="unknown revision '--all'"):
        compared("--all")
    (project.path / BOARD).write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match="leaderboard.json in workspace: not readable as JSON"):
        compared()
    (project.path / BOARD).unlink()
    with pytest.raises(InputError, match="no such file in workspace"):
        compared()


# Formats


def test_markdown_shows_hostile_names_as_themselves(project: Clone) -> None:
    hostile = "<script>alert(1)</script>|a_b*c"

    def change(board: dict[str, Any]) -> None:
        row(board, "noise")["run"] = hostile
        scale("nsgan", 2)(board)

    edit(project, change)
    project.commit()
    found = compared("HEAD~1", "HEAD")
    html = MarkdownIt("commonmark").enable("table").render(markdown(found, "https://example.org/raw"))
    assert "<td" in html
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;|a_b*c" in html
    assert f"https://example.org/raw/{snapshot('HEAD').commit}/reports/grids/nsgan.png" in html
    assert hostile not in page(found)


def test_every_format_prints_the_same_numbers(project: Clone) -> None:
    edit(project, scale("nsgan", 2))
    found = compared()
    for form in (text(found), markdown(found), page(found)):
        assert "101.00 ± 1.41" in form
        assert "202.00 ± 2.83" in form


def test_every_format_says_what_changed_within_noise_and_what_would_have_been_told(project: Clone) -> None:
    edit(project, scale("pixelcnn", 1.1))
    found = compared()
    (move,) = [move for move in found.moves if move.verdict == "within noise"]
    assert move.difference is not None and move.smallest is not None
    low, high, least = (np.exp(value) for value in (*move.difference[1:3], move.smallest))
    for form in (text(found), markdown(found).replace("\\", ""), page(found)):
        told = f"×1.10 [{low:.2f}, {high:.2f}]", f"×{1 / least:.2f}, ×{least:.2f}"
        for part in ("105.00 ± 21.21", "115.50 ± 23.33", *told):
            assert part in form
        assert "With 2 seeds a side, the smallest change that is told is, by the median row: FID (digits" in form
    folded = markdown(found).partition("<details>")[2].partition("</details>")[0]
    assert "<summary>Changed, but not beyond seed noise (1)</summary>" in folded and "105.00 ± 21.21" in folded


def test_single_seeds_show_their_change_without_an_interval(project: Clone) -> None:
    def single(board: dict[str, Any]) -> None:
        for one in board["rows"]:
            del one["cells"][1:]

    edit(project, single)
    project.commit()
    edit(project, scale("nsgan", 1.5))
    for form in (text(compared()), markdown(compared()).replace("\\", ""), page(compared())):
        assert "100.00" in form and "150.00" in form and "×1.50" in form and "×1.50 [" not in form
        assert "smallest change that is told is" not in form


def test_a_dvc_experiment_is_found_by_its_name(project: Clone) -> None:
    edit(project, scale("nsgan", 2))
    project.commit()
    made = snapshot("HEAD").commit
    project.run("git", "update-ref", f"refs/exps/{made[:2]}/{made[2:]}/faster", made)
    project.run("git", "reset", "--quiet", "--hard", "HEAD~1")
    assert [move.run for move in compared("HEAD", "faster").moved] == ["nsgan"]
