"""Fair tuning: the same draws and operations for every run, scored on validation alone, each trial done once."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from genbench.data import prepared
from genbench.data.features import FeatureProtocol, Features
from genbench.data.paths import Paths
from genbench.engine.learner import Data
from genbench.errors import InputError
from genbench.evaluation import kept_scores
from genbench.files.atomic import write_json
from genbench.files.yaml import overridden
from genbench.find import find
from genbench.metrics import kid
from genbench.pipeline import check, params, runs
from genbench.pipeline.params import Params
from genbench.pipeline.plan import plan
from laboratory.tuning import paths, ruler, space
from laboratory.tuning.search import Setting, protocol, score, search, trials
from laboratory.tuning.space import STRENGTH, chosen, draw, drawn_options, resolved
from tests.support.clone import ROOT, Clone, change, copy_params, copy_versions

TUNING = space.load(ROOT / "laboratory/tuning/params.yaml")
SPACE = TUNING.space
BOARD = params.load(ROOT / "params.yaml")
RUNS, BATCH = BOARD.runs, BOARD.train.batch
SEARCHED = [*TUNING.runs, "wgan", "sngan", "dragan", "fgan_kl", "fgan_alpha", "flow_matching"]  # runs of all kinds
TINY = TUNING.model_copy(update={"trials": 1, "images": 20})
seeds, numbers = st.integers(0, 10**6), st.integers(1, 1000)


def drawn(run: str, seed: int, trial: int) -> dict[str, Any]:
    return draw(RUNS[run].train, SPACE, seed=seed, trial=trial, batch=BATCH)


def within(value: float, low: float, high: float) -> bool:
    """Whether a value that was rounded to two digits can come from between two others."""
    return 0.95 * low <= value <= 1.05 * high


# The draws


@pytest.mark.parametrize("run", SEARCHED)
@given(seed=seeds, trial=numbers)
def test_a_draw_changes_what_it_should_within_its_range_and_nothing_else(run: str, seed: int, trial: int) -> None:
    before, after = resolved(RUNS[run].train, BATCH), resolved(drawn(run, seed, trial), BATCH)
    options = drawn_options(before, SPACE)
    assert {"lr", "batch"} <= set(options)
    for option in options:
        values = SPACE[option]
        if isinstance(values, list):
            assert after[option] in values
        elif option.endswith("_ratio"):
            assert within(after[f"{option.removesuffix('_ratio')}_lr"] / after["lr"], values["low"], values["high"])
        elif option != STRENGTH:
            assert within(after[option], values["low"], values["high"])
    was, is_now = chosen(before, SPACE), chosen(after, SPACE)
    factors = [is_now[key] / was[key] for key in was if key == "clip" or key.endswith(".weight")]
    assert bool(factors) == (STRENGTH in options)
    assert all(within(factor, SPACE[STRENGTH]["low"], SPACE[STRENGTH]["high"]) for factor in factors)
    assert all(factor == pytest.approx(factors[0], rel=0.11) for factor in factors), "one factor for all of them"
    assert blank(after) == blank(before)


def blank(whole: dict[str, Any]) -> dict[str, Any]:
    """A resolved half without the values that tuning draws."""
    rest = {key: value for key, value in whole.items() if key not in chosen(whole, SPACE)}
    if isinstance(rest.get("objective"), dict):
        rest["objective"] = {key: value for key, value in rest["objective"].items() if key != "clip"}
    rest["penalties"] = [{**penalty, "weight": 0} for penalty in rest.get("penalties", [])]
    return rest


@pytest.mark.parametrize("trial", [1, 2, 6, 1000])
def test_all_runs_meet_the_same_draws(trial: int) -> None:
    halves = {run: drawn(run, TUNING.seed, trial) for run in SEARCHED}
    options = {run: drawn_options(resolved(RUNS[run].train, BATCH), SPACE) for run in SEARCHED}
    for option in SPACE.keys() - {STRENGTH}:
        had = [run for run in SEARCHED if option in options[run]]
        assert had, f"{option}: no run has it"
        assert all(halves[run][key(option)] == halves[had[0]][key(option)] for run in had)


def key(option: str) -> str:
    return option.replace("_ratio", "_lr")


@settings(max_examples=30)
@given(seed=seeds, trial=numbers, others=st.sets(st.sampled_from(sorted(SPACE.keys() - {"lr"}))))
def test_a_draw_depends_on_its_seed_name_and_trial_alone(seed: int, trial: int, others: set[str]) -> None:
    """Neither on other options of the space, nor on how many trials there are, which a draw is not even told."""
    fewer = {option: values for option, values in SPACE.items() if option not in others}
    half = RUNS["vqvae"].train
    expected = {name: value for name, value in drawn("vqvae", seed, trial).items() if name not in map(key, others)}
    left = {key(option): half[key(option)] for option in others if key(option) in half}
    assert draw(half, fewer, seed=seed, trial=trial, batch=BATCH) == expected | left


@pytest.mark.parametrize("run", SEARCHED)
def test_the_first_trial_is_the_run_as_it_stands(run: str) -> None:
    assert drawn(run, 0, 0) == RUNS[run].train


def test_ranges_are_even_in_the_logarithm_and_choices_even() -> None:
    """By the exact quantiles of 4,000 draws, whose shares have a standard error of at most 0.008."""
    wide = {"lr": {"low": 1e-6, "high": 1.0}, "critic_steps": [1, 2, 4], "critic_ratio": {"low": 1.0, "high": 1.0}}
    halves = [draw(RUNS["nsgan"].train, wide, seed=3, trial=trial, batch=BATCH) for trial in range(1, 4001)]
    powers = np.log10([half["lr"] for half in halves])
    for share in (0.1, 0.25, 0.5, 0.75, 0.9):
        assert np.mean(powers < -6 + 6 * share) == pytest.approx(share, abs=0.03)
    for steps in wide["critic_steps"]:
        assert np.mean([half["critic_steps"] == steps for half in halves]) == pytest.approx(1 / 3, abs=0.03)
    assert all(half["critic_lr"] == half["lr"] for half in halves)


def test_a_run_draws_what_its_models_module_has_by_default_and_no_more() -> None:
    assert drawn_options(resolved(RUNS["pixelcnn_conditional"].train, BATCH), SPACE) == ["lr", "batch", "dropout"]
    assert "betas" not in drawn("wgan", 0, 1), "RMSprop has none"
    assert drawn_options(resolved(RUNS["vae_bernoulli"].train, BATCH), SPACE) == ["lr", "batch"], "it has no noise"
    assert resolved(RUNS["nsgan"].train, BATCH)["critic_lr"] == RUNS["nsgan"].train["lr"]


def test_every_run_gets_options_in_each_trial_that_the_benchmark_accepts(tmp_path: Path) -> None:
    copy_params(tmp_path)
    halves = {
        f"{run}_trial{trial}": {"train": drawn(run, TUNING.seed, trial), "sample": RUNS[run].sample}
        for run in SEARCHED
        for trial in range(1, TUNING.trials + 1)
    }
    for name, run in halves.items():
        write_json(tmp_path / f"runs/{name}.yaml", run)  # which is YAML
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        loaded = params.load().model_copy(update={"enabled": list(halves)})
        check.check(loaded)


# The search, on the digits with a budget of seconds


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Params:
    """Two prepared splits and an extractor: there is neither a reference nor a held_out split to read."""
    shutil.copy(ROOT / "params.yaml", tmp_path)
    copy_versions(tmp_path)
    shutil.copytree(ROOT / "runs", tmp_path / "runs")
    monkeypatch.chdir(tmp_path)
    loaded = params.load()
    small = loaded.model_copy(update={"train": loaded.train.model_copy(update={"operations": 1.5, "batch": 8})})
    whole = find("datasets", "digits").load(source=Path(), size=8)
    splits = {"train": whole.images[:64], "validation": whole.images[64:104]}
    prepared.save(Paths("digits").images, "digits", whole, splits)
    ruler.obtain(small, TINY)
    return small


@pytest.mark.parametrize(("run", "workers"), [pytest.param("wgan_gp", 2, marks=pytest.mark.soak), ("vae", 1)])
def test_a_search_is_the_default_and_its_draws_scored_by_the_same_loop_every_time(
    project: Params, run: str, workers: int
) -> None:
    record = search(run, project, TINY, {}, workers)
    halves = [draw(RUNS[run].train, SPACE, seed=TINY.seed, trial=trial, batch=8) for trial in (0, 1)]
    assert [trial["options"] for trial in record["trials"]] == halves
    shutil.rmtree(kept_scores.FOLDER)
    setting = Setting(run, project, TINY, ruler.validation(project, TINY))
    assert [trial["kid"] for trial in record["trials"]] == [score(setting, half)["kid"] for half in halves]
    assert record["protocol"] == protocol(setting)
    assert (record["protocol"]["n_real"], record["protocol"]["n_fake"]) == (40, 20)
    assert (record["protocol"]["extractor"], record["protocol"]["dataset"]) == ("random_conv", "digits")


def test_trials_of_two_families_have_the_same_operations_but_for_one_step(project: Params) -> None:
    about = prepared.load_about(Paths("digits").images)
    images = prepared.load_split(Paths("digits").images, "train")
    data = Data(images, images[:0], images[:0], about.levels, about.classes)
    for run in ("nsgan", "vae"):
        for trial in (0, 1, 2):
            half = draw(RUNS[run].train, SPACE, seed=1000, trial=trial, batch=8)
            model = runs.model(half, about.shape)
            budget, operations = plan(half, project.train, model, data, seed=0, key=run)
            assert operations <= 1.5e9 < operations * (budget.steps + 1) / budget.steps


def test_a_finished_trial_is_not_done_again_and_more_trials_only_append(project: Params) -> None:
    few = search("vae", project, TINY, {}, 1)
    kept = sorted(kept_scores.FOLDER.iterdir())
    assert len(kept) == 2
    write_json(kept[0], {"steps": [7.0], "operations": [7.0], "kid": [7.0], "kid_se": [7.0]})
    more = search("vae", project, TINY.model_copy(update={"trials": 2}), {}, 1)
    assert [trial["options"] for trial in more["trials"][:2]] == [trial["options"] for trial in few["trials"]]
    assert sum(trial["kid"] == 7.0 for trial in more["trials"]) == 1, "the one that was kept"
    assert len(list(kept_scores.FOLDER.iterdir())) == 3
    assert search("vae", project, TINY, {"module": "another code"}, 1) == few, "all anew, to the same numbers"


def test_the_score_is_kid_of_samples_and_validation(project: Params) -> None:
    """A model that was trained is nearer than one that was not, by the metric's own module."""
    real = ruler.validation(project, TINY)
    assert ruler.score(real, real)["kid"] < 1e-9
    setting = Setting("vae", project, TINY, real)
    least = score(setting, {**RUNS["vae"].train, "steps": 1})
    most = score(setting, RUNS["vae"].train)
    assert least["steps"] == 1
    assert least["kid"] is not None
    assert most["kid"] is not None
    assert 0 < most["kid"] < least["kid"]


