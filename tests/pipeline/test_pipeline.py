"""Reruns after a change, by real DVC in real clones: the exact set of executed stages, and what stands in the reports.

Every test has a scenario: changes to a copy of one reproduced clone, and the stages that each `dvc repro` after them
ran. The scenarios of the selected tests run side by side, in copies that share nothing.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from dvc.repo import Repo

from tests.support.clone import ROOT, TINY, Clone, executed, pretend
from tests.support.fashion_mnist import needs_fashion_mnist

pytestmark = pytest.mark.pipeline

CELL = ("train", "likelihood", "representation", "sample", "features", "evaluate")
SHARED = {"fingerprint", "prepare", "extractor@classifier", "reference@classifier", "report"}
SHARED |= {"representation_baselines", "human"}
FAINT = '''
"""Uniform pixels of low contrast."""

import torch
from torch import Tensor

from genbench.models import Model; from genbench.data.images import Shape
from genbench.options import Positive


class Faint(Model):
    def sample(self, n: int, *, rng: torch.Generator, contrast: Positive) -> Tensor:
        return (torch.rand(n, *self.shape, generator=rng) * 2 - 1) * contrast


def build(shape: Shape) -> Faint:
    return Faint(shape)
'''


@dataclass(frozen=True)
class Outcome:
    """The project as a scenario left it, and the stages that each of its reproductions ran."""

    project: Clone
    ran: list[set[str]]


Scenario = Callable[[Clone], Outcome]


def after(scenario: Scenario) -> pytest.MarkDecorator:
    """Give a test the outcome of a scenario."""
    return pytest.mark.parametrize("outcome", [scenario], ids=[scenario.__name__], indirect=True)


@pytest.fixture(scope="module")
def outcomes(
    base: Clone, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[Scenario, Future[Outcome]]]:
    """The scenarios of all selected tests, started."""
    parametrised = [item.callspec for item in request.session.items if hasattr(item, "callspec")]
    selected = dict.fromkeys(one.params["outcome"] for one in parametrised if "outcome" in one.params)

    def play(scenario: Scenario) -> Outcome:
        return scenario(base.copy(tmp_path_factory.mktemp(scenario.__name__) / "project"))

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield {scenario: pool.submit(play, scenario) for scenario in selected}
        pool.shutdown(cancel_futures=True)


@pytest.fixture
def outcome(request: pytest.FixtureRequest, outcomes: dict[Scenario, Future[Outcome]]) -> Outcome:
    """Result of the test's scenario."""
    return outcomes[request.param].result()


def cell(run: str, seed: int = 0, *, since: str = "train") -> set[str]:
    """Return the stages of one cell from one of them on."""
    stages = CELL[CELL.index(since) :]
    return {f"{stage}@{run}-{seed}" + "-classifier" * (stage in ("features", "evaluate")) for stage in stages}


def results(project: Clone) -> dict[str, bytes]:
    """Return the files that must be the same bytes wherever and however often they are made."""
    kept = ("weights", "samples", "features", "metrics", "representation", "reference", "images")
    files = [project.files(f"data/*/{kind}/**/*") for kind in kept]
    tables = [project.files(f"reports/{name}") for name in ("leaderboard.*", "summary.json", "grids/*", "plots/*")]
    return {name: content for group in [*files, *tables] for name, content in group.items()}


def rows(project: Clone) -> dict[str, dict[str, Any]]:
    """Return the rows of the leaderboard by run."""
    return {row["run"]: row for row in project.json("reports/leaderboard.json")["rows"]}


# What the whole is


def nothing_changed(project: Clone) -> Outcome:
    return Outcome(project, [project.repro()])


@after(nothing_changed)
def test_a_second_repro_runs_nothing(outcome: Outcome) -> None:
    assert outcome.ran == [set()]


def fresh_clone(project: Clone) -> Outcome:
    """Everything without a cache, with other threads; each stage's process notes what it uses."""
    newcomer = project.fresh(project.path.with_name("fresh"))
    traced = newcomer.path.with_name("traced")
    traced.mkdir()
    variables = [f"PYTHONPATH={ROOT / 'tests/support/trace'}", f"TRACED={traced}", "OMP_NUM_THREADS=3"]
    return Outcome(newcomer, [executed(newcomer.run("env", *variables, "dvc", "repro", "--force"))])


@after(fresh_clone)
def test_a_clone_without_a_cache_makes_everything_to_the_same_bytes(outcome: Outcome, base: Clone) -> None:
    assert outcome.ran == [SHARED | cell("wgan_gp") | cell("vae")]
    assert results(outcome.project) == results(base)
    assert any(name.endswith("metrics/vae/0-classifier.json") for name in results(base))


