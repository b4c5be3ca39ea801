"""Features that a model learnt of images, and how much they say of the class.

A model is judged by its images; here it is judged by what it had to learn for them. Its features are, by what it has:

- its method `represent(images) -> Tensor`, (B, C, H, W) to (B, F), where it has one;
- the codes of its encoder, before they are quantised (Donahue, Krähenbühl, Darrell 2017, section 4.2);
- the layer of its critic before the last (Radford, Metz, Chintala 2016, section 5.1, pool all of its layers);
- the middle of its U-Net at the least noise of training, averaged over the pixels of that grid (Xiang et al. 2023,
  "Denoising diffusion autoencoders are unified self-supervised learners", choose among layers and noise).

Two classifiers learn from the features of training images and are tested on those of others: a linear probe, which is a
logistic regression (:mod:`genbench.metrics.numerics.logistic`), and a vote of the nearest neighbours. Codes of an
encoder have a score of disentanglement as well (:mod:`genbench.evaluation.disentanglement`). The same network before
its training, with weights drawn at random, says how much comes from its form alone.

Everything is found by the parts that a model has and not by its class, so that this module depends on no family.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from genbench.adversarial.tricks.packing import Pack
from genbench.data.images import Images
from genbench.data.pixels import scale
from genbench.evaluation import disentanglement
from genbench.metrics.numerics.logistic import fit_and_predict
from genbench.models import Model
from genbench.models.bases.score_matching import NoisePredictor
from genbench.models.bases.translator import Translator
from genbench.networks import Critic
from genbench.networks.blocks.unet import UNet

Represent = Callable[[Tensor], Tensor]
Origin = Literal["own", "encoder", "critic", "denoiser"]

NEIGHBOURS = 20  # that vote, as in Wu et al. (2018) and Caron et al. (2021)
PENALTY = 0.1  # of the probe's squared weights; one for all, chosen nowhere
IMAGES = 10_000  # most training images that classifiers learn from, the first ones of the split
BATCH = 250  # images that a network sees at once


class Found(NamedTuple):
    """Features of a model: where they come from, and images (B, C, H, W) in [-1, 1] to features (B, F)."""

    origin: Origin
    represent: Represent


def features_of(model: Model) -> Found | None:
    """Find the features of a model; None for one that learnt none, and for one that translates, of pairs."""
    if isinstance(model, Translator):
        return None
    own: Any = getattr(model, "represent", None)
    if own is not None:
        return Found("own", own)
    if hasattr(model, "encode"):
        return Found("encoder", _of_encoder(model))
    if isinstance(critic := getattr(model, "critic", None), Critic):
        return Found("critic", _of_critic(critic))
    middle = _of_denoiser(model)
    return None if middle is None else Found("denoiser", middle)


def _of_encoder(model: Any) -> Represent:
    """Give the codes; of quantised ones, which are numbers of a list, the vectors that were quantised."""

    def represent(images: Tensor) -> Tensor:
        codes: Tensor = model.encode(images)
        return (codes if codes.is_floating_point() else model.encoder(images)).flatten(1)

    return represent


def _of_critic(critic: Critic) -> Represent:
    """Give the critic's features; one that is shown packs of images is shown copies of one."""
    packed = [module.images for module in critic.features.modules() if isinstance(module, Pack)]
    copies = packed[0] if packed else 1

    def represent(images: Tensor) -> Tensor:
        features: Tensor = critic.features(images.repeat_interleave(copies, 0))
        return features.flatten(1)

    return represent


def _of_denoiser(model: Any) -> Represent | None:
    """Give the middle of the model's U-Net at the least noise that it learnt; None without a U-Net."""
    network = getattr(model, "network", None)
    if isinstance(network, NoisePredictor):
        return _middle(network.unet, network, network.low)
    if isinstance(network, UNet):
        # time goes from images to noise in a diffusion of T steps, and from noise to images in a flow
        return _middle(network, network, model.first / model.timesteps if hasattr(model, "timesteps") else 1.0)
    return None


def _middle(unet: UNet, network: nn.Module, time: float) -> Represent:
    """Give the mean over space of what goes from a U-Net's way down to its way up; network: what calls it."""

    def represent(images: Tensor) -> Tensor:
        seen: list[Tensor] = []
        handle = unet.attention.register_forward_hook(lambda module, inputs, output: seen.append(output))
        try:
            network(images, images.new_full((len(images),), time))
        finally:
            handle.remove()
        return seen[-1].mean((2, 3))

    return represent


@torch.no_grad()
def vectors(represent: Represent, pixels: np.ndarray, device: torch.device) -> np.ndarray:
    """Compute features of pixels (N, C, H, W) uint8, (N, F) float64."""
    parts = (torch.from_numpy(np.array(pixels[at : at + BATCH])) for at in range(0, len(pixels), BATCH))
    return np.concatenate([represent(scale(part.to(device))).double().cpu().numpy() for part in parts])


def have_classes(*splits: Images) -> bool:
    """Return whether every image has a class, and the first split has two of them at least."""
    return all((split.labels >= 0).all() for split in splits) and len(np.unique(splits[0].labels)) > 1


def accuracies(train: np.ndarray, labels: np.ndarray, tested: np.ndarray, right: np.ndarray) -> dict[str, float]:
    """Compute the shares of tested vectors (M, F) whose class both classifiers of (N, F) vectors answer rightly.

    labels: (N,). right: (M,). Vectors that are not finite, as those of weights that diverged, have accuracies of 0.
    """
    if not (np.isfinite(train).all() and np.isfinite(tested).all()):
        return {"probe": 0.0, "neighbours": 0.0}
    answers = {
        "probe": fit_and_predict(train, labels, tested, penalty=PENALTY),
        "neighbours": nearest(train, labels, tested, k=NEIGHBOURS),
    }
    return {name: float(np.mean(answer == right)) for name, answer in answers.items()}


def nearest(train: np.ndarray, labels: np.ndarray, tested: np.ndarray, *, k: int) -> np.ndarray:
    """Give the commonest class of the k nearest of (N, F) vectors to each of (M, F), by Euclidean distance.

    Of fewer than k vectors all vote. Of classes with as many votes the first one is answered.
    """
    # Imported here: it takes longer than most stages do.
    from sklearn.neighbors import KNeighborsClassifier

    voters = KNeighborsClassifier(n_neighbors=min(k, len(train)), algorithm="brute")
    answers: np.ndarray = voters.fit(train, labels).predict(tested)
    return answers


def measure(found: Found, untrained: Found, train: Images, reference: Images, device: torch.device) -> dict[str, Any]:
    """Measure a model's features, and those of the same network before its training, on images with classes.

    Returns of, size, n_train, n_reference, k, probe and neighbours, and `untrained` with the last two. Both have mig as
    well, where the features are an encoder's.
    """
    train, known = train[:IMAGES], disentanglement.factors(reference.pixels)

    encodes = found.origin == "encoder"

    def of(represent: Represent) -> tuple[int, dict[str, float]]:
        seen, tested = (vectors(represent, split.pixels, device) for split in (train, reference))
        scores = accuracies(seen, train.labels, tested, reference.labels)
        return seen.shape[1], scores | ({"mig": disentanglement.gap(tested, known)} if encodes else {})

    size, scores = of(found.represent)
    counts = {"n_train": len(train), "n_reference": len(reference), "k": min(NEIGHBOURS, len(train))}
    return {"of": found.origin, "size": size, **counts, **scores, "untrained": of(untrained.represent)[1]}
