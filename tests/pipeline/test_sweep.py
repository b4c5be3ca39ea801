"""Quality against network calls: calls are counted, steps follow from them, and what cannot be swept is refused."""

from __future__ import annotations

import inspect
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from genbench import cli
from genbench.dag.fanout.clone import one_cell
from genbench.errors import InputError
from genbench.files.atomic import read_json
from genbench.files.section import read
from genbench.models import Model
from genbench.networks.blocks.unet import UNet
from genbench.pipeline import runs
from genbench.pipeline.check_sweep import most_steps
from genbench.pipeline.params import load
from genbench.pipeline.sweep import STEPS, measured, steps_within
from genbench.seeding import torch_rng
from stages.sample import work
from tests.support.clone import ROOT, Clone, change, copy_params, executed

CALLS = [1, 2, 4, 8, 16]
#: The most steps of at most 1, 2, 4, 8 and 16 calls: one call a step, two, two but for the last one.
EXPECTED = {
    "ddpm": [1, 2, 4, 8, 16],
    "ddpm_ddim": [1, 2, 4, 8, 16],
    "ddpm_guided": [1, 2, 4, 8],
    "vdm": [1, 2, 4, 8, 16],
    "edm": [1, 2, 4, 8],
    "flow_matching": [1, 2, 4, 8],
    "otcfm": [1, 2, 4, 8],
    "meanflow": [1, 2, 4, 8, 16],
    "mdlm": [1, 2, 4, 8, 16],
}


def forwards(model: Model, options: dict[str, Any]) -> int:
    """Count the calls of the model's U-Net while it draws two images."""
    seen: list[None] = []

    def called(*of: object) -> None:
        seen.append(None)

    (network,) = (part for part in model.modules() if isinstance(part, UNet))
    # the input of a U-Net that is called by its parts
    first = next(part for part in network.modules() if isinstance(part, nn.Conv2d))
    hook = first.register_forward_pre_hook(called)
    model.eval().sample(2, rng=torch_rng(0, "x"), **options)
    hook.remove()
    return len(seen)


@pytest.mark.parametrize("run", EXPECTED)
def test_steps_are_the_most_that_the_counted_calls_allow(run: str) -> None:
    halves = read(ROOT / f"runs/{run}.yaml")
    model, half = runs.model(halves["train"] | {"width": 8}, (1, 8, 8)), halves["sample"]
    steps = steps_within(CALLS, lambda steps: work(model, half | {STEPS: steps}, 0).network_calls)
    assert steps == EXPECTED[run]
    for count in steps[:3]:
        calls = forwards(model, half | {STEPS: count})
        assert work(model, half | {STEPS: count}, 0).network_calls == calls <= max(CALLS)
        assert forwards(model, half | {STEPS: count + 1}) > calls


def stepped() -> list[str]:
    """List the runs of the catalogue, but those tuned on other data, whose samplers take a number of steps."""

    def takes_steps(half: dict[str, Any]) -> bool:
        with torch.device("meta"):
            return STEPS in inspect.signature(runs.model(half, (1, 8, 8)).sample).parameters

    catalogue = load(ROOT / "params.yaml").runs
    return [name for name, run in catalogue.items() if not run.tuned_on and takes_steps(run.train)]


@pytest.mark.parametrize("run", stepped())
def test_the_check_finds_the_steps_that_the_stage_takes(run: str) -> None:
    """The most steps need at most as many calls, one step more needs more, and fewer than one step has are refused."""
    halves = read(ROOT / f"runs/{run}.yaml")
    small = {key: value for key, value in {"width": 8, "scales": 3}.items() if key in halves["train"]}
    model, half = runs.model(halves["train"] | small, (1, 8, 8)).eval(), halves["sample"]

    @cache
    def calls(steps: int) -> int:
        return work(model, half | {STEPS: steps}, 0).network_calls

    ends = [calls(steps) for steps in (1, 2, 3)]
    for most in {*ends, ends[0] + 1, ends[-1] - 1}:
        steps = most_steps(model, half, [1, most], run)
        assert [steps] == steps_within([most], calls)
        assert calls(steps) <= most < calls(steps + 1)
    with pytest.raises(InputError, match=f"^sweep.calls: expected at least {ends[0]}, the calls of one step of {run}"):
        most_steps(model, half, [ends[0] - 1], run)


def test_calls_that_do_not_allow_a_step_are_left_out() -> None:
    assert steps_within([1, 2, 3, 9], lambda steps: 2 * steps + 1) == [1, 4]


