"""D_f(P‖Q) = ∫ q f(p/q) dx between two densities on the line, exact to rounding, and the Gaussian nearest to P by it.

The line is mapped by x = centre + scale · sinh(s), which reaches 1e17 scales at |s| = 40, and cut into panels of s.
Each is integrated by Gauss and Legendre's rule (Davis, Rabinowitz, "Methods of Numerical Integration", 1984, section
2.7), once whole and once as two halves, and halved again until both agree. scipy's tanhsinh does not replace
it: with kinks cut out first and as many points, it stops at its first levels and misses narrow peaks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp, inf, isfinite, log, pi
from typing import TypeAlias

import numpy as np
import torch
from scipy.optimize import minimize

from genbench.adversarial.divergences import Divergence
from genbench.errors import InputError

LogDensity: TypeAlias = Callable[[np.ndarray], np.ndarray]

REACH = 40.0
PANELS = 80
DEPTH = 50
NODES, WEIGHTS = np.polynomial.legendre.leggauss(16)


@dataclass(frozen=True)
class Mixture:
    """Mixture of Gaussians on the line: weights that sum to 1, means and standard deviations of its components."""

    weights: Sequence[float]
    means: Sequence[float]
    sds: Sequence[float]

    def __post_init__(self) -> None:
        """Refuse what is not a density."""
        if not len(self.weights) == len(self.means) == len(self.sds) > 0:
            sizes = f"{len(self.weights)} weights, {len(self.means)} means and {len(self.sds)} sds"
            raise InputError(f"mixture: expected as many weights as means and sds, got {sizes}")
        if not all(weight > 0 for weight in self.weights) or not abs(sum(self.weights) - 1) < 1e-9:
            raise InputError(f"mixture: weights must be above 0 and sum to 1, got {list(self.weights)}")
        if not all(0 < sd < inf for sd in self.sds) or not all(map(isfinite, self.means)):
            given = f"sds {list(self.sds)}, means {list(self.means)}"
            raise InputError(f"mixture: expected sds above 0 and finite means, got {given}")

    def log_density(self, x: np.ndarray) -> np.ndarray:
        """Return the logarithm of p at every x, any shape, float64."""
        sds = np.asarray(self.sds)
        scores = (x[..., None] - np.asarray(self.means)) / sds
        heights = np.log(np.asarray(self.weights) / sds) - log(2 * pi) / 2
        total: np.ndarray = np.logaddexp.reduce(heights - scores**2 / 2, axis=-1)
        return total


def gaussian(mean: float, sd: float) -> LogDensity:
    """Return the log density of N(mean, sd²)."""
    return Mixture([1.0], [mean], [sd]).log_density


def divergence(
    measure: Divergence,
    log_p: LogDensity,
    log_q: LogDensity,
    *,
    centre: float = 0.0,
    scale: float = 1.0,
    tolerance: float = 1e-13,
) -> float:
    """Integrate D_f(P‖Q) from two log densities on the whole line; inf where it diverges or exceeds float64.

    log_p, log_q: vectorised over float64, −inf where a density is 0. centre, scale: where the densities are and how
    wide, roughly; one much narrower than a tenth of `scale` can slip between the nodes. tolerance: the error allowed
    to a panel, relative to the greater of 1 and the result.
    """

    def integrand(s: np.ndarray) -> np.ndarray:
        x = centre + scale * np.sinh(s)
        p, q = torch.from_numpy(log_p(x)), torch.from_numpy(log_q(x))
        nowhere = (p == -inf) & (q == -inf)
        values = torch.where(nowhere, 0.0, measure.integrand(p.where(~nowhere, 0.0), q))
        return (values * torch.from_numpy(scale * np.cosh(s))).numpy()

    if np.abs(integrand(np.array([-REACH, REACH]))).max() > 1e-9:
        return inf  # it has not decayed 1e17 scales away: not integrable
    edges = np.linspace(-REACH, REACH, PANELS + 1)
    total, low, high = 0.0, edges[:-1], edges[1:]
    whole = _panels(integrand, low, high)
    for _ in range(DEPTH):
        middle = (low + high) / 2
        left, right = _panels(integrand, low, middle), _panels(integrand, middle, high)
        halves = left + right
        if not np.isfinite(halves).all():
            return float(halves.sum())
        rough = np.abs(halves - whole) > tolerance * max(1.0, abs(total + halves.sum()))
        total += halves[~rough].sum()
        low, high = np.concatenate([low[rough], middle[rough]]), np.concatenate([middle[rough], high[rough]])
        whole = np.concatenate([left[rough], right[rough]])
        if not rough.any():
            break
    return float(total + whole.sum())


def _panels(integrand: Callable[[np.ndarray], np.ndarray], low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Integrate over each panel [low, high]."""
    half = (high - low)[:, None] / 2
    areas: np.ndarray = (integrand(low[:, None] + half * (1 + NODES)) * half) @ WEIGHTS
    return areas


