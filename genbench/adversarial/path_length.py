"""Path length regularisation of a style-based generator: Karras et al. (2020), StyleGAN2, section 3.2 and appendix B.

J is the Jacobian of an image in its style w, and y an image of standard normal pixels. The generator pays

    weight · E (‖Jᵀy‖ − a)²,    a the moving mean of ‖Jᵀy‖,

so that steps of one length in w change all images alike, whatever the length. ‖Jᵀy‖ needs a single gradient, that of
Σ G(w) y. As in the authors' program y is divided by the root of the number of pixels, ‖Jᵀy‖ is a root mean square over
layers, which have styles of their own, a begins with 0, and the penalty is lazy
(:mod:`genbench.adversarial.adversarial_loss`).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from genbench.adversarial.adversarial_loss import is_due
from genbench.per_image_random import normal_rows

#: Share of the moving mean that a batch replaces.
SHARE = 0.01


class PathLength(nn.Module):
    """The penalty, of every `every`-th step; `mean` is a."""

    mean: Tensor

    def __init__(self, weight: float, every: int) -> None:
        super().__init__()
        self._weight, self._every = weight, every
        self.register_buffer("mean", torch.zeros(()))

    def is_due(self, step: int) -> bool:
        """Return whether a step has the penalty."""
        return self._weight > 0 and is_due(step, self._every)

    def penalty(self, images: Tensor, styles: Tensor, rng: torch.Generator) -> Tensor:
        """Compute what is added to the generator's loss, a scalar, and move the mean.

        images: (B, C, H, W), made from styles (B, layers, W), which they can be differentiated by.
        """
        lengths = path_lengths(images, styles, normal_rows(*images.shape, rng=rng).to(images))
        self.mean.lerp_(lengths.detach().mean().to(self.mean), SHARE)
        return self._weight * self._every * (lengths - self.mean).square().mean()


def path_lengths(images: Tensor, styles: Tensor, directions: Tensor) -> Tensor:
    """Compute ‖Jᵀy‖ / √(H·W) of each image, (B,); `directions` are the y, (B, C, H, W)."""
    along = (images * directions).sum() / math.sqrt(math.prod(images.shape[2:]))
    (gradients,) = torch.autograd.grad(along, styles, create_graph=True)
    return torch.linalg.vector_norm(gradients, dim=(1, 2)) / math.sqrt(styles.shape[1])
