"""What every metric of the collection promises, whichever it is."""

from __future__ import annotations

import inspect
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from genbench.data.features import FeatureProtocol, Features
from genbench.errors import InputError
from genbench.find import find, members
from genbench.metrics import Column

OPTIONS: dict[str, dict[str, Any]] = {
    "classification_accuracy_score": {"penalty": 0.01},
    "density_coverage": {"k": 5},
    "fid_infinity": {"groups": 4},
    "fid_layers": {"layers": ["early"]},
    "inception_score": {"splits": 1},
    "mmd_gaussian": {"bandwidth": 1.0},
    "precision_recall": {"k": 3},
    "sfid": {"layer": "early"},
    "sliced_wasserstein": {"projections": 20},
    "two_sample_classifier": {"penalty": 0.01},
}
SHUFFLES = {"fid_infinity", "two_sample_classifier"}  # take images in a random order, which is part of their value


def features(seed: int, n: int = 90) -> Features:
    rng = np.random.default_rng(seed)
    return Features(
        vectors=rng.normal(size=(n, 6)).astype(np.float32),
        probs=rng.dirichlet(np.full(4, 0.3), n).astype(np.float32),
        labels=rng.integers(4, size=n),
        layers={"early": rng.normal(size=(n, 3)).astype(np.float32)},
        protocol=FeatureProtocol(extractor="pixels"),
    )


def reordered(side: Features, seed: int) -> Features:
    order = np.random.default_rng(seed).permutation(len(side))
    assert side.probs is not None
    assert side.labels is not None
    layers = {name: layer[order] for name, layer in side.layers.items()}
    return Features(side.vectors[order], side.probs[order], side.labels[order], layers, side.protocol)


SETS = {name: features(seed) for seed, name in enumerate(["real", "fake", "train", "held_out"])}


def compute(name: str, **changed: Features) -> dict[str, float]:
    rng = np.random.default_rng(0)
    result: dict[str, float] = find("metrics", name).compute(**(SETS | changed), rng=rng, **OPTIONS.get(name, {}))
    return result


@pytest.mark.parametrize("name", members("metrics"))
def test_columns(name: str) -> None:
    columns = find("metrics", name).COLUMNS
    assert columns
    for key, column in columns.items():
        assert isinstance(column, Column)
        assert key.isidentifier()
        assert column.label
        assert column.better in ("lower", "higher", "none")
        assert column.low < column.high
        assert column.fails.endswith(".")
        assert "\n" not in column.fails


def test_keys_are_unique() -> None:
    keys = [key for name in members("metrics") for key in find("metrics", name).COLUMNS]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("name", members("metrics"))
def test_signature(name: str) -> None:
    """Keyword-only, so that real and fake are never swapped; options annotated and without defaults."""
    parameters = inspect.signature(find("metrics", name).compute).parameters
    assert {"real", "fake", "train", "held_out", "rng"} <= set(parameters)
    assert all(p.kind is p.KEYWORD_ONLY and p.annotation is not p.empty for p in parameters.values())
    assert {p.name for p in parameters.values() if p.default is not p.empty} == {"train", "held_out"}
    with pytest.raises(TypeError, match="positional"):
        find("metrics", name).compute(SETS["real"], SETS["fake"], rng=np.random.default_rng(0))


@pytest.mark.parametrize("name", members("metrics"))
def test_values(name: str) -> None:
    """One finite float a column, within its range up to rounding; the same again; no input is changed."""
    before = {key: side.vectors.copy() for key, side in SETS.items()}
    result = compute(name)
    columns = find("metrics", name).COLUMNS
    assert set(result) == set(columns)
    for key, value in result.items():
        assert type(value) is float
        assert np.isfinite(value)
        assert columns[key].low - 1e-9 <= value <= columns[key].high + 1e-9
    assert compute(name) == result
    assert all((SETS[key].vectors == vectors).all() for key, vectors in before.items())


@pytest.mark.parametrize("name", sorted(set(members("metrics")) - SHUFFLES))
def test_order_of_images_does_not_matter(name: str) -> None:
    shuffled = {key: reordered(side, seed) for seed, (key, side) in enumerate(SETS.items())}
    assert compute(name, **shuffled) == pytest.approx(compute(name), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("name", members("metrics"))
def test_equal_sets(name: str) -> None:
    """Identical images are no edge case."""
    assert all(np.isfinite(value) for value in compute(name, fake=SETS["real"], train=SETS["real"]).values())


@pytest.mark.parametrize("name", members("metrics"))
def test_refuses(name: str) -> None:
    with pytest.raises(InputError, match="not comparable: extractor of real is 'pixels', of fake 'inception'"):
        compute(name, fake=Features(SETS["fake"].vectors, protocol=FeatureProtocol(extractor="inception")))
    with pytest.raises(InputError, match="real has 6 dimensions, fake 5"):
        compute(name, fake=Features(SETS["fake"].vectors[:, :5]))
    with pytest.raises(InputError, match="fake: a metric needs at least 2 images, got 1"):
        compute(name, fake=features(9, n=1))
    with pytest.raises(InputError, match="real: a metric needs at least 2 images, got 0"):
        compute(name, real=features(9, n=0))


@pytest.mark.parametrize("name", ["class_modes", "inception_factors", "inception_score"])
def test_another_number_of_classes_is_refused(name: str) -> None:
    probs = np.full((90, 3), 1 / 3, np.float32)
    with pytest.raises(InputError, match=f"^{name}: real has 4 classes, fake 3$"):
        compute(name, fake=Features(SETS["fake"].vectors, probs=probs, protocol=FeatureProtocol(extractor="pixels")))


def test_metrics_start_without_torch() -> None:
    code = "import sys; from genbench.find import find, members; [find('metrics', n) for n in members('metrics')]; "
    code += "sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("name", members("metrics"))
def test_samples_in_place_of_real_images_are_refused(name: str) -> None:
    swapped = {
        "real": Features(**{**vars(SETS["fake"]), "protocol": FeatureProtocol(split="samples", source="vae, seed 0")}),
        "fake": Features(**{**vars(SETS["real"]), "protocol": FeatureProtocol(split="reference")}),
    }
    with pytest.raises(InputError, match="wrong way round"):
        compute(name, **swapped)
