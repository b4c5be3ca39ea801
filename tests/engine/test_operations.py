"""Operations by hand for networks of one layer, and the steps that a budget of them buys."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st
from torch import nn

from genbench.data.images import Images
from genbench.engine.budget import Phase, affordable, phases, total
from genbench.engine.learner import Batch, Data, Learner, ParameterGroup, Update
from genbench.engine.operations import COUNTED, Counter, Work, work_of_a_sample

SIDE, WIDTH, BATCH = 4, 3, 8
IMAGES = Images(np.zeros((20, 1, SIDE, SIDE), np.uint8), np.zeros(20, np.int64))
DATA = Data(IMAGES, IMAGES, IMAGES, 256, ("a",))
#: A product of a BATCH × SIDE² by a SIDE² × WIDTH matrix.
PRODUCT = 2 * BATCH * SIDE**2 * WIDTH


class OneLayer(Learner):
    """A linear layer that does its work `times` times a step, and every 16th step a second time."""

    def __init__(self, *starts: int, lazy: bool = False) -> None:
        super().__init__()
        self.layer, self.starts, self.lazy = nn.Linear(SIDE**2, WIDTH, bias=False), starts, lazy

    def groups(self) -> dict[str, ParameterGroup]:
        return {"layer": ParameterGroup([*self.layer.parameters()], 0.1)}

    def phases(self) -> tuple[int, ...]:
        return (1, *self.starts)

    def updates(self, batches: Iterator[Batch], rng: torch.Generator, step: int) -> Iterator[Update]:
        images = next(batches).images.flatten(1)
        times = 1 + sum(step >= start for start in self.starts) + (self.lazy and step % 16 == 0)
        yield Update("layer", sum((self.layer(images).square().mean() for _ in range(times)), torch.zeros(())))


def test_a_product_is_two_operations_an_entry() -> None:
    with Counter() as counter:
        torch.zeros(5, 7) @ torch.zeros(7, 11)
    assert counter.operations == 2 * 5 * 7 * 11


def test_a_step_is_a_product_forward_and_one_back() -> None:
    """The layer's input needs no gradient, so that one product goes back: the gradient of the weights."""
    learner = OneLayer()
    before = learner.layer.weight.clone()
    assert phases(learner, DATA, BATCH, seed=0) == [Phase(1, 2 * PRODUCT)]
    assert torch.equal(learner.layer.weight, before), "a copy was trained"


def test_a_lazy_part_counts_with_its_share() -> None:
    assert phases(OneLayer(lazy=True), DATA, BATCH, seed=0) == [Phase(1, 2 * PRODUCT * (COUNTED + 1) / COUNTED)]


def test_each_phase_has_its_own_work() -> None:
    found = phases(OneLayer(50, 80), DATA, BATCH, seed=0)
    assert found == [Phase(1, 2 * PRODUCT), Phase(50, 4 * PRODUCT), Phase(80, 6 * PRODUCT)]
    assert total(found, 49) == 49 * 2 * PRODUCT
    assert total(found, 100) == (49 * 2 + 30 * 4 + 21 * 6) * PRODUCT


def test_what_is_not_trained_costs_nothing() -> None:
    assert phases(Learner(), DATA, BATCH, seed=0) == []
    assert total([], 10) == 0


PARTS = st.lists(st.tuples(st.integers(1, 30), st.integers(1, 50)), min_size=1, max_size=4)


@given(parts=PARTS, operations=st.integers(1, 5000))
def test_one_step_more_would_exceed_the_budget(parts: list[tuple[int, int]], operations: int) -> None:
    starts = np.cumsum([1, *(length for length, _ in parts[:-1])]).tolist()
    found = [Phase(start, float(each)) for start, (_, each) in zip(starts, parts, strict=True)]
    steps = affordable(found, operations)
    assert total(found, steps) <= operations < total(found, steps + 1)


@pytest.mark.parametrize("steps", [1, 3, 17])
def test_a_budget_of_exactly_some_steps_buys_them(steps: int) -> None:
    found = phases(OneLayer(10), DATA, BATCH, seed=0)
    assert affordable(found, total(found, steps)) == steps


class Chain(nn.Module):
    """Calls one layer `times` times for each set of images, and another one once."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.often, self.once, self.times = nn.Linear(5, 5, bias=False), nn.Linear(5, 2, bias=False), times

    def draw(self, n: int) -> torch.Tensor:
        codes = torch.zeros(n, 5)
        for _ in range(self.times):
            codes = self.often(codes)
        drawn: torch.Tensor = self.once(codes)
        return drawn


@pytest.mark.parametrize("times", [1, 7])
def test_the_work_of_a_sample_is_that_of_its_layers(times: int) -> None:
    chain = Chain(times)
    assert work_of_a_sample(chain, chain.draw) == Work(times * 2 * 5 * 5 + 2 * 5 * 2, times)
    assert not any(part._forward_pre_hooks for part in chain.modules())
