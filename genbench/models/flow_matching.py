"""Flow matching: Lipman et al. (2023), with the straight paths of Liu et al. (2023), rectified flow.

Noise x₀ ~ N(0, I) and an image x₁ are joined by x_t = (1 − t) x₀ + t x₁. A network v(x, t) is fitted to the paths'
velocity,

    E ‖v(x_t, t) − (x₁ − x₀)‖²,      t uniform on [0, 1],

whose minimum is the mean velocity of the paths that pass x at t: the flow along it carries N(0, I) to the images.
The likelihood is that of :mod:`genbench.models.bases.probability_flow`.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from genbench.data.images import Shape
from genbench.engine.learner import Batch, ParameterGroup, Update
from genbench.models.bases import probability_flow
from genbench.models.bases.likelihood import Likelihood, LikelihoodModel
from genbench.models.bases.probability_flow import Solver, gather, solve, spread, steps_between
from genbench.networks.blocks.unet import UNet
from genbench.options import Count, Flag, Positive
from genbench.per_image_random import normal_rows, uniform_rows

FAMILY = "diffusion"


class FlowMatching(LikelihoodModel):
    """`network`: states (B, C, H, W) and times (B,) to velocities."""

    def __init__(self, shape: Shape, network: nn.Module, lr: float) -> None:
        super().__init__(shape)
        self.network, self._lr = network, lr

    def groups(self) -> dict[str, ParameterGroup]:
        return {"velocity": ParameterGroup(list(self.parameters()), self._lr)}

    def updates(self, batches: Iterator[Batch], rng: torch.Generator, step: int) -> Iterator[Update]:
        images = spread(next(batches).images, self.levels, rng)
        noise = normal_rows(*images.shape, rng=rng).to(images.device)
        times = uniform_rows(len(images), rng=rng).to(images.device)
        states = torch.lerp(noise, images, times.view(-1, 1, 1, 1))
        yield Update("velocity", (self.network(states, times) - (images - noise)).square().mean())

    def velocity(self, states: Tensor, time: float) -> Tensor:
        """Return the network's velocity at one time for all states."""
        rates: Tensor = self.network(states, states.new_full((len(states),), time))
        return rates

    def sample(self, n: int, *, rng: torch.Generator, solver: Solver = "heun", steps: Count = 20) -> Tensor:
        """Follow the flow in `steps` equal steps; Euler's method calls the network once a step, the others twice."""
        noise = torch.randn(n, *self.shape, generator=rng).to(self.levels.device)
        return gather(solve(self.velocity, noise, steps_between(0, 1, steps), solver), self.levels)

    def log_likelihood(self, images: Tensor, *, draws: int, rng: torch.Generator) -> Likelihood:
        # Finer towards the image, where the velocity bends on the scale of a grey level.
        times = [1 - part**2 for part in steps_between(0, 1, probability_flow.LIKELIHOOD_STEPS)]
        return probability_flow.likelihood(
            self.velocity, images, self.levels, times, noise_sd=1.0, draws=draws, rng=rng
        )


def build(shape: Shape, *, width: Count, attention: Flag, lr: Positive) -> FlowMatching:
    """Build a model whose velocity is a U-Net of `width` channels at full size."""
    return FlowMatching(shape, UNet(shape, width=width, attention=attention), lr)
