"""Images and features come back from their files as they were, and a file that is not one is refused by name."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as arrays

from genbench.data.features import FeatureProtocol, Features
from genbench.data.images import Images, load_array, save_array
from genbench.errors import InputError

SHAPES = st.tuples(st.integers(0, 5), st.sampled_from([1, 3]), st.integers(1, 4), st.integers(1, 4))
FULL = Features(
    vectors=np.arange(6, dtype=np.float32).reshape(3, 2),
    probs=np.full((3, 4), 0.25, np.float32),
    labels=np.array([0, 1, -1]),
    layers={"early": np.zeros((3, 5), np.float32)},
    protocol=FeatureProtocol(
        "pixels", weights="ab", resize="none", dataset="digits", split="train", n=3, source="somewhere"
    ),
)


@settings(max_examples=30)
@given(pixels=SHAPES.flatmap(lambda shape: arrays.arrays(np.uint8, shape)), mmap=st.booleans())
def test_images_come_back(tmp_path_factory: pytest.TempPathFactory, pixels: np.ndarray, mmap: bool) -> None:
    folder = tmp_path_factory.getbasetemp() / f"images-{pixels.ndim}-{pixels.shape}"
    images = Images(pixels, np.arange(len(pixels)) - 1)
    images.save(folder)
    loaded = Images.load(folder, mmap=mmap and pixels.size > 0)
    assert np.array_equal(loaded.pixels, pixels)
    assert np.array_equal(loaded.labels, images.labels)
    assert (len(loaded), loaded.shape) == (len(pixels), pixels.shape[1:])


@pytest.mark.parametrize(
    ("pixels", "labels", "message"),
    [
        (np.zeros((2, 1, 4, 4), np.float32), np.zeros(2, np.int64), "expected uint8 pixels.*float32"),
        (np.zeros((2, 2, 4, 4), np.uint8), np.zeros(2, np.int64), r"shape \(N, 1 or 3, H, W\).*\(2, 2, 4, 4\)"),
        (np.zeros((2, 4, 4), np.uint8), np.zeros(2, np.int64), r"\(2, 4, 4\)"),
        (np.zeros((2, 1, 4, 4), np.uint8), np.zeros(3, np.int64), r"labels of shape \(2,\), got int64 \(3,\)"),
        (np.zeros((2, 1, 4, 4), np.uint8), np.zeros(2, np.int32), "int64 labels.*int32"),
    ],
)
def test_what_is_no_set_of_images_is_refused(pixels: np.ndarray, labels: np.ndarray, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Images(pixels, labels)


def test_an_index_takes_pixels_with_their_labels() -> None:
    images = Images(np.arange(4, dtype=np.uint8).reshape(4, 1, 1, 1), np.arange(4))
    part = images[np.array([3, 1])]
    assert part.pixels.ravel().tolist() == part.labels.tolist() == [3, 1]
    assert images[1:3].labels.tolist() == [1, 2]


def test_features_come_back(tmp_path: Path) -> None:
    FULL.save(tmp_path / "a.npz")
    loaded = Features.load(tmp_path / "a.npz")
    assert loaded.protocol == FULL.protocol
    for name in ("vectors", "probs", "labels"):
        assert np.array_equal(getattr(loaded, name), getattr(FULL, name))
    assert loaded.layers.keys() == {"early"}
    assert np.array_equal(loaded.layers["early"], FULL.layers["early"])


def test_equal_features_are_equal_bytes(tmp_path: Path) -> None:
    for name in ("a.npz", "b.npz"):
        FULL.save(tmp_path / name)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_vectors_alone_will_do(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", vectors=np.zeros((3, 2), np.float32))
    loaded = Features.load(tmp_path / "a.npz")
    assert len(loaded) == 3
    assert (loaded.probs, loaded.labels, loaded.layers) == (None, None, {})
    assert loaded.protocol == FeatureProtocol(resize="", source=str(tmp_path / "a.npz")), "nothing is known of them"


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"vectors": np.zeros(3)}, r"shape \(N, D\)"),
        ({"vectors": np.zeros((3, 2)), "probs": np.zeros((2, 4))}, "3 vectors but 2 rows of probs"),
        ({"vectors": np.zeros((3, 2)), "labels": np.zeros(4, np.int64)}, "3 vectors but 4 rows of labels"),
        ({"vectors": np.zeros((3, 2)), "layers": {"e": np.zeros((1, 2))}}, "1 rows of layer e"),
        ({"vectors": np.full((3, 2), np.nan)}, "vectors hold NaN or infinity"),
        ({"vectors": np.zeros((3, 2)), "probs": np.full((3, 2), np.inf)}, "probs hold NaN"),
    ],
)
def test_what_is_no_set_of_features_is_refused(parts: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Features(**parts)


def test_files_that_are_not_features_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    with pytest.raises(InputError, match="a.npz: no such file"):
        Features.load(path)
    path.write_bytes(b"not a zip")
    with pytest.raises(InputError, match="a.npz: .*not readable"):
        Features.load(path)
    np.savez(path, other=np.zeros(3))
    with pytest.raises(InputError, match=r"a.npz: no array 'vectors' \(there is: other\)"):
        Features.load(path)
    np.savez(path, vectors=np.zeros((3, 2)), protocol=np.array("{}"))
    with pytest.raises(InputError, match="a.npz: its protocol is not readable"):
        Features.load(path)
    FULL.save(path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match="a.npz: .*not readable"):
        Features.load(path)


def test_a_file_with_a_broken_member_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    FULL.save(path)
    with zipfile.ZipFile(path) as archive:
        offset = archive.getinfo("vectors.npy").header_offset
    content = bytearray(path.read_bytes())
    content[offset + 160] ^= 0xFF  # one bit of data: the archive's checksum notices
    path.write_bytes(content)
    with pytest.raises(InputError, match="a.npz: .*not readable"):
        Features.load(path)


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([{}], dtype=object), allow_pickle=True)
    np.savez(tmp_path / "a.npz", vectors=np.array([{}], dtype=object))
    with pytest.raises(InputError, match="a.npy: expected numbers, it holds Python objects"):
        load_array(tmp_path / "a.npy")
    with pytest.raises(InputError, match="a.npz: vectors.npy: expected numbers, it holds Python objects"):
        Features.load(tmp_path / "a.npz")
    with pytest.raises(ValueError, match="allow_pickle=False"):
        save_array(tmp_path / "b.npy", np.array([{}], dtype=object))


def test_arrays_that_are_missing_or_broken_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="none.npy: no such file"):
        load_array(tmp_path / "none.npy")
    save_array(tmp_path / "a.npy", np.zeros(100))
    for keep in (0, 5, 200):
        (tmp_path / "half.npy").write_bytes((tmp_path / "a.npy").read_bytes()[:keep])
        for mmap in (False, True):
            with pytest.raises(InputError, match="half.npy: (expected 800 bytes|not readable)"):
                load_array(tmp_path / "half.npy", mmap=mmap)


def test_only_the_ruler_and_the_dataset_make_features_comparable() -> None:
    protocol = FeatureProtocol("pixels", "ab", "none", "digits", "train", 3, "here")
    other = FeatureProtocol("pixels", "ab", "none", "digits", "samples", 5, "there")
    assert protocol.comparable() == other.comparable()
    assert protocol.comparable() != FeatureProtocol("pixels", "cd", "none", "digits", "train", 3, "here").comparable()
