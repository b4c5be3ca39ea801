"""Runs whose objectives have equal gradients are one game, and say so."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import torch
from torch import Tensor

from genbench.adversarial.objectives import Objective
from genbench.options import build
from genbench.pipeline import params
from genbench.seeding import torch_rng
from tests.support.clone import ROOT

CATALOGUE = params.load(ROOT / "params.yaml").runs
#: Objectives of one game differ by rounding in float64, those of two by much more.
EQUAL = 1e-6


def gradients(reference: Any) -> Tensor:
    """Gradients of both losses at random outputs, of either sign and some beyond saturation, as one vector."""
    objective: Objective = build("objectives", reference)
    outputs = 3 * torch.randn(2, 64, generator=torch_rng(0, "outputs"), dtype=torch.float64)
    found: list[Tensor] = []
    for loss in (objective.critic, objective.generator):
        real, fake = (side.clone().requires_grad_() for side in outputs)
        found += torch.autograd.grad(loss(real, fake), (real, fake), allow_unused=True, materialize_grads=True)
    return torch.cat(found)


def same_games() -> list[tuple[str, str]]:
    """Pairs of GANs with equal options and gradients; a bound on the weights is an option."""
    gans = {name: dict(run.train) for name, run in CATALOGUE.items() if run.train["model"] == "gan"}
    objectives = {name: half.pop("objective") for name, half in gans.items()}
    at = {name: gradients(reference) for name, reference in objectives.items()}
    clips = {name: one.get("clip") if isinstance(one, dict) else None for name, one in objectives.items()}
    return [
        (one, other)
        for one, other in combinations(gans, 2)
        if gans[one] == gans[other]
        and clips[one] == clips[other]
        and float((at[one] - at[other]).norm() / at[one].norm()) < EQUAL
    ]


def test_runs_of_one_game_name_each_other() -> None:
    found = same_games()
    for one, other in found:
        assert other in CATALOGUE[one].note.replace(",", " ").split(), f"runs/{one}.yaml: note: expected {other} named"
        assert one in CATALOGUE[other].note.replace(",", " ").split(), f"runs/{other}.yaml: note: expected {one} named"
    assert {frozenset(pair) for pair in found} >= {
        frozenset(pair) for pair in combinations(("nsgan", "fgan_gan", "fgan_js"), 2)
    }


def test_other_games_differ() -> None:
    assert not any({"gan", "lsgan", "hinge", "fgan_kl", "wgan"} & set(pair) for pair in same_games())
