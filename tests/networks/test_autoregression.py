"""Inputs that gated convolutions depend on, by gradients, and the walk against the pass."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from genbench.networks.blocks.gated_convolution import Gated, dropout
from genbench.seeding import seeded_initialisation, torch_rng


def network(inputs: int = 1, outputs: int = 2, layers: int = 5, kernel: int = 3, classes: int = 0) -> Gated:
    with seeded_initialisation(0, "initialise"):
        return Gated(inputs, outputs, width=6, layers=layers, kernel=kernel, classes=classes)


@pytest.mark.parametrize(("kernel", "layers"), [(3, 5), (5, 3)])
def test_a_position_sees_all_before_it_and_nothing_else(kernel: int, layers: int) -> None:
    """Of a grid within reach: no blind spot, and no future; not even its own value."""
    grid = torch.randn(1, 1, 5, 5, generator=torch_rng(0, "grid"), requires_grad=True)
    outputs = network(layers=layers, kernel=kernel)(grid).sum(1).flatten()
    for position in range(25):
        (slope,) = torch.autograd.grad(outputs[position], grid, retain_graph=True)
        seen = slope.flatten() != 0
        assert seen.tolist() == [other < position for other in range(25)], position


@pytest.mark.parametrize(("kernel", "layers", "inputs"), [(3, 1, 1), (3, 4, 3), (5, 2, 6)])
@pytest.mark.parametrize("classes", [0, 3])
def test_the_walk_gives_what_a_pass_gives(kernel: int, layers: int, inputs: int, classes: int) -> None:
    model = network(inputs, 4, layers, kernel, classes)
    full = torch.randn(3, inputs, 4, 6, generator=torch_rng(0, "grid"))
    labels = torch.tensor([2, 0, 1]) if classes else None
    filled, outputs = torch.full_like(full, torch.nan), torch.empty(3, 4, 4, 6)
    with torch.no_grad():
        for row, column, here in model.walk(filled, labels):
            outputs[:, :, row, column] = here
            filled[:, :, row, column] = full[:, :, row, column]
        torch.testing.assert_close(outputs, model(full, labels), atol=1e-5, rtol=1e-4)


def test_a_class_reaches_every_position() -> None:
    def at(label: int) -> Tensor:
        return network(classes=2)(torch.zeros(1, 1, 3, 3), torch.tensor([label]))

    assert (at(0) != at(1)).all()


def test_dropout_keeps_the_mean_and_drops_its_share() -> None:
    dropped = dropout(0.3, torch_rng(0, "dropout"))(torch.full((50, 4, 10, 10), 2.0))
    assert float((dropped == 0).float().mean()) == pytest.approx(0.3, abs=0.02)
    assert float(dropped.mean()) == pytest.approx(2, abs=0.05)


def test_under_dropout_a_position_sees_nothing_but_what_is_before_it() -> None:
    grid = torch.randn(1, 1, 5, 5, generator=torch_rng(0, "grid"), requires_grad=True)
    outputs = network()(grid, None, dropout(0.5, torch_rng(0, "dropout"))).sum(1).flatten()
    for place in range(25):
        (slope,) = torch.autograd.grad(outputs[place], grid, retain_graph=True)
        assert not slope.flatten()[place:].any(), place
