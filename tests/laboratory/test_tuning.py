"""Fair tuning: the same draws for every run, scored on validation alone, and taken into the catalogue whole."""

from __future__ import annotations

import copy
import csv
import io
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from genbench.data import prepared
from genbench.data.paths import Paths
from genbench.errors import InputError
from genbench.extractors import classifier
from genbench.files.atomic import write_json
from genbench.files.section import read
from genbench.files.yaml import overridden
from genbench.find import find
from genbench.pipeline import params
from genbench.pipeline.catalogue import Run
from genbench.pipeline.params import Params
from genbench.report import frames
from laboratory.tuning import paths, space
from laboratory.tuning.apply import COMPARISON, apply
from laboratory.tuning.claims import claims
from laboratory.tuning.page import page
from laboratory.tuning.results import Results, best_of, gains, gather, trials
from laboratory.tuning.search import Setting, protocol, score, search, validation
from laboratory.tuning.space import chosen, draw
from tests.support.clone import ROOT, Clone, change

TUNING = space.load(ROOT / "laboratory/tuning/params.yaml")
SPACE = TUNING.space
RUNS = params.load(ROOT / "params.yaml").runs
TINY = TUNING.model_copy(update={"trials": 1, "steps": 2, "images": 20})
seeds, numbers = st.integers(0, 10**6), st.integers(1, TUNING.trials)


def within(value: float, low: float, high: float) -> bool:
    """Whether a value that was rounded to two digits can come from between two others."""
    return 0.95 * low <= value <= 1.05 * high


# The draws


@pytest.mark.parametrize("run", TUNING.runs)
@given(seed=seeds, trial=numbers)
def test_a_draw_changes_what_it_should_within_its_range_and_nothing_else(run: str, seed: int, trial: int) -> None:
    half = RUNS[run].train
    drawn = draw(half, SPACE, seed=seed, trial=trial, trials=TUNING.trials)
    assert within(drawn["lr"], *SPACE.lr)
    assert within(drawn["critic_lr"] / drawn["lr"], *SPACE.critic_ratio)
    assert ("betas" in drawn) == ("betas" in half)
    assert tuple(drawn.get("betas", SPACE.betas[0])) in SPACE.betas
    assert drawn["critic_steps"] in SPACE.critic_steps
    before, after = chosen({"critic_lr": 1.0, **half}), chosen(drawn)
    bounds = [key for key in before if key == "clip" or key.endswith(".weight")]
    factors = [after[key] / before[key] for key in bounds]
    assert all(within(factor, *SPACE.strength) for factor in factors)
    assert all(factor == pytest.approx(factors[0], rel=0.11) for factor in factors), "one factor for all of them"
    assert blank(drawn) == blank(half)


def blank(half: dict[str, Any]) -> dict[str, Any]:
    """A half without the values that tuning draws."""
    rest = {key: value for key, value in half.items() if key not in ("lr", "critic_lr", "betas", "critic_steps")}
    rest = copy.deepcopy(rest)
    if isinstance(rest["objective"], dict):
        rest["objective"].pop("clip", None)
    for penalty in rest.get("penalties", []):
        del penalty["weight"]
    return rest


@given(seed=seeds, trial=numbers)
def test_all_runs_meet_the_same_draws(seed: int, trial: int) -> None:
    drawn = [draw(RUNS[run].train, SPACE, seed=seed, trial=trial, trials=TUNING.trials) for run in TUNING.runs]
    for key in ("lr", "critic_lr", "betas", "critic_steps"):
        values = [half[key] for half in drawn if key in half]
        assert values and all(value == values[0] for value in values)


@pytest.mark.parametrize("run", TUNING.runs)
def test_the_first_trial_is_the_run_as_it_stands(run: str) -> None:
    half = RUNS[run].train
    assert draw(half, SPACE, seed=0, trial=0, trials=1) == {"critic_lr": half["lr"], **half}


@given(seed=seeds)
def test_trials_are_a_latin_hypercube_even_in_the_logarithm(seed: int) -> None:
    wide = SPACE.model_copy(update={"lr": (1e-6, 1.0), "critic_ratio": (1.0, 1e6), "strength": (1e-6, 1.0)})
    half = {**RUNS["nsgan"].train, "objective": {"name": "wgan", "clip": 1.0}}
    drawn = [chosen(draw(half, wide, seed=seed, trial=trial, trials=6)) for trial in range(1, 7)]
    for values in (
        [one["lr"] for one in drawn],
        [one["critic_lr"] / one["lr"] * 1e-6 for one in drawn],
        [one["clip"] for one in drawn],
    ):  # one in each power of ten, but for rounding to two digits
        powers = -6 + np.arange(7)
        assert (np.abs(np.sort(np.log10(values)) - powers[:-1] - 0.5) < 0.55).all()
    assert sorted(tuple(one["betas"]) for one in drawn) == sorted(2 * SPACE.betas)
    assert sorted(one["critic_steps"] for one in drawn) == sorted(2 * SPACE.critic_steps)