@given(factor=st.floats(0.01, 100), shift=st.floats(-10, 10), seed=seeds)
def test_the_score_does_not_depend_on_the_scale_and_the_mean_of_features(
    factor: float, shift: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    real, fake = rng.normal(size=(30, 4)), rng.normal(0.5, 2, size=(40, 4))
    real[:, 3], fake[:, 3] = 1, 2  # the same for all real images

    def features(vectors: np.ndarray) -> Features:
        return Features(vectors=vectors, probs=None, labels=None, protocol=FeatureProtocol("random_conv"))

    standard = [
        np.column_stack([(one[:, :3] - real[:, :3].mean(0)) / real[:, :3].std(0), one[:, 3] - 1])
        for one in (real, fake)
    ]
    expected = kid.compute(real=features(standard[0]), fake=features(standard[1]))["kid"]
    assert ruler.score(features(real), features(fake))["kid"] == pytest.approx(expected, rel=1e-6)
    moved = [np.column_stack([factor * one[:, :3] + shift, one[:, 3]]) for one in (real, fake)]
    assert ruler.score(features(moved[0]), features(moved[1]))["kid"] == pytest.approx(expected, rel=1e-6)


def test_a_trial_that_diverges_is_told_and_has_no_kid(project: Params) -> None:
    setting = Setting("nsgan", project, TINY, ruler.validation(project, TINY))
    lost = score(setting, {**RUNS["nsgan"].train, "lr": 1e30})
    assert lost["kid"] is None
    assert lost["kid_se"] is None
    assert lost["diverged"] is not None
    assert 1 <= lost["diverged"] == lost["steps"]


@pytest.mark.parametrize(
    ("run", "changed", "message"),
    [
        ("noise", {}, "noise: expected a run that is trained, the model noise has nothing to tune"),
        ("nsgn", {}, "unknown run 'nsgn'"),
        ("vae", {"space": {"momentum": [0.9]}}, "space.momentum: expected an option that a run of the catalogue has"),
        ("pixelcnn", {"space": {"dropout": [1.5]}}, "runs/pixelcnn.yaml: trial 1: train.dropout: .*less than 1"),
    ],
)
def test_what_cannot_be_tuned_is_refused(project: Params, run: str, changed: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        trials(run, project, TINY.model_copy(update=changed))


def test_a_budget_of_steps_alone_is_refused(project: Params) -> None:
    steps = project.train.model_copy(update={"operations": None, "steps": 4})
    with pytest.raises(InputError, match="train.operations: expected a number, which every trial shares; got null"):
        trials("vae", project.model_copy(update={"train": steps}), TINY)


def test_an_extractor_that_the_board_is_judged_by_is_refused(project: Params) -> None:
    with pytest.raises(InputError, match=r"extractor: expected none that the board .* \(classifier, pixels\)"):
        ruler.obtain(project, TINY.model_copy(update={"extractor": "classifier"}))
    board = project.model_copy(update={"extractors": ["random_conv"]})
    with pytest.raises(InputError, match="got random_conv"):
        ruler.validation(board, TINY)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("lr", {"low": 0.003, "high": 0.0003}, "space.lr: should be a list of choices, or a range"),
        ("lr", {"low": 0, "high": 0.1}, "space.lr: should be a list of choices, or a range .* of positive numbers"),
        ("lr", 0.1, "space.lr: should be a list of choices, or a range"),
        ("betas", [], "space.betas: should be a list of choices"),
    ],
)
def test_a_space_that_is_none_is_refused(tmp_path: Path, key: str, value: Any, message: str) -> None:
    content = TUNING.model_dump(mode="json")
    content["space"][key] = value
    write_json(tmp_path / "params.yaml", content)
    with pytest.raises(InputError, match=message):
        space.load(tmp_path / "params.yaml")


