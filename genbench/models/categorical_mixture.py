"""Calibration row: a mixture of products of categoricals over the grey levels, fitted by expectation maximisation.

    P(x) = Σ_k w_k Π_i θ_k,i(x_i)

over the components k and the numbers i of an image: a latent class model (Lazarsfeld, Henry 1968) by the EM of
Dempster, Laird, Rubin (1977). One component is the row pixel_histogram. Levels have no order here and no noise is
added, so the likelihood is exact, and it is the simplest one in which pixels depend on each other.

Each component has seen `prior` images of the pixel histogram q beside its own, so that every image is possible: with
r_nk the share of image n that is of component k, and s_k their sum over the N images,

    θ_k,i(l) = (Σ_n r_nk [x_ni = l] + prior · q_i(l)) / (s_k + prior),    w_k = (s_k + prior) / (N + K · prior),

the maximum of the posterior under Dirichlet priors. Components start at images drawn without replacement.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from scipy.sparse import csr_array
from scipy.special import logsumexp
from torch import Tensor
from torch.nn.functional import embedding_bag

from genbench.data.images import Shape
from genbench.data.pixels import scale
from genbench.engine.learner import Data, Facts
from genbench.errors import InputError
from genbench.models.bases.grey_levels import value_of
from genbench.models.bases.likelihood import Likelihood, LikelihoodModel, level_of
from genbench.options import Count, Positive

FAMILY = "calibration"
#: Probabilities of a model at most: 64 MB in float64.
MOST = 2**23
#: Numbers of a part of the training set, its images and their shares, so that memory does not grow with their number.
PART = 2**21


class CategoricalMixture(LikelihoodModel):
    """Mixture of K products of categoricals over D = C · H · W numbers of L levels each, fitted in `setup`.

    log_shares: (K,) log w. logs: (D · L, K) log θ. Both are float64.
    """

    log_shares: Tensor
    logs: Tensor

    def __init__(self, shape: Shape, components: int, steps: int, prior: float) -> None:
        super().__init__(shape)
        self.components, self._steps, self._prior = components, steps, prior
        self.register_buffer("log_shares", torch.zeros(components, dtype=torch.float64))
        self.register_buffer("logs", torch.zeros(0, components, dtype=torch.float64))

    def refuse(self, facts: Facts) -> None:
        if facts.images is not None and facts.images < self.components:
            raise InputError(
                f"categorical_mixture: components: expected at most the {facts.images} training images, "
                f"got {self.components}"
            )
        if facts.levels is not None and facts.levels * math.prod(self.shape) * self.components > MOST:
            raise InputError(
                f"categorical_mixture: expected at most {MOST} probabilities (components × numbers of an image × grey "
                f"levels), got {self.components} × {math.prod(self.shape)} × {facts.levels}"
            )

    def setup(self, data: Data, rng: torch.Generator) -> None:
        super().setup(data, rng)
        device = self.logs.device
        index = level_of(scale(torch.tensor(data.train.pixels)), self.levels.cpu()).flatten(1)
        start = torch.randperm(len(index), generator=rng)[: self.components].numpy()
        shares, thetas = fit(index.to(torch.uint8).numpy(), data.levels, start, self._steps, self._prior)
        self.log_shares = torch.from_numpy(np.log(shares)).to(device)
        self.logs = torch.from_numpy(np.log(thetas)).to(device)

    def log_likelihood(self, images: Tensor, *, draws: int, rng: torch.Generator) -> Likelihood:
        index = level_of(images, self.levels).flatten(1)
        rows = index + torch.arange(index.shape[1], device=index.device) * self.levels
        nats = (embedding_bag(rows, self.logs, mode="sum") + self.log_shares).logsumexp(1)
        return Likelihood(nats, "exact", f"mixture of {self.components} products of categoricals")

    def sample(self, n: int, *, rng: torch.Generator) -> Tensor:
        """Draw a component an image, then levels by inversion of its distributions."""
        component = torch.multinomial(self.log_shares.exp().cpu(), n, replacement=True, generator=rng)
        uniform = torch.rand(n, math.prod(self.shape), generator=rng, dtype=torch.float64).to(self.logs.device)
        index = torch.empty(uniform.shape, dtype=torch.int64, device=uniform.device)
        logs = self.logs.view(uniform.shape[1], -1, self.components)
        for each in sorted(set(component.tolist())):
            chosen = (component == each).to(uniform.device)
            ends = logs[..., each].exp().cumsum(1)
            index[chosen] = torch.searchsorted(ends, uniform[chosen].T.contiguous()).T
        return value_of(index.minimum(self.levels - 1).float(), self.levels).view(n, *self.shape)

    def _load_from_state_dict(self, state_dict: dict[str, Tensor], prefix: str, *args: object) -> None:
        # The number of levels is known only from the weights, so the buffer takes their shape before the copy.
        self.logs = torch.empty_like(state_dict[f"{prefix}logs"])
        super()._load_from_state_dict(state_dict, prefix, *args)


def fit(index: np.ndarray, levels: int, start: np.ndarray, steps: int, prior: float) -> tuple[np.ndarray, np.ndarray]:
    """Fit a mixture to levels (N, D) uint8 by `steps` of EM, and return w (K,) and θ (D · L, K), float64.

    start: (K,) the images that the components start at.
    """
    n, k = len(index), len(start)
    batch = max(1, PART // (index.shape[1] + k))
    parts = [index[first : first + batch] for first in range(0, n, batch)]
    counts = np.sum([one_hot(part, levels).sum(axis=0) for part in parts], axis=0)
    seen = prior * ((counts + 0.5) / (n + levels / 2))[:, None]  # prior · q, as pixel_histogram has it
    shares, thetas = np.full(k, 1 / k), (one_hot(index[start], levels).T.toarray("C") + seen) / (1 + prior)
    logs = np.empty_like(thetas)
    for _ in range(steps):  # in place, for the tables of large images take most of the time
        np.log(thetas, out=logs)
        thetas[:], sums = seen, np.zeros(k)
        for part in parts:
            hot = one_hot(part, levels)
            joint = hot @ logs + np.log(shares)
            given = np.exp(joint - logsumexp(joint, axis=1, keepdims=True))
            sums += given.sum(axis=0)
            thetas += hot.T @ given
        shares = (sums + prior) / (n + k * prior)
        thetas /= sums + prior
    return shares, thetas


def one_hot(index: np.ndarray, levels: int) -> csr_array:
    """Turn levels (N, D) into a sparse matrix (N, D · L) that has a 1 at the level of each number."""
    n, numbers = index.shape
    columns = (index + np.arange(0, numbers * levels, levels)).ravel()
    ends = np.arange(0, n * numbers + 1, numbers)
    return csr_array((np.ones(n * numbers), columns, ends), shape=(n, numbers * levels))


def build(shape: Shape, *, components: Count, steps: Count = 40, prior: Positive = 10.0) -> CategoricalMixture:
    """`components` products of categoricals; `steps` of EM; `prior` is the images of the histogram each has seen."""
    return CategoricalMixture(shape, components, steps, prior)
