"""The benchmark of training compares the same work, counts it rightly and says what it measured."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from benchmarks.training import contenders
from benchmarks.training.cases import CASES, Case, Networks
from benchmarks.training.tables import comma_separated, markdown, plot, ratios
from genbench.engine.device import Device
from genbench.engine.operations import Counter

LOOPS = (contenders.genbench, contenders.bare, contenders.plain, contenders.plain_one_pass)


def test_operations_of_products_and_of_gradients_of_gradients_are_counted() -> None:
    a, b = torch.randn(2, 3, requires_grad=True), torch.randn(3, 4)
    with Counter() as counted:
        (slope,) = torch.autograd.grad((a @ b).square().sum(), a, create_graph=True)
    assert counted.operations == 2 * 2 * 3 * 4 * 2, "the product, and its gradient by one factor"
    with Counter() as counted:
        slope.sum().backward()  # type: ignore[no-untyped-call]
    assert counted.operations > 0


def test_operations_of_a_convolution_are_counted() -> None:
    with Counter() as counted:
        nn.Conv2d(3, 5, 3, padding=1, bias=False)(torch.randn(2, 3, 8, 8))
    assert counted.operations == 2 * (2 * 5 * 8 * 8) * (3 * 9)


@pytest.mark.parametrize("key", ["digits", "digits_wgan_gp"])
@pytest.mark.parametrize("loop", LOOPS, ids=lambda loop: loop.__name__)
def test_each_loop_changes_the_weights_of_both_networks(key: str, loop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    case = dataclasses.replace(CASES[key], steps=2)
    networks = case.built()
    made: list[Networks] = []

    def built(self: Case) -> Networks:
        made.append(networks)
        return networks

    monkeypatch.setattr(Case, "built", built)
    before = [[parameter.clone() for parameter in network.parameters()] for network in networks]
    begun: list[None] = []
    loop(case, Device())(lambda: begun.append(None))
    assert len(begun) == 1
    assert len(made) == 1, "all loops train what the case gives them"
    for network, old in zip(networks, before, strict=True):
        assert any(not torch.equal(one, other) for one, other in zip(network.parameters(), old, strict=True))


def record() -> dict[str, Any]:
    """A case in which plain PyTorch takes twice as long, and the steps alone a little less."""
    return {
        "case": "digits",
        "title": "conv",
        "flops": 1e9,
        "checkpoint_seconds": 0.2,
        "checkpoint_every_seconds": 20.0,
        "seconds": {"genbench": [1.0, 2.0, 1.0], "bare": [0.98, 1.96, 0.98], "plain": [2.0, 4.0, 3.0]},
    }


def test_ratios_are_of_the_same_round() -> None:
    assert ratios(record(), "plain") == [2.0, 2.0, 3.0]


def test_the_tables_say_what_was_measured(tmp_path: Path) -> None:
    machine = {
        "processor": "a processor",
        "threads": 1,
        "clock": "wall",
        "load": 0.5,
        "python": "3.11",
        "versions": {"torch": "2.13.0", "torch-mimicry": None},
        "matmul_flops": 4e9,
    }
    text = markdown({"machine": machine, "rounds": 3, "cases": [record()]}, "training")
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()]
    assert ["conv", "plain PyTorch", "0.333", "2.00 (2.00 – 2.50)"] in cells
    assert ["conv", "+2.0%", "200 ms", "0.99%", "1", "25%"] in cells
    assert "None" not in text
    rows = comma_separated([record()]).splitlines()
    assert rows[0] == "case,contender,round,seconds_a_step" and len(rows) == 1 + 9
    assert math.isclose(float(rows[-1].split(",")[-1]), 3.0)
    plot([record()], tmp_path / "plot.png")
    assert (tmp_path / "plot.png").stat().st_size > 1000
