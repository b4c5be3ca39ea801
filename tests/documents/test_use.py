"""docs/use.md, and the commands that other pages of the everyday name in passing."""

from __future__ import annotations

import re
from typing import Any

import pytest

from genbench.files.yaml import overridden
from tests.support.clone import ROOT, executed
from tests.support.printed import SHORT, Reader, experiments, wait_for_experiment

pytestmark = [pytest.mark.soak, pytest.mark.pipeline]


def reset(project: Reader) -> None:
    """Go back to the last commit, whose outputs are in DVC's cache."""
    project.run("git", "reset", "--hard", "--quiet")
    project.run("dvc", "checkout", "--quiet", "dvc.yaml")


def test_an_experiment_and_what_it_changed(project: Reader) -> None:
    ran = executed(project.types("dvc exp run -S runs/nsgan.yaml:train.lr=0.002 -n faster"))
    assert {"fingerprint", "train@nsgan-0", "likelihood@nsgan-0", "evaluate@nsgan-0-classifier", "report"} <= ran
    assert [stage for stage in ran if "@vae" in stage or "@noise" in stage] == []
    params = project.types("dvc params diff")
    assert re.search(r"^runs/nsgan\.yaml +train\.lr +0\.001 +0\.002$", params, re.MULTILINE)
    moved = project.types("dvc metrics diff")
    assert re.search(r"^reports/summary\.json +nsgan\.fid +[\d.]+ +[\d.]+ +-?[\d.]+$", moved, re.MULTILINE)
    assert "vae.fid" not in moved
    shown = project.types(
        "dvc exp show --only-changed --drop 'code|data|genbench|stages|reports|nsgan.pixels' --md"
    ).splitlines()
    heads, _, *rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in shown if line.startswith("|")]
    rates = {row[0].split()[-1]: row[heads.index("runs/nsgan.yaml:train.lr")] for row in rows}
    assert "nsgan.fid" in heads
    branch = project.run("git", "branch", "--show-current").strip()
    assert rates == {"workspace": "0.002", branch: "0.001", "[faster]": "0.002"}

    said = project.types("genbench compare A B", put={" A": " HEAD", " B": " faster"})
    assert re.search(r"train\.lr\b.*\b0\.001\b.*\b0\.002\b", said)
    reset(project)
    project.types("dvc exp apply NAME", put={"NAME": "faster"})
    assert "lr: 0.002" in (project.path / "runs/nsgan.yaml").read_text(encoding="utf-8")
    project.types("dvc exp save -n NAME", put={"NAME": "kept"})
    assert experiments(project) == {"faster", "kept"}
    reset(project)


def test_experiments_one_after_another(project: Reader) -> None:
    project.types("dvc exp run --queue -S …", put={"…": "runs/vae.yaml:train.lr=0.003 -n queued"})
    project.types("dvc queue start")
    wait_for_experiment(project, "queued")
    assert project.run("git", "status", "--porcelain") == "", "in a copy of the project"


def test_ways_to_look_and_to_run_what_is_done(project: Reader) -> None:
    assert project.types("dvc status").strip() == "Data and pipelines are up to date."
    project.types("genbench check")
    assert "train@vae-0" not in project.types("genbench plan")
    for command in ("genbench repro", "genbench fanout", "dvc repro sample@vae-0"):
        assert executed(project.types(command)) == set()
    for command in ("time genbench fanout -j 2", "time genbench fanout -j 1", "time dvc repro dvc.yaml"):
        assert executed(project.types(command)) == set()
    assert re.search(r"^  torch +(\S+) +\1$", project.types("genbench environment"), re.MULTILINE)
    assert "schemas/run.schema.json" in project.types("genbench schema").splitlines()
    assert project.types("genbench cache") == "every object in DVC's cache fits its name\n"
    graph = project.types("dvc dag --collapse-foreach-matrix --mermaid")
    assert graph.startswith("flowchart TD") and "train" in graph
    assert "nsgan.fid" in project.types("dvc metrics show")
    assert (project.path / "dvc_plots/index.html").as_uri() in project.types("dvc plots show")
    assert "nsgan" in project.types("genbench table")
    assert project.run("git", "status", "--porcelain") == ""


def test_what_a_checkout_lacks_and_where_a_new_benchmark_lies(project: Reader) -> None:
    assert project.types("genbench doctor") != ""
    project.types("genbench init FOLDER", put={"FOLDER": "../mine"})
    laid = {path.name for path in project.path.with_name("mine").iterdir()}
    assert {"dvc.yaml", "params.yaml", "environment.yaml", "runs", "profiles", "stages"} <= laid
    completes = "complete -p genbench"
    said = project.types('eval "$(genbench --print-completion bash)"', put={'bash)"': f'bash)"\n{completes}'})
    assert said.strip().endswith("genbench")


def test_another_profile_and_back(project: Reader) -> None:
    """Here the profile has digits: no test downloads Fashion-MNIST."""
    profile = project.path / "profiles/fashion_mnist.yaml"
    few: dict[str, Any] = {**SHORT, "dataset": "digits", "enabled": ["vae"], "seeds": [1]}
    few["data"] = {"pixels": 8, **SHORT["data"]}
    few |= {"extractors": ["classifier"], "likelihood": {"images": None}}
    profile.write_text(overridden(profile.read_text(encoding="utf-8"), few), encoding="utf-8")
    assert project.types("genbench use fashion_mnist") == "params.yaml is now fashion_mnist; next: dvc repro\n"
    assert "train@vae-1" in executed(project.types("dvc repro"))
    assert project.types("genbench publish") == "published: reports/published/fashion_mnist\n"
    kept = {path.name for path in (project.path / "reports/published/fashion_mnist").iterdir()}
    assert {"index.html", "leaderboard.md", "params.yaml", "dvc.lock"} <= kept
    project.types("genbench use digits")
    digits = (ROOT / "params.yaml").read_text(encoding="utf-8")
    assert (project.path / "params.yaml").read_text(encoding="utf-8") == digits, "comments kept"

    project.types("genbench use NAME", put={"NAME": "fashion_mnist"})
    assert executed(project.types("dvc repro")) == set(), "the cache brings it back"
    project.commit()
    said = project.types(
        "genbench verify RUN [--profile NAME]", put={"RUN [--profile NAME]": "vae --profile fashion_mnist"}
    )
    assert "vae, seed 1, trained again from HEAD" in said
    assert "identical" in said


def test_a_site_of_all_reports_and_documents(project: Reader) -> None:
    assert project.types("genbench site") == "site: build/site/index.html\n"
    pages = {path.stem for path in (project.path / "build/site/docs").glob("*.html")}
    assert {path.stem for path in (ROOT / "docs").glob("*.md")} <= pages
