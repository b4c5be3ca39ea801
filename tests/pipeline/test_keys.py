"""Keys of params.yaml: each is a parameter of the stages that read it, and a budget of operations decides on steps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from genbench.data.images import Images
from genbench.engine.learner import Data
from genbench.files.section import read
from genbench.pipeline import params, runs
from genbench.pipeline.plan import plan
from tests.support.clone import ROOT

CELL = {"train", "likelihood", "representation", "sample", "sweep"}
#: The stages that a change of a key reruns first; those of a key hold for all below it.
STAGES = {
    "profile": {"human", "report"},
    "note": {"report"},
    "dataset": {"prepare", "human", "report"},
    "enabled": {"report"},
    "seeds": {"report"},
    "extractors": {"representation_baselines", "report"},
    "threads": {"extractor", "reference", "representation_baselines", *CELL, "features", "evaluate", "human"},
    "hardware": CELL,
    "data": {"prepare"},
    "train.operations": {"train"},
    "train.steps": {"train"},
    "train.batch": {"train"},
    "train.ema": {"train"},
    "train.log_every": set(),
    "train.grid_every": {"train"},
    "sampling.blocks": {"sample"},
    "sampling.batch": {"sample", "sweep"},
    "sampling.weights": {"sample", "sweep"},
    "likelihood": {"likelihood"},
    "sweep.runs": {"report"},
    "sweep.calls": {"sweep"},
    "sweep.images": {"sweep"},
    "sweep.extractor": {"sweep"},
    "extractor": {"extractor"},
    "metrics": {"evaluate", "sweep"},
}


def leaves(value: Any, key: str = "") -> Iterator[str]:
    """Give the dotted keys of all values that are no mappings, and of empty ones."""
    if not isinstance(value, dict) or not value:
        yield key
        return
    for name, inside in value.items():
        yield from leaves(inside, f"{key}.{name}" if key else name)


def below(leaf: str, key: str) -> bool:
    return leaf == key or leaf.startswith(f"{key}.")


def test_every_key_is_a_parameter_of_the_stages_that_read_it() -> None:
    stages = read(ROOT / "dvc.yaml")["stages"]
    named = {
        stage: [key.removesuffix(".${item.extractor}") for key in entry.get("params", []) if isinstance(key, str)]
        for stage, entry in stages.items()
    }
    found = list(leaves(read(ROOT / "params.yaml")))
    for leaf in found:
        expected = [of for key, of in STAGES.items() if below(leaf, key)]
        assert len(expected) == 1, leaf
        assert {stage for stage, keys in named.items() if any(below(leaf, key) for key in keys)} == expected[0], leaf
    assert [key for key in STAGES if not any(below(leaf, key) for leaf in found)] == []


HALF = {
    "model": "gan",
    "objective": "non_saturating",
    "network": {"name": "mlp", "width": 4, "depth": 1, "norm": "none"},
    "latent": 2,
    "critic_steps": 1,
    "lr": 0.01,
    "betas": [0.5, 0.9],
}


@pytest.mark.parametrize("affordable", [1, 10, 70])
def test_steps_follow_from_operations_and_what_is_left_buys_no_step(affordable: int) -> None:
    images = Images(np.zeros((16, 1, 2, 2), np.uint8), np.zeros(16, np.int64))
    data = Data(images, images, images, levels=256, classes=("0",))
    shared = params.load(ROOT / "params.yaml").train.model_copy(update={"batch": 8})
    model = runs.model(HALF, (1, 2, 2))

    def bought(operations: float) -> tuple[int, float]:
        options, spent = plan(HALF, shared.model_copy(update={"operations": operations}), model, data, seed=0, key="")
        return options.steps, spent

    several, together = bought(1e-5)
    each = together / several
    steps, spent = bought((affordable + 0.5) * each / 1e9)
    assert steps == affordable
    assert spent == pytest.approx(steps * each)
