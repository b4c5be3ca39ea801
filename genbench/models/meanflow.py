"""Mean flows for generation in one step: Geng, Deng, Bai, Kolter, He (2025). Equations are theirs.

An image x and noise ε ~ N(0, I) are joined by z_t = (1 − t) x + t ε, whose velocity is v = ε − x: noise is at t = 1. A
network u(z, r, t) is fitted to the mean velocity of the flow from r to t (equation 3),

    u(z_t, r, t) = 1 / (t − r) ∫_r^t v(z_τ, τ) dτ,    so that  z_r = z_t − (t − r) u(z_t, r, t)

is exact for any step, and x = ε − u(ε, 0, 1) takes a single one. The derivative of its definition by t along the flow
gives it from the velocity alone, the MeanFlow identity (equations 6 and 8):

    u = v − (t − r) d/dt u,      d/dt u = v ∂_z u + ∂_t u,

a Jacobian-vector product of the network with the tangent (v, 0, 1) of (z, r, t). Training regresses u on the right
side, through which no gradient passes (equations 9 and 10); its v is that of an image and its noise, whose mean is the
flow's. At r = t this is flow matching. Of each image's squared error ‖Δ‖² the loss has ‖Δ‖² / (‖Δ‖² + c)^p, p = `power`
and c = 10⁻³, the denominator held fixed, so that images of great error do not outweigh the others (section 4.3).

r and t are the smaller and the larger of two draws whose log-odds are normal; for a share of the images r = t (section
4.3). The network is a U-Net that embeds t and t − r. Since the target holds the derivative by t, the fastest wave of
the embedding turns by TURN, and not by a thousand as in other models.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.func import jvp
from torch.nn.attention import SDPBackend, sdpa_kernel

from genbench.data.images import Shape
from genbench.engine.learner import Batch, ParameterGroup, Update
from genbench.models import Model
from genbench.models.bases.probability_flow import steps_between
from genbench.networks.blocks.unet import TIME_SCALE, UNet, sinusoids
from genbench.options import Count, Flag, Fraction, NonNegative, Positive, Real
from genbench.per_image_random import normal_rows, uniform_rows

FAMILY = "diffusion"

#: Radians by which the fastest wave of the embedding turns between the times 0 and 1.
TURN = 10.0
#: c of the loss's weight.
LEAST = 1e-3


class MeanVelocity(nn.Module):
    """u(z, r, t): states (B, C, H, W), times r (B,) and t (B,) to mean velocities of the states' shape."""

    def __init__(self, shape: Shape, *, width: int, attention: bool) -> None:
        super().__init__()
        self.unet = UNet(shape, width=width, attention=attention)
        condition = 4 * width
        self.interval = nn.Sequential(nn.Linear(width, condition), nn.SiLU(), nn.Linear(condition, condition))
        for module in self.unet.modules():
            if isinstance(module, nn.GroupNorm):
                module.register_forward_pre_hook(_plain)

    def forward(self, states: Tensor, start: Tensor, end: Tensor) -> Tensor:
        length = self.interval(sinusoids((end - start) * TURN, self.unet.width))
        return self.unet.given(states, self.unet.condition(end * (TURN / TIME_SCALE)) + length)


def _plain(norm: nn.Module, inputs: tuple[Tensor]) -> tuple[Tensor]:
    """Bring values and their derivative forwards to the plain layout, which that of group normalisation asks for."""
    return (inputs[0].clone(memory_format=torch.contiguous_format),)


class MeanFlow(Model):
    """`network`: u. log_odds: mean and standard deviation of a time's. instants: the share of images with r = t."""

    def __init__(
        self, shape: Shape, network: nn.Module, log_odds: tuple[float, float], instants: float, power: float, lr: float
    ) -> None:
        super().__init__(shape)
        self.network, self._log_odds, self._instants, self._power, self._lr = network, log_odds, instants, power, lr

    def groups(self) -> dict[str, ParameterGroup]:
        return {"velocity": ParameterGroup(list(self.parameters()), self._lr)}

    def networks(self) -> Iterable[nn.Module]:
        return ()  # differentiated forwards and backwards

    def updates(self, batches: Iterator[Batch], rng: torch.Generator, step: int) -> Iterator[Update]:
        images = next(batches).images
        noise = normal_rows(*images.shape, rng=rng).to(images.device)
        start, end = (times.to(images.device) for times in self.intervals(len(images), rng))
        states = torch.lerp(images, noise, end.view(-1, 1, 1, 1))
        mean, target = self.regression(states, noise - images, start, end)
        error = (mean - target).square().flatten(1).sum(1)
        yield Update("velocity", (error * (error.detach() + LEAST) ** -self._power).mean())

    def intervals(self, n: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """Draw n intervals, their starts r (n,) and ends t (n,) in [0, 1]."""
        mean, sd = self._log_odds
        times = torch.sigmoid(mean + sd * normal_rows(n, 2, rng=rng))
        start, end = times.amin(1), times.amax(1)
        return torch.where(uniform_rows(n, rng=rng) < self._instants, end, start), end

    def regression(self, states: Tensor, velocity: Tensor, start: Tensor, end: Tensor) -> tuple[Tensor, Tensor]:
        """Return u and its target v − (t − r) d/dt u, a constant, for states z_t (B, C, H, W) of velocity v."""
        tangent = velocity, torch.zeros_like(start), torch.ones_like(end)
        with sdpa_kernel(SDPBackend.MATH):  # the fused kernels of attention have no derivative forwards
            mean, rate = jvp(self.network, (states, start, end), tangent)  # type: ignore[misc]
        return mean, (velocity - (end - start).view(-1, 1, 1, 1) * rate).detach()

    def sample(self, n: int, *, rng: torch.Generator, steps: Count = 1) -> Tensor:
        """Go from noise to images in `steps` equal steps, a call of the network each."""
        states = torch.randn(n, *self.shape, generator=rng).to(next(self.parameters()).device)
        for end, start in pairwise(steps_between(1, 0, steps)):
            mean = self.network(states, states.new_full((n,), start), states.new_full((n,), end))
            states = states - (end - start) * mean
        return states.clamp(-1, 1)


def build(
    shape: Shape,
    *,
    width: Count,
    attention: Flag,
    log_odds_mean: Real = -2.0,
    log_odds_sd: Positive = 2.0,
    instants: Fraction = 0.25,
    power: NonNegative = 0.75,
    lr: Positive,
) -> MeanFlow:
    """Build a model whose mean velocity is a U-Net of `width` channels at full size.

    log_odds_mean, log_odds_sd: of a time. instants: share of the images with r = t. power: p, 0 for the squared error.
    The defaults are the paper's for CIFAR-10 (appendix A).
    """
    network = MeanVelocity(shape, width=width, attention=attention)
    return MeanFlow(shape, network, (log_odds_mean, log_odds_sd), instants, power, lr)
