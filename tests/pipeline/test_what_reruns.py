"""Reruns after a change: the stages that DVC finds changed once the fingerprint has looked, in a reproduced clone.

These are the first ones; what follows from them depends on bytes, as tests/pipeline/test_pipeline.py shows. A row says
what is right; a stage of the benchmark that is not named must not be touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dvc.repo import Repo

from tests.support.clone import Clone, environment

pytestmark = pytest.mark.pipeline

RUNS = ("wgan_gp", "vae")


def cells(*kinds: str, runs: tuple[str, ...] = RUNS, seed: int = 0, extractor: str = "classifier") -> set[str]:
    """Return the stages of these kinds, of each run."""
    end = {kind: f"-{extractor}" if kind in ("features", "evaluate") else "" for kind in kinds}
    return {f"{kind}@{run}-{seed}{end[kind]}" for run in runs for kind in kinds}


CELL = ("train", "likelihood", "representation", "sample", "features", "evaluate")
OF_WEIGHTS = ("train", "likelihood", "representation", "sample")
OF_IMAGES = {"extractor@classifier", "reference@classifier", "representation_baselines"}
COMPUTING = {"prepare", "human"} | OF_IMAGES | cells(*CELL)


def params(**sections: Any) -> Callable[[Clone], None]:
    return lambda project: project.set(**sections)


def run(name: str, **values: Any) -> Callable[[Clone], None]:
    return lambda project: project.set(runs={name: values})


def code(name: str) -> Callable[[Clone], None]:
    """Add a statement to a module."""
    return lambda project: project.append(name, "\nEDITED = True\n")


def text(name: str, before: str, after: str) -> Callable[[Clone], None]:
    """Replace a text where a file has it first."""
    return lambda project: project.replace(name, before, after)


def reorder(project: Clone) -> None:
    """Reorder the metrics, the last one first."""
    file = project.path / "params.yaml"
    before, _, metrics = file.read_text(encoding="utf-8").partition("metrics:\n")
    lines = metrics.splitlines(keepends=True)
    file.write_text("".join([before, "metrics:\n", lines[-1], *lines[:-1]]), encoding="utf-8")


def version(package: str) -> Callable[[Clone], None]:
    def change(project: Clone) -> None:
        file = project.path / "environment.yaml"
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        changed = [f"  {package}: 0.0.1\n" if line.startswith(f"  {package}:") else line for line in lines]
        assert changed != lines
        file.write_text("".join(changed), encoding="utf-8")

    return change


ROWS: dict[str, tuple[Callable[[Clone], Any], set[str]]] = {
    "nothing": (lambda project: None, set()),
    "a comment": (lambda project: project.append("genbench/engine/loop.py", "\n# a comment\n"), set()),
    "a docstring": (text("genbench/models/vae.py", '"""', '"""Edited. '), set()),
    "a comment in params.yaml": (lambda project: project.append("params.yaml", "# a comment\n"), set()),
    # params
    "a run's learning rate": (run("vae", train={"lr": 0.5}), {"train@vae-0", "report"}),
    "a run's sampling": (run("vae", sample={"psi": 0.5}), {"sample@vae-0", "report"}),
    "sampling.blocks": (params(sampling={"blocks": 3}), cells("sample")),
    "data.split.train": (params(data={"split": {"train": 90}}), {"prepare"}),
    "data.pixels": (params(data={"pixels": 4}), {"prepare"}),
    "a metric's option": (params(metrics={"precision_recall": {"k": 2}}), cells("evaluate")),
    "a metric more": (params(metrics={"kid": {}}), cells("evaluate") | {"report"}),
    "the order of metrics": (reorder, {"report"}),
    "likelihood.draws": (params(likelihood={"draws": 5}), cells("likelihood")),
    "threads": (params(threads=2), COMPUTING - {"prepare"}),
    "hardware.precision": (params(hardware={"precision": "bfloat16"}), cells(*OF_WEIGHTS)),
    "train.steps": (params(train={"steps": 8}), cells("train")),
    "train.operations": (params(train={"operations": 0.5}), cells("train")),
    "sampling.weights": (params(sampling={"weights": "raw"}), cells("sample")),
    "likelihood.batch": (params(likelihood={"batch": 7}), cells("likelihood")),
    "train.log_every": (params(train={"log_every": 1}), set()),
    "an extractor's option that is not used": (params(extractor={"inception": {"weights": "x.pth"}}), set()),
    "a seed more": (params(seeds=[0, 7]), cells(*CELL, seed=7) | {"report"}),
    "a run less": (params(enabled=["vae"]), {"report"}),
    "a run more": (params(enabled=[*RUNS, "noise"]), cells(*CELL, runs=("noise",)) | {"report"}),
    "an extractor more": (
        params(extractors=["classifier", "pixels"], extractor={"pixels": {}}),
        {"extractor@pixels", "reference@pixels", "representation_baselines", "report"}
        | cells("features", "evaluate", extractor="pixels"),
    ),
    # what the report says
    "a note": (run("vae", note="Said."), {"report"}),
    "calibration": (run("vae", calibration=True), {"report"}),
    "a note of a run that is not enabled": (run("gan", note="Said."), set()),
    "a template": (lambda project: project.append("genbench/report/templates/page.css", "/* */\n"), {"report"}),
    "published values": (lambda project: project.append("genbench/report/facts/references.yaml", "# x\n"), {"report"}),
    # code
    "an objective": (code("genbench/adversarial/objectives/wgan.py"), cells(*OF_WEIGHTS, runs=("wgan_gp",))),
    "a divergence that no run names": (code("genbench/adversarial/divergences/pearson.py"), set()),
    "a network": (code("genbench/networks/conv.py"), cells(*OF_WEIGHTS)),
    "a network that no run names": (code("genbench/networks/mlp.py"), set()),
    "a model": (code("genbench/models/vae.py"), cells(*OF_WEIGHTS, runs=("vae",))),
    "a model that no run names": (code("genbench/models/ddpm.py"), set()),
    "the training loop": (code("genbench/engine/loop.py"), cells("train")),
    "what features are": (
        code("genbench/evaluation/representation.py"),
        cells("representation") | {"representation_baselines"},
    ),
    "what path lengths are": (code("genbench/evaluation/path_length.py"), cells("representation")),
    "what reconstructions are": (code("genbench/evaluation/reconstruction.py"), cells("representation")),
    "the dataset": (code("genbench/data/datasets/digits.py"), {"prepare", "report"} | cells("likelihood")),
    "a metric": (code("genbench/metrics/precision_recall.py"), cells("evaluate") | {"report"}),
    "the metric of the floor": (
        code("genbench/metrics/fid.py"),
        cells("evaluate", "representation") | {"reference@classifier", "report"},
    ),
    "a metric that is not enabled": (code("genbench/metrics/kid.py"), set()),
    "a new metric that is not enabled": (
        lambda project: (project.path / "genbench/metrics/mine.py").write_text("COLUMNS = {}\n", encoding="utf-8"),
        set(),
    ),
    # people
    "answers of people": (lambda project: project.append("human/tiny.csv", "participant\n"), {"human"}),
    "a database of answers": (lambda project: project.append("human/tiny.sqlite", "0"), set()),
    "how answers become scores": (code("genbench/human/analysis.py"), {"human", "report"}),
    # versions
    "another torch": (version("torch"), COMPUTING | {"report"}),
    "another matplotlib": (version("matplotlib"), {"report"}),
}


#: Rows whose like is among the others: left to `make soak`.
SELDOM = {
    *("a docstring", "a comment in params.yaml", "data.pixels", "a run's sampling", "sampling.weights"),
    *("likelihood.draws", "likelihood.batch", "train.operations", "an extractor's option that is not used"),
    *("a note of a run that is not enabled", "published values", "a divergence that no run names"),
    *("a model that no run names", "what path lengths are", "what reconstructions are"),
    *("a new metric that is not enabled", "a database of answers", "another matplotlib"),
}


@pytest.fixture(scope="module")
def project(base: Clone, tmp_path_factory: pytest.TempPathFactory) -> Clone:
    return base.copy(tmp_path_factory.mktemp("reruns") / "project")


@pytest.fixture
def repo(project: Clone, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repo]:
    """DVC in the project, which is as it was again afterwards."""
    monkeypatch.chdir(project.path)
    monkeypatch.setenv("PATH", environment()["PATH"])
    with Repo() as found:
        yield found
    project.run("git", "checkout", "--quiet", ".")
    project.run("git", "clean", "--quiet", "--force", "-d")


@pytest.mark.parametrize(
    ("change", "expected"),
    [pytest.param(*row, id=name, marks=[pytest.mark.soak] * (name in SELDOM)) for name, row in ROWS.items()],
)
def test_a_change_reruns_what_it_touches_and_nothing_else(
    change: Callable[[Clone], Any], expected: set[str], project: Clone, repo: Repo
) -> None:
    change(project)
    repo.reproduce(["fingerprint"])
    assert repo.status(targets=["dvc.yaml"]).keys() == expected


def test_another_size_of_images_is_made(base: Clone, tmp_path: Path) -> None:
    """Where a key named size changed, DVC restored the images of the earlier size."""
    copy = base.copy(tmp_path / "copy")
    copy.set(data={"pixels": 4})
    assert copy.repro("prepare") == {"fingerprint", "prepare"}
    assert np.load(copy.path / "data/digits/images/train/pixels.npy").shape == (100, 1, 4, 4)
