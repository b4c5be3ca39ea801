"""`genbench plan` beside the `dvc repro` that follows it, over many kinds of change, by real DVC in real clones.

Of one reproduced clone every change has a copy. In it the plan is made, then DVC goes to work, and what it says that
it ran and restored is held against the plan: it runs nothing that the plan does not name, and everything that the
plan is sure of.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from genbench.dag import lock
from genbench.dag.forecast.forecast import Step
from genbench.dag.forecast.text import text
from genbench.dag.forecast.times import duration
from tests.support.clone import Clone, executed

pytestmark = pytest.mark.pipeline

VAE = [
    *("train@vae-0", "likelihood@vae-0", "representation@vae-0", "sample@vae-0"),
    *("features@vae-0-classifier", "evaluate@vae-0-classifier"),
]
GAN = [name.replace("vae", "wgan_gp") for name in VAE]
OF_IMAGES = {"extractor@classifier", "reference@classifier", "representation_baselines"}


@dataclass(frozen=True)
class Case:
    """A change, and what the plan must say of it: stages certain to run, and certain to be restored."""

    change: Callable[[Clone], Any]
    runs: set[str]
    may: set[str] = frozenset()  # type: ignore[assignment]
    restored: set[str] = frozenset()  # type: ignore[assignment]
    frozen: set[str] = frozenset()  # type: ignore[assignment]
    why: str = ""
    slow: bool = False  # reproduces much, or its like is tried elsewhere: left to `make soak`


def edit(name: str, before: str, after: str) -> Callable[[Clone], None]:
    """Replace a text where a file has it first."""
    return lambda project: project.replace(name, before, after)


def back_and_forth(project: Clone) -> None:
    """A learning rate that was tried and is tried again."""
    project.set(runs={"vae": {"train": {"lr": 0.5}}})
    project.repro()
    project.run("git", "checkout", "runs")
    project.repro()
    project.set(runs={"vae": {"train": {"lr": 0.5}}})


def lost_everything(project: Clone) -> None:
    """All data gone from the workspace, the cache kept."""
    shutil.rmtree(project.path / "data" / "digits")


def other_weights(project: Clone) -> None:
    (project.path / "data/digits/weights/vae/0/curve.csv").write_text("step,loss\n", encoding="utf-8")


def frozen_sampling(project: Clone) -> None:
    """Stages that would run again, and others after them, if they were not frozen."""
    edit("dvc.yaml", "  sample:\n    matrix:", "  sample:\n    frozen: true\n    matrix:")(project)
    project.set(sampling={"blocks": 3})


def two_results(project: Clone) -> None:
    """A training that the run-cache has twice and dvc.lock has not: the first by name is older, with other times."""
    entries = lock.read(project.path)
    costs = {name: entries[name]["outs"][0]["md5"] for name in (VAE[0], GAN[0])}
    (newest,) = (file for file in project.path.glob(".dvc/cache/runs/*/*/*") if costs[VAE[0]] in file.read_text())
    older = newest.with_name("0" * 64)
    older.write_text(newest.read_text(encoding="utf-8").replace(costs[VAE[0]], costs[GAN[0]]), encoding="utf-8")
    os.utime(older, (0, 0))
    text = lock.only(project.path, entries.keys() - {VAE[0]})
    (project.path / "dvc.lock").write_text(text, encoding="utf-8")


CASES = {
    "nothing": Case(lambda project: None, set()),
    "comment": Case(
        lambda p: p.append("genbench/engine/loop.py", "\n# a comment\n"), {"fingerprint"}, slow=True
    ),
    "docstring": Case(edit("genbench/models/vae.py", '"""', '"""Edited. '), {"fingerprint"}, slow=True),
    "code of a model": Case(
        lambda p: p.append("genbench/models/vae.py", "\nEDITED = True\n"),
        {"fingerprint", *VAE[:4], "report"},
        set(VAE[4:]),
        why="code: genbench.models.vae",
    ),
    "code of an objective": Case(
        lambda p: p.append("genbench/adversarial/objectives/wgan.py", "\nEDITED = True\n"),
        {"fingerprint", *GAN[:4], "report"},
        set(GAN[4:]),
        why="code: genbench.adversarial.objectives.wgan",
        slow=True,
    ),
    "code of a metric": Case(
        lambda p: p.append("genbench/metrics/precision_recall.py", "\nEDITED = True\n"),
        {"fingerprint", VAE[5], GAN[5], "report"},
        why="code: genbench.metrics.precision_recall",
        slow=True,
    ),
    "option of a metric": Case(
        lambda p: p.set(metrics={"precision_recall": {"k": 2}}),
        {"fingerprint", VAE[5], GAN[5]},
        {"report"},
        why="metrics.precision_recall.k 3 → 2",
    ),
    "learning rate of one run": Case(
        lambda p: p.set(runs={"wgan_gp": {"train": {"lr": 0.25}}}),
        {"fingerprint", GAN[0], "report"},
        set(GAN[1:]),
        why="runs/wgan_gp.yaml:train.lr 0.001 → 0.25",
        slow=True,
    ),
    "note of a run": Case(
        lambda p: p.set(runs={"vae": {"note": "Said."}}),
        {"fingerprint", "report"},
        why="in the report: note",
        slow=True,
    ),
    "learning rate tried before": Case(
        back_and_forth, {"report"}, restored={"fingerprint", *VAE}, why="runs/vae.yaml:train.lr 0.002 → 0.5",
        slow=True,
    ),
    "option of sampling": Case(
        lambda p: p.set(sampling={"batch": 10}),
        {"fingerprint", VAE[3], GAN[3], "report"},
        {*VAE[4:], *GAN[4:]},
        why="sampling.batch 20 → 10",
        slow=True,
    ),
    "shared steps": Case(
        lambda p: p.set(train={"steps": 6}),
        {"fingerprint", VAE[0], GAN[0], "report"},
        {*VAE[1:], *GAN[1:]},
        why="train.steps 4 → 6",
        slow=True,
    ),
    "new seed": Case(
        lambda p: p.set(seeds=[0, 7]),
        {name.replace("-0", "-7") for name in (*VAE, *GAN)} | {"fingerprint", "report"},
        why="nothing of it is here yet",
        slow=True,
    ),
    "removed run": Case(
        lambda p: p.set(enabled=["vae"]), {"fingerprint", "report"}, why='enabled ["wgan_gp", "vae"] → ["vae"]',
        slow=True,
    ),
    "new run": Case(
        lambda p: p.set(runs={"mine": {"train": {"model": "noise"}, "sample": {}}}, enabled=["wgan_gp", "vae", "mine"]),
        {"fingerprint", "report", *(name.replace("vae", "mine") for name in VAE)},
        slow=True,
    ),
    "split of the dataset": Case(
        lambda p: p.set(data={"split": {"train": 90}}),
        {"fingerprint", "prepare"},
        {*OF_IMAGES, "report", *VAE, *GAN},
        why="data.split.train 100 → 90",
        slow=True,
    ),
    "frozen stages": Case(frozen_sampling, {"fingerprint"}, frozen={VAE[3], GAN[3]}),
    "newest of two results": Case(two_results, set(), restored={VAE[0]}),
    "deleted output": Case(
        lambda p: shutil.rmtree(p.path / "data/digits/weights/vae/0"), set(), restored={VAE[0]}
    ),
    "damaged output": Case(
        other_weights, set(), restored={VAE[0]}, why="data/digits/weights/vae/0 is not as it was", slow=True
    ),
    "deleted report": Case(lambda p: (p.path / "reports/index.html").unlink(), {"report"}),
    "deleted data": Case(
        lost_everything,
        {"report"},  # whose copy of the best weights is gone as well
        restored={"prepare", "human", *OF_IMAGES, *VAE, *GAN},
        slow=True,
    ),
    "template of the report": Case(
        lambda p: p.append("genbench/report/templates/page.css", "\n/* */\n"), {"fingerprint", "report"}, slow=True
    ),
    "file of the source": Case(
        lambda p: (p.path / "data/source/new.txt").write_text("new", encoding="utf-8"),
        {"prepare"},
        {*OF_IMAGES, "report", *VAE, *GAN},
        why="data/source changed",
        slow=True,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """The forecast, and the stages that DVC then ran and restored."""

    steps: list[Step]
    ran: set[str]
    restored: set[str]

    def stages(self, verdict: str) -> set[str]:
        """The stages that have a verdict."""
        return {step.stage for step in self.steps if step.verdict == verdict}


@pytest.fixture(scope="module")
def outcomes(
    base: Clone, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[Outcome]]]:
    """The cases of all selected tests, started."""
    parametrised = [item.callspec.params for item in request.session.items if hasattr(item, "callspec")]
    selected = [params["case"] for params in parametrised if params.get("case") in CASES]

    def play(name: str) -> Outcome:
        project = base.copy(tmp_path_factory.mktemp("plan") / "project")
        CASES[name].change(project)
        planned = project.run("python", "-c", "from genbench.cli import main; main()", "plan", "--json")
        output = project.run("dvc", "repro")
        restored = set(re.findall(r"^Stage '(.+)' is cached - skipping run", output, re.MULTILINE))
        return Outcome([Step(**values) for values in json.loads(planned)], executed(output), restored)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield {name: pool.submit(play, name) for name in dict.fromkeys(selected)}
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize(
    "case", [pytest.param(name, marks=[pytest.mark.soak] * case.slow) for name, case in CASES.items()]
)
def test_the_plan_names_what_dvc_then_runs(case: str, outcomes: dict[str, Future[Outcome]]) -> None:
    expected, outcome = CASES[case], outcomes[case].result()
    assert outcome.stages("runs") == expected.runs
    assert outcome.stages("may run") == expected.may
    assert outcome.stages("restored") == expected.restored
    assert outcome.stages("frozen") == expected.frozen
    assert any(expected.why in reason for step in outcome.steps for reason in step.reasons) or not expected.why
    # and what came of it
    assert outcome.stages("runs") <= outcome.ran <= outcome.stages("runs") | outcome.stages("may run")
    assert outcome.stages("restored") <= outcome.restored
    assert not (outcome.ran | outcome.restored) & (outcome.stages("unchanged") | outcome.stages("frozen"))


class Recorded:
    """Times of 30 s for every training."""

    def seconds(self, stage: str) -> float | None:
        return 30 if stage.startswith("train") else None


def test_the_text_says_what_why_and_how_long() -> None:
    steps = [
        Step("train@a-0", "runs", ("train.steps 4 → 8",)),
        Step("train@b-0", "runs", ("train.steps 4 → 8",)),
        Step("sample@a-0", "may run", (), ("train@a-0",)),
        Step("prepare", "unchanged"),
    ]
    printed = text(steps, Recorded())  # type: ignore[arg-type]
    assert (
        "Would run (2, about 60 s of training and sampling):\n  train@a-0, train@b-0\n      train.steps 4 → 8"
        in printed
    )
    assert "  sample@a-0\n      if train writes something else" in printed
    assert "Unchanged: 1 of 4 stages.\nNo time is recorded for sample." in printed
    assert "up to date" in text([Step("prepare", "unchanged")], Recorded())  # type: ignore[arg-type]
    frozen = [Step("prepare", "unchanged"), Step("train@a-0", "frozen"), Step("train@b-0", "frozen", ("x is missing",))]
    printed = text(frozen, Recorded())  # type: ignore[arg-type]
    assert "Would run" not in printed
    assert "Frozen" in printed and "(2):\n  train@a-0\n  train@b-0\n      x is missing\n" in printed
    assert printed.endswith("Nothing would run: everything else is up to date.\n")


@pytest.mark.parametrize(
    ("seconds", "printed"),
    [(0.44, "0.4 s"), (12.4, "12 s"), (200, "3 min"), (7500, "2 h 05 min"), (86399, "24 h 00 min")],
)
def test_durations(seconds: float, printed: str) -> None:
    assert duration(seconds) == printed