@after(fresh_clone)
def test_what_a_stage_uses_is_among_what_it_depends_on(outcome: Outcome) -> None:
    """Its modules are in its fingerprints, the files that it opens in its dependencies, as are the params it reads."""
    root = outcome.project.path
    with Repo(str(root)) as repo:
        stages = {stage.name: stage for stage in repo.index.stages if stage.path_in_repo == "dvc.yaml"}
    traces = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in root.with_name("traced").iterdir()}
    assert traces.keys() == outcome.ran[0]
    for name in traces.keys() - {"fingerprint"}:
        deps = [os.path.relpath(dep.fs_path, root) for dep in stages[name].deps]
        outs = [os.path.relpath(out.fs_path, root) for out in stages[name].outs]
        code = [seen for dep in deps if dep.startswith("code/") for seen in fingerprinted(root / dep)]
        modules = {f"{module.replace('.', '/')}{end}" for module in code for end in (".py", "/__init__.py")}
        assert set(traces[name]["modules"]) <= modules, name
        known = (*deps, *outs, *(file for file in code if "/" in file), ".genbench", "live")
        opened = [file for file in traces[name]["opened"] if not file.endswith((".py", ".pyc"))]
        assert [file for file in opened if not any(Path(file).is_relative_to(place) for place in known)] == [], name
        declared = {key.partition(".")[0] for dep in stages[name].params for key in dep.params}
        assert set(traces[name]["sections"]) <= declared | {"dataset"}, name


def fingerprinted(file: Path) -> list[str]:
    """Return the modules and files that a file below code/ has hashes of."""
    content = json.loads(file.read_text(encoding="utf-8"))
    tables = content.values() if file.name == "metrics.json" else [content]
    return [name for table in tables for name in table]


# What a change of params reruns


def learning_rate(project: Clone) -> Outcome:
    project.set(runs={"wgan_gp": {"train": {"lr": 1e30}}})  # so high that the training diverges
    return Outcome(project, [project.repro()])


@after(learning_rate)
def test_a_learning_rate_reruns_its_own_chain(outcome: Outcome) -> None:
    assert outcome.ran == [{"fingerprint", *cell("wgan_gp"), "report"}]


@after(learning_rate)
def test_a_diverged_run_is_shown_and_the_others_go_on(outcome: Outcome, base: Clone) -> None:
    (lost,) = rows(outcome.project)["wgan_gp"]["cells"]
    assert lost["diverged"]["step"] <= TINY["train"]["steps"]
    assert rows(outcome.project)["vae"] == rows(base)["vae"]
    for table in ("leaderboard.md", "leaderboard.csv", "index.html"):
        assert "diverged" in (outcome.project.path / "reports" / table).read_text(encoding="utf-8")


def new_run(project: Clone) -> Outcome:
    (project.path / "genbench/models/faint.py").write_text(FAINT, encoding="utf-8")
    entry = {"train": {"model": "faint"}, "sample": {"contrast": 0.5}}
    project.set(runs={"faint": entry}, enabled=[*TINY["enabled"], "faint"])
    added = project.repro()
    project.set(runs={"faint": {"sample": {"contrast": 0.25}}})
    return Outcome(project, [added, project.repro()])


@after(new_run)
@pytest.mark.soak
def test_a_new_run_runs_its_own_cell(outcome: Outcome) -> None:
    assert outcome.ran[0] == {"fingerprint", *cell("faint"), "report"}
    assert set(rows(outcome.project)) == {"wgan_gp", "vae", "faint"}


@after(new_run)
@pytest.mark.soak
def test_a_sampling_option_reruns_from_sample_on(outcome: Outcome) -> None:
    assert outcome.ran[1] == {"fingerprint", *cell("faint", since="sample"), "report"}


def metric_option(project: Clone) -> Outcome:
    project.set(metrics={"precision_recall": {"k": 2}})
    return Outcome(project, [project.repro()])


@after(metric_option)
def test_a_metric_option_computes_that_metric_alone(outcome: Outcome, base: Clone) -> None:
    scores = ".genbench/scratch/scores/*.json"
    before, after = (project.files(scores) for project in (base, outcome.project))
    new = [set(json.loads(after[name])) for name in after.keys() - before.keys()]
    assert new and all(names == {"precision", "precision_se", "recall", "recall_se"} for names in new), new


@after(metric_option)
def test_a_metric_option_reruns_evaluate(outcome: Outcome) -> None:
    evaluated = {*cell("wgan_gp", since="evaluate"), *cell("vae", since="evaluate")}
    assert outcome.ran == [{"fingerprint", *evaluated, "report"}]


def fewer_runs_more_seeds(project: Clone) -> Outcome:
    project.set(enabled=["vae"])
    fewer = project.repro()
    project.set(seeds=[0, 1])
    return Outcome(project, [fewer, project.repro()])


