"""Files of features, for `genbench evaluate` and the stages."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from genbench.data.features import FeatureProtocol, Features
from genbench.files.atomic import write_json
from genbench.pipeline.training_record import KEYS
from tests.support.bad_inputs import FEATURES, add, bad, random_features
from tests.support.bad_inputs.content import npy, npy_head, npz, overlapping, zipped

VECTORS = np.random.default_rng(1).normal(size=(20, 3)).astype(np.float32)
GOOD = npy(VECTORS)


class Unpickled:
    """A pickle that would leave a file behind."""

    def __reduce__(self) -> Any:
        return (os.system, ("touch unpickled",))


def file(content: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / "bad.npz").write_bytes(content)


def arrays(**parts: np.ndarray) -> bytes:
    return npz(**{name: npy(array) for name, array in parts.items()})


def spoilt(value: float) -> np.ndarray:
    """Return the vectors with one number that is none."""
    vectors = VECTORS.copy()
    vectors[7, 1] = value
    return vectors


PROBS = np.full((20, 2), 0.5, np.float32)
OBJECTS = np.array([[Unpickled()]] * 20, dtype=object)
DEEP = np.array("[" * 100_000)

for name, content, message in (
    ("nan", arrays(vectors=spoilt(np.nan)), "features: vectors hold NaN or infinity"),
    ("infinity", arrays(vectors=spoilt(np.inf)), "features: vectors hold NaN or infinity"),
    ("flat", arrays(vectors=VECTORS[:, 0]), "features: expected real vectors of shape (N, D), got float32 (20,)"),
    ("cubes", arrays(vectors=VECTORS[None]), "features: expected real vectors of shape (N, D)"),
    ("complex", arrays(vectors=VECTORS.astype(complex)), "vectors: expected floating numbers, got complex128"),
    ("whole_numbers", arrays(vectors=VECTORS.astype(int)), "vectors: expected floating numbers, got int64"),
    ("text", arrays(vectors=np.full((20, 3), "a")), "vectors: expected floating numbers, got <U1"),
    ("objects", npz(vectors=npy(OBJECTS, allow_pickle=True)), "vectors: expected floating numbers, got object"),
    ("empty", arrays(vectors=VECTORS[:0]), "fake: a metric needs at least 2 images, got 0"),
    ("single", arrays(vectors=VECTORS[:1]), "fake: a metric needs at least 2 images, got 1"),
    ("other_dimensions", arrays(vectors=VECTORS[:, :2]), "real has 3 dimensions, fake 2"),
    ("probs_of_other_length", arrays(vectors=VECTORS, probs=PROBS[:5]), "20 vectors but 5 rows of probs"),
    ("probs_of_nan", arrays(vectors=VECTORS, probs=PROBS * np.nan), "features: probs hold NaN or infinity"),
    ("probs_below_nothing", arrays(vectors=VECTORS, probs=PROBS - 1), "expected probs in [0, 1] whose rows sum to 1"),
    ("probs_of_two", arrays(vectors=VECTORS, probs=PROBS * 4), "expected probs in [0, 1] whose rows sum to 1"),
    ("labels_of_other_length", arrays(vectors=VECTORS, labels=np.arange(5)), "20 vectors but 5 rows of labels"),
    ("labels_of_floats", arrays(vectors=VECTORS, labels=np.zeros(20)), "labels: expected integer numbers, got float64"),
    (
        "layer_of_other_length",
        npz(**{"vectors": GOOD, "layer.a": npy(VECTORS[:5])}),
        "20 vectors but 5 rows of layer a",
    ),
    ("promise_of_petabytes", npz(vectors=npy_head(f"({10**15}, 8)", "'<f4'")), "bytes, expected at most the"),
    ("promise_beyond_64_bits", npz(vectors=npy_head(f"({1 << 70}, 8)", "'<f4'")), "bytes, expected at most the"),
    ("promise_of_nothing", npz(vectors=npy_head(f"(0, {1 << 70})", "'<f4'")), "bad.npz: "),
    ("negative_shape", npz(vectors=npy_head("(-1, 3)", "'<f4'")), "shape is not valid: (-1, 3)"),
    ("cut_short", npz(vectors=GOOD[:-40]), "bad.npz: vectors.npy: expected 240 bytes for float32 (20, 3), got 200"),
    ("bomb", overlapping("{}.npy", npy(np.zeros((1 << 20, 1))), 40), "bad.npz: a decompression bomb"),
    ("protocol_of_brackets", npz(vectors=GOOD, protocol=npy(DEEP)), "its protocol is not readable"),
    ("protocol_of_a_number", npz(vectors=GOOD, protocol=npy(np.array(3))), "its protocol is not readable"),
    ("protocol_of_text", npz(vectors=GOOD, protocol=npy(np.array("hello"))), "its protocol is not readable"),
    ("protocol_of_other_keys", npz(vectors=GOOD, protocol=npy(np.array('{"a": 1}'))), "its protocol is not readable"),
    ("protocol_of_escape_codes", npz(vectors=GOOD, protocol=npy(np.array('{"n": "\x1b[31m"}'))), "its protocol is not"),
    ("no_zip", b"PK\x03\x04", "bad.npz: not readable as .npz"),
    ("member_that_is_no_array", zipped({"vectors.npy": GOOD, "x.npy": b"hello"}), "bad.npz: x: not readable as .npy"),
):
    add(f"features-{name}", (*FEATURES, "bad.npz"), message, file(content))


STATISTICS = (*FEATURES[:-2], "bad.npz", "--fake", "features.npz")
EYE = npy(np.eye(3))
for name, content, message in (
    (
        "promise_of_petabytes",
        npz(mu=npy_head(f"({10**7},)", "'<f8'"), sigma=npy_head(f"({10**7}, {10**7})", "'<f8'")),
        "at most the",
    ),
    (
        "promise_without_numbers",
        npz(mu=npy_head("(3000,)", "'<f8'"), sigma=npy_head("(3000, 3000)", "'<f8'")),
        "mu: expected 24000 bytes for float64 (3000,), got 0",
    ),
    (
        "objects",
        npz(mu=npy(np.array([Unpickled()] * 3, dtype=object), allow_pickle=True), sigma=EYE),
        "mu: expected floating numbers",
    ),
    (
        "protocol_of_objects",
        npz(mu=npy(np.zeros(3)), sigma=EYE, protocol=npy(np.array(Unpickled(), dtype=object), allow_pickle=True)),
        "protocol: expected numbers, it holds Python objects",
    ),
    ("other_dimensions", npz(mu=npy(np.zeros(2)), sigma=npy(np.eye(2))), "fake has 3 dimensions, statistics 2"),
    ("no_covariance", npz(mu=npy(np.zeros(3)), sigma=npy(-np.eye(3))), "sigma: expected a covariance"),
):
    add(f"features-statistics_{name}", STATISTICS, message, file(content))


def told(**message: Any) -> Callable[[Path], None]:
    """Features that say something else of how they were made."""

    def make(folder: Path) -> None:
        protocol = FeatureProtocol(**{"extractor": "pixels", "source": "elsewhere", **message})
        random_features(np.random.default_rng(2), protocol=protocol).save(folder / "bad.npz")

    return make


for name, protocol, message in (
    ("other_extractor", {"extractor": "inception"}, "extractor of real is 'pixels', of fake 'inception'"),
    (
        "other_extractor_of_escape_codes",
        {"extractor": "\x1b[31m"},
        r"extractor of real is 'pixels', of fake '\x1b[31m'",
    ),
):
    add(f"features-{name}", (*FEATURES, "bad.npz"), message, told(**protocol))


@bad(*FEATURES[:-2], "bad.npz", "--fake", "features.npz", message="the wrong way round")
def swapped(folder: Path) -> None:
    told(split="samples")(folder)
    told(split="reference")(folder)
    (folder / "bad.npz").replace(folder / "features.npz")
    told(split="samples")(folder)


@bad(*FEATURES, "images.npy", message="its features are of weights 'abc', images would be of ''")
def images_of_other_weights(folder: Path) -> None:
    told(weights="abc")(folder)
    (folder / "bad.npz").replace(folder / "features.npz")


@bad(
    *(*FEATURES, "bad.npz", "--extractor", "inception"),
    message="--extractor inception: features.npz has features of pixels",
)
def asked_for_another_extractor(folder: Path) -> None:
    told()(folder)


@bad(*FEATURES, "bad.npz", "--metrics", "memorisation", message="memorisation: needs features of the train split")
def without_train_split(folder: Path) -> None:
    told()(folder)


@bad(*FEATURES, "bad.npz", "--metrics", "inception_score", message="inception_score: needs class probabilities")
def without_probabilities(folder: Path) -> None:
    Features(VECTORS, protocol=FeatureProtocol("pixels")).save(folder / "bad.npz")


@bad(
    *(*FEATURES, "bad.npz", "--metrics", "fid_within_classes"),
    message="fid_within_classes: needs the class of every image, fake has neither labels nor class probabilities",
)
def without_classes(folder: Path) -> None:
    protocol = FeatureProtocol("pixels")
    Features(VECTORS, PROBS, protocol=protocol).save(folder / "features.npz")
    Features(VECTORS, protocol=protocol).save(folder / "bad.npz")


@bad(
    *(*FEATURES, "bad.npz", "--metrics", "precision_recall_within_classes"),
    message="expected at least 4 images of each class, got 10 real and 0 generated ones of class 1",
)
def without_images_of_a_class(folder: Path) -> None:
    labels, protocol = np.repeat([0, 1], 10), FeatureProtocol("pixels")
    Features(VECTORS, labels=labels, protocol=protocol).save(folder / "features.npz")
    Features(VECTORS, labels=0 * labels, protocol=protocol).save(folder / "bad.npz")


@bad(
    *FEATURES,
    "bad.npz",
    "--metrics",
    "precision_recall",
    "--set",
    "precision_recall.k=20",
    message="expected k from 1 to 19",
)
def k_of_all_of_them(folder: Path) -> None:
    told()(folder)


# The stage evaluate


EVALUATE = ("stage", "evaluate", "vae", "0", "classifier")


def cell(folder: Path) -> Path:
    """What the stage evaluate reads, and the record of an earlier time."""
    data = folder / "data/digits"
    for split in ("reference", "train", "held_out"):
        protocol = FeatureProtocol("classifier", "ab", "none", "digits", split, 20)
        random_features(np.random.default_rng(3), protocol=protocol).save(data / f"reference/classifier/{split}.npz")
    protocol = FeatureProtocol("classifier", "ab", "none", "digits", "samples", 20)
    random_features(np.random.default_rng(4), protocol=protocol).save(data / "features/vae/0-classifier/final.npz")
    write_json(data / "weights/vae/0/training.json", dict.fromkeys(KEYS) | {"best": {}})
    write_json(data / "metrics/vae/0-classifier.json", "earlier")
    return data


@bad(*EVALUATE, message="features/vae/0-classifier/final.npz: vectors.npy: expected 32000000000000000 bytes")
def stage_of_petabytes(folder: Path) -> None:
    path = cell(folder) / "features/vae/0-classifier/final.npz"
    path.write_bytes(npz(vectors=npy_head(f"({10**15}, 8)", "'<f4'") + bytes(99)))


@bad(*EVALUATE, message="expected blocks of 20 images, as many as real ones; got 30")
def stage_of_a_block_and_a_half(folder: Path) -> None:
    protocol = FeatureProtocol("classifier", "ab", "none", "digits", "samples", 30)
    path = cell(folder) / "features/vae/0-classifier/final.npz"
    random_features(np.random.default_rng(4), n=30, protocol=protocol).save(path)


@bad(*EVALUATE, message="features: vectors hold NaN or infinity")
def stage_of_nan(folder: Path) -> None:
    (cell(folder) / "features/vae/0-classifier/final.npz").write_bytes(arrays(vectors=spoilt(np.nan)))


@bad(*EVALUATE, message="holds Python objects, which are never unpickled")
def stage_of_objects(folder: Path) -> None:
    content = npz(vectors=npy(OBJECTS, allow_pickle=True))
    (cell(folder) / "features/vae/0-classifier/final.npz").write_bytes(content)


@bad(*EVALUATE, message="features are not comparable: weights of real is 'ab', of fake 'cd'")
def stage_of_other_weights(folder: Path) -> None:
    protocol = FeatureProtocol("classifier", "cd", "none", "digits", "samples", 20)
    path = cell(folder) / "features/vae/0-classifier/final.npz"
    random_features(np.random.default_rng(5), protocol=protocol).save(path)


@bad(*EVALUATE, message="the wrong way round")
def stage_of_swapped_files(folder: Path) -> None:
    data = cell(folder)
    real, fake = data / "reference/classifier/reference.npz", data / "features/vae/0-classifier/final.npz"
    (real_bytes, fake_bytes) = real.read_bytes(), fake.read_bytes()
    real.write_bytes(fake_bytes)
    fake.write_bytes(real_bytes)


@bad("stage", "evaluate", "vae", "0", "../../x", message="no such file")
def stage_of_a_path(folder: Path) -> None:
    cell(folder)


@bad("stage", "report", message="one table holds one protocol, but n_real differs")
def records_of_two_protocols(folder: Path) -> None:
    record(folder, "noise", n_real=21)


@bad("stage", "report", message="not a record of the stage evaluate")
def record_of_an_absurd_number(folder: Path) -> None:
    path = record(folder, "vae")
    path.write_text(path.read_text().replace('"fid": 1.0', f'"fid": {"9" * 400}'))


@bad("stage", "report", message="0-classifier.json: not readable as JSON")
def record_of_brackets(folder: Path) -> None:
    record(folder, "vae").write_text("[" * 100_000)


@bad("stage", "report", message="not a record of the stage evaluate")
def record_of_a_list(folder: Path) -> None:
    record(folder, "vae").write_text("[]")


@bad("stage", "report", message="expected the record of run 'vae' (seed 0, classifier), it is of run 'noise'")
def record_of_another_run(folder: Path) -> None:
    path = record(folder, "vae")
    path.write_text(path.read_text().replace('"run": "vae"', '"run": "noise"'))


def record(folder: Path, run: str, **message: Any) -> Path:
    """Write the records of both runs, with changes to the protocol of one; returns the first file of that one."""
    protocol = {
        "dataset": "digits",
        "reference": "reference",
        "n_real": 20,
        "n_fake": 20,
        "resize": "none",
        "weights": "",
    }
    for name, seed, extractor in product(("vae", "noise"), (0, 1, 2), ("classifier", "pixels")):
        whole = {**protocol, "extractor": extractor, "options": {}, **(message if name == run else {})}
        values = {"run": name, "seed": seed, "extractor": extractor, "metrics": {"fid": 1.0}, "diverged": None}
        path = folder / f"data/digits/metrics/{name}/{seed}-{extractor}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({**values, "protocol": whole}))
    return folder / f"data/digits/metrics/{run}/0-classifier.json"
