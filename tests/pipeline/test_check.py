"""What a model would refuse in the middle of a benchmark, `genbench check` refuses before it starts: one line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ruamel.yaml import YAML

from genbench import cli
from genbench.data.images import Images
from genbench.data.prepared import About
from genbench.engine.learner import Data
from genbench.errors import InputError
from genbench.extractors.origins import train
from genbench.files.section import read
from genbench.pipeline import runs
from genbench.pipeline.params import load
from genbench.pipeline.plan import plan
from tests.support.clone import ROOT, change, copy_params, environment
from tests.support.pairs import translates


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the project's params.yaml and its catalogue, in which commands run."""
    copy_params(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def enable(project: Path, run: str, **halves: dict[str, Any]) -> None:
    """Make `run` the only one, with other options in its halves."""
    change(project, enabled=[run], runs={run: halves})


def refusal() -> str:
    """Return the message of `genbench check` when it refuses."""
    with pytest.raises(SystemExit) as stop:
        cli.main(["check"])
    assert isinstance(stop.value.code, str), "a text is printed, and the exit status is 1"
    assert "\n" not in stop.value.code
    return stop.value.code


def fits() -> None:
    """Fail unless `genbench check` is content."""
    cli.main(["check"])


def command(*words: str) -> str:
    """Return the one line that a command prints when it fails."""
    done = subprocess.run(
        words, env={**environment(), "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done.stderr
    return done.stderr.rstrip()


@pytest.mark.parametrize(
    ("run", "size", "expected"),
    [
        ("realnvp", 9, "scales: 2 scales halve the image 1 times: expected a height and width divisible by 2, got 9×9"),
        ("glow", 10, "scales: 2 scales halve the image 2 times: expected a height and width divisible by 4, got 10×10"),
    ],
)
def test_a_flow_asked_for_an_odd_split(project: Path, run: str, size: int, expected: str) -> None:
    enable(project, run)
    change(project, data={"pixels": size})
    assert refusal() == f"error: runs/{run}.yaml: train: {expected}"


def test_versions_that_are_not_installed(project: Path) -> None:
    file = project / "environment.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("  scipy: ", "  scipy: 0"), encoding="utf-8")
    assert refusal().startswith("error: environment.yaml: computes.scipy is 0")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"train": {"batch": 898}}, "train.batch: expected at most the 897 training images, got 898"),
        (
            {"runs": {"vae": {"train": {"batch": 898}}}},
            "runs/vae.yaml: train.batch: expected at most the 897 training images, got 898",
        ),
        (
            {"extractor": {"classifier": {"weights": "train", "batch": 898}}},
            "extractor.classifier.batch: expected at most the 897 training images, got 898",
        ),
        (
            {"hardware": {"devices": 2, "hosts": 5}},
            "train.batch: expected a multiple of the 10 processes that share it, got 64",
        ),
        (
            {"hardware": {"devices": 2}, "runs": {"vae": {"train": {"batch": 63}}}},
            "runs/vae.yaml: train.batch: expected a multiple of the 2 processes that share it, got 63",
        ),
        ({"enabled": ["noise", "vae"], "data": {"split": {"train": 63}}}, "train.batch: expected at most the 63"),
    ],
)
def test_a_batch_that_does_not_suit_is_named_by_the_option_that_sets_it(
    project: Path, changes: dict[str, Any], expected: str
) -> None:
    change(project, **{"enabled": ["vae"], **changes})
    assert refusal().startswith(f"error: {expected}")


@pytest.mark.parametrize(
    "changes",
    [
        {"train": {"batch": 897}},
        {"train": {"batch": 898}, "enabled": ["noise", "memoriser"]},
        {"extractor": {"classifier": {"weights": "committed", "batch": 898}}},
        {"train": {"batch": 898}, "runs": {"vae": {"train": {"batch": 8}}}},
        {"train": {"batch": 898}, "data": {"split": {"train": 0.5}}},
    ],
)
def test_a_batch_that_suits_or_is_not_used_or_of_unknown_data_fits(project: Path, changes: dict[str, Any]) -> None:
    change(project, **{"enabled": ["vae"], **changes})
    fits()


def test_the_stages_name_the_same_options() -> None:
    few = Images(np.zeros((20, 1, 8, 8), np.uint8), np.arange(20) % 2)
    data = Data(few, few, few, levels=256, classes=("a", "b"))
    half = read(ROOT / "runs/vae.yaml")["train"]
    board = load(ROOT / "params.yaml").train
    model = runs.model(half, few.shape)
    for own, option in (({}, "train.batch"), ({"batch": 21}, "runs/vae.yaml: train.batch")):
        with pytest.raises(InputError, match=f"^{option}: expected at most the 20 training images, got "):
            plan(half | own, board, model, data, seed=0, key="runs/vae.yaml: train")
    about = About("mine", few.shape, ("a", "b"), 256, {"train": 20})
    classifier: dict[str, Any] = {"features": 4, "steps": 1, "batch": 21, "lr": 0.1, "seed": 0}
    with pytest.raises(InputError, match=r"^extractor\.classifier\.batch: expected at most the 20 "):
        train.obtain(Path("nowhere"), {"train": few}, about, **classifier)


def test_a_vqvae_with_more_codes_than_data(project: Path) -> None:
    enable(project, "vqvae", train={"codes": 897 * 16 + 1})
    assert refusal() == (
        "error: runs/vqvae.yaml: train: vqvae: codes: more codes than data: expected at most 14352 "
        "(897 training images of 4×4 places), got 14353"
    )
    enable(project, "vqvae", train={"codes": 897 * 16})
    fits()