# The search, on the digits with a budget of seconds


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Params:
    """Two prepared splits and an extractor: there is neither a reference nor a held_out split to read."""
    shutil.copy(ROOT / "params.yaml", tmp_path)
    for folder in ("profiles", "runs"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    monkeypatch.chdir(tmp_path)
    loaded = params.load()
    small = loaded.model_copy(update={"train": loaded.train.model_copy(update={"batch": 8, "log_every": 1})})
    whole = find("datasets", "digits").load(source=Path(), size=8)
    splits = {"train": whole.images[:64], "validation": whole.images[64:104]}
    about = prepared.save(Paths("digits").images, "digits", whole, splits)
    images = {"train": splits["train"], "held_out": splits["validation"]}
    classifier.obtain(Paths("digits").extractor("classifier"), images, about, **loaded.extractor["classifier"])
    return small


def test_a_search_is_the_default_and_its_draws_scored_by_the_same_loop_every_time(project: Params) -> None:
    record = search("wgan_gp", project, TINY)
    halves = [draw(RUNS["wgan_gp"].train, SPACE, seed=TINY.seed, trial=trial, trials=1) for trial in (0, 1)]
    assert [trial["options"] for trial in record["trials"]] == halves
    setting = Setting("wgan_gp", project, TINY, validation(project, TINY))
    assert [trial["fid"] for trial in record["trials"]] == [score(setting, half).fid for half in halves]
    assert record["protocol"] == protocol(setting)
    assert (record["protocol"]["n_real"], record["protocol"]["n_fake"]) == (40, 20)


def test_a_trial_that_diverges_is_told_and_has_no_fid(project: Params) -> None:
    setting = Setting("nsgan", project, TINY, validation(project, TINY))
    lost = score(setting, {**RUNS["nsgan"].train, "lr": 1e30})
    assert lost.fid is None
    assert lost.diverged
    assert lost.diverged["step"] <= TINY.steps


@pytest.mark.parametrize(
    ("name", "message"), [("vae", "vae: tuning is for runs of the model gan"), ("nsgn", "unknown run 'nsgn'")]
)
def test_what_cannot_be_tuned_is_refused(name: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        search(name, params.load(ROOT / "params.yaml"), TINY)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("lr", [0.003, 0.0003], "space.lr: should be a range from low to high"),
        ("lr", [0, 0.1], r"space.lr.0: .*greater than 0"),
        ("betas", [], "space.betas: .*at least 1"),
        ("momentum", 0.9, "unknown .*'momentum'"),
    ],
)
def test_a_space_that_is_none_is_refused(tmp_path: Path, key: str, value: Any, message: str) -> None:
    content = TUNING.model_dump(mode="json")
    content["space"][key] = value
    write_json(tmp_path / "params.yaml", content)
    with pytest.raises(InputError, match=message):
        space.load(tmp_path / "params.yaml")


# What comes of it


def results(folder: Path, fids: dict[str, list[float | None]], **changed: dict[str, Any]) -> Results:
    """Made-up searches: the FID of every trial by run, None for one that diverged."""
    for run, values in fids.items():
        trials = [
            {
                "options": draw(RUNS[run].train, SPACE, seed=1000, trial=trial, trials=2),
                "fid": fid,
                "diverged": None if fid is not None else {"step": 50, "reason": "loss of critic is nan"},
            }
            for trial, fid in enumerate(values)
        ]
        said = {
            **PROTOCOL,
            "space": SPACE.model_dump(mode="json"),
            **changed.get(run, {}),
        }
        write_json(folder / f"{run}.json", {"run": run, "protocol": said, "trials": trials})
    return gather(folder, list(fids))


PROTOCOL = {
    "extractor": "classifier",
    "weights": "ab",
    "resize": "none",
    "dataset": "digits",
    "n_real": 40,
    "n_fake": 20,
    "trials": 2,
    "steps": 300,
    "batch": 64,
    "seed": 1000,
}
FIDS: dict[str, list[float | None]] = {
    "gan": [200.0, None, 250.0],
    "wgan": [300.0, 150.0, 170.0],
    "r3gan": [None, 400.0, 180.0],
}


def test_runs_stand_by_the_best_that_they_found(tmp_path: Path) -> None:
    made = results(tmp_path, FIDS)
    assert [(search["run"], search["best"], best_of(search)["fid"]) for search in made["runs"]] == [
        ("wgan", 1, 150.0),
        ("r3gan", 2, 180.0),
        ("gan", 0, 200.0),
    ]


def test_two_budgets_make_no_table(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="steps is 300 in gan and 600 in wgan"):
        results(tmp_path, FIDS, wgan={"steps": 600})


