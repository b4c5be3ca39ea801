"""Draws of the known distribution p that are spoilt on purpose, and the truth about them: how far q is from p.

With p(x, y) exact, so is q(x) of every kind but copies, and divergences are means over draws of both,

    KL(p‖q) = E_p log₂ p/q / D    bits per dimension,
    JS(p, q) = 1 + ½ E_p log₂ p/(p + q) + ½ E_q log₂ q/(p + q)    bits,
    TV(p, q) = P_p(p > q) − P_q(p > q),

each with its standard error. Copies are a distribution over few images, whose divergences are sums; its KL is infinite.
The same state of `rng` spoils the same images further at a greater strength.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import log_expit, logsumexp

from genbench.data.images import Images
from genbench.data.teachers import Teacher, autoregressive, posterior, read_weights, values
from genbench.errors import InputError
from genbench.metrics.numerics.estimates import Estimate, mean_and_error

#: By kind: its name in tables, and what its strength counts.
KINDS = {
    "dropped_classes": ("dropped classes", "classes"),
    "copies": ("copies", "times each image"),
    "cold": ("colder", "factor of the temperature's inverse"),
    "hot": ("hotter", "factor of the temperature"),
    "noise": ("noise mixed in", "share of images"),
}
#: Kinds that there are of one teacher alone, the network.
TEMPERED = ("cold", "hot")

Row = dict[str, Any]
LogQ = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Drawn:
    """Images of a distribution, (N, 1, H, W), with log p(x, y) of each under the known one, (N, K).

    log_q: log q of pixels (N, 1, H, W) whose log p(x, y) is given as well, (N,) in nats.
    """

    images: Images
    joint: np.ndarray
    log_q: LogQ


def fresh(teacher: Teacher, n: int, rng: np.random.Generator) -> Drawn:
    """Draw n images of p itself."""
    images = teacher.sample(n, rng)
    return Drawn(images, teacher.log_joint(images.pixels), lambda pixels, joint: _log_p(joint))


def dropped_classes(teacher: Teacher, own: Drawn, strength: float, rng: np.random.Generator) -> Drawn:
    """Draw of p without classes that are chosen at random; strength: how many."""
    kept = np.ones(len(teacher.shares), bool)
    kept[rng.permutation(len(kept))[: round(strength)]] = False
    if not kept.any():
        raise InputError(f"spoilings.strengths.dropped_classes: expected fewer than {len(kept)}, got {strength:g}")
    left = teacher.shares[kept].sum()
    labels = rng.choice(np.flatnonzero(kept), size=len(own.images), p=teacher.shares[kept] / left)
    images = teacher.sample(len(labels), rng, labels)

    def log_q(pixels: np.ndarray, joint: np.ndarray) -> np.ndarray:
        return _log_p(joint[:, kept]) - math.log(left)

    return Drawn(images, teacher.log_joint(images.pixels), log_q)


def cold(teacher: Teacher, own: Drawn, strength: float, rng: np.random.Generator) -> Drawn:
    """Draw of the teacher at a lower temperature; strength: its own over that."""
    return _at(teacher, own, 1 / strength, rng)


def hot(teacher: Teacher, own: Drawn, strength: float, rng: np.random.Generator) -> Drawn:
    """Draw of the teacher at a higher temperature; strength: that over its own."""
    return _at(teacher, own, strength, rng)


def _at(teacher: Teacher, own: Drawn, factor: float, rng: np.random.Generator) -> Drawn:
    other = tempered(factor)
    images = other.sample(len(own.images), rng)
    return Drawn(images, teacher.log_joint(images.pixels), lambda pixels, joint: other.log_probability(pixels))


def tempered(factor: float) -> Teacher:
    """Build the autoregressive teacher at a multiple of its temperature."""
    arrays = read_weights(autoregressive.WEIGHTS, autoregressive.SHA256)
    return autoregressive.build({**arrays, "temperature": factor * arrays["temperature"].astype(np.float64)})


def noise(teacher: Teacher, own: Drawn, strength: float, rng: np.random.Generator) -> Drawn:
    """Put images of even noise over the grey levels among those of p; strength: the probability of one."""
    chosen = rng.random(len(own.images)) < strength
    levels = rng.integers(0, teacher.levels, own.images.pixels.shape)
    swapped = values(teacher.levels)[levels][chosen]
    pixels, joint = own.images.pixels.copy(), own.joint.copy()
    pixels[chosen], joint[chosen] = swapped, teacher.log_joint(swapped)

    def log_q(pixels: np.ndarray, joint: np.ndarray) -> np.ndarray:
        even = math.log(strength) - teacher.dimensions * math.log(teacher.levels)
        return np.logaddexp(math.log1p(-strength) + _log_p(joint), even)

    return Drawn(Images(pixels, own.images.labels), joint, log_q)


#: By kind; copies are the first of the fresh draws over and over.
SPOILT: dict[str, Callable[[Teacher, Drawn, float, np.random.Generator], Drawn]] = {
    "dropped_classes": dropped_classes,
    "cold": cold,
    "hot": hot,
    "noise": noise,
}


def kinds(teacher: Teacher) -> list[str]:
    """List the kinds of spoiling that there are of a teacher."""
    return [kind for kind in KINDS if kind not in TEMPERED or isinstance(teacher, autoregressive.Autoregressive)]


def places(kind: str, strength: float, n: int) -> np.ndarray:
    """List which of a kind's images make a set of n, (n,); copies repeat the first n / strength of the fresh ones."""
    return np.arange(n) % max(1, round(n / strength)) if kind == "copies" else np.arange(n)


