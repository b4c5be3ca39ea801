"""Fit of the teachers to scikit-learn's digits: `python -m genbench.data.teachers._fit autoregressive` or `mixture`.

The number of steps and the temperature of the network, and the mixture's templates, are chosen on a fifth of the digits
that the fit does not see, by bits per dimension; the teacher is then fitted to all 1,797. The temperature is the lowest
whose bits are within one standard error of the least (the rule of Breiman et al., "Classification and regression
trees", 1984, section 3.4.3): a network that is trained with dropout spreads its probabilities, and sharper ones give
better formed digits at no loss that can be measured.

The weights are written beside the teacher's module in half precision. SHA-256 and entropy, which are printed, belong
into the module. The loop of training is one of its own, for this room is below the engine.
"""

from __future__ import annotations

import argparse
import copy
import math
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file
from torch import Tensor
from torch.nn import functional

from genbench.data.datasets import digits
from genbench.data.images import Images
from genbench.data.teachers import Teacher, mixture, posterior
from genbench.data.teachers.autoregressive import Autoregressive, before, build, logits, scaled, shared, sizes
from genbench.data.teachers.mixture import Mixture
from genbench.files.atomic import sha256
from genbench.find import find
from genbench.seeding import numpy_rng, torch_rng

WIDTH, DROPOUT, LR, DECAY, BATCH, EMA = 128, 0.3, 3e-3, 0.05, 128, 0.995
CHECK = 100  # steps between two measurements on held-out digits
PATIENCE = 5  # of them without a better one
TEMPERATURES = np.arange(10, 25) / 20
TEMPLATES, PRIORS = (10, 20, 40, 80), (0.1, 0.2, 0.4)  # at most half as many templates as digits
EM, FLOOR = 20, 0.003  # steps, and the least share of ink of a template's pixel
ENTROPY = 50_000  # samples


def halves(images: Images) -> tuple[Images, Images]:
    """Divide digits into four fifths and one fifth."""
    order = numpy_rng(0, "teacher split").permutation(len(images))
    cut = len(images) // 5
    return images[order[cut:]], images[order[:cut]]


def bits(teacher: Teacher, images: Images) -> tuple[float, float]:
    """Compute the mean bits per dimension of images, and its standard error."""
    each = -teacher.log_probability(images.pixels) / (math.log(2) * teacher.dimensions)
    return float(each.mean()), float(each.std(ddof=1) / math.sqrt(len(each)))


class Fit:
    """A training of the network: its weights, their average, and the optimiser."""

    def __init__(self, images: Images, width: int) -> None:
        rng = torch_rng(0, "teacher weights")
        shape, self.levels, classes = images.shape, digits.LEVELS, 10
        self.shares = np.bincount(images.labels, minlength=classes) / len(images)
        self.weights: dict[str, Tensor] = {}
        for name, size in sizes(shape, self.levels, classes, width).items():
            scale = 0.0 if name.endswith(("place", "class")) else math.sqrt(2 / size[0])
            self.weights[name] = (scale * torch.randn(size, generator=rng)).requires_grad_()
        self.average = {name: value.detach().clone() for name, value in self.weights.items()}
        self.optimiser = torch.optim.AdamW(self.weights.values(), lr=LR, weight_decay=DECAY)
        blank = Autoregressive({}, shape, self.levels, self.shares, 1.0)
        self.index = torch.from_numpy(blank.index(images.pixels))
        self.seen = torch.from_numpy(scaled(self.index.numpy(), self.levels)[:, before(shape)]).float()
        self.labels, self.shape, self.step = torch.from_numpy(images.labels), shape, 0

    def run(self, steps: int) -> None:
        """Make steps of AdamW on batches with replacement; nats of the levels, with dropout."""
        for _ in range(steps):
            rng = torch_rng(0, "teacher step", self.step)
            rows = torch.randint(len(self.index), (BATCH,), generator=rng)

            def drop(features: Tensor, rng: torch.Generator = rng) -> Tensor:
                return features * (torch.rand(features.shape, generator=rng) >= DROPOUT) / (1 - DROPOUT)

            every = slice(None)
            labels, w = self.labels[rows], self.weights
            common = shared(w, self.seen[rows], every, drop)
            of_class = w["class"][labels][:, None], w["class_place"][labels]
            outputs = logits(w, common, every, of_class, drop)
            loss = functional.cross_entropy(outputs.flatten(0, 1), self.index[rows].flatten())
            self.optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            self.optimiser.step()
            self.step += 1
            with torch.no_grad():
                for name, value in self.weights.items():
                    self.average[name].lerp_(value, 1 - min(EMA, self.step / (self.step + 9)))

    def arrays(self, temperature: float) -> dict[str, np.ndarray]:
        """Give what is stored: the averaged weights, class shares and the temperature."""
        arrays = {name: value.half().numpy() for name, value in self.average.items()}
        return arrays | {"shares": self.shares, "temperature": np.array([temperature])}

    def teacher(self, temperature: float = 1.0) -> Autoregressive:
        """Give the teacher with the averaged weights as they are stored."""
        return build(self.arrays(temperature))