def test_tables_hold_every_trial(tmp_path: Path) -> None:
    made = results(tmp_path, FIDS)
    lines = list(csv.DictReader(io.StringIO(frames.csv(trials(made)))))
    fids = {run: [float(row["fid"]) if row["fid"] else None for row in lines if row["run"] == run] for run in FIDS}
    assert fids == FIDS
    assert {row["run"]: int(row["trial"]) for row in lines if row["best"] == "1"} == {"wgan": 1, "r3gan": 2, "gan": 0}
    rows = {row[0]: row[1:] for row in gains(made).values.tolist()}
    assert rows["gan"] == ["200.0", "200.0", "the default"]
    assert rows["r3gan"][:2] == ["diverged at step 50", "180.0"]
    assert rows["r3gan"][2].startswith("lr ")


def test_claims_on_tuning_follow_the_searches(tmp_path: Path) -> None:
    made = claims(results(tmp_path, FIDS))
    assert [claim.holds for claim in made] == [False, True, True, False]
    assert made[0].measured == "This is so for 2 of 3, not for gan."
    assert made[1].measured == (
        "With default options 200.0 (gan) to 300.0 (wgan), a factor of 1.50; with the best found 150.0 (wgan) to 200.0 "
        "(gan), a factor of 1.33."
    )
    assert made[2].measured == "τ is −1.00 over 2 runs."
    assert made[3].measured == "2 of 9 trials diverged: r3gan (1) and gan (1)."
    (tmp_path / "other").mkdir()
    made = claims(results(tmp_path / "other", {"gan": [200.0, 100.0, 250.0], "wgan": [300.0, 290.0, 295.0]}))
    assert [claim.holds for claim in made] == [True, False, False, True]


def test_the_page_draws_every_trial_that_finished_and_asks_for_nothing(tmp_path: Path) -> None:
    made = results(tmp_path, FIDS)
    html = page(made)
    places = [float(x) for x in re.findall(r'<circle cx="([^"]+)"', html)]
    assert len(places) == sum(fid is not None for fids in FIDS.values() for fid in fids)
    assert 0 <= min(places) < max(places) <= 560
    assert html.count('class="best"') == 2
    assert html.count('class="default best"') == 1  # of gan; r3gan's default diverged
    assert html.count('class="default"') == 1
    assert html.count("diverged at step 50") == 3  # the default of the gains, and both in their own tables
    assert not re.search(r"(src|href)=\"(?!data:|#)", html)


def others(loaded: Params, names: list[str]) -> dict[str, Run]:
    """The catalogue without some rows."""
    return {name: run for name, run in loaded.runs.items() if name not in names}


def test_what_was_found_becomes_rows_beside_the_defaults(project: Params, tmp_path: Path) -> None:
    made = results(tmp_path / "found", FIDS)
    before = params.PARAMS.read_text(encoding="utf-8")
    enabled = read(COMPARISON)["enabled"]
    names = apply(made)
    assert names == ["wgan_tuned", "r3gan_tuned", "gan_tuned"]
    after = params.load()
    assert others(after, names) == others(project, names)
    assert after.runs["wgan_tuned"].train == draw(RUNS["wgan"].train, SPACE, seed=1000, trial=1, trials=2)
    assert after.runs["gan_tuned"].train == {**RUNS["gan"].train, "critic_lr": RUNS["gan"].train["lr"]}
    for part in ("trial 1", "2 trials of 300 steps", "validation of digits", "classifier"):
        assert part in after.runs["wgan_tuned"].note
    assert read(COMPARISON)["enabled"] == [*enabled, *(name for name in names if name not in enabled)]
    written = {name: Path(f"runs/{name}.yaml").read_text(encoding="utf-8") for name in names}
    assert apply(made) == names
    assert {name: Path(f"runs/{name}.yaml").read_text(encoding="utf-8") for name in names} == written
    assert params.PARAMS.read_text(encoding="utf-8") == before


def test_options_of_a_run_that_was_changed_since_are_not_taken(project: Params, tmp_path: Path) -> None:
    made = results(tmp_path / "found", FIDS)
    change(Path(), runs={"wgan": {"train": {"objective": {"clip": 0.5}}}})
    before = {file: file.read_bytes() for file in Path("runs").iterdir()}
    with pytest.raises(InputError, match="runs/wgan.yaml: train: was changed since it was tuned"):
        apply(made)
    assert {file: file.read_bytes() for file in Path("runs").iterdir()} == before


def test_every_tuned_run_is_an_adversarial_row_of_the_catalogue() -> None:
    assert {RUNS[run].train["model"] for run in TUNING.runs} == {"gan"}


# The pipeline


@pytest.mark.soak
def test_a_changed_run_is_searched_again_and_no_other(base: Clone, tmp_path: Path) -> None:
    project = base.copy(tmp_path / "copy")
    file = project.path / "laboratory/tuning/params.yaml"
    tiny = {"runs": ["nsgan", "wgan"], "trials": 1, "steps": 2, "images": 20}
    file.write_text(overridden(file.read_text(encoding="utf-8"), tiny), encoding="utf-8")
    laboratory, pipeline = project.laboratory, "tuning/dvc.yaml"
    every = {"fingerprint", "search@nsgan", "search@wgan", "page"}
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