def test_a_sweep_measures_fid_and_truths() -> None:
    metrics = read(ROOT / "profiles/known_calls.yaml")["metrics"]
    assert set(measured(metrics)) == {
        *("fid", "surprise", "known_classes", "asked_class", "divergence_bounds", "stein_discrepancy")
    }


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copy_params(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a run without steps": (
        {"sweep": {"runs": ["vae"]}},
        "sweep.runs: expected runs whose samplers take a number of steps, vae takes none",
    ),
    "more calls than steps": (
        {"sweep": {"runs": ["ddpm"], "calls": [4, 101]}},
        "sweep.calls: 101 calls of ddpm: steps: expected at most the 100 of the model (train.timesteps), got 101",
    ),
    "more calls than twice the steps of a guided run": (
        {"enabled": ["ddpm_guided"], "sweep": {"runs": ["ddpm_guided"], "calls": [4, 202]}},
        "sweep.calls: 202 calls of ddpm_guided: steps: expected at most the 100 of the model (train.timesteps), got ",
    ),
    "fewer calls than a guided step has": (
        {"enabled": ["ddpm_guided"], "sweep": {"runs": ["ddpm_guided"], "calls": [1]}},
        "sweep.calls: expected at least 2, the calls of one step of ddpm_guided, got at most 1",
    ),
    "a run that is not enabled": ({"sweep": {"runs": ["edm"]}}, "unknown sweep.runs: enabled run 'edm'"),
    "an extractor that is not enabled": (
        {"sweep": {"runs": ["ddpm"], "extractor": "inception"}},
        "unknown sweep.extractor: enabled extractor 'inception'",
    ),
    "a run twice": ({"sweep": {"runs": ["ddpm", "ddpm"]}}, "sweep.runs: expected each entry once"),
    "no calls": ({"sweep": {"calls": []}}, "sweep.calls: List should have at least 1 item"),
    "one image": ({"sweep": {"images": 1}}, "sweep.images: should be greater than or equal to 2, got 1"),
}


@pytest.mark.parametrize(("changes", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_swept_is_refused(project: Path, changes: dict[str, Any], message: str) -> None:
    change(project, **{"enabled": ["ddpm", "vae"], **changes})
    with pytest.raises(SystemExit) as stop:
        cli.main(["check"])
    assert message in str(stop.value.code) and "\n" not in str(stop.value.code)


def test_a_sweep_of_metrics_that_are_neither_is_refused(project: Path) -> None:
    change(project, enabled=["ddpm"], sweep={"runs": ["ddpm"]})
    text = (project / "params.yaml").read_text(encoding="utf-8")
    (project / "params.yaml").write_text(text.replace("  fid: {}\n", ""), encoding="utf-8")
    with pytest.raises(SystemExit, match="expected fid or a truth among the metrics"):
        cli.main(["check"])


def test_sweeps_of_every_sampler_fit(project: Path) -> None:
    names = stepped()
    change(project, enabled=names, sweep={"runs": names})
    assert load().sweep.runs == names
    cli.main(["check"])


def test_a_worker_sweeps_the_run_of_its_cell_alone(project: Path) -> None:
    names = [*EXPECTED, "vae"]
    change(project, enabled=names, seeds=[0, 1], sweep={"runs": list(EXPECTED)})
    path = project / "params.yaml"
    text = path.read_text(encoding="utf-8")
    for run in names:
        path.write_text(one_cell(text, run, 1), encoding="utf-8")
        params = load()
        assert (params.enabled, params.seeds) == ([run], [1])
        assert params.sweep.runs == ([run] if run in EXPECTED else [])


def test_a_guided_run_may_have_twice_as_many_calls_as_steps(project: Path) -> None:
    change(project, enabled=["ddpm_guided"], sweep={"runs": ["ddpm_guided"], "calls": [1, 2, 200]})
    cli.main(["check"])


@pytest.mark.soak
@pytest.mark.pipeline
def test_a_sweep_samples_what_was_trained(tmp_path: Path, base: Clone) -> None:
    copy = base.copy(tmp_path / "copy")
    sampled = {"runs": ["meanflow"], "calls": [1, 3], "images": 40}
    copy.set(enabled=["meanflow"], train={"steps": 2}, sweep={"runs": []})
    copy.repro()
    trained = copy.files("data/digits/weights/meanflow/**/*")
    copy.set(sweep=sampled)
    assert executed(copy.run("genbench", "repro")) == {"fingerprint", "sweep@meanflow-0", "report"}
    assert copy.files("data/digits/weights/meanflow/**/*") == trained
    records = read_json(copy.path / "data/digits/metrics/meanflow/sweep-0.json")
    assert [(record["steps"], record["calls"]) for record in records] == [(1, 1), (3, 3)]
    assert all(record["metrics"]["fid"] > 0 and record["protocol"]["n_fake"] == 40 for record in records)
    assert set(read_json(copy.path / "reports/leaderboard.json")["sweep"]["rows"]) == {"meanflow"}
