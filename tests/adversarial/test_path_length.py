"""Path lengths of generators whose Jacobian is known."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from genbench.adversarial.path_length import PathLength, path_lengths
from genbench.seeding import torch_rng

SIZE, SIDE = 3, 8  # of a style, and of an image


def rotation() -> Tensor:
    """Return orthonormal rows (SIZE, SIDE²)."""
    drawn = torch.randn(SIDE**2, SIZE, generator=torch_rng(0, "rotation"), dtype=torch.float64)
    return torch.linalg.qr(drawn)[0].T


def linear(styles: Tensor, slope: float) -> Tensor:
    """Make images (B, 1, SIDE, SIDE) of styles (B, 1, SIZE), whose Jacobian is `slope` times a rotation."""
    return (slope * styles[:, 0] @ rotation()).view(-1, 1, SIDE, SIDE)


def chi_mean(dimensions: int) -> float:
    return math.sqrt(2) * math.gamma((dimensions + 1) / 2) / math.gamma(dimensions / 2)


@pytest.mark.parametrize("slope", [0.5, 4.0])
def test_the_moving_mean_is_that_of_a_chi_and_not_the_jacobians_norm(slope: float) -> None:
    path, rng = PathLength(weight=2.0, every=4), torch_rng(0, "paths")
    styles = torch.randn(64, 1, SIZE, dtype=torch.float64, generator=rng).requires_grad_()
    for _ in range(1000):
        path.penalty(linear(styles, slope), styles, rng)
    expected = slope * chi_mean(SIZE) / SIDE
    assert path.mean.item() == pytest.approx(expected, rel=0.02)
    for norm in (2, "fro"):
        wrong = slope * torch.linalg.matrix_norm(rotation(), norm).item() / SIDE
        assert abs(wrong / expected - 1) > 0.05


def test_a_length_is_that_of_the_gradient_along_a_direction() -> None:
    styles = torch.zeros(2, 1, SIZE, dtype=torch.float64, requires_grad=True)
    directions = torch.randn(2, 1, SIDE, SIDE, dtype=torch.float64, generator=torch_rng(0, "directions"))
    expected = (directions.flatten(1) @ rotation().T).norm(dim=1) * 3 / SIDE
    assert torch.allclose(path_lengths(linear(styles, 3.0), styles, directions), expected)


def test_layers_count_as_a_root_mean_square() -> None:
    styles = torch.zeros(1, 2, SIZE, dtype=torch.float64, requires_grad=True)
    images = linear(styles[:, :1], 1.0) + linear(styles[:, 1:], 7.0)
    directions = torch.randn(1, 1, SIDE, SIDE, dtype=torch.float64, generator=torch_rng(0, "directions"))
    once = (directions.flatten(1) @ rotation().T).norm(dim=1) / SIDE
    assert torch.allclose(path_lengths(images, styles, directions), once * math.sqrt((1 + 49) / 2))


def test_the_penalty_is_lazy_and_zero_without_weight() -> None:
    path = PathLength(weight=2.0, every=4)
    assert [step for step in range(1, 10) if path.is_due(step)] == [1, 5, 9]
    assert not any(PathLength(weight=0.0, every=1).is_due(step) for step in range(1, 5))
    styles = torch.zeros(5, 1, SIZE, dtype=torch.float64, requires_grad=True)
    costs = []
    for every in (1, 4):
        lazy = PathLength(weight=2.0, every=every)
        costs.append(lazy.penalty(linear(styles, 1.0), styles, torch_rng(0, "path")).item())
    assert costs[1] == pytest.approx(4 * costs[0])


def test_the_penalty_brings_lengths_to_their_mean() -> None:
    """A slope far from the moving mean is driven to it."""
    path, rng = PathLength(weight=1.0, every=1), torch_rng(0, "paths")
    path.mean.fill_(chi_mean(SIZE) / SIDE)  # that of a slope of 1
    slope = torch.tensor(5.0, dtype=torch.float64, requires_grad=True)
    styles = torch.zeros(64, 1, SIZE, dtype=torch.float64, requires_grad=True)
    loss = path.penalty(linear(styles, 1.0) * slope, styles, rng)
    (gradient,) = torch.autograd.grad(loss, slope)
    assert gradient > 0
