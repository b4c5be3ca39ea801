"""Optimal transport between the noise and the images of a batch, in cases where it is known."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

import pytest
import torch
from torch import Tensor, nn

from genbench.engine.learner import Batch
from genbench.models.flow_matching import FlowMatching
from genbench.models.otcfm import OTCFM, paired
from genbench.seeding import torch_rng

MEAN, SD = 0.1, 0.2


def drawn(name: str, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch_rng(0, name))


def cost(noise: Tensor, images: Tensor) -> float:
    return float((noise - images).square().sum())


def test_the_pairing_has_the_least_cost_of_all() -> None:
    noise, images = drawn("noise", 6, 1, 2, 2), drawn("images", 6, 1, 2, 2)
    costs = [cost(noise[list(order)], images) for order in permutations(range(6))]
    assert cost(paired(noise, images), images) == pytest.approx(min(costs), rel=1e-6)
    assert min(costs) < cost(noise, images)


def test_the_pairing_lowers_the_cost_and_keeps_both_ends() -> None:
    """The noise of a batch is another order of the same rows; the images are not touched."""
    noise, images = drawn("noise", 64, 1, 8, 8), drawn("images", 64, 1, 8, 8) * SD + MEAN
    before = images.clone()
    after = paired(noise, images)
    assert cost(after, images) < cost(noise, images)
    assert sorted(after.flatten(1).tolist()) == sorted(noise.flatten(1).tolist())
    assert torch.equal(images, before)


def test_numbers_are_paired_by_their_order() -> None:
    """On a line the optimal transport is the monotone map, whatever convex function of distance it costs."""
    noise, images = drawn("noise", 200, 1, 1, 1), drawn("images", 200, 1, 1, 1) * SD + MEAN
    assert torch.equal(paired(noise, images).flatten().argsort(), images.flatten().argsort())


class Straight(nn.Module):
    """The velocity of the optimal transport from N(0, 1) to N(m, s²), along x_t = (1 − t) z + t (m + s z)."""

    def forward(self, states: Tensor, times: Tensor) -> Tensor:
        t = times.view(-1, 1, 1, 1)
        return MEAN + (SD - 1) * (states - t * MEAN) / (1 - t + t * SD)


def test_between_gaussians_the_flow_becomes_straight() -> None:
    """Paths of optimal pairs leave nothing to the straight flow but the batch's own scatter; other pairs do."""

    def loss(family: type[FlowMatching]) -> float:
        def batches() -> Iterator[Batch]:
            yield Batch(MEAN + SD * drawn("images", 1000, 1, 1, 1), torch.zeros(1000, dtype=torch.int64))

        made = family((1, 1, 1), Straight(), lr=0.1)
        made.levels.fill_(2**16)
        (update,) = made.updates(batches(), torch_rng(0, "step"), 1)
        return update.loss.item()

    assert loss(OTCFM) < 0.02
    assert loss(FlowMatching) > 0.3