@after(fewer_runs_more_seeds)
def test_a_run_taken_out_leaves_the_report_and_no_ghost(outcome: Outcome) -> None:
    assert outcome.ran[0] == {"fingerprint", "report"}
    assert set(rows(outcome.project)) == {"vae"}
    current: dict[str, bytes] = {}
    for pattern in ("reports/*", "reports/grids/*", "reports/plots/*"):
        current |= outcome.project.files(pattern)
    assert {"reports/index.html", "reports/grids/vae.png", "reports/plots/fid.csv"} <= current.keys()
    for name, content in current.items():
        assert "wgan_gp" not in name
        assert b"wgan_gp" not in content, name


@after(fewer_runs_more_seeds)
def test_a_new_seed_runs_the_new_cells(outcome: Outcome) -> None:
    assert outcome.ran[1] == {"fingerprint", *cell("vae", 1), "report"}
    assert [cell["seed"] for cell in rows(outcome.project)["vae"]["cells"]] == [0, 1]


# What a change of code reruns


def edits(project: Clone) -> Outcome:
    training = project.path / "genbench/engine/loop.py"
    training.write_text(training.read_text(encoding="utf-8").replace('"""', '"""Edited. ', 1), encoding="utf-8")
    project.append("genbench/engine/loop.py", "\n# a comment\n")
    words = project.repro()
    project.append("genbench/models/vae.py", "\nEDITED = True\n")
    model = project.repro()
    project.append("genbench/report/tables.py", "\nEDITED = True\n")
    return Outcome(project, [words, model, project.repro()])


@after(edits)
@pytest.mark.soak
def test_comments_and_docstrings_rerun_only_the_fingerprint(outcome: Outcome) -> None:
    assert outcome.ran[0] == {"fingerprint"}


@after(edits)
@pytest.mark.soak
def test_code_of_a_model_reruns_its_runs_as_far_as_bytes_change(outcome: Outcome) -> None:
    # The edit changes nothing that the model does, so its samples are the same bytes; what training cost is not.
    assert outcome.ran[1] == {"fingerprint", *(f"{stage}@vae-0" for stage in CELL[:4]), "report"}


@after(edits)
@pytest.mark.soak
def test_code_of_the_report_reruns_the_report(outcome: Outcome) -> None:
    assert outcome.ran[2] == {"fingerprint", "report"}


# What other versions of libraries rerun


def versions(project: Clone) -> Outcome:
    drawn = pretend(project.path.with_name("drawn"), jinja2="9.9.9")
    unwritten = executed(project.run("env", drawn, "dvc", "repro"))
    refused = project.attempt("env", drawn, "dvc", "repro", "--force", "--single-item", "report")
    assert refused.returncode != 0
    assert "error: environment.yaml: draws.jinja2 is " in refused.stderr
    project.run("git", "restore", "--", "reports", "dvc.lock")  # DVC takes the outputs of a stage away before it runs
    refused = project.attempt("env", drawn, "genbench", "fanout", "-j", "1")
    assert refused.stderr.startswith("error: environment.yaml: draws.jinja2 is ")
    assert project.run("env", drawn, "genbench", "environment", "--write").endswith("→ 9.9.9\n")
    report = executed(project.run("env", drawn, "dvc", "repro"))
    computed = pretend(project.path.with_name("computed"), jinja2="9.9.9", zuko="9.9.9")
    project.run("env", computed, "genbench", "environment", "--write")
    return Outcome(project, [unwritten, report, executed(project.run("env", computed, "dvc", "repro"))])


@after(versions)
@pytest.mark.soak
def test_a_version_of_what_draws_reruns_the_report_and_one_of_what_computes_everything(outcome: Outcome) -> None:
    assert outcome.ran == [set(), {"report"}, SHARED - {"fingerprint"} | cell("wgan_gp") | cell("vae")]


@after(versions)
@pytest.mark.soak
def test_the_leaderboard_says_what_computed_it_in_every_format(outcome: Outcome, base: Clone) -> None:
    before, now = (project.json("reports/leaderboard.json") for project in (base, outcome.project))
    assert now["environment"] == before["environment"] | {"zuko": "9.9.9"}
    assert now["rows"] == before["rows"], "it was pretended"
    for table in ("leaderboard.md", "leaderboard.tex", "index.html"):
        assert "zuko 9.9.9" in (outcome.project.path / "reports" / table).read_text(encoding="utf-8")


# Profiles


def other_profile_and_back(project: Clone) -> Outcome:
    split = {"train": 90, "validation": 20, "reference": 40, "held_out": 40}
    project.add_profile("other", **{**TINY, "enabled": ["noise"], "data": {"split": split}})
    project.run("genbench", "use", "other")
    other = project.repro()
    project.run("genbench", "use", "tiny")
    return Outcome(project, [other, project.repro()])


