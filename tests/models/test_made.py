"""MADE's probabilities, by enumeration of all images of a tiny space, and its samples against them."""

from __future__ import annotations

from itertools import permutations, product

import pytest
import torch
from torch import Tensor

from genbench.data.images import Shape
from genbench.engine.learner import Batch
from genbench.models.bases.grey_levels import value_of
from genbench.models.bases.likelihood import level_of
from genbench.models.made import MADE, build
from genbench.seeding import seeded_initialisation, torch_rng

SHAPE: Shape = (1, 2, 2)
LEVELS = 3
IMAGES = value_of(torch.tensor(list(product(range(LEVELS), repeat=4))), torch.tensor(LEVELS)).view(-1, 1, 2, 2)


def model(orderings: int = 1) -> MADE:
    """Untrained, its weights made larger so that the pixels really depend on each other."""
    with seeded_initialisation(0, "initialise"):
        made = build(SHAPE, width=16, layers=2, mixture=3, orderings=orderings, lr=0.1)
    for parameter in made.parameters():
        parameter.data.mul_(3)
    made.levels.fill_(LEVELS)
    return made.eval()


def probabilities(of: MADE) -> Tensor:
    with torch.no_grad():
        likelihood = of.log_likelihood(IMAGES, draws=1, rng=torch_rng(0, "likelihood"))
    assert likelihood.kind == "exact"
    return likelihood.nats.double().exp()


def test_probabilities_sum_to_one_in_every_order() -> None:
    of, shares = model(), []
    for order in permutations(range(4)):
        of.orders = torch.tensor([order])
        shares.append(probabilities(of))
        assert float(shares[-1].sum()) == pytest.approx(1, abs=1e-5)
    assert float(torch.stack(shares).std(0).mean()) > 0.1 * float(shares[0].mean()), "an order matters"


def test_several_orders_are_a_mixture() -> None:
    of = model(orderings=3)
    assert sorted(of.orders[1].tolist()) == [0, 1, 2, 3]
    together, each = probabilities(of), []
    for order in of.orders:
        single = model()
        single.orders = order[None]
        each.append(probabilities(single))
    torch.testing.assert_close(together, torch.stack(each).mean(0), atol=1e-7, rtol=1e-5)
    assert float(together.sum()) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("orderings", [1, 3])
def test_samples_are_as_frequent_as_they_are_probable(orderings: int) -> None:
    of, n = model(orderings), 20_000
    with torch.no_grad():
        drawn = level_of(of.sample(n, rng=torch_rng(0, "sample")), of.levels).flatten(1)
    counts = (drawn * LEVELS ** torch.arange(3, -1, -1)).sum(1).bincount(minlength=len(IMAGES))
    expected = n * probabilities(of)
    assert float(((counts - expected).square() / expected).mean()) == pytest.approx(1, abs=0.6), "chi-squared a cell"


def test_steps_take_the_orders_in_turn_and_minimise_their_code() -> None:
    of = model(orderings=2)
    for step, order in ((1, 0), (2, 1), (3, 0)):
        batches = iter([Batch(IMAGES, torch.zeros(len(IMAGES), dtype=torch.int64))])
        (update,) = of.updates(batches, torch_rng(0, "step", step), step)
        torch.testing.assert_close(update.loss, -of.log_ordered(IMAGES, of.orders[order]).mean() / 4)
