"""The variational diffusion model on one pixel whose grey levels have known probabilities.

Given z_t, level k has the probability ∝ P(k) N(z_t; α v_k, σ²), so the best network is known. The mean of any
bound on −log P is at least the entropy of P.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from torch import Tensor, nn

from genbench.engine.learner import Batch
from genbench.errors import InputError
from genbench.models import vdm
from genbench.models.bases.likelihood import level_of
from genbench.models.vdm import VDM, strata
from genbench.per_image_random import share
from genbench.seeding import torch_rng

LEVELS = 5
VALUES = torch.linspace(-1, 1, LEVELS)
SHARES = torch.tensor([0.4, 0.05, 0.1, 0.15, 0.3])
ENTROPY = -float((SHARES * SHARES.log()).sum())
ENDS = (-5.0, 6.0)


class Best(nn.Module):
    """v = αε − σx with the mean image x̂ of a state and the noise that goes with it, plus a constant."""

    def __init__(self, wrong: float = 0.0) -> None:
        super().__init__()
        self.wrong, self.calls = wrong, 0

    def forward(self, states: Tensor, times: Tensor) -> Tensor:
        self.calls += 1
        gamma = (ENDS[0] + (ENDS[1] - ENDS[0]) * times).view(-1, 1, 1, 1)
        alpha, sigma = torch.sigmoid(-gamma).sqrt(), torch.sigmoid(gamma).sqrt()
        logs = SHARES.log() - (states - alpha * VALUES).square() / (2 * sigma.square())
        image = (logs.softmax(-1) * VALUES).sum(-1, keepdim=True)
        return alpha * (states - alpha * image) / sigma - sigma * image + self.wrong


class Bent(VDM):
    """A schedule that is bent between the same ends."""

    def schedule(self, times: Tensor) -> tuple[Tensor, Tensor]:
        return self.low + self.span * times**3, 3 * self.span * times**2


def model(wrong: float = 0.0, family: type[VDM] = VDM) -> VDM:
    made = family((1, 1, 1), Best(wrong), ENDS, lr=0.1).requires_grad_(False)
    made.levels.fill_(LEVELS)
    return made


def images(n: int) -> Tensor:
    index = torch.multinomial(SHARES, n, replacement=True, generator=torch_rng(0, "levels"))
    return VALUES[index].view(-1, 1, 1, 1)


def nats(made: VDM, of: Tensor, draws: int = 4) -> tuple[float, float]:
    """Mean of the bound on −log P, and its standard error."""
    said = made.log_likelihood(of, draws=draws, rng=torch_rng(0, "likelihood"))
    assert said.kind == "lower bound"
    return -float(said.nats.mean()), float(said.nats.std()) / math.sqrt(len(of))


# The bound


@pytest.mark.parametrize(("wrong", "above"), [(0.0, 0.0), (0.2, 0.05)])
def test_the_bound_is_above_the_exact_bits(wrong: float, above: float) -> None:
    """Mean −log P of any model is at least the entropy; the best network comes near to it, another does not."""
    bound, error = nats(model(wrong), images(20_000))
    assert bound > ENTROPY + above - 3 * error
    if not wrong:
        assert bound < ENTROPY + 0.02 + 3 * error


def test_a_wrong_network_costs_its_squared_error() -> None:
    """ε̂ is off by α times a constant w: with the same draws of the best network, ½ w² ∫ α² dγ more in mean."""
    wrong = 0.3
    more = 0.5 * wrong**2 * quad(lambda gamma: 1 / (1 + math.exp(gamma)), *ENDS)[0]
    (bound, error), (least, _) = nats(model(wrong), images(20_000)), nats(model(), images(20_000))
    assert bound - least == pytest.approx(more, abs=3 * error)


@pytest.mark.parametrize("wrong", [0.0, 0.3])
def test_the_bound_does_not_depend_on_the_schedule_between_its_ends(wrong: float) -> None:
    of = images(20_000)
    (straight, error), (bent, other) = nats(model(wrong), of), nats(model(wrong, Bent), of)
    assert straight != bent
    assert straight == pytest.approx(bent, abs=3 * math.hypot(error, other))


def test_the_prior_is_the_divergence_of_two_gaussians() -> None:
    image = torch.full((1, 1, 1, 1), 0.5)
    alpha_squared = 1 / (1 + math.exp(ENDS[1]))
    exact = 0.5 * (alpha_squared * 0.25 + (1 - alpha_squared) - 1 - math.log(1 - alpha_squared))
    assert float(model().prior(image)) == pytest.approx(exact, rel=1e-3)


def test_the_decoder_s_probabilities_sum_to_one_and_are_those_of_nearness() -> None:
    made, gamma = model(), torch.tensor(0.3)
    shares = made._log_levels(torch.full((1, 1, 1, 1), 0.2), gamma).exp().flatten()
    assert float(shares.sum()) == pytest.approx(1)
    expected = torch.exp(-(0.2 - VALUES).square() / (2 * math.exp(0.3)))
    torch.testing.assert_close(shares, expected / expected.sum())


# Training


def test_the_loss_is_the_bound_in_bits_and_moves_both_ends() -> None:
    made = model(0.3).requires_grad_()
    of = images(20_000)

    def batches() -> Iterator[Batch]:
        yield Batch(of, torch.zeros(len(of), dtype=torch.int64))

    (update,) = made.updates(batches(), torch_rng(0, "step"), 1)
    bound, error = nats(model(0.3), of)
    assert update.loss.item() == pytest.approx(bound / math.log(2), abs=12 * error)
    update.loss.backward()  # type: ignore[no-untyped-call]
    assert made.low.grad is not None and made.span.grad is not None
    assert abs(float(made.low.grad)) > 1e-4 and abs(float(made.span.grad)) > 1e-4


def test_learnt_ends_find_the_least_bound() -> None:
    """Where the noise at t = 0 hides the grey levels, the best network gains by less."""
    made = VDM((1, 1, 1), Best(), (-1.0, 6.0), lr=0.1)
    made.levels.fill_(LEVELS)
    made._ends = ENDS  # the scale that the network knows
    of = images(2000)
    with torch.no_grad():
        before = nats(made, of)[0]
    optimiser = torch.optim.Adam(made.parameters(), lr=0.1)
    for step in range(60):
        optimiser.zero_grad()
        (update,) = made.updates(
            iter([Batch(of, torch.zeros(len(of), dtype=torch.int64))]), torch_rng(0, "step", step), 1
        )
        update.loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    assert float(made.low) < -2
    with torch.no_grad():
        assert ENTROPY - 0.02 < nats(made, of)[0] < before - 0.1


@pytest.mark.parametrize("n", [1, 7, 64])
def test_the_times_of_a_batch_are_spread_evenly(n: int) -> None:
    times = strata(n, torch_rng(0, "times"))
    assert ((times >= 0) & (times < 1)).all()
    gaps = np.diff(np.sort(times.numpy()), append=float(times.min()) + 1)
    assert gaps == pytest.approx(1 / n, abs=1e-5)
    starts = torch.cat([strata(n, torch_rng(seed, "times"))[:1] for seed in range(500)])
    assert float(starts.mean()) == pytest.approx(0.5, abs=0.05)
    assert float(starts.std()) == pytest.approx(12**-0.5, abs=0.02)


def test_processes_that_share_a_batch_have_its_times() -> None:
    parts = [strata(4, share(torch_rng(0, "times"), rank, 2, torch.device("cpu"))) for rank in (0, 1)]
    torch.testing.assert_close(torch.cat(parts), strata(8, torch_rng(0, "times")))


# Samples


def test_samples_have_the_known_probabilities() -> None:
    made = model()
    drawn = made.sample(20_000, rng=torch_rng(0, "sample"), steps=100)
    shares = level_of(drawn, made.levels).flatten().bincount(minlength=LEVELS) / 20_000
    assert shares.tolist() == pytest.approx(SHARES.tolist(), abs=0.015)
    assert made.network.calls == 100


def test_ends_are_in_order() -> None:
    with pytest.raises(InputError, match="gamma_min, gamma_max: expected the first below the second, got 5 and 5"):
        vdm.build((1, 8, 8), width=8, attention=False, gamma_min=5, gamma_max=5, lr=0.1)