def fit_autoregressive(images: Images) -> dict[str, np.ndarray]:
    """Choose the number of steps and the temperature, and fit the network to all images."""
    shown, unseen = halves(images)
    fit, least, best, since = Fit(shown, WIDTH), math.inf, 0, 0
    while since < PATIENCE:
        fit.run(CHECK)
        value, _ = bits(fit.teacher(), unseen)
        print(f"step {fit.step}: {bits(fit.teacher(), shown[:360])[0]:.4f} bits shown, {value:.4f} unseen", flush=True)
        if value < least:
            least, best, since, kept = value, fit.step, 0, copy.deepcopy(fit)
        else:
            since += 1
    found = {float(each): bits(kept.teacher(float(each)), unseen) for each in TEMPERATURES}
    for temperature, (value, error) in found.items():
        print(f"temperature {temperature:.2f}: {value:.4f} ± {error:.4f} bits unseen")
    limit = sum(min(found.values()))
    temperature = min(each for each, (value, _) in found.items() if value <= limit)
    print(f"{best} steps, temperature {temperature:.2f}")
    whole = Fit(images, WIDTH)
    whole.run(best)
    return whole.arrays(temperature)


def fit_mixture(images: Images) -> dict[str, np.ndarray]:
    """Choose the templates' number and prior, and fit them to all images."""
    shown, unseen = halves(images)
    found = {}
    for number in TEMPLATES:
        for prior in PRIORS:
            found[number, prior] = bits(mixture.build(templates(shown, number, prior)), unseen)[0]
            print(f"{number} templates a class, prior {prior}: {found[number, prior]:.4f} bits unseen", flush=True)
    return templates(images, *min(found, key=lambda each: found[each]))


def templates(images: Images, number: int, prior: float) -> dict[str, np.ndarray]:
    """Fit `number` templates a class by EM; `prior` images of the class's mean are added to those of each.

    The noise of a pixel counts in the responsibilities and not in the means, which are then a little nearer to the
    middle than the likeliest ones.
    """
    blank = Mixture(np.full((1, 64), 0.5), np.ones(1), np.zeros(1, np.int64), images.shape, digits.LEVELS)
    rng, index, parts = numpy_rng(0, "teacher templates"), blank.index(images.pixels), []
    for label in range(10):
        own = index[images.labels == label]
        mean = own.mean(axis=0) / (digits.LEVELS - 1)
        theta = (own[rng.choice(len(own), number, replace=False)] / (digits.LEVELS - 1) + prior * mean) / (1 + prior)
        shares = np.full(number, 1 / number)
        for _ in range(EM):
            model = Mixture(_inside(theta), shares, np.arange(number), images.shape, digits.LEVELS)
            given = posterior(model.log_conditional(own) + np.log(shares))
            sums = given.sum(axis=0)
            theta = (given.T @ own / (digits.LEVELS - 1) + prior * mean) / (sums[:, None] + prior)
            shares = (sums + 0.1) / (sums + 0.1).sum()
        parts.append((_inside(theta), shares * len(own) / len(images), np.full(number, label)))
    arrays = [np.concatenate(each) for each in zip(*parts, strict=True)]
    return {"templates": arrays[0].astype(np.float16), "weights": arrays[1], "classes": arrays[2]}


def _inside(theta: np.ndarray) -> np.ndarray:
    return np.clip(theta, FLOOR, 1 - FLOOR)


def main() -> None:
    """Fit the teacher that is named, write its weights and print what belongs into its module."""
    parser = argparse.ArgumentParser(description="Fit a teacher to scikit-learn's digits.")
    parser.add_argument("teacher", choices=["autoregressive", "mixture"])
    name = parser.parse_args().teacher
    images = digits.load(source=Path(), size=None).images
    arrays = {"autoregressive": fit_autoregressive, "mixture": fit_mixture}[name](images)
    path = Path(__file__).parent / f"{name}.safetensors"
    save_file(arrays, path)
    teacher: Teacher = find("teachers", name).build(arrays)
    print(f"bits of all digits: {bits(teacher, images)[0]:.4f}")
    print(f'SHA256 = "{sha256(path)}"')
    entropy = teacher.estimate_entropy(ENTROPY, numpy_rng(0, "teacher entropy"))
    print(f"ENTROPY = Entropy({entropy.value:.4f}, {entropy.error:.4f})")


if __name__ == "__main__":
    main()
