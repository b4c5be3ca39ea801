"""Weights of extractors and of trained cells."""

from __future__ import annotations

import json
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import save_file

from genbench.data.datasets import Dataset
from genbench.data.images import Images
from genbench.data.prepared import save
from genbench.data.splits import SPLITS
from genbench.files.atomic import write_json
from genbench.files.section import read
from genbench.files.tensors import save_state
from genbench.pipeline import runs
from genbench.pipeline.training_record import KEYS
from tests.support.bad_inputs import add, bad, holding
from tests.support.bad_inputs.content import npy, safetensors, zipped
from tests.support.clone import change

#: Words of `genbench evaluate` with the extractor in a folder, whose name says which extractor it is.
WITH = ("evaluate", "--no-cache", "--json", "out.json", "--real", "images.npy", "--fake", "images.npy", "--extractor")
ONE = {"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}


class Unpickled:
    """A pickle that would leave a file behind."""

    def __reduce__(self) -> Any:
        return (os.system, ("touch unpickled",))


def kept(content: bytes, extractor: str = "random_conv") -> Callable[[Path], None]:
    """Write the weights of an extractor's folder."""

    def make(folder: Path) -> None:
        (folder / extractor).mkdir()
        (folder / extractor / "weights.safetensors").write_bytes(content)

    return make


def about(text: str, extractor: str = "random_conv") -> Callable[[Path], None]:
    """Write weights that say this of themselves."""

    def make(folder: Path) -> None:
        (folder / extractor).mkdir()
        save_file({"a": np.zeros(3, np.float32)}, folder / extractor / "weights.safetensors", metadata={"about": text})

    return make


PICKLE = pickle.dumps(Unpickled())
TORCH = zipped({"archive/data.pkl": PICKLE, "archive/version": b"3"}, zipfile.ZIP_STORED)
UNREADABLE = "random_conv/weights.safetensors: not the weights of an extractor"

for name, content, message in (
    ("empty", b"", UNREADABLE),
    ("cut_short", safetensors(ONE, bytes(4)), UNREADABLE),
    ("a_pickle", PICKLE, UNREADABLE),
    ("a_torch_file", TORCH, UNREADABLE),
    ("header_of_an_absurd_length", safetensors(ONE, bytes(8), length=1 << 63), UNREADABLE),
    ("header_longer_than_the_file", safetensors(ONE, bytes(8), length=50_000_000), UNREADABLE),
    ("header_of_brackets", safetensors(b'{"a":' * 100_000), UNREADABLE),
    ("header_that_is_no_text", safetensors(b"\xff\xfe{}"), UNREADABLE),
    ("header_that_is_a_list", safetensors([1, 2]), UNREADABLE),
    ("overlapping", safetensors({**ONE, "b": ONE["a"]}, bytes(8)), UNREADABLE),
    ("a_gap", safetensors({"a": {**ONE["a"], "data_offsets": [8, 16]}}, bytes(16)), UNREADABLE),
    ("offsets_backwards", safetensors({"a": {**ONE["a"], "data_offsets": [8, 0]}}, bytes(8)), UNREADABLE),
    ("negative_offsets", safetensors({"a": {**ONE["a"], "data_offsets": [-8, 0]}}, bytes(8)), UNREADABLE),
    ("shape_beyond_its_bytes", safetensors({"a": {**ONE["a"], "shape": [1 << 62, 8]}}, bytes(8)), UNREADABLE),
    ("unknown_type", safetensors({"a": {**ONE["a"], "dtype": "X9"}}, bytes(8)), UNREADABLE),
    ("about_that_is_no_text", safetensors({**ONE, "__metadata__": {"about": 3}}, bytes(8)), UNREADABLE),
    ("without_about", safetensors(ONE, bytes(8)), "weights.safetensors: not the weights of an extractor"),
):
    add(f"weights-{name}", (*WITH, "random_conv"), message, kept(content))

NOT = "not the folder of an extractor random_conv"

for name, text, message in (
    ("about_of_brackets", "[" * 100_000, "not the weights of an extractor"),
    ("about_that_is_a_list", "[]", NOT),
    ("about_of_nothing", "{}", NOT),
    ("about_of_a_size_below_nothing", '{"size": -5, "features": 1}', "not the weights of this network"),
    ("about_of_an_absurd_size", '{"size": 1e999, "features": 4}', "not the weights of this network"),
    ("about_of_absurd_features", '{"size": 32, "features": 99999999}', "random_conv"),
    ("about_of_another_network", '{"size": 32, "features": 4}', "weights.safetensors: not the weights of this network"),
):
    add(f"weights-{name}", (*WITH, "random_conv"), message, about(text))

for extractor in ("inception", "efficientnet_lite0", "dinov2"):
    add(f"weights-none_of_{extractor}", (*WITH, extractor), extractor, about("{}", extractor))


@bad(*WITH, "classifier", message="classifier")
def classifier_of_absurd_classes(folder: Path) -> None:
    about('{"shape": [1, 8, 8], "classes": 99999999999, "features": 64}', "classifier")(folder)


@bad(*WITH, "random_conv", message=UNREADABLE)
def empty_folder(folder: Path) -> None:
    (folder / "random_conv").mkdir()


@bad(*WITH, "random_conv", message=UNREADABLE)
def fifo(folder: Path) -> None:
    (folder / "random_conv").mkdir()
    os.mkfifo(folder / "random_conv/weights.safetensors")


@bad(*WITH, "random_conv", message=UNREADABLE)
def folder_in_its_place(folder: Path) -> None:
    (folder / "random_conv/weights.safetensors").mkdir(parents=True)


for name, content in {"pth": PICKLE, "torch_zip": TORCH, "npy": npy(np.zeros(3)), "empty_pth": b""}.items():
    add(
        f"weights-published_{name}",
        (*WITH, "inception", "--set", "extractor.weights=bad.pth"),
        "bad.pth: broken, or not the published pt_inception-2015-12-05-6726825d.pth: its SHA-256 is",
        holding("bad.pth", content),
    )


@bad(*WITH, "inception", "--set", "extractor.weights=nowhere.pth", message="there is no file nowhere.pth")
def published_that_is_not_there(folder: Path) -> None:
    """Leave the folder as it is."""


# Trained cells and prepared images, for the stages


def prepared(folder: Path, **changes: Any) -> Path:
    """Images of the dataset digits, as the stage prepare leaves them, with changes to about.json."""
    images = Images(np.zeros((8, 1, 8, 8), np.uint8), np.arange(8) % 10)
    change(folder, train={"steps": 1, "batch": 4, "log_every": 1, "grid_every": 1})
    place = folder / "data/digits/images"
    save(place, "digits", Dataset(images, tuple("0123456789"), 17), dict.fromkeys(SPLITS, images))
    if changes:
        write_json(place / "about.json", {**json.loads((place / "about.json").read_text()), **changes})
    for path in ("stages/train", "stages/sample", "runs/vae.train", "runs/vae.sample"):
        write_json(folder / f"code/{path}.json", {})
    return place


def trained(folder: Path, **changes: Any) -> Path:
    """Make the cell vae-0, as the stage train leaves it, with changes to training.json."""
    prepared(folder)
    options = read(folder / "runs/vae.yaml")["train"]
    place = folder / "data/digits/weights/vae/0"
    save_state(runs.model(options, (1, 8, 8)), place / "ema.safetensors")
    record = dict.fromkeys(KEYS) | {"shape": [1, 8, 8], "options": options, "best": {}}
    write_json(place / "training.json", record | changes)
    return place


SAMPLE = ("stage", "sample", "vae", "0")


@bad(*SAMPLE, message="data/digits/weights/vae/0/ema.safetensors: not the weights of this network")
def cell_cut_short(folder: Path) -> None:
    path = trained(folder) / "ema.safetensors"
    path.write_bytes(path.read_bytes()[:-100])


@bad(*SAMPLE, message="ema.safetensors: not the weights of this network")
def cell_of_another_network(folder: Path) -> None:
    save_state(torch.nn.Linear(2, 2), trained(folder) / "ema.safetensors")


@bad(*SAMPLE, message="data/digits/weights/vae/0/training.json: no such file")
def cell_that_is_not_there(folder: Path) -> None:
    prepared(folder)


@bad(*SAMPLE, message="training.json: not readable as JSON")
def cell_of_brackets(folder: Path) -> None:
    (trained(folder) / "training.json").write_text("[" * 100_000)


@bad(*SAMPLE, message="training.json")
def cell_of_a_list(folder: Path) -> None:
    (trained(folder) / "training.json").write_text("[]")


@bad(*SAMPLE, message="training.json: expected the shape and the options of a model")
def cell_without_options(folder: Path) -> None:
    trained(folder, options=None)


@bad(*SAMPLE, message="training.json: expected the shape and the options of a model")
def cell_of_one_dimension(folder: Path) -> None:
    trained(folder, shape=[8])


@bad(*SAMPLE, message="data/digits/weights/vae/0.model: expected the name of a model, got None")
def cell_of_no_model(folder: Path) -> None:
    trained(folder, options={})


@bad(*SAMPLE, message="unknown")
def cell_of_a_path(folder: Path) -> None:
    trained(folder, options={"model": "../vae"})


TRAIN = ("stage", "train", "vae", "0")


@bad(*TRAIN, message="runs/vae.yaml: train: train.operations: expected at least 0.0")
def budget_below_one_step(folder: Path) -> None:
    prepared(folder)
    change(folder, train={"operations": 1e-9})


@bad(*TRAIN, message="data/digits/images/about.json: no such file")
def images_that_are_not_there(folder: Path) -> None:
    """Leave the folder as it is."""


@bad(*TRAIN, message="about.json: expected the keys")
def about_of_other_keys(folder: Path) -> None:
    prepared(folder, more=1)


@bad(*TRAIN, message="about.json: shape")
def about_of_text(folder: Path) -> None:
    prepared(folder, shape=["a", 8, 8])


@bad(*TRAIN, message="about.json")
def about_of_no_grey_levels(folder: Path) -> None:
    prepared(folder, levels=0)


@bad(*TRAIN, message="digits")
def about_of_fewer_classes(folder: Path) -> None:
    prepared(folder, classes=["0"])


@bad(*TRAIN, message="expected 512 bytes for uint8 (8, 1, 8, 8), got 412")
def images_cut_short(folder: Path) -> None:
    path = prepared(folder) / "train/pixels.npy"
    path.write_bytes(path.read_bytes()[:-100])


@bad(*TRAIN, message="images: expected int64 labels of shape (8,), got int64 (5,)")
def images_of_other_labels(folder: Path) -> None:
    (prepared(folder) / "train/labels.npy").write_bytes(npy(np.arange(5)))


@bad(*TRAIN, message="images: expected uint8 pixels of shape (N, 1 or 3, H, W), got float64")
def images_of_floats(folder: Path) -> None:
    (prepared(folder) / "train/pixels.npy").write_bytes(npy(np.full((8, 1, 8, 8), np.nan)))


@bad(*TRAIN, message="holds Python objects, which are never unpickled")
def images_of_objects(folder: Path) -> None:
    (prepared(folder) / "train/pixels.npy").write_bytes(npy(np.array([Unpickled()]), allow_pickle=True))
