"""Flow matching with minibatch optimal transport, OT-CFM: Tong et al. (2024); Pooladian et al. (2023).

In :mod:`genbench.models.flow_matching` the noise of an image knows nothing of it, so that paths cross and the mean
velocity bends. Here the images of a batch and as much noise are paired anew, by the permutation of least total squared
distance,

    min over permutations p of Σ_i ‖x₁_i − x₀_p(i)‖²,

the optimal transport between the two (Tong et al. 2024, algorithm 3). The noise and the images stay those of the batch,
so both ends of the flow are as before; the larger the batch, the fewer paths cross, the straighter is the flow and the
fewer steps it needs. Paths have no noise of their own (their σ is 0).
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from genbench.data.images import Shape
from genbench.engine.learner import Batch, Update
from genbench.models.bases.probability_flow import spread
from genbench.models.flow_matching import FlowMatching
from genbench.networks.blocks.unet import UNet
from genbench.options import Count, Flag, Positive
from genbench.per_image_random import normal_rows, uniform_rows

FAMILY = "diffusion"


class OTCFM(FlowMatching):
    """Flow matching whose noise is paired with the images of its batch."""

    def updates(self, batches: Iterator[Batch], rng: torch.Generator, step: int) -> Iterator[Update]:
        images = spread(next(batches).images, self.levels, rng)
        noise = paired(normal_rows(*images.shape, rng=rng).to(images.device), images)
        times = uniform_rows(len(images), rng=rng).to(images.device)
        states = torch.lerp(noise, images, times.view(-1, 1, 1, 1))
        yield Update("velocity", (self.network(states, times) - (images - noise)).square().mean())

    def whole_batch(self) -> str:
        return "optimal transport pairs the noise with all images of a batch"


def paired(noise: Tensor, images: Tensor) -> Tensor:
    """Return the noise (B, ...) in the order of the images (B, ...) whose sum of squared distances is least."""
    distances = torch.cdist(images.flatten(1).double(), noise.flatten(1).double()).square()
    _, order = linear_sum_assignment(distances.cpu().numpy())
    return noise[torch.from_numpy(order).to(noise.device)]


def build(shape: Shape, *, width: Count, attention: Flag, lr: Positive) -> OTCFM:
    """Build a model whose velocity is a U-Net of `width` channels at full size."""
    return OTCFM(shape, UNet(shape, width=width, attention=attention), lr)
