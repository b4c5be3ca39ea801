"""One pass of a generator at the time that a model is built, to learn its sizes."""

import torch
from torch import Tensor, nn


@torch.no_grad()
def one_image(generator: nn.Module, latent: int) -> Tensor:
    """Return the image of the code 0, (1, C, H, W); the pass leaves no trace, in statistics of batches say."""
    training = generator.training
    image: Tensor = generator.eval()(torch.zeros(1, latent))
    generator.train(training)
    return image
