"""VQ-GAN: Esser, Rombach, Ommer (2021), "Taming transformers", sections 3.1 and 3.2.

A VQ-VAE (:mod:`genbench.models.vqvae`) whose autoencoder minimises

    L_rec + commitment · Σ ‖encoder(x) − sg[q]‖² + adversarial · λ · L_gen,
    L_rec = ‖x − x̂‖² / (2 noise²) + perceptual · ℓ(x̂, x),

ℓ the perceptual loss (:mod:`genbench.models.bases.perceptual`) and L_gen a generator's loss against a critic of patches
(:mod:`genbench.networks.blocks.patch_critic`). λ is no parameter: it makes both slopes as steep in the weights W of the
decoder's last layer (equation 7),

    λ = ‖∂L_rec / ∂W‖ / (‖∂L_gen / ∂W‖ + 10⁻⁶), at most 10⁴ (in their program).

The critic starts after `critic_start` steps; until then the training is that without one, to the bit. The paper's
distance of pixels in L_rec is ‖x − x̂‖₁ in the program, and its codes learn by gradients; here both are the VQ-VAE's.

The prior is a causal transformer (:mod:`genbench.networks.blocks.transformer`) over the codes in raster order, on the
codes of each batch from the first step on, as the VQ-VAE's; with `classes` the class is a prefix. Samples may be drawn
from the `top_k` most probable codes of each place, at a `temperature`.

The likelihood is the bound that the VQ-VAE has, of the prior as it is: at a temperature of 1, with all codes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from genbench.adversarial.adversarial_loss import AdversarialLoss, build as build_loss
from genbench.data.images import Shape
from genbench.engine.learner import Batch, Data, Facts, ParameterGroup, Update
from genbench.errors import InputError
from genbench.models import to_validation
from genbench.models.bases.class_shares import ClassShares
from genbench.models.bases.perceptual import Perceptual, of_extractor
from genbench.models.vqvae import VQVAE, Codebook, decoder, encoder
from genbench.networks._parts import CriticNorm
from genbench.networks.blocks.patch_critic import PatchCritic, build as build_critic
from genbench.networks.blocks.transformer import Transformer, shares
from genbench.options import Count, Natural, NonNegative, Positive, Reference, name_of

FAMILY = "autoencoder"

#: Decays of the moments of autoencoder and critic, in the paper's program.
BETAS = (0.5, 0.9)
#: Added to the slope that the adaptive weight divides by, and the most that it is.
SLOPE, LARGEST = 1e-6, 1e4


def adaptive_weight(reconstruction: Tensor, adversarial: Tensor, last: Tensor) -> Tensor:
    """Return λ, the ratio of the slopes of two losses (scalars) in the weights `last`; no gradient passes it."""
    slopes = [torch.autograd.grad(loss, last, retain_graph=True)[0].norm() for loss in (reconstruction, adversarial)]
    return (slopes[0] / (slopes[1] + SLOPE)).clamp(max=LARGEST).detach()


@dataclass(frozen=True)
class Judgement:
    """Losses beside the error of the pixels, with their weights.

    start: steps without a critic. judge: the extractor that the perceptual loss is of.
    """

    perceptual: Perceptual
    perceptual_weight: float
    game: AdversarialLoss
    adversarial: float
    start: int
    judge: str


class VQGAN(VQVAE):
    """A VQ-VAE under perceptual and adversarial losses, with a transformer over its codes."""

    prior: Transformer  # type: ignore[assignment]

    def __init__(
        self,
        shape: Shape,
        autoencoder: tuple[nn.Module, nn.Module],
        codebook: Codebook,
        prior: Transformer,
        critic: PatchCritic,
        grid: tuple[int, int],
        judgement: Judgement,
        noise: float,
        commitment: float,
        autoencoder_steps: int,
        classes: int,
        rates: tuple[float, float, float],
    ) -> None:
        lr, critic_lr, prior_lr = rates
        super().__init__(
            shape,
            autoencoder,
            codebook,
            prior,  # type: ignore[arg-type]
            grid,
            noise,
            commitment,
            autoencoder_steps,
            (lr, prior_lr),
        )
        self.critic, self.judgement, self._critic_lr = critic, judgement, critic_lr
        self.classes, self.shares = classes, ClassShares(classes)

    def groups(self) -> dict[str, ParameterGroup]:
        both = [*self.encoder.parameters(), *self.decoder.parameters()]
        return {
            "autoencoder": ParameterGroup(both, self._rates[0], BETAS),
            "critic": ParameterGroup(list(self.critic.parameters()), self._critic_lr, BETAS),
            "prior": ParameterGroup(list(self.prior.parameters()), self._rates[1]),
        }

    def refuse(self, facts: Facts) -> None:
        self.shares.refuse(facts)
        codes, places = len(self.codebook.counts), math.prod(self.grid)
        if facts.images is not None and codes > facts.images * places:
            raise InputError(
                f"vqgan: codes: more codes than data: expected at most {facts.images * places} "
                f"({facts.images} training images of {self.grid[0]}×{self.grid[1]} places), got {codes}"
            )

    def setup(self, data: Data, rng: torch.Generator) -> None:
        super().setup(data, rng)
        self.shares.count(data)

    def phases(self) -> tuple[int, ...]:
        judged = [self.judgement.start + 1] if self.judgement.adversarial else []
        return tuple(sorted({1, *judged, self.autoencoder_steps + 1}))

    def updates(self, batches: Iterator[Batch], rng: torch.Generator, step: int) -> Iterator[Update]:
        batch = next(batches)
        images, learns = batch.images, step <= self.autoencoder_steps
        with torch.set_grad_enabled(learns):
            grid = self.encoder(images)
        if learns:
            self.codebook.restart(grid.detach(), rng)
        index = self.codebook.nearest(grid.detach())
        if learns:
            yield from self._of_autoencoder(images, grid, index, rng, step)
            self.codebook.observe(grid.detach(), index)
        yield Update("prior", self._nats(index, batch.labels if self.classes else None).mean())

    def _of_autoencoder(
        self, images: Tensor, grid: Tensor, index: Tensor, rng: torch.Generator, step: int
    ) -> Iterator[Update]:
        """Yield the update of the autoencoder and, once it has started, that of the critic."""
        judgement, quantised = self.judgement, self.codebook.look_up(index)
        fake = self.decoder(grid + (quantised - grid).detach())
        reconstruction = self.reconstruction_loss(fake, images).mean()
        loss = reconstruction + self.commitment * (grid - quantised).square().flatten(1).sum(1).mean()
        judged = bool(judgement.adversarial) and step > judgement.start
        if judged:
            adversarial = judgement.game.generator_loss(self.critic, images, fake)
            weight = adaptive_weight(reconstruction, adversarial, self.last)
            loss = loss + judgement.adversarial * weight * adversarial
        yield Update("autoencoder", loss)
        if judged:
            yield Update("critic", judgement.game.critic_loss(self.critic, images, fake.detach(), rng))

    @property
    def last(self) -> Tensor:
        """Weights of the decoder's last layer."""
        return [layer.weight for layer in self.decoder.modules() if isinstance(layer, nn.Conv2d)][-1]

    def reconstruction_loss(self, fake: Tensor, images: Tensor) -> Tensor:
        """Return L_rec of reconstructions of images, (B, C, H, W) both in [-1, 1], to (B,)."""
        error = (images - fake).square().flatten(1).sum(1) / (2 * self.noise**2)
        weight = self.judgement.perceptual_weight
        return error + weight * self.judgement.perceptual(fake, images) if weight else error

    def after_update(self, group: str, step: int) -> None:
        if group == "critic":
            self.judgement.game.constrain(self.critic)

    def pass_batch(self, batch: Batch, rng: torch.Generator) -> None:
        self.critic(batch.images)
        self.critic(self.decode(self.encode(batch.images)))

    def validate(self, data: Data, rng: torch.Generator) -> float | None:
        """Return the discrepancy in pixel space: by the likelihood, weights from before the critic would be best."""
        return to_validation(self, data, rng)

    def networks(self) -> list[nn.Module]:
        # the adaptive weight differentiates decoder and critic more than once, which compiled code cannot
        return [self.encoder, self.prior]

    def notes(self) -> tuple[str, ...]:
        if not self.judgement.perceptual_weight:
            return ()
        judge = self.judgement.judge
        return (f"vqgan is trained by a perceptual loss of {judge}, whose own scores therefore favour it.",)

    def _nats(self, index: Tensor, labels: Tensor | None) -> Tensor:
        """Return −log p(k), or −log p(k | y), of grids of codes (B, h, w) under the prior, (B,) in nats."""
        tokens = index.flatten(1)
        return cross_entropy(self.prior(tokens, labels).mT, tokens, reduction="none").sum(1)

    def _prior_nll(self, index: Tensor) -> Tensor:
        if not self.classes:
            return self._nats(index, None)
        each = [self._nats(index, torch.full_like(index[:, 0, 0], label)) for label in range(self.classes)]
        return -(self.shares.shares.log().to(each[0]) - torch.stack(each, dim=1)).logsumexp(1)

    def draw_labels(self, n: int, *, rng: torch.Generator) -> Tensor | None:
        return self.shares.draw(n, rng)

    def sample(
        self,
        n: int,
        *,
        rng: torch.Generator,
        labels: Tensor | None = None,
        temperature: Positive = 1.0,
        top_k: Count | None = None,
    ) -> Tensor:
        """Decode codes that are drawn from the prior one after the other, by inversion.

        labels: (n,), of a model of classes; drawn by their shares if there are none. temperature: logits are divided
        by it. top_k: the number of most probable codes of a place that are drawn from; all by default.
        """
        codes, places = len(self.codebook.counts), math.prod(self.grid)
        if top_k is not None and top_k > codes:
            raise InputError(f"top_k: expected at most the number of codes (train.codes), {codes}, got {top_k}")
        labels = self.draw_labels(n, rng=rng) if labels is None else labels
        device = self.codebook.counts.device
        uniform = torch.rand(places, n, 1, generator=rng, dtype=torch.float64).to(device)
        index = torch.zeros(n, places, dtype=torch.int64, device=device)
        for place, logits in self.prior.walk(index, None if labels is None else labels.to(device)):
            ends = shares(logits, temperature=temperature, top_k=top_k).cumsum(1)[:, :-1]
            index[:, place] = (ends <= uniform[place]).sum(1)
        return self.decode(index.view(n, *self.grid))


