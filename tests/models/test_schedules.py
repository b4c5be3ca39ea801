"""Schedules of R3GAN's program: where they begin and end, and that a training follows them, stopped or not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from genbench.data.images import Images
from genbench.engine import loop
from genbench.engine.learner import Data
from genbench.engine.options import TrainOptions
from genbench.engine.trained import Trained
from genbench.errors import InputError
from genbench.models.bases.schedules import Schedules
from genbench.pipeline import cell, runs
from genbench.pipeline.training_record import read_record

SHAPE = (1, 8, 8)
PUBLISHED = Schedules(steps=100, betas=(0.0, 0.99), half_life=50.0)
PLAIN: dict[str, Any] = {
    "model": "gan",
    "objective": "relativistic",
    "network": {"name": "r3gan", "width": 4, "group": 4},
    "latent": 3,
    "critic_steps": 1,
    "lr": 0.01,
    "betas": [0.0, 0.9],
}
SCHEDULED: dict[str, Any] = {"scheduled_steps": 4, "final_betas": [0.5, 0.99], "half_life": 2.0}
OPTIONS = TrainOptions(steps=3, batch=8, ema=0.9, log_every=1, grid_every=3)


@pytest.mark.parametrize(("step", "second"), [(1, 0.9), (51, 0.945), (101, 0.99), (1000, 0.99)])
def test_betas_go_along_half_a_cosine_and_stay(step: int, second: float) -> None:
    assert PUBLISHED.betas_at((0.0, 0.9), step) == pytest.approx((0.0, second))


def test_a_weight_counts_half_as_much_after_the_half_life() -> None:
    assert PUBLISHED.decay(0.9, 1) == 0
    assert PUBLISHED.decay(0.9, 101) ** 50 == pytest.approx(0.5)
    assert PUBLISHED.decay(0.9, 51) ** 25 == pytest.approx(0.5)
    assert Schedules(steps=100, betas=(0.0, 0.99)).decay(0.9, 51) == 0.9


def trained(folder: Path, steps: int = OPTIONS.steps, **options: Any) -> Trained[Any]:
    pixels = np.random.default_rng(0).integers(256, size=(24, *SHAPE), dtype=np.uint8)
    images = Images(pixels, np.zeros(24, np.int64))
    data = Data(images, images[:0], images, 256, ("0",))
    budget = OPTIONS.model_copy(update={"steps": steps})
    done = loop.train(runs.model({**PLAIN, **options}, SHAPE, seed=0, key="r"), data, budget, seed=0, scratch=folder)
    cell.save(folder / "cell", done, {**PLAIN, **options}, budget)
    return done


def test_the_average_of_a_training_follows_its_half_life(tmp_path: Path) -> None:
    done = trained(tmp_path / "a", steps=1, **SCHEDULED)
    for mine, theirs in zip(done.ema.parameters(), done.raw.parameters(), strict=True):
        assert torch.equal(mine, theirs), "the half-life begins with 0"
    trained(tmp_path / "b", **SCHEDULED)
    assert read_record(tmp_path / "b/cell")["decay"] == pytest.approx(0.5 ** (1 / 1.0))  # half of 4 steps have passed


def test_other_betas_are_another_training_and_the_same_ones_the_same(tmp_path: Path) -> None:
    plain = trained(tmp_path / "plain").raw.state_dict()
    same, other = (
        trained(tmp_path / name, scheduled_steps=4, final_betas=betas).raw.state_dict()
        for name, betas in (("same", PLAIN["betas"]), ("other", [0.9, 0.9]))
    )
    assert all(torch.equal(plain[name], same[name]) for name in plain)
    assert not all(torch.equal(plain[name], other[name]) for name in plain)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scheduled_steps": 4}, "expected final_betas or half_life beside it"),
        ({"half_life": 5.0}, "scheduled_steps: missing"),
        ({"final_betas": [0.0, 0.9]}, "scheduled_steps: missing"),
        (
            {"scheduled_steps": 4, "final_betas": [0.0, 0.9], "optimiser": "sgd", "betas": None},
            "final_betas: expected none",
        ),
    ],
)
def test_options_that_do_not_go_together_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        runs.model({**PLAIN, **options}, SHAPE)
