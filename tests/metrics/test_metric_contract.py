"""What every metric of the collection promises, whichever it is."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
import textwrap
from dataclasses import replace
from functools import cache
from itertools import count, repeat
from typing import Any

import numpy as np
import pytest

from genbench.data.features import FeatureProtocol, Features
from genbench.errors import InputError
from genbench.evaluation.evaluate import defaults
from genbench.evaluation.scores import evaluate, measured
from genbench.find import find, members
from genbench.metrics import GIVEN, PAIRED, Column, used
from tests.support.pairs import scores_of_pairs
from tests.support.teachers import known_features, truths

#: Metrics whose random stream does not shuffle images, so that their order does not matter.
DRAW = {"mind", "mmd_gaussian", "sliced_wasserstein", "two_sample_nearest"}


def features(seed: int, n: int = 90) -> Features:
    rng = np.random.default_rng(seed)
    return Features(
        vectors=rng.normal(size=(n, 6)).astype(np.float32),
        probs=rng.dirichlet(np.full(4, 0.3), n).astype(np.float32),
        labels=rng.integers(4, size=n),
        layers={"spatial": rng.normal(size=(n, 3)).astype(np.float32)},
        protocol=FeatureProtocol(extractor="pixels"),
    )


def reordered(side: Features, seed: int) -> Features:
    order = np.random.default_rng(seed).permutation(len(side))
    assert side.probs is not None
    assert side.labels is not None
    layers = {name: layer[order] for name, layer in side.layers.items()}
    return Features(side.vectors[order], side.probs[order], side.labels[order], layers, side.protocol)


SETS: dict[str, Any] = {name: features(seed) for seed, name in enumerate(["real", "fake", "train", "held_out"])}


@cache
def known_sets() -> dict[str, Any]:
    """Make sets of images whose distribution is known, for metrics that are given it."""
    sides = enumerate(SETS.items())
    return {
        name: replace(known_features(len(side), seed), probs=side.probs, layers=side.layers)
        for seed, (name, side) in sides
    }


@cache
def paired_sets() -> dict[str, Any]:
    """Make sets of 3 × 3 images of pairs, whose outputs are near their targets."""
    names = ["real", "fake", "train", "held_out", "twins", "sources", "cycle"]
    rng = np.random.default_rng(0)
    pixels = {name: rng.integers(256, size=(90, 9)).astype(np.float32) / 255 for name in names}
    pixels |= {"twins": pixels["held_out"], "fake": pixels["held_out"].round(1) * 255 // 1 / 255}
    sides = {name: features(seed) for seed, name in enumerate(names)}
    return {name: replace(sides[name], vectors=pixels[name].astype(np.float32)) for name in names}


def sets_of(name: str) -> dict[str, Any]:
    return known_sets() if name in truths() else paired_sets() if name in scores_of_pairs() else SETS


def compute(name: str, **changed: Features) -> dict[str, float]:
    sets = sets_of(name) | changed
    return evaluate(**sets, metrics={name: defaults(name, sets["fake"])})


def given(name: str) -> list[str]:
    return used(find("metrics", name).compute, f"metrics.{name}")


def options(name: str) -> set[str]:
    return set(inspect.signature(find("metrics", name).compute).parameters) - set(GIVEN)


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
        assert not column.ranked or (column.better, column.low) == ("lower", 0), "ranks are of logarithms"
        assert "\n" not in column.fails


def test_keys_are_unique() -> None:
    keys = [key for name in members("metrics") for key in find("metrics", name).COLUMNS]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("name", members("metrics"))
def test_signature(name: str) -> None:
    """Keyword-only, so that no two sets are swapped; annotated, and without defaults, which stand in DEFAULTS."""
    metric = find("metrics", name)
    parameters = inspect.signature(metric.compute).parameters
    assert "fake" in parameters
    assert all(p.kind is p.KEYWORD_ONLY and p.annotation is not p.empty for p in parameters.values())
    assert all(p.default is p.empty for p in parameters.values())
    assert set(defaults(name, SETS["fake"])) == options(name)
    with pytest.raises(TypeError, match="positional"):
        metric.compute(SETS["real"], SETS["fake"])


@pytest.mark.parametrize("name", members("metrics"))
def test_it_is_given_what_it_names_and_no_more(name: str) -> None:
    """Each name is used, and each set that is named must be there."""
    function = find("metrics", name).compute
    names = given(name)
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    assert {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} >= set(names)
    for side in set(names) - {"real", "fake", "teacher", "rng", *PAIRED}:
        with pytest.raises(InputError, match=f"^{name}: needs features of the {side} split$"):
            evaluate(**{key: SETS[key] for key in SETS if key != side}, metrics={name: defaults(name, SETS["fake"])})


@pytest.mark.parametrize("name", scores_of_pairs())
def test_a_metric_of_pairs_is_refused_without_them_and_gives_a_number_a_pair(name: str) -> None:
    sets = sets_of(name)
    without = {side: sets[side] for side in sets if side not in PAIRED}
    with pytest.raises(InputError, match=rf"^{name}: compares translations with their true targets[^\n]*$"):
        evaluate(**without, metrics={name: {}})
    values = measured(sets, {name: {}})
    assert all(value.shape == (90,) and value.dtype == np.float64 for value in values.values())
    assert compute(name) == {key: pytest.approx(value.mean()) for key, value in values.items()}


def test_a_model_of_one_way_has_no_cycle() -> None:
    one_way = {side: features for side, features in paired_sets().items() if side != "cycle"}
    left_out: dict[str, str] = {}
    assert evaluate(**one_way, metrics={"cycle_error": {}}, left_out=left_out) == {}
    assert "the model goes one way" in left_out["cycle_error"]


def test_features_by_a_name_that_nobody_gives_are_refused() -> None:
    def toy(*, fake: Features, trian: Features) -> dict[str, float]:
        return {"toy": float(fake.vectors.mean() - trian.vectors.mean())}

    with pytest.raises(InputError, match="^unknown metrics.toy: set of features 'trian'; did you mean 'train'"):
        used(toy, "metrics.toy")


@pytest.mark.parametrize("name", members("metrics"))
def test_an_unknown_option_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=f"^unknown metrics.{name}: option 'kk'"):
        evaluate(**SETS, metrics={name: {**defaults(name, SETS["fake"]), "kk": 1}})


@pytest.mark.parametrize("name", members("metrics"))
def test_values(name: str) -> None:
    """One finite float a column, within its range up to rounding; the same again; no input is changed."""
    sets = sets_of(name)
    before = {key: side.vectors.copy() for key, side in sets.items()}
    result = compute(name)
    columns = find("metrics", name).COLUMNS
    assert set(result) == set(columns)
    for key, value in result.items():
        assert type(value) is float
        assert np.isfinite(value)
        assert columns[key].low - 1e-9 <= value <= columns[key].high + 1e-9
    assert compute(name) == result
    assert all((sets[key].vectors == vectors).all() for key, vectors in before.items())


@pytest.mark.parametrize("name", [name for name in members("metrics") if name in DRAW or "rng" not in given(name)])
def test_order_of_images_does_not_matter(name: str) -> None:
    """Of pairs they are all in one order."""
    orders = repeat(0) if name in scores_of_pairs() else count()
    shuffled = {key: reordered(side, seed) for seed, (key, side) in zip(orders, sets_of(name).items(), strict=False)}
    assert compute(name, **shuffled) == pytest.approx(compute(name), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("name", members("metrics"))
def test_equal_sets(name: str) -> None:
    """Identical images are no edge case."""
    real = sets_of(name)["real"]
    same = {"fake": real, "train": real} | ({"twins": real} if name in scores_of_pairs() else {})
    assert all(np.isfinite(value) for value in compute(name, **same).values())


@pytest.mark.parametrize("name", members("metrics"))
def test_refuses(name: str) -> None:
    vectors = sets_of(name)["fake"].vectors
    with pytest.raises(InputError, match="not comparable: extractor of real is 'pixels', of fake 'inception'"):
        compute(name, fake=Features(vectors, protocol=FeatureProtocol(extractor="inception")))
    with pytest.raises(InputError, match=f"real has {vectors.shape[1]} dimensions, fake 5"):
        compute(name, fake=Features(vectors[:, :5]))
    with pytest.raises(InputError, match="fake: a metric needs at least 2 images, got 1"):
        compute(name, fake=features(9, n=1))
    with pytest.raises(InputError, match="real: a metric needs at least 2 images, got 0"):
        compute(name, real=features(9, n=0))


@pytest.mark.parametrize("name", members("metrics"))
def test_another_number_of_classes_is_refused(name: str) -> None:
    vectors, probs = sets_of(name)["fake"].vectors, np.full((90, 3), 1 / 3, np.float32)
    with pytest.raises(InputError, match="real has 4 classes, fake 3$"):
        compute(name, fake=Features(vectors, probs=probs, protocol=FeatureProtocol(extractor="pixels")))


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