def test_the_codes_of_a_share_of_unknown_data_are_left_to_the_stage(project: Path) -> None:
    change(project, data={"split": {"train": 0.5, "validation": 0.1, "reference": 0.2, "held_out": 0.2}})
    enable(project, "vqvae", train={"codes": 10**6})
    fits()


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"tricks": [{"name": "minibatch_discrimination", "kernels": 8, "dimensions": 4}]}, "minibatch discrimination"),
        ({"tricks": [{"name": "packing", "images": 2}]}, "packing"),
    ],
)
def test_a_penalty_beside_what_mixes_the_images_of_a_batch(project: Path, options: dict[str, Any], named: str) -> None:
    enable(project, "wgan_gp", train=options)
    message = refusal()
    assert message.startswith("error: runs/wgan_gp.yaml: ") and "penalties: gradient_penalty: a slope at one" in message
    assert named in message.partition("(")[2]


def test_guidance_on_an_unconditional_model(project: Path) -> None:
    enable(project, "ddpm", sample={"guidance": 0.5})
    assert refusal() == (
        "error: runs/ddpm.yaml: sample: guidance: expected 0 for a model without classes (train.classes: 0), got 0.5"
    )


def test_guidance_on_a_model_that_is_told_nothing_of_classes(project: Path) -> None:
    enable(project, "flow_matching", sample={"guidance": 0.5})
    message = refusal()
    assert message.startswith("error: unknown runs/flow_matching.yaml: sample: option 'guidance'")
    assert message.endswith("(there is: solver, steps)")


OPTIONS = {
    "more steps than the model has": ("ddpm", {"steps": 101}, "steps: expected at most the 100 of the model"),
    "more steps than a model of classes has": (
        "ddpm_guided",
        {"steps": 101},
        "steps: expected at most the 100 of the model",
    ),
    "noise of another sampler": ("ddpm", {"sampler": "dpm2", "eta": 0.5}, "eta: expected 0 beside sampler: dpm2"),
    "corrections of a flow": ("vesde", {"sampler": "flow", "corrections": 1}, "corrections: expected 0 beside sampler"),
    "the ratio of no correction": ("vesde", {"snr": 0.1}, "snr: expected none beside corrections: 0"),
}


@pytest.mark.parametrize(("run", "options", "expected"), OPTIONS.values(), ids=OPTIONS.keys())
def test_sampling_options_that_do_not_go_together(
    project: Path, run: str, options: dict[str, Any], expected: str
) -> None:
    enable(project, run, sample=options)
    assert refusal().startswith(f"error: runs/{run}.yaml: sample: {expected}")


def test_a_run_without_a_half_that_dvc_asks_for(project: Path) -> None:
    (project / "runs/mine.yaml").write_text("train: {model: noise}\n", encoding="utf-8")
    change(project, enabled=["mine"])
    assert refusal().startswith("error: runs/mine.yaml: sample: missing")


@pytest.mark.parametrize("pairs", [False, True])
def test_every_run_of_the_catalogue_fits(project: Path, pairs: bool) -> None:
    """What the project itself ships is not refused, whichever profile of digits enables it."""
    runs = {name: run for name, run in load().runs.items() if run.tuned_on in ("", "digits")}
    change(project, enabled=[name for name, run in runs.items() if translates(run.train) == pairs])
    if pairs:
        change(project, data={"pairing": "edges"})
    fits()


def test_a_translation_is_refused_without_pairs_and_some_without_paired_ones(project: Path) -> None:
    enable(project, "nearest_pair")
    assert refusal().startswith(
        "error: runs/nearest_pair.yaml: train: expected pairs of images (data.pairing), for this"
    )
    change(project, data={"pairing": "edges", "paired": False})
    assert refusal().startswith(
        "error: runs/nearest_pair.yaml: train: expected data.paired: true, for this model learns"
    )
    enable(project, "identity")
    fits()


def test_a_likelihood_of_more_images_than_there_are(project: Path) -> None:
    change(project, enabled=["vae"], likelihood={"images": 361})
    assert refusal() == "error: likelihood.images: expected at most 360, those of data.split.reference, got 361"
    change(project, likelihood={"images": 360})
    fits()
    change(project, dataset="known_digits", extractors=["pixels"], data={"split": {"reference": 500}})
    change(project, likelihood={"images": 400})
    assert refusal() == "error: likelihood.images: expected at most 360, those of data.split.held_out, got 400"


def test_the_real_command(project: Path) -> None:
    enable(project, "ddpm", sample={"guidance": 0.5})
    assert command("genbench", "check").startswith("error: runs/ddpm.yaml: sample: guidance: expected 0")


@pytest.mark.parametrize(
    ("study", "expected"),
    [
        ("marginal", "marginal.model: expected a vae, gan is a gan"),
        ("inference", "inference.model: expected a vae, gan is a gan"),
    ],
)
def test_a_likelihood_asked_of_a_gan(project: Path, study: str, expected: str) -> None:
    (project / "laboratory/likelihood").mkdir(parents=True)
    file = project / "laboratory/likelihood/params.yaml"
    values = read(ROOT / "laboratory/likelihood/params.yaml")
    values[study]["model"] = "gan"
    YAML().dump(values, file)
    assert expected in command(sys.executable, "-m", f"laboratory.likelihood.stages.{study}")
