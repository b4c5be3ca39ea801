"""Distances over earlier layers are the Fréchet distance of those features."""

from __future__ import annotations

import numpy as np
import pytest

from genbench.data.features import Features
from genbench.errors import InputError
from genbench.metrics import fid, fid_layers, sfid

RNG = np.random.default_rng(0)
REAL, FAKE = (
    Features(RNG.normal(size=(n, 4)), layers={"early": RNG.normal(size=(n, 3)), "late": RNG.normal(size=(n, 5))})
    for n in (60, 50)
)


def distance(layer: str) -> float:
    return fid.compute(real=Features(REAL.layers[layer]), fake=Features(FAKE.layers[layer]))["fid"]


def test_sfid_is_the_fid_of_the_layer() -> None:
    assert sfid.compute(real=REAL, fake=FAKE, layer="early")["sfid"] == distance("early")


def test_mean_over_layers_relative_to_real_variance() -> None:
    variances = {name: layer.var(axis=0, ddof=1).sum() for name, layer in REAL.layers.items()}
    expected = (distance("early") / variances["early"] + distance("late") / variances["late"]) / 2
    result = fid_layers.compute(real=REAL, fake=FAKE, layers=["early", "late"])
    assert result["fid_layers"] == pytest.approx(expected, rel=1e-12)


def test_one_average_image_is_at_one() -> None:
    average = Features(np.zeros((50, 4)), layers={"late": np.tile(REAL.layers["late"].mean(axis=0), (50, 1))})
    result = fid_layers.compute(real=REAL, fake=average, layers=["late"])
    assert result["fid_layers"] == pytest.approx(1, rel=1e-12)


def test_refuses() -> None:
    with pytest.raises(
        InputError, match=r"unknown sfid layer 'erly'; did you mean 'early'\? \(there is: early, late\)"
    ):
        sfid.compute(real=REAL, fake=FAKE, layer="erly")
    with pytest.raises(InputError, match=r"there is: none"):
        sfid.compute(real=REAL, fake=Features(FAKE.vectors), layer="early")
    with pytest.raises(InputError, match=r"expected a list of layers, got \[\]"):
        fid_layers.compute(real=REAL, fake=FAKE, layers=[])
    with pytest.raises(InputError, match=r"layer 'early' has shape \(3,\) for real and \(5,\) for fake"):
        other = Features(FAKE.vectors, layers={"early": FAKE.layers["late"]})
        sfid.compute(real=REAL, fake=other, layer="early")
    with pytest.raises(InputError, match="layer 'early' is the same for all real images"):
        constant = Features(REAL.vectors, layers={"early": np.ones((60, 3))})
        fid_layers.compute(real=constant, fake=FAKE, layers=["early"])
