"""The bound of masked diffusion on a tiny space, for a network whose conditionals come from one joint distribution."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from genbench.data.images import Images
from genbench.engine.learner import Batch, Data
from genbench.errors import InputError
from genbench.models.bases.grey_levels import value_of
from genbench.models.bases.likelihood import level_of
from genbench.models.mdlm import MDLM, Denoiser, build
from genbench.seeding import seeded_initialisation, torch_rng

LEVELS = 3
INDEX = torch.tensor(list(product(range(LEVELS), repeat=4)))
IMAGES = value_of(INDEX, torch.tensor(LEVELS)).view(-1, 1, 2, 2)
#: Far from a product of the pixels' own distributions.
JOINT = (2 * torch.randn(len(INDEX), generator=torch_rng(0, "joint"), dtype=torch.float64)).softmax(0)


class Exact(nn.Module):
    """The conditional distributions of JOINT, as mixtures of narrow logistics at the levels."""

    def forward(self, images: Tensor, hidden: Tensor) -> Tensor:
        given = level_of(images, torch.tensor(LEVELS)).flatten(1)[:, None]
        fits = ((given == INDEX) | hidden.flatten(1)[:, None]).all(2) * JOINT  # (B, images)
        shares = torch.stack([fits @ INDEX.eq(level).double() for level in range(LEVELS)], 1)  # (B, levels, D)
        means = value_of(torch.arange(LEVELS), torch.tensor(LEVELS))[None, :, None].expand_as(shares)
        return torch.stack([shares.log(), means, torch.full_like(shares, -5)], 2).flatten(1, 2).float()


def exact() -> MDLM:
    model = MDLM((1, 2, 2), Exact(), lr=0.1)
    model.levels.fill_(LEVELS)
    return model


def code_length(model: MDLM, steps: int) -> tuple[float, float]:
    """Return the mean bound of −log P_S over images of JOINT, in nats, and its standard error."""
    index = torch.multinomial(JOINT, 40_000, replacement=True, generator=torch_rng(0, "images"))
    nats = -model.bound(IMAGES[index], steps, steps, torch_rng(0, "bound"))
    extra = nats + JOINT[index].log()  # what it costs above the exact code
    return float(extra.mean()), float(extra.std()) / 200


def test_the_bound_is_the_exact_code_length_for_one_mask_at_a_time() -> None:
    above, error = code_length(exact(), 4)
    assert abs(above) < 4 * error
    assert error < 0.01


def test_the_bound_grows_as_steps_reveal_more() -> None:
    (four, error), (two, _), (one, _) = (code_length(exact(), steps) for steps in (4, 2, 1))
    marginals = torch.stack([JOINT @ INDEX.eq(level).double() for level in range(LEVELS)])
    dependence = torch.special.entr(marginals).sum() - torch.special.entr(JOINT).sum()
    assert four + 10 * error < two < one - 10 * error
    assert one == pytest.approx(float(dependence), abs=5 * error), "in one step the pixels are independent"


def test_the_mean_over_all_orders_is_the_code_length_of_each_image() -> None:
    """With one number hidden, the other three given, and so on: the mean over the sets of each size by enumeration."""
    total = torch.zeros(len(IMAGES), dtype=torch.float64)
    for hidden in product((False, True), repeat=4):
        size = sum(hidden)
        if size:
            mask = torch.tensor(hidden).expand(len(IMAGES), 4)
            outputs = Exact()(IMAGES, mask)
            shares = outputs[:, ::3].exp() / outputs[:, ::3].exp().sum(1, keepdim=True)
            logs = shares.gather(1, INDEX[:, None])[:, 0].log()
            sets = {1: 4, 2: 6, 3: 4, 4: 1}[size]
            total -= (logs * mask).sum(1) / (size * sets)
    torch.testing.assert_close(total, -JOINT.log(), atol=1e-5, rtol=1e-5)
    index = torch.arange(len(IMAGES)).repeat(400)
    bound = exact().log_likelihood(IMAGES[index], draws=1, rng=torch_rng(0, "bound"))
    assert bound.kind == "lower bound"
    torch.testing.assert_close(bound.nats.view(400, -1).mean(0).double(), JOINT.log(), atol=0.5, rtol=0)


def test_fewer_terms_have_the_same_mean() -> None:
    index = torch.multinomial(JOINT, 40_000, replacement=True, generator=torch_rng(0, "images"))
    whole, part = (exact().bound(IMAGES[index], 4, terms, torch_rng(terms, "bound")) for terms in (4, 1))
    error = float((whole.var() + part.var()).sqrt()) / 200
    assert float(whole.mean() - part.mean()) == pytest.approx(0, abs=4 * error)


@pytest.mark.parametrize("steps", [4, 1])
def test_samples_one_by_one_are_of_the_joint_and_at_once_of_its_marginals(steps: int) -> None:
    n = 20_000
    drawn = level_of(exact().sample(n, rng=torch_rng(0, "sample"), steps=steps), torch.tensor(LEVELS)).flatten(1)
    counts = (drawn * LEVELS ** torch.arange(3, -1, -1)).sum(1).bincount(minlength=len(INDEX))
    shares = torch.stack([JOINT @ INDEX.eq(level).double() for level in range(LEVELS)])
    expected = n * (JOINT if steps == 4 else shares.gather(0, INDEX).prod(1))
    cells = expected > 1
    assert float(((counts - expected).square() / expected)[cells].mean()) == pytest.approx(1, abs=0.6)


def test_the_loss_is_the_bound_a_number_and_moves_the_network() -> None:
    with seeded_initialisation(0, "initialise"):
        model = build((1, 2, 2), width=8, attention=False, mixture=2, lr=0.1)
    images = Images(np.zeros((4, 1, 2, 2), np.uint8), np.arange(4))
    model.setup(Data(images, images, images, LEVELS, ()), torch_rng(0, "begin"))
    many = IMAGES.repeat(200, 1, 1, 1)
    (update,) = model.updates(iter([Batch(many, torch.zeros(len(many), dtype=torch.int64))]), torch_rng(0, "step"), 1)
    with torch.no_grad():
        bound = -model.bound(many, 4, 4, torch_rng(0, "bound")).mean() / 4
    assert float(update.loss.detach()) == pytest.approx(float(bound), abs=0.02)
    network = model.network
    assert isinstance(network, Denoiser)
    last = network.unet.head[-1]
    assert isinstance(last, nn.Conv2d)
    assert network.outward.bias is not None
    bias, head = torch.autograd.grad(update.loss, [network.outward.bias, last.weight])
    first, second = bias.view(2, 3).unbind(0)
    assert not torch.allclose(first, second), "the components of a mixture move apart"
    assert head.abs().max() > 0, "the U-Net, which starts at zero, leaves it"


def test_more_steps_than_numbers_are_refused() -> None:
    with pytest.raises(InputError, match="steps: expected at most the 4 numbers of an image, got 5"):
        exact().sample(1, rng=torch_rng(0, "sample"), steps=5)