def truth(teacher: Teacher, own: Drawn, q: Drawn, n: int) -> dict[str, float | None]:
    """Estimate the divergences of q from p by n draws of either, and what all images of q say of it."""
    of_p, of_q = (_log_ratio(each, q, n) for each in (own, q))
    kl = mean_and_error(of_p / (math.log(2) * teacher.dimensions))
    halves = [mean_and_error(log_expit(ratio) / (2 * math.log(2))) for ratio in (of_p, -of_q)]
    shares = [mean_and_error(ratio > 0) for ratio in (of_p, of_q)]
    js = Estimate(1 + sum(half.value for half in halves), math.hypot(*(half.error for half in halves)))
    tv = Estimate(shares[0].value - shares[1].value, math.hypot(*(share.error for share in shares)))
    return {**_named(kl=kl, js=js, tv=tv), **_named(**of_images(teacher, q.joint))}


def truth_of_copies(teacher: Teacher, own: Drawn, n: int, strength: float) -> dict[str, float | None]:
    """Compute the same of n images that are copies: sums over the images there are, KL None for infinite."""
    index = places("copies", strength, n)
    first = np.unique(own.images.pixels[index], axis=0, return_index=True, return_counts=True)[1:]
    log_p, q = _log_p(own.joint[index[first[0]]]), first[1] / n
    p, ratio = np.exp(log_p), log_p - np.log(q)
    elsewhere = 1 - p.sum()  # where there are no copies, p/(p + q) is 1
    js = elsewhere / 2 + (p @ (1 + log_expit(ratio) / math.log(2)) + q @ (1 + log_expit(-ratio) / math.log(2))) / 2
    tv = elsewhere + np.maximum(p - q, 0).sum()
    own_images = {key: Estimate(each.value, 0.0) for key, each in of_images(teacher, own.joint[index]).items()}
    infinite: dict[str, float | None] = {"kl": None, "kl_se": None}
    return {**infinite, **_named(js=Estimate(float(js), 0.0), tv=Estimate(float(tv), 0.0), **own_images)}


def of_images(teacher: Teacher, joint: np.ndarray) -> dict[str, Estimate]:
    """Compute surprise and total variation of classes of images from log p(x, y), as the metrics of these names do."""
    bits = math.log(2) * teacher.dimensions
    nats = mean_and_error(-_log_p(joint))
    given = posterior(joint)
    off = given.mean(axis=0) - teacher.shares
    return {
        "surprise": Estimate(
            (nats.value - teacher.entropy.value) / bits, math.hypot(nats.error, teacher.entropy.error) / bits
        ),
        "known_class_tv": Estimate(float(np.abs(off).sum() / 2), mean_and_error(given @ np.sign(off) / 2).error),
    }


def _log_p(joint: np.ndarray) -> np.ndarray:
    total: np.ndarray = logsumexp(joint, axis=1)
    return total


def _log_ratio(at: Drawn, q: Drawn, n: int) -> np.ndarray:
    """Compute log p/q of n draws."""
    joint = at.joint[:n]
    return _log_p(joint) - q.log_q(at.images.pixels[:n], joint)


def _named(**estimates: Estimate) -> dict[str, float | None]:
    return {
        name: value for key, each in estimates.items() for name, value in ((key, each.value), (f"{key}_se", each.error))
    }