@dataclass(frozen=True)
class Fit:
    """Local optimum: the Gaussian N(mean, sd²) and `value`, D_f(P‖N(mean, sd²))."""

    mean: float
    sd: float
    value: float


def fit_gaussian(measure: Divergence, target: Mixture, *, starts: tuple[int, int] = (13, 11)) -> list[Fit]:
    """Search for the local minima of D_f(P‖N(μ, σ²)) over μ and σ; returns them, the global one first.

    The search starts at each component of the target, where a divergence that seeks one mode may stay, and at each
    point of a grid that none of its eight neighbours is below; μ and σ come out to 1e-5 or better. starts: the grid's
    means, over the range of the components, and sds, from half the narrowest component to twice the whole extent.
    """
    centres, sds = np.asarray(target.means), np.asarray(target.sds)
    middle, extent = float(centres.mean()), float(np.ptp(centres) + sds.max())

    def value(point: Sequence[float], tolerance: float = 1e-11) -> float:
        log_q = gaussian(point[0], exp(point[1]))
        return divergence(measure, target.log_density, log_q, centre=middle, scale=extent, tolerance=tolerance)

    means = np.linspace((centres - sds).min(), (centres + sds).max(), starts[0])
    log_sds = np.linspace(log(sds.min() / 2), log(2 * extent), starts[1])
    grid = np.array([[value((mean, log_sd), tolerance=1e-4) for log_sd in log_sds] for mean in means])
    valleys = [(means[i], log_sds[j]) for i, j in _valleys(grid)]
    components = [start for start in zip(centres, np.log(sds), strict=True) if isfinite(value(start))]
    fits: list[Fit] = []
    for start in components + valleys:
        simplex = np.array(start) + np.array([(0.0, 0.0), (sds.min() / 4, 0.0), (0.0, 0.1)])
        options = {"xatol": 1e-8, "fatol": 1e-13, "initial_simplex": simplex}
        best = minimize(value, start, method="Nelder-Mead", options=options)
        fit = Fit(float(best.x[0]), exp(best.x[1]), float(best.fun))
        if isfinite(fit.value) and not any(_same(fit, other) for other in fits):
            fits.append(fit)
    return sorted(fits, key=lambda fit: fit.value)


def _valleys(grid: np.ndarray) -> list[tuple[int, int]]:
    """Return the indices of the finite cells that no neighbour is below."""
    padded = np.pad(grid, 1, constant_values=inf)
    rows, columns = grid.shape
    around = [padded[i : i + rows, j : j + columns] for i in range(3) for j in range(3)]
    return [(int(i), int(j)) for i, j in np.argwhere(np.isfinite(grid) & (grid <= np.min(around, axis=0)))]


def _same(fit: Fit, other: Fit) -> bool:
    return abs(fit.mean - other.mean) < 1e-4 and abs(fit.sd - other.sd) < 1e-4
