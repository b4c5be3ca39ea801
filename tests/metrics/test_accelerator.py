"""Where metrics compute: small work on the CPU, the rest on a GPU where there is one, to the same numbers."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import torch

from genbench.data.features import Features
from genbench.evaluation.scores import evaluate
from genbench.metrics.numerics import backend

METRICS: dict[str, dict[str, Any]] = {
    "fid": {},
    "kid": {},
    "precision_recall": {"k": 3},
    "density_coverage": {"k": 5},
    "clipped_density_coverage": {"k": 5},
    "realism": {"k": 3},
    "vendi": {},
    "memorisation": {},
    "mmd_gaussian": {"bandwidth": 1.0},
    "two_sample_nearest": {},
    "fid_infinity": {"groups": 4},
    "sfid": {"layer": "early"},
    "fid_layers": {"layers": ["early"]},
}
SUMMED_IN_SINGLE_PRECISION = ("kid", "kid_se", "mmd_gaussian", "mmd_gaussian_se")  # by NumPy


def features(seed: int, n: int) -> Features:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n, 24)).astype(np.float32) + 0.2 * (seed % 2)
    vectors[: n // 20] = vectors[n // 20 : 2 * (n // 20)]  # copies
    return Features(vectors, layers={"early": rng.normal(size=(n, 9)).astype(np.float32)})


def test_every_metric_by_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    sides: dict[str, Any] = {
        side: features(seed, 400 + seed) for seed, side in enumerate(("real", "fake", "train", "held_out"))
    }
    expected = evaluate(**sides, metrics=METRICS)
    monkeypatch.setattr(backend, "choose", lambda work, memory=0: "cuda" if torch.cuda.is_available() else "cpu")
    found = evaluate(**sides, metrics=METRICS)
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        rounding = 1e-4 if key in SUMMED_IN_SINGLE_PRECISION else 1e-10
        assert found[key] == pytest.approx(value, rel=rounding), key


def test_a_gpu_is_for_work_that_is_worth_it() -> None:
    device = "cuda" if torch.cuda.is_available() else "numpy"
    assert backend.choose(work=backend.WORTH / 2) == "numpy"
    assert backend.choose(work=2 * backend.WORTH) == device
    assert backend.choose(work=2 * backend.WORTH, memory=2.0**60) == "numpy"
    assert backend.device_of_pairs(np.zeros((360, 64)), np.zeros((360, 64))) == "numpy"
    assert backend.device_of_pairs(np.empty((10_000, 2048)), np.empty((10_000, 2048))) == device


def test_metrics_of_little_work_do_without_torch() -> None:
    """It takes longer to import than they take."""
    program = (
        "import sys, numpy as np; from genbench.data.features import Features;"
        "from genbench.evaluation.scores import evaluate;"
        "x = Features(np.random.default_rng(0).normal(size=(50, 4)));"
        "evaluate(real=x, fake=x, metrics={'fid': {}, 'kid': {}, 'precision_recall': {'k': 3}});"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