@after(other_profile_and_back)
def test_another_profile_and_back_retrains_nothing(outcome: Outcome, base: Clone) -> None:
    assert outcome.ran == [SHARED | cell("noise"), {"report"}]
    for name in ("params.yaml", "reports/leaderboard.json"):
        assert (outcome.project.path / name).read_bytes() == (base.path / name).read_bytes()


def fashion_mnist(project: Clone) -> Outcome:
    needs_fashion_mnist()
    data = {"pixels": None, "split": {"train": 200, "validation": 20, "reference": 40, "held_out": 40}}
    ruler = {"classifier": {"weights": "train", "steps": 4, "batch": 16}}
    changes = {**TINY, "dataset": "fashion_mnist", "enabled": ["wgan_gp"], "data": data, "extractor": ruler}
    project.add_profile("fashion", **changes)
    project.run("genbench", "use", "fashion")
    return Outcome(project, [project.repro()])


@after(fashion_mnist)
@pytest.mark.soak
def test_fashion_mnist_goes_through_every_stage(outcome: Outcome) -> None:
    assert outcome.ran == [SHARED | cell("wgan_gp")]
    about = outcome.project.json("data/fashion_mnist/images/about.json")
    assert (about["shape"], about["levels"], len(about["classes"])) == ([1, 28, 28], 256, 10)
    board = outcome.project.json("reports/leaderboard.json")
    assert [row["run"] for row in board["rows"]] == ["wgan_gp"]
    assert board["dataset"]["name"] == "fashion_mnist"


# Answers of people


def answers(project: Clone) -> Outcome:
    database = ("--database", "human/try.sqlite")
    project.run("genbench", "human", "simulate", "--participants", "4", *database)
    project.run("genbench", "human", "export", *database)
    return Outcome(project, [project.repro(), project.repro()])


@after(answers)
def test_answers_become_a_column_and_touch_no_cell(outcome: Outcome, base: Clone) -> None:
    assert outcome.ran == [{"human", "report"}, set()]
    with (outcome.project.path / "reports/leaderboard.csv").open(encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert {line["HYPE∞ % people"] for line in lines} == {"2"}
    assert all(float(line["HYPE∞ % low"]) <= float(line["HYPE∞ %"]) <= float(line["HYPE∞ % high"]) for line in lines)
    assert "HYPE" not in (base.path / "reports/leaderboard.csv").read_text(encoding="utf-8")


# A disk that is full while weights are written


def full_disk(project: Clone) -> Outcome:
    pipeline = project.path / "dvc.yaml"
    limited = "cmd: ulimit -f 40; python -m stages.train"  # no file can grow beyond 40 blocks
    pipeline.write_text(pipeline.read_text(encoding="utf-8").replace("cmd: python -m stages.train", limited))
    failed = project.attempt("dvc", "repro", "train@vae-0")
    assert failed.returncode != 0
    assert "error: data/digits/weights/vae/0/raw.safetensors: cannot be written" in failed.stderr
    assert not project.files("data/digits/weights/vae/**/*"), "no scraps"
    project.run("git", "restore", "dvc.yaml", "dvc.lock")
    return Outcome(project, [project.repro()])


@after(full_disk)
@pytest.mark.soak
def test_what_a_full_disk_cost_comes_back_from_the_cache(outcome: Outcome, base: Clone) -> None:
    assert outcome.ran == [set()]
    assert results(outcome.project) == results(base)


# DVC's own commands, with a change of params by one of them


def experiment(project: Clone) -> Outcome:
    ran = executed(project.run("dvc", "exp", "run", "--name", "fewer", "--set-param", "sampling.blocks=3"))
    return Outcome(project, [ran])


@after(experiment)
def test_the_number_of_samples_reruns_from_sample_on(outcome: Outcome) -> None:
    sampled = {*cell("wgan_gp", since="sample"), *cell("vae", since="sample")}
    assert outcome.ran == [{"fingerprint", *sampled, "report"}]


@after(experiment)
def test_commands_of_dvc_say_what_a_person_wants_to_read(outcome: Outcome) -> None:
    run = outcome.project.run
    assert "vae.fid" in run("dvc", "metrics", "show")
    assert "vae.fid" in run("dvc", "metrics", "diff")
    assert "sampling.blocks" in run("dvc", "params", "diff")
    table = run("dvc", "exp", "show", "--md", "--only-changed")
    assert all(word in table for word in ("fewer", "vae.fid", "sampling.blocks"))
    assert "up to date" in run("dvc", "status", "dvc.yaml")
    assert "evaluate@vae-0-classifier" in run("dvc", "dag", "--dot")
    run("dvc", "plots", "show", "--out", "plots")
    assert "Precision and recall" in (outcome.project.path / "plots/index.html").read_text(encoding="utf-8")
    assert "Queued" in run("dvc", "exp", "run", "--queue", "--set-param", "train.steps=5")
    assert "Queued" in run("dvc", "queue", "status")
