"""Experience replay: Shrivastava et al. (2017), Learning from simulated and unsupervised images, section 2.3.

A critic that sees the generator's latest images alone forgets what it made before, and lets it come back. Here half of
the generated images of each update of the critic are drawn from a buffer of N earlier ones; after that as many of the
buffer, drawn anew, give way to images of the batch. The generator's update is as it was.

The buffer is full from the start, of images of the untrained generator. With batches of B images, one stays for
N / (B / 2) updates in the mean.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from genbench.adversarial.tricks import Trick
from genbench.adversarial.tricks._probe import one_image
from genbench.errors import InputError
from genbench.networks import Critic
from genbench.options import Count

EXAMPLES = ({"images": 8},)
#: Images that the untrained generator makes at a time.
AT_A_TIME = 64


class ExperienceReplay(Trick):
    """Keeps `history`, (N, C, H, W), as the critic saw the images."""

    history: Tensor
    whole_batch = "experience replay keeps the images of one process"

    def __init__(self, images: int) -> None:
        super().__init__()
        self._images, self._latent = images, 0

    def networks(self, generator: nn.Module, critic: Critic, latent: int) -> tuple[nn.Module, Critic]:
        self._latent = latent
        image = one_image(generator, latent)
        self.register_buffer("history", torch.zeros(self._images, *image.shape[1:]))
        return generator, critic

    @torch.no_grad()
    def setup(self, generator: nn.Module, rng: torch.Generator) -> None:
        training = generator.training
        generator.eval()
        for slots in torch.split(self.history, AT_A_TIME):
            slots.copy_(generator(torch.randn(len(slots), self._latent, generator=rng).to(slots.device)))
        generator.train(training)

    def of_critic(self, real: Tensor, fake: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        half = len(fake) // 2
        if half > self._images:
            raise InputError(
                f"trick experience_replay.images: expected half a batch at least, {half}, got {self._images}"
            )
        drawn, given_up = (torch.randperm(self._images, generator=rng)[:half].to(fake.device) for _ in range(2))
        shown = torch.cat([self.history[drawn], fake[half:]])
        self.history[given_up] = fake[:half].to(self.history)
        return real, shown


def build(*, images: Count) -> ExperienceReplay:
    """Build the trick with a buffer of `images`, half a batch at least."""
    return ExperienceReplay(images)
