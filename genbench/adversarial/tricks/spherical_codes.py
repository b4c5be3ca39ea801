"""Spherical codes: White (2016), Sampling generative networks, section 2.1.

Normal codes of many coordinates lie close to the sphere of radius √latent, and a straight line between two of them
leaves it. Here codes are scaled onto that very sphere, z · √latent / ‖z‖, where they are uniform: on a great circle
between two codes are codes that the generator knows. Truncated codes are scaled as well, so that psi changes the mix of
directions, and no length.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from genbench.adversarial.tricks import Trick
from genbench.networks import Critic


class SphericalCodes(Trick):
    """Codes have length √latent, in training and in sampling."""

    def __init__(self) -> None:
        super().__init__()
        self._latent = 0

    def networks(self, generator: nn.Module, critic: Critic, latent: int) -> tuple[nn.Module, Critic]:
        self._latent = latent
        return generator, critic

    def codes(self, codes: Tensor, rng: torch.Generator) -> Tensor:
        code, behind = codes[:, : self._latent], codes[:, self._latent :]  # what other tricks put behind it
        return torch.cat([normalize(code, dim=1) * math.sqrt(self._latent), behind], 1)


def build() -> SphericalCodes:
    """Build the trick, which has no options."""
    return SphericalCodes()
