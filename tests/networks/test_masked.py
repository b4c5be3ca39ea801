"""Inputs that masked layers depend on, by gradients, and the walk against the pass."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from genbench.networks.blocks.masked import Masked
from genbench.seeding import seeded_initialisation, torch_rng

ORDERS = {"raster": [0, 1, 2, 3, 4], "back": [4, 3, 2, 1, 0], "mixed": [2, 0, 4, 1, 3]}

every_order = pytest.mark.parametrize("order", [torch.tensor(order) for order in ORDERS.values()], ids=ORDERS)


def network(numbers: int = 5, *, layers: int = 2, width: int = 16, context: int = 0) -> Masked:
    """One whose rectifiers all pass something."""
    with seeded_initialisation(0, "initialise"):
        made = Masked(numbers, 3, width=width, layers=layers, context=context)
    for name, parameter in made.named_parameters():
        if name.endswith("bias"):
            parameter.data.abs_().add_(2)
    return made


def values(n: int, numbers: int = 5) -> Tensor:
    return torch.rand(n, numbers, generator=torch_rng(0, "values"))


@pytest.mark.parametrize("layers", [1, 3])
@every_order
def test_outputs_see_all_numbers_before_their_own_and_nothing_else(order: Tensor, layers: int) -> None:
    given = values(1).requires_grad_()
    outputs = network(layers=layers)(given, order)
    assert outputs.shape == (1, 3, 5)
    for number in range(5):
        (slope,) = torch.autograd.grad(outputs[0, :, number].sum(), given, retain_graph=True)
        assert ((slope[0] != 0) == (order < order[number])).all(), number


@every_order
def test_the_walk_gives_what_a_pass_gives(order: Tensor) -> None:
    made, full = network(), values(4)
    filled, outputs = torch.full_like(full, torch.nan), torch.empty(4, 3, 5)
    with torch.no_grad():
        for number, here in made.walk(filled, order):
            outputs[:, :, number] = here
            filled[:, number] = full[:, number]
        torch.testing.assert_close(outputs, made(full, order))


def test_the_context_reaches_every_output() -> None:
    made, given, order = network(context=2), values(1), torch.arange(5)
    one, other = (made(given, order, torch.tensor([[at, 0.0]])) for at in (0.0, 1.0))
    assert (one != other).all()


def test_one_number_sees_nothing() -> None:
    made, order = network(1), torch.zeros(1, dtype=torch.int64)
    assert torch.equal(made(torch.zeros(1, 1), order), made(torch.ones(1, 1), order))