def grid_of(shape: Shape, halvings: int) -> tuple[int, int]:
    """Return height and width of images of `shape` that are halved so often."""
    _, height, width = shape
    if height % 2**halvings or width % 2**halvings:
        raise InputError(
            f"vqgan: halvings: expected how often {height}×{width} pixels can be halved at most, got {halvings}"
        )
    return height >> halvings, width >> halvings


def build(
    shape: Shape,
    *,
    width: Count,
    halvings: Natural,
    codes: Count,
    code_size: Count,
    noise: Positive,
    commitment: NonNegative = 0.25,
    autoencoder_steps: Count,
    extractor: Reference,
    perceptual_layers: tuple[str, ...],
    perceptual: NonNegative,
    critic_objective: Reference,
    receptive_field: Count,
    critic_width: Count,
    critic_norm: CriticNorm = "batch",
    critic_start: Natural,
    adversarial: NonNegative,
    prior_width: Count,
    prior_layers: Count,
    prior_heads: Count,
    classes: Natural = 0,
    lr: Positive,
    critic_lr: Positive,
    prior_lr: Positive,
) -> VQGAN:
    """Build a VQ-GAN; width, halvings, codes, code_size, noise, commitment and autoencoder_steps as of a VQ-VAE.

    extractor, perceptual_layers: the network and its modules that the perceptual loss compares; perceptual: its weight.
    critic_objective: the game's. receptive_field: pixels a side that the critic judges. critic_start: steps before it.
    adversarial: the weight beside the adaptive one; 0 for no critic. classes: 0, or the dataset's number of classes.
    """
    grid, channels = grid_of(shape, halvings), shape[0]
    if adversarial and critic_start >= autoencoder_steps:
        raise InputError(
            f"vqgan: critic_start: expected less than autoencoder_steps, {autoencoder_steps}, or adversarial: 0 for no "
            f"critic, got {critic_start}"
        )
    autoencoder = encoder(channels, width, code_size, halvings), decoder(channels, width, code_size, halvings)
    prior = Transformer(
        codes, math.prod(grid), width=prior_width, layers=prior_layers, heads=prior_heads, classes=classes
    )
    critic = build_critic(shape, 1, receptive_field=receptive_field, width=critic_width, critic_norm=critic_norm)
    game = build_loss(critic_objective, [], critic)
    judge = of_extractor(extractor, perceptual_layers)
    return VQGAN(
        shape,
        autoencoder,
        Codebook(codes, code_size),
        prior,
        critic,
        grid,
        Judgement(judge, perceptual, game, adversarial, critic_start, name_of(extractor)),
        noise,
        commitment,
        autoencoder_steps,
        classes,
        (lr, critic_lr, prior_lr),
    )