# The pipeline


@pytest.mark.soak
def test_a_changed_run_is_searched_again_and_no_other(base: Clone, tmp_path: Path) -> None:
    project = base.copy(tmp_path / "copy")
    file = project.path / "laboratory/tuning/params.yaml"
    tiny = {"runs": ["vae", "wgan"], "trials": 1, "images": 20}
    change(project.path, train={"operations": 0.5, "steps": None, "batch": 8})
    file.write_text(overridden(file.read_text(encoding="utf-8"), tiny), encoding="utf-8")
    laboratory, pipeline = project.laboratory, "tuning/dvc.yaml"
    every = {"fingerprint", "extractor", "search@vae", "search@wgan", "page"}
    assert laboratory.repro(pipeline) == {f"{pipeline}:{stage}" for stage in every}
    assert {Path(name).name for name in project.files(f"{paths.REPORTS}/*")} == {
        *("index.html", "tuning.json", "tuning.md", "tuning.csv")
    }
    assert laboratory.repro(pipeline) == {f"{pipeline}:fingerprint"}
    project.append("laboratory/tuning/search.py", "\n# a comment\n")
    project.set(runs={"wgan": {"train": {"lr": 0.002}}})
    searched = {f"{pipeline}:{stage}" for stage in ("fingerprint", "search@wgan", "page")}
    assert laboratory.repro(pipeline) == searched

    # code that one run alone names, by name, while the benchmark's own fingerprints are as they were
    project.append("genbench/adversarial/objectives/wgan.py", "\nANYTHING = 1\n")
    assert laboratory.repro(pipeline) == searched - {f"{pipeline}:page"}
