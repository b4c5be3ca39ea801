"""Files of the catalogue, runs/<run>.yaml."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from tests.support.bad_inputs import add, bad


def run(text: str | bytes) -> Any:
    """Write runs/vae.yaml anew."""
    return lambda folder: (folder / "runs/vae.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())


VAE = "model: vae, latent: 4, noise: 0.5, lr: 0.001, network: {name: mlp, width: 8, depth: 1}"

for name, text, message in (
    ("no_train_half", "sample: {}", "runs/vae.yaml: train: missing"),
    ("train_as_text", "train: vae", "runs/vae.yaml: train"),
    ("an_unknown_half", f"train: {{{VAE}}}\ntrian: {{}}", "did you mean 'train'?"),
    ("no_model", "train: {lr: 0.1}", "runs/vae.yaml: train.model"),
    ("a_model_that_is_a_path", "train: {model: ../vae}", "unknown runs/vae.yaml: train: model '../vae'"),
    ("a_model_that_is_private", "train: {model: __init__}", "'__init__'"),
    ("a_model_that_is_a_number", "train: {model: 3}", "expected the name of a model, got 3"),
    ("an_option_of_another_model", f"train: {{{VAE}, critic_steps: 5}}", "'critic_steps'"),
    ("lr_of_zero", "train: {" + VAE.replace("0.001", "0.0") + "}", "runs/vae.yaml: train.lr"),
    ("lr_as_text", "train: {" + VAE.replace("0.001", "'1e-3'") + "}", "write 0.001 as a plain number"),
    ("a_network_without_name", "train: {" + VAE.replace("name: mlp, ", "") + "}", "train.network"),
    (
        "a_network_that_is_a_path",
        "train: {" + VAE.replace("mlp", "../conv") + "}",
        "unknown network '../conv'; did you mean 'conv'?",
    ),
    ("a_width_below_one", "train: {" + VAE.replace("width: 8", "width: 0") + "}", "network mlp.width: should be"),
    (
        "a_width_beyond_reason",
        "train: {" + VAE.replace("width: 8", "width: 99999999999999") + "}",
        "network mlp.width: should be",
    ),
    ("steps_of_a_half", f"train: {{{VAE}, steps: 0.5}}", "steps and batch: expected whole numbers"),
    ("a_note_that_is_a_list", f"note: [a]\ntrain: {{{VAE}}}", "runs/vae.yaml: note"),
    ("options_of_another_dataset", f"tuned_on: mnist\ntrain: {{{VAE}}}\nsample: {{}}", "tuned_on: expected digits"),
    ("a_dataset_that_is_a_list", f"tuned_on: [a]\ntrain: {{{VAE}}}", "runs/vae.yaml: tuned_on"),
    ("sampling_that_is_unknown", f"train: {{{VAE}}}\nsample: {{truncation: 0.5}}", "runs/vae.yaml: sample"),
    ("empty", "", "runs/vae.yaml: expected a mapping"),
    ("not_utf_8", b"train: {model: \xff}", "runs/vae.yaml: not readable as text"),
    ("an_alias", "train: &a {model: vae}\nsample: *a", "runs/vae.yaml: line 2: expected no alias"),
):
    add(f"runs-{name}", ("check",), message, run(text))


@bad("check", message="unknown run 'new'")
def fifo(folder: Path) -> None:
    os.mkfifo(folder / "runs/new.yaml")


@bad("check", message="unknown run 'new'")
def link_to_itself(folder: Path) -> None:
    (folder / "runs/new.yaml").symlink_to("new.yaml")


@bad("stage", "train", "../vae", "0", message="unknown run '../vae'")
def path_for_a_stage(folder: Path) -> None:
    """Leave the folder as it is."""


@bad("stage", "train", "vae", "-1", message="argument seed: expected a whole number, got '-1'")
def negative_seed_for_a_stage(folder: Path) -> None:
    """Leave the folder as it is."""


@bad("stage", "extractor", "../../etc", message="unknown extractor '../../etc'")
def path_for_an_extractor(folder: Path) -> None:
    """Leave the folder as it is."""


@bad("stage", "train", "vae", message="expected the arguments name, seed")
def missing_argument(folder: Path) -> None:
    """Leave the folder as it is."""
