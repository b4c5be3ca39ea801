"""A GAN that is told a text: Kang et al. (2023), GigaGAN, on measured captions (:mod:`genbench.data.captions`).

The game is that of :mod:`genbench.models.gan` on pyramids of images. A real image has the caption of its class and of
what is measured on it, with each attribute left unsaid with probability `unsaid`; a generated one that of the real
image in its place. The objective is a mean over all numbers of the critic, one for each pair of an image of the pyramid
and a later block.

The critic's loss gains `matching` times the matching-aware loss: images beside the caption of another image, which
contradicts their own, count as generated, real and generated images alike. Reed et al. (2016) had it for real images.

Captions of samples are drawn as those of training: a class by its share, attributes by theirs within the class.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from genbench.adversarial.adversarial_loss import AdversarialLoss, build as build_loss
from genbench.adversarial.conditionings import InFloat32
from genbench.adversarial.tricks import Tricks
from genbench.data.captions import UNSAID, Vocabulary, contradict
from genbench.data.images import Shape
from genbench.data.pixels import scale
from genbench.engine.learner import Batch, Data, Facts, Update
from genbench.errors import InputError
from genbench.find import find, members
from genbench.models.bases.class_shares import ClassShares
from genbench.models.gan import GAN
from genbench.networks import Critic
from genbench.networks.gigagan import Generator, PyramidFeatures, TextHead, pack, pyramid
from genbench.options import Betas, Count, Fraction, NonNegative, Positive, Reference, build as build_member, name_of
from genbench.per_image_random import uniform_rows

FAMILY = "other GAN"

#: Training images that are measured at once.
CHUNK = 1000


class Told(nn.Module):
    """A text head whose captions (B, slots) are given: features (B, F) to numbers (B · pairs, 1)."""

    def __init__(self, head: TextHead, captions: Tensor) -> None:
        super().__init__()
        self.head, self._captions = head, captions

    def forward(self, features: Tensor) -> Tensor:
        numbers: Tensor = self.head(features, self._captions)
        return numbers.reshape(-1, 1)


class TextGAN(GAN):
    """A generator of pyramids and a critic of them, both told captions.

    medians: of each attribute, (attributes,). attributes: shares of what images of a class are, (classes, 2^attributes)
    float64; number Σ 2^a is that of images above the medians of attributes a.
    """

    generator: Generator
    medians: Tensor
    attributes: Tensor

    def __init__(
        self,
        shape: Shape,
        networks: tuple[Generator, Critic],
        loss: AdversarialLoss,
        latent: int,
        rates: tuple[float, float],
        betas: tuple[float, float],
        vocabulary: Vocabulary,
        unsaid: float,
        matching: float,
    ) -> None:
        super().__init__(shape, networks, loss, Tricks([]), latent, 1, rates, betas, "adam")
        self.vocabulary, self._unsaid, self._matching = vocabulary, unsaid, matching
        classes, attributes = len(vocabulary.classes), len(vocabulary.attributes)
        self.shares = ClassShares(classes, required=True)
        self.register_buffer("medians", torch.zeros(attributes))
        self.register_buffer("attributes", torch.full((classes, 2**attributes), 0.5**attributes, dtype=torch.float64))

    def refuse(self, facts: Facts) -> None:
        self.shares.refuse(facts)

    def setup(self, data: Data, rng: torch.Generator) -> None:
        super().setup(data, rng)
        self.shares.count(data)
        measured = torch.cat(
            [
                self.vocabulary.measure(scale(torch.from_numpy(np.asarray(data.train.pixels[start : start + CHUNK]))))
                for start in range(0, len(data.train), CHUNK)
            ]
        )
        self.medians.copy_(measured.median(0).values)
        high = (measured > self.medians.cpu()).long()
        kind = (high << torch.arange(high.shape[1])).sum(1)
        table = torch.zeros_like(self.attributes, device="cpu")
        table.index_put_((torch.tensor(data.train.labels), kind), torch.ones((), dtype=table.dtype), accumulate=True)
        self.attributes.copy_(table / table.sum(1, keepdim=True).clamp(min=1))

    def updates(self, batches: Iterator[Batch], rng: torch.Generator, step: int) -> Iterator[Update]:
        # from here on the labels of a batch are captions, and its images packed pyramids
        return super().updates((self.captioned(batch, rng) for batch in batches), rng, step)

    def captioned(self, batch: Batch, rng: torch.Generator) -> Batch:
        """Return packed pyramids of a batch, with the captions (B, slots) of its images in place of their classes."""
        features = self.critic.features
        assert isinstance(features, PyramidFeatures)
        facts = self.vocabulary.facts(batch.images, batch.labels, self.medians)
        return Batch(pack(pyramid(batch.images, features.sizes)), self.hushed(facts, rng))

    def hushed(self, captions: Tensor, rng: torch.Generator) -> Tensor:
        """Leave each attribute of captions (B, slots) unsaid with the probability of training."""
        uniform = uniform_rows(len(captions), captions.shape[1] - 1, rng=rng).to(captions.device)
        said = captions[:, 1:].masked_fill(uniform < self._unsaid, UNSAID)
        return torch.cat([captions[:, :1], said], 1)

    def captions(self, labels: Tensor, rng: torch.Generator) -> Tensor:
        """Draw captions of classes (n,) as those of training, (n, slots), on the CPU."""
        ends = self.attributes.cpu()[labels.cpu()].cumsum(1)
        uniform = uniform_rows(len(labels), 1, rng=rng, dtype=torch.float64).cpu()
        kind = (ends <= uniform * ends[:, -1:]).sum(1).clamp(max=ends.shape[1] - 1)
        high = kind[:, None] >> torch.arange(len(self.vocabulary.attributes)) & 1
        return self.hushed(self.vocabulary.numbers(labels.cpu(), high), rng)

    def judge(self, labels: Tensor) -> Critic:
        """Return the critic of pyramids with the captions `labels`, (B, slots)."""
        head = self.critic.head
        assert isinstance(head, TextHead)
        return Critic(self.critic.features, nn.Sequential(Told(head, labels), InFloat32()))

    def critic_loss(self, real: Tensor, fake: Tensor, labels: Tensor, rng: torch.Generator, step: int) -> Tensor:
        loss, others = super().critic_loss(real, fake, labels, rng, step), labels.roll(1, 0)
        if not self._matching:
            return loss
        critic, apart = self.judge(others), contradict(labels, others)
        on_real, on_fake = (critic(images).view(len(images), -1) for images in (real, fake))
        return loss + self._matching * matching_aware(on_real, on_fake, apart)

    def whole_batch(self) -> str:
        return "matching: images are judged beside the caption of another image"

    def networks(self) -> list[nn.Module]:
        return []  # the critic is called by its halves, and the generator by its pyramid

    def generate(self, n: int, rng: torch.Generator, psi: float | None = None, labels: Tensor | None = None) -> Tensor:
        """Draw n packed pyramids of the captions `labels`, (n, slots)."""
        codes = self.codes(n, rng, psi).to(self.medians.device)
        return pack(self.generator.pyramid(codes, labels))

    def decode(self, codes: Tensor, labels: Tensor | None = None) -> Tensor:
        """Return the images of codes (B, latent) and captions (B, slots), (B, C, H, W)."""
        assert labels is not None
        images: Tensor = self.generator(codes.to(self.medians.device), labels.to(self.medians.device))
        return images

    def draw_labels(self, n: int, *, rng: torch.Generator) -> Tensor | None:
        return self.shares.draw(n, rng)

    def sample(  # type: ignore[override]
        self, n: int, *, rng: torch.Generator, labels: Tensor | None = None, psi: Positive | None = None
    ) -> Tensor:
        """Draw n images; `psi` truncates the codes (:mod:`genbench.models.bases.codes`).

        labels: classes (n,), whose attributes are drawn, or captions (n, slots); drawn by shares if there are none.
        """
        if labels is None:
            labels = self.shares.draw(n, rng)
            assert labels is not None
        captions = labels if labels.ndim == 2 else self.captions(labels, rng)
        return self.decode(self.codes(n, rng, psi), captions)


def matching_aware(on_real: Tensor, on_fake: Tensor, apart: Tensor) -> Tensor:
    """Return the matching-aware loss, a scalar: E log(1 + e^v) of real and of generated images beside wrong captions.

    on_real, on_fake: the critic's numbers beside the caption of another image, (B, pairs). apart: whether that caption
    contradicts the image's own, (B,); others count as 0.
    """
    return (apart * (softplus(on_real) + softplus(on_fake)).mean(1)).mean()


def takes_text(name: str) -> bool:
    """Return whether a pair of networks, by its name, can be told a text."""
    return "text" in inspect.signature(find("networks", name).build).parameters


def build(
    shape: Shape,
    *,
    captions: Reference,
    unsaid: Fraction = 0.5,
    matching: NonNegative = 1.0,
    objective: Reference,
    penalties: list[Reference] = [],  # noqa: B006 - never changed
    network: Reference,
    latent: Count,
    lr: Positive,
    critic_lr: Positive | None = None,
    betas: Betas,
) -> TextGAN:
    """Build a GAN that is told captions; `lr` is the generator's rate, and the critic's without `critic_lr`.

    unsaid: probability that a caption leaves an attribute out. matching: weight of the matching-aware loss.
    """
    vocabulary: Vocabulary = build_member("captions", captions)
    if name_of(network) in members("networks") and not takes_text(name_of(network)):
        able = ", ".join(filter(takes_text, members("networks")))
        raise InputError(f"network: expected one that takes a text ({able}), got {name_of(network)}")
    text = len(vocabulary.phrases), vocabulary.slots
    generator, critic = build_member("networks", network, shape, latent, 1, text)
    loss, rates = build_loss(objective, penalties, critic), (lr, lr if critic_lr is None else critic_lr)
    return TextGAN(shape, (generator, critic), loss, latent, rates, betas, vocabulary, unsaid, matching)
