"""The Dirac-GAN against Mescheder, Geiger, Nowozin (2018): eigenvalues in closed form, and paths that keep to them."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from genbench.adversarial.divergences import Divergence
from genbench.options import build
from laboratory.divergences import catalogue
from laboratory.divergences.dirac import Dirac, dirac, offset, settings, verdict
from laboratory.divergences.options import load

OPTIONS = load().dirac
OBJECTIVES = catalogue.objectives(OPTIONS.instead)
EVERY = pytest.mark.parametrize("name", OBJECTIVES)
#: |λ| without a penalty, where the paper or a line of algebra gives it.
RATES = {
    "minimax": 0.5,
    "non_saturating": 0.5,
    "wgan": 1.0,
    "hinge": 1.0,
    "least_squares": 0.5,
    "relativistic": 0.5,
    "fgan (kullback_leibler, minimax)": 1.0,
    "fgan (jensen_shannon, non_saturating)": 0.5,
    "fgan (pearson, minimax)": 1.0,
    "fgan (total_variation, minimax)": 0.5,
}


def game(name: str, setting: str = "nothing") -> Dirac:
    return dirac(build("objectives", OBJECTIVES[name]), settings(OPTIONS)[setting])


def eigenvalues(of: Dirac) -> np.ndarray:
    return np.sort_complex(np.linalg.eigvals(of.jacobian()))


@pytest.mark.parametrize(("name", "rate"), RATES.items())
def test_without_a_penalty_the_pair_is_imaginary(name: str, rate: float) -> None:
    assert eigenvalues(game(name)) == pytest.approx([-1j * rate, 1j * rate], abs=1e-7)


@pytest.mark.parametrize("name", [name for name in OBJECTIVES if name.startswith("fgan")])
def test_an_f_gan_circles_at_the_slope_of_its_activation(name: str) -> None:
    """f*'(f'(1)) = 1, so that both losses have the slope g_f'(v) where g_f(v) = f'(1)."""
    d: Divergence = build("divergences", OBJECTIVES[name]["divergence"])
    v = torch.tensor(game(name).offset, dtype=torch.float64, requires_grad=True)
    assert float(d.activation(v)) == pytest.approx(d.slope, abs=1e-9)
    (slope,) = torch.autograd.grad(d.activation(v), v)
    assert abs(eigenvalues(game(name))).tolist() == pytest.approx([float(slope)] * 2, abs=1e-7)


@EVERY
@pytest.mark.parametrize("penalty", ["r1", "r2"])
def test_every_objective_settles_with_r1_and_with_r2(name: str, penalty: str) -> None:
    rate = abs(eigenvalues(game(name))[0])
    half = OPTIONS.weight / 2
    root = complex(half**2 - rate**2) ** 0.5
    expected = np.sort_complex(np.array([-half - root, -half + root]))
    assert abs(eigenvalues(game(name, penalty)) - expected).max() < 1e-3  # a double root moves by √ε
    assert game(name, penalty).rests()
    assert verdict(eigenvalues(game(name, penalty))) == "settles"


@EVERY
@pytest.mark.parametrize("penalty", ["gradient_penalty", "dragan (sd=0.5)"])
def test_asking_for_a_slope_of_1_gives_no_rest(name: str, penalty: str) -> None:
    assert not game(name, penalty).rests()


@EVERY
def test_a_one_sided_penalty_does_nothing_near_the_solution(name: str) -> None:
    assert eigenvalues(game(name, "lipschitz_penalty")) == pytest.approx(eigenvalues(game(name)), abs=1e-7)


def test_instance_noise_has_the_rate_of_the_paper() -> None:
    """λ = f''(0) σ² ± √(f''(0)² σ⁴ − f'(0)²) with f'(0) = ½ and f''(0) = −¼ for the logistic loss."""
    sd = OPTIONS.noise
    root = complex(sd**4 / 16 - 0.25) ** 0.5
    expected = np.sort_complex(np.array([-(sd**2) / 4 - root, -(sd**2) / 4 + root]))
    noisy = game("minimax", f"instance noise (sd={sd:g})")
    assert eigenvalues(noisy) == pytest.approx(expected, abs=1e-7)


def test_a_wasserstein_game_keeps_its_distance_and_r1_brings_it_in() -> None:
    start = np.hypot(1.0, 0.5)
    free = np.linalg.norm(game("wgan").path(1.0, 0.5, rate=0.05, steps=400), axis=1)
    assert abs(free / start - 1).max() < 0.05
    damped = np.linalg.norm(game("wgan", "r1").path(1.0, 0.5, rate=0.05, steps=400), axis=1)
    time = 0.05 * 400
    assert math.log(damped[-1] / start) / time == pytest.approx(-OPTIONS.weight / 2, rel=0.1)


def test_alternating_steps_of_a_wasserstein_game_are_a_rotation() -> None:
    """(θ, ψ) ↦ (θ + hψ', ψ') with ψ' = ψ − hθ: a matrix of determinant 1."""
    h = 0.1
    step = np.array([[1 - h**2, h], [-h, 1.0]])
    expected = np.linalg.matrix_power(step, 30) @ [1.0, 0.5]
    assert game("wgan").path(1.0, 0.5, rate=h, steps=30)[-1] == pytest.approx(expected, abs=1e-12)


def test_clipping_bounds_the_slope() -> None:
    of = Dirac(dirac(build("objectives", {"name": "wgan", "clip": 0.3}), {}).game, 0.0)
    path = of.path(1.0, 0.0, rate=0.1, steps=100)
    assert abs(path[:, 1]).max() == pytest.approx(0.3)
    assert abs(path[50:]).max() > 0.2  # it goes on for ever


@pytest.mark.parametrize(("name", "value"), [("kullback_leibler", 1.0), ("pearson", 0.0), ("jensen_shannon", 0.0)])
def test_the_constant_is_what_a_critic_should_say_of_equals(name: str, value: float) -> None:
    objective = build("objectives", {"name": "fgan", "divergence": name, "update": "minimax"})
    assert offset(objective) == pytest.approx(value, abs=1e-9)
