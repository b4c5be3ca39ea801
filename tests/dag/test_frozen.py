"""Frozen stages in the plan: what it says of a chain of stages, whichever are frozen, and what DVC then does."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from dvc.exceptions import DvcException
from dvc.repo import Repo
from ruamel.yaml import YAML

from genbench.cli import main
from genbench.dag.forecast.forecast import Step, forecast
from genbench.dag.forecast.text import text

STAGES = ("first", "second", "third")
SUBSETS = [frozen for size in range(len(STAGES) + 1) for frozen in combinations(STAGES, size)]


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A chain of three stages and a stage beside it, reproduced."""
    folder = tmp_path_factory.mktemp("frozen") / "project"
    folder.mkdir()
    (folder / "params.yaml").write_text("first: 1\nsecond: 1\nthird: 1\nbeside: 1\n", encoding="utf-8")
    YAML().dump({"stages": {name: _stage(name) for name in (*STAGES, "beside")}}, folder / "dvc.yaml")
    with pytest.MonkeyPatch.context() as here:
        here.chdir(folder)
        Repo.init(no_scm=True)
        with Repo() as repo:
            repo.config["core"]["site_cache_dir"] = str(folder.parent / "site")
            repo.reproduce()
    return folder


def _stage(name: str) -> dict[str, Any]:
    """A stage that writes its param and what the stage before it wrote."""
    before = STAGES[STAGES.index(name) - 1] if name in STAGES[1:] else ""
    command = f"cat params.yaml {before} | grep -e {name} -e ,{before or name} | tr '\\n' , > {name}"
    return {"cmd": command, "params": [name], "deps": [before] if before else [], "outs": [name]}


@pytest.fixture
def project(origin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    shutil.copytree(origin, tmp_path / "project", symlinks=True)
    monkeypatch.chdir(tmp_path / "project")
    yield tmp_path / "project"


def freeze(project: Path, stages: tuple[str, ...]) -> None:
    yaml = YAML()
    file = yaml.load(project / "dvc.yaml")
    for name in stages:
        file["stages"][name]["frozen"] = True
    yaml.dump(file, project / "dvc.yaml")


def change(*names: str) -> Callable[[], None]:
    def make() -> None:
        params = Path("params.yaml")
        for name in names:
            params.write_text(params.read_text(encoding="utf-8").replace(f"{name}: 1", f"{name}: 2"), encoding="utf-8")

    return make


def reproduced() -> set[str]:
    """Reproduce by DVC and give the stages that ran."""
    ran: set[str] = set()

    def noting(stage: Any, **options: Any) -> Any:
        from dvc.repo.reproduce import _reproduce_stage

        done = _reproduce_stage(stage, **options)
        ran.update([stage.addressing] if done else [])
        return done

    with Repo() as repo:
        repo.reproduce(repro_fn=noting)
    return ran


def named(steps: list[Step], *verdicts: str) -> set[str]:
    return {step.stage for step in steps if step.verdict in verdicts}


@pytest.mark.parametrize("changed", [("first",), ("second",), STAGES], ids="+".join)
@pytest.mark.parametrize("frozen", SUBSETS, ids=lambda stages: "+".join(stages) or "none")
def test_no_frozen_stage_would_run_and_nothing_follows_from_it(
    project: Path, frozen: tuple[str, ...], changed: tuple[str, ...]
) -> None:
    freeze(project, frozen)
    change(*changed)()
    steps = forecast()
    ran = reproduced()
    assert named(steps, "frozen") == set(frozen)
    assert named(steps, "runs") <= ran <= named(steps, "runs", "may run"), "DVC runs what the plan says, and no more"
    first = next((name for name in STAGES if name in changed and name not in frozen), None)
    assert ("beside" in ran, first is None or first in ran) == (False, True)
    if set(changed) <= set(frozen):
        assert ran == set()
        assert "Would run" not in text(steps, None)  # type: ignore[arg-type]


@pytest.mark.parametrize("frozen", STAGES)
def test_a_frozen_stage_whose_output_is_missing_stops_dvc_and_the_plan_says_so(project: Path, frozen: str) -> None:
    freeze(project, (frozen,))
    Path(frozen).unlink()
    [reason] = [step.reasons for step in forecast() if step.stage == frozen]
    assert reason == (f"{frozen} is missing, at which DVC stops",)
    with pytest.raises(DvcException):
        reproduced()


def test_a_frozen_stage_that_never_ran_stops_dvc_too(project: Path) -> None:
    yaml = YAML()
    file = yaml.load(project / "dvc.yaml")
    file["stages"]["new"] = {**_stage("beside"), "outs": ["new"], "frozen": True}
    yaml.dump(file, project / "dvc.yaml")
    [reason] = [step.reasons for step in forecast() if step.stage == "new"]
    assert reason == ("new is missing, at which DVC stops",)
    with pytest.raises(DvcException):
        reproduced()


def test_what_depends_on_a_frozen_output_that_a_person_changed_runs(project: Path) -> None:
    freeze(project, ("second",))
    Path("second").write_text(",second by hand\n", encoding="utf-8")
    steps = forecast()
    assert (named(steps, "frozen"), named(steps, "runs")) == ({"second"}, {"third"})
    assert "third" in reproduced()
    assert Path("second").read_text(encoding="utf-8") == ",second by hand\n"
    assert "by hand" in Path("third").read_text(encoding="utf-8")


def test_the_command_reproduces_what_is_not_frozen(project: Path) -> None:
    freeze(project, ("first",))
    change("first", "beside")()
    (project / ".dvc" / "config.local").write_text("[core]\n    no_scm = true\n", encoding="utf-8")
    main(["repro"])
    assert ("beside: 2" in Path("beside").read_text(), "first: 1" in Path("first").read_text()) == (True, True)
