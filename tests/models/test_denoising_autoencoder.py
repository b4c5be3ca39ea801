"""The denoising autoencoder's chain, with the exact denoiser of a known distribution."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from genbench.engine.learner import Batch
from genbench.errors import InputError
from genbench.models.denoising_autoencoder import DenoisingAutoencoder, Kind, build
from genbench.seeding import torch_rng

#: Probabilities of white of two independent pixels of two levels.
WHITE = torch.tensor([0.2, 0.7])
CORRUPTION = 0.3

both_kinds = pytest.mark.parametrize("kind", ["masking", "salt_and_pepper"])


class Exact(nn.Module):
    """Means of P(x|x̃) by Bayes' rule, x̃ having been made by this corruption."""

    def __init__(self, kind: Kind) -> None:
        super().__init__()
        to_black = CORRUPTION if kind == "masking" else CORRUPTION / 2
        self.to_black, self.to_white = to_black, CORRUPTION - to_black

    def forward(self, corrupted: Tensor) -> Tensor:
        """Map (B, 1, 1, 2) to twice the probability of white less 1."""
        is_white = corrupted > 0
        kept = 1 - CORRUPTION
        white = WHITE * torch.where(is_white, kept + self.to_white, self.to_black)
        black = (1 - WHITE) * torch.where(is_white, self.to_white, kept + self.to_black)
        return 2 * white / (white + black) - 1


class Blind(nn.Module):
    """The means of the pixels, whatever it is given."""

    def forward(self, means: Tensor) -> Tensor:
        return (2 * WHITE - 1).expand_as(means)


def model(kind: Kind) -> DenoisingAutoencoder:
    made = DenoisingAutoencoder((1, 1, 2), nn.Identity(), Exact(kind), kind, CORRUPTION, lr=0.1)
    made.levels.fill_(2)
    return made


def known(n: int) -> Tensor:
    white = torch.rand(n, 1, 1, 2, generator=torch_rng(0, "images")) < WHITE
    return 2 * white.float() - 1


def assert_known(images: Tensor) -> None:
    """Compare the shares of the four images with the product of WHITE."""
    white = images.flatten(1) > 0
    shares = (2 * white[:, 0] + white[:, 1]).bincount(minlength=4) / len(images)
    expected = torch.outer(torch.stack([1 - WHITE[0], WHITE[0]]), torch.stack([1 - WHITE[1], WHITE[1]])).flatten()
    torch.testing.assert_close(shares, expected, atol=0.01, rtol=0)


@both_kinds
def test_the_chain_of_the_exact_denoiser_keeps_the_distribution(kind: Kind) -> None:
    for steps in (1, 3):
        assert_known(model(kind).walk(known(50_000), steps, torch_rng(0, "walk")))


@both_kinds
def test_the_chain_of_the_exact_denoiser_finds_the_distribution(kind: Kind) -> None:
    assert_known(model(kind).walk(torch.full((50_000, 1, 1, 2), 1.0), 60, torch_rng(0, "walk")))


@both_kinds
def test_a_step_moves_as_bayes_rule_says(kind: Kind) -> None:
    """From white, by both ways through x̃; one step is not yet the distribution."""
    of = Exact(kind)
    from_white, from_black = (of(torch.full((1, 1, 1, 2), value)).flatten() for value in (1.0, -1.0))
    share = (1 - of.to_black) * (1 + from_white) / 2 + of.to_black * (1 + from_black) / 2
    moved = model(kind).walk(torch.full((50_000, 1, 1, 2), 1.0), 1, torch_rng(0, "walk"))
    torch.testing.assert_close((moved > 0).float().mean(0).flatten(), share, atol=0.01, rtol=0)


@both_kinds
def test_a_sample_is_the_mean_of_the_last_step(kind: Kind) -> None:
    drawn = model(kind).sample(50_000, rng=torch_rng(0, "sample"), steps=60)
    torch.testing.assert_close(drawn.mean(0).flatten(), 2 * WHITE - 1, atol=0.02, rtol=0)
    assert len(set(drawn.flatten().tolist())) <= 4, "a pixel has two values of x̃"


@both_kinds
def test_the_exact_denoiser_has_the_least_loss(kind: Kind) -> None:
    """Its loss is the entropy of x given x̃; the means of x alone, for one, cost its whole entropy."""
    losses = []
    for decoder in (nn.Identity(), Blind()):
        of = DenoisingAutoencoder((1, 1, 2), decoder, Exact(kind), kind, CORRUPTION, lr=0.1)
        of.levels.fill_(2)
        batches = iter([Batch(known(50_000), torch.zeros(50_000, dtype=torch.int64))])
        losses.append(next(of.updates(batches, torch_rng(0, "step"), 1)).loss.item())
    whole = float((torch.special.entr(WHITE) + torch.special.entr(1 - WHITE)).sum())
    assert losses[1] == pytest.approx(whole, abs=0.01)
    assert losses[0] < 0.8 * whole


def test_a_masked_number_is_black_and_pepper_is_half_of_it() -> None:
    grey = torch.zeros(20_000, 1, 1, 2)
    for kind, shares in (("masking", (0.3, 0.7, 0.0)), ("salt_and_pepper", (0.15, 0.7, 0.15))):
        corrupted = model(kind).corrupt(grey, torch_rng(0, "noise"))  # type: ignore[arg-type]
        for value, share in zip((-1, 0, 1), shares, strict=True):
            assert float((corrupted == value).float().mean()) == pytest.approx(share, abs=0.01)


def test_draws_are_on_the_grey_levels() -> None:
    of = model("masking")
    of.levels.fill_(17)
    drawn = of.walk(known(100), 2, torch_rng(0, "walk"))
    torch.testing.assert_close(drawn * 8, (drawn * 8).round())
    assert len(set(drawn.flatten().tolist())) > 5


def test_a_chain_that_never_moves_is_refused() -> None:
    with pytest.raises(InputError, match="corruption: expected more than 0"):
        build((1, 2, 2), network={"name": "mlp", "width": 4, "depth": 1}, latent=2, corruption=0.0, lr=0.1)
