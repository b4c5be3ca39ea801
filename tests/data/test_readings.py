"""Arrays are read as what they are, labels too; what can be read in two ways is refused with the way out."""

from __future__ import annotations

import io
import json
import pickle
import re
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from genbench.data.classes import of_folders
from genbench.data.sources import Item
from genbench.data.sources.arrays import Loose, Npy, Npz
from genbench.data.sources.location import open_source
from genbench.errors import InputError
from tests.support.bad_inputs.content import png, tarred, zipped

RNG = np.random.default_rng(0)
COLOUR = RNG.integers(256, size=(12, 8, 6, 3), dtype=np.uint8)
GREY = RNG.integers(256, size=(12, 8, 6), dtype=np.uint8)


def read(path: Path | str) -> list[Item]:
    return list(open_source(str(path)).items())


def labels(path: Path | str) -> list[int]:
    return [item.label for item in read(path)]


def refusal(path: Path | str) -> str:
    with pytest.raises(InputError) as caught:
        read(path)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(str(path))
    return str(caught.value)


def assert_images(items: list[Item], expected: list[np.ndarray]) -> None:
    """Compare with images (H, W) or (H, W, 3)."""
    assert len(items) == len(expected)
    for item, image in zip(items, expected, strict=True):
        np.testing.assert_array_equal(item.pixels, np.atleast_3d(image).transpose(2, 0, 1))


# Several images in one .npz

LOOSE: dict[str, list[np.ndarray]] = {
    "colour": list(COLOUR),
    "two": list(COLOUR[:2]),
    "channels first": list(COLOUR.transpose(0, 3, 1, 2)),
    "with one channel last": list(GREY[..., None]),
    "with one channel first": list(GREY[:, None]),
    "grey": list(GREY),
    "of several sizes": [COLOUR[0], COLOUR[1, 2:], COLOUR[2, :, 1:]],
    "grey among colour": [COLOUR[0], GREY[0], COLOUR[1], GREY[1, :5]],
}


@pytest.mark.parametrize("kind", LOOSE)
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("named", [False, True])
def test_several_images_in_an_npz(tmp_path: Path, kind: str, save: Any, named: bool) -> None:
    images = LOOSE[kind]
    if named:
        save(tmp_path / "x.npz", **{f"picture {index}": image for index, image in enumerate(images)})
    else:
        save(tmp_path / "x.npz", *images)
    source = open_source(str(tmp_path / "x.npz"))
    assert isinstance(source, Loose)
    assert source.count() == len(images)
    first = "first" in kind
    assert_images(list(source.items()), [image.transpose(1, 2, 0) if first else image for image in images])


def test_several_images_with_labels(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", *COLOUR[:3], labels=np.array([4, 0, 4]))
    assert labels(tmp_path / "x.npz") == [4, 0, 4]


# What can be read in two ways

AMBIGUOUS: dict[str, tuple[np.ndarray, list[str]]] = {
    "one of colour": (COLOUR[0], ["8 grey images of 6 × 3 pixels", "one of 8 × 6 in 3 channels"]),
    "one with its channel last": (COLOUR[0, :, :, :1], ["8 grey images of 6 × 1 pixels", "one of 8 × 6 in 1 channel"]),
    "one with its channels first": (COLOUR[0].transpose(2, 0, 1), ["3 grey images of 8 × 6 pixels", "3 channels"]),
    "three grey ones": (GREY[:3], ["3 grey images of 8 × 6 pixels", "one of 8 × 6 in 3 channels"]),
    "one with alpha": (np.dstack([COLOUR[0], GREY[0]]), ["8 grey images of 6 × 4 pixels", "in 4 channels with alpha"]),
    "one of grey with alpha": (COLOUR[0, ..., :2], ["8 grey images of 6 × 2 pixels", "in 2 channels with alpha"]),
    "channels both ways": (COLOUR[:, :3], ["(N, C, H, W) or (N, H, W, C)", "pixels.npy in a folder"]),
    "one channel both ways": (COLOUR[:, :1, :, :1], ["(N, C, H, W) or (N, H, W, C)"]),
}


@pytest.mark.parametrize("kind", AMBIGUOUS)
@pytest.mark.parametrize("ending", ["npy", "npz"])
def test_an_array_of_two_readings_is_refused_with_both(tmp_path: Path, kind: str, ending: str) -> None:
    array, said = AMBIGUOUS[kind]
    array = np.ascontiguousarray(array)
    np.save(tmp_path / "x.npy", array) if ending == "npy" else np.savez(tmp_path / "x.npz", array)
    message = refusal(tmp_path / f"x.{ending}")
    assert all(reading in message for reading in said), message


def test_the_ways_out_lead_out(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    np.save(path, GREY[:3][..., None])
    assert_images(read(path), list(GREY[:3]))
    for one in (COLOUR[0], COLOUR[0].transpose(2, 0, 1)):
        np.save(path, np.ascontiguousarray(one)[None])
        assert_images(read(path), [COLOUR[0]])
    np.save(path, np.stack(list(COLOUR)))
    assert_images(read(path), list(COLOUR))
    np.save(tmp_path / "pixels.npy", COLOUR[:, :3])  # (N, C, H, W) = (12, 3, 6, 3)
    assert_images(read(tmp_path), list(COLOUR[:, :3].transpose(0, 2, 3, 1)))


NO_IMAGES: dict[str, tuple[np.ndarray, str]] = {
    "floats": (COLOUR / 255, "np.rint(255 * array).astype(np.uint8)"),
    "floats that are no numbers": (COLOUR * np.nan, "got float64"),
    "half floats": (COLOUR.astype(np.float16), "np.rint(255 * array).astype(np.uint8)"),
    "16 bits": (COLOUR.astype(np.uint16), "np.rint(array / 257).astype(np.uint8)"),
    "16 bits, big-endian": (COLOUR.astype(">u2"), "np.rint(array / 257).astype(np.uint8)"),
    "booleans": (GREY > 99, "255 * array.astype(np.uint8)"),
    "64 bits": (COLOUR.astype(np.int64), "got int64"),
    "one grey image": (GREY[0], "array[None] makes one image of it"),
    "alpha": (np.concatenate([COLOUR, COLOUR[..., :1]], -1), "array[..., :3] leaves alpha out"),
    "Fortran's order": (np.asfortranarray(COLOUR), "np.ascontiguousarray changes it"),
    "no height": (COLOUR[:, :0], "got uint8 (12, 0, 6, 3)"),
    "five dimensions": (COLOUR[None], "got uint8 (1, 12, 8, 6, 3)"),
    "records": (np.zeros((12, 8, 6), [("r", "u1"), ("g", "u1")]), "got [('r', 'u1'), ('g', 'u1')]"),
    "texts": (np.array(["a", "b"]), "got <U1 (2,)"),
}


@pytest.mark.parametrize("kind", NO_IMAGES)
def test_an_array_of_no_images_is_refused_with_the_way_out(tmp_path: Path, kind: str) -> None:
    array, way = NO_IMAGES[kind]
    np.save(tmp_path / "x.npy", array)
    assert way in refusal(tmp_path / "x.npy")


def test_python_objects_are_named(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.array([COLOUR[0], None], dtype=object), allow_pickle=True)
    assert "Python objects are never unpickled" in refusal(tmp_path / "x.npy")


def test_a_second_array_in_one_npy_is_not_left_out(tmp_path: Path) -> None:
    with (tmp_path / "x.npy").open("wb") as file:
        np.save(file, COLOUR)
        np.save(file, COLOUR)
    assert "expected one array and no more" in refusal(tmp_path / "x.npy")


def test_the_list_of_an_npz_is_read_once_for_all_its_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list of N arrays that is read for each of them takes N² steps: 3,000 images took three minutes."""
    opened = []

    class Counted(zipfile.ZipFile):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            opened.append(arguments)
            super().__init__(*arguments, **options)

    np.savez(tmp_path / "x.npz", *COLOUR)
    monkeypatch.setattr(zipfile, "ZipFile", Counted)
    assert len(read(tmp_path / "x.npz")) == len(COLOUR)
    assert 0 < len(opened) < len(COLOUR)


def test_a_single_grey_image_in_a_stack_of_one_is_read(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", GREY[:1])
    assert_images(read(tmp_path / "x.npy"), [GREY[0]])


SEVERAL: dict[str, dict[str, np.ndarray]] = {
    "two sets": {"a": COLOUR, "b": COLOUR},
    "batches": {"arr_0": COLOUR[:6], "arr_1": COLOUR[6:]},
    "two stacks of grey": {"a": GREY, "b": GREY},
    "an image and its mask": {"image": COLOUR[0], "mask": GREY[0]},
    "flat images and one-hot labels": {"arr_0": GREY[0], "arr_1": np.eye(8, 4, dtype=np.uint8)},
    "an image and a stack": {"image": COLOUR[0], "stack": GREY},
    "two sets of two sizes": {"images": COLOUR, "thumbs": COLOUR[:, ::2, ::2]},
    "images of four channels": {f"arr_{index}": COLOUR[index, :, :4].transpose(0, 2, 1) for index in range(3)},
}


@pytest.mark.parametrize("kind", SEVERAL)
def test_an_npz_of_several_sets_is_refused(tmp_path: Path, kind: str) -> None:
    np.savez(tmp_path / "x.npz", allow_pickle=False, **SEVERAL[kind])
    message = refusal(tmp_path / "x.npz")
    assert re.search("in one array alone|could be", message)
    assert ("np.concatenate joins them" in message) == (kind in ("two sets", "batches"))


# Labels

CLASSES = np.array([2, 0, 1] * 4)
GOOD_LABELS: dict[str, np.ndarray] = {
    "numbers": CLASSES,
    "bytes": CLASSES.astype(np.uint8),
    "big-endian": CLASSES.astype(">i4"),
    "a column": CLASSES[:, None],
    "a column of bytes": CLASSES[:, None].astype(np.uint8),
    "floats": CLASSES.astype(np.float32),
    "a column of floats": CLASSES[:, None].astype(np.float64),
    "one-hot": np.eye(3)[CLASSES],
    "one-hot float32": np.eye(3, dtype=np.float32)[CLASSES],
    "one-hot bytes": np.eye(3, dtype=np.uint8)[CLASSES],
    "one-hot booleans": np.eye(3, dtype=bool)[CLASSES],
    "one-hot of many classes": np.eye(1000, dtype=np.int64)[CLASSES],
}


@pytest.mark.parametrize("kind", GOOD_LABELS)
@pytest.mark.parametrize("name", ["arr_1", "labels", "label"])
@pytest.mark.parametrize("images", [COLOUR, GREY, COLOUR.transpose(0, 3, 1, 2)], ids=["NHWC", "NHW", "NCHW"])
def test_labels_beside_images(tmp_path: Path, kind: str, name: str, images: np.ndarray) -> None:
    np.savez(tmp_path / "x.npz", allow_pickle=False, **{"arr_0": images, name: GOOD_LABELS[kind]})
    source = open_source(str(tmp_path / "x.npz"))
    assert isinstance(source, Npz)
    assert [item.label for item in source.items()] == CLASSES.tolist()


@pytest.mark.parametrize("name", ["y", "target", "targets", "classes"])
@pytest.mark.parametrize("kind", ["numbers", "bytes", "a column"])
def test_labels_of_other_names(tmp_path: Path, name: str, kind: str) -> None:
    np.savez(tmp_path / "x.npz", allow_pickle=False, **{"x": COLOUR, name: GOOD_LABELS[kind]})
    assert labels(tmp_path / "x.npz") == CLASSES.tolist()


@pytest.mark.parametrize("other", [np.zeros((12, 3)), np.arange(5), np.array(["a"] * 12), np.zeros(12)])
def test_what_other_names_hold_need_not_be_labels(tmp_path: Path, other: np.ndarray) -> None:
    np.savez(tmp_path / "x.npz", x=COLOUR, y=other)
    assert labels(tmp_path / "x.npz") == [-1] * 12


BAD_LABELS: dict[str, np.ndarray] = {
    "shares": np.full((12, 3), 1 / 3),
    "two of them": np.ones((12, 3)),
    "none of them": np.zeros((12, 3)),
    "minus one": -np.eye(3)[CLASSES],
    "halves": CLASSES + 0.5,
    "no number": np.full(12, np.nan),
    "infinity": np.full((12, 1), np.inf),
    "names": np.array(["cat"] * 12),
    "dates": np.zeros(12, "M8[s]"),
    "masks": np.zeros((12, 8, 6)),
    "columns": np.asfortranarray(np.eye(3)[CLASSES]),
}


@pytest.mark.parametrize("kind", BAD_LABELS)
@pytest.mark.parametrize("name", ["arr_1", "labels"])
def test_what_is_no_label_is_refused_by_name(tmp_path: Path, kind: str, name: str) -> None:
    np.savez(tmp_path / "x.npz", allow_pickle=False, **{"arr_0": COLOUR, name: BAD_LABELS[kind]})
    assert refusal(tmp_path / "x.npz").startswith(f"{tmp_path}/x.npz: {name}: expected ")


def test_labels_of_another_number_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", arr_0=COLOUR, labels=CLASSES[:5])
    assert "x.npz: labels: expected labels of 12 images" in refusal(tmp_path / "x.npz")


# What a file is shows in its content


@pytest.mark.parametrize("ending", ["npy", "NPY", "Npy", "npz", "NPZ", "NpZ", "bin", "dat", ""])
@pytest.mark.parametrize("form", ["npy", "npz"])
def test_an_array_of_any_ending(tmp_path: Path, ending: str, form: str) -> None:
    if form not in (ending.lower(), "bin") and ending.lower() in ("npy", "npz"):
        pytest.skip("its name is a lie")
    path = tmp_path / (f"x.{ending}" if ending else "x")
    with path.open("wb") as file:
        np.save(file, COLOUR) if form == "npy" else np.savez(file, COLOUR)
    source = open_source(str(path))
    assert type(source) is (Npy if form == "npy" else Npz)
    assert_images(list(source.items()), list(COLOUR))


def torch_file(*, legacy: bool) -> bytes:
    out = io.BytesIO()
    torch.save(torch.from_numpy(COLOUR), out, _use_new_zipfile_serialization=not legacy)
    return out.getvalue()


PICKLED = {
    "torch.save": torch_file(legacy=False),
    "torch.save of old": torch_file(legacy=True),
    "pickle": pickle.dumps(COLOUR),
    "pickle of protocol 2": pickle.dumps({"data": [1]}, 2),
}
#: What other kinds of files begin with, and their names.
OTHERS: dict[str, tuple[bytes, str]] = {
    "x.h5": (b"\x89HDF\r\n\x1a\n", "HDF5"),
    "x.bin": (b"\x89HDF\r\n\x1a\n", "HDF5"),
    "x.mat": (b"MATLAB 5.0 MAT-file, Platform: GLNXA64", "MATLAB"),
    "x.MAT": (b"MATLAB 7.3 MAT-file", "MATLAB"),
    "x.parquet": (b"PAR1", "Parquet"),
    "x.arrow": (b"ARROW1", "Arrow"),
    "x.tfrecord": (b"\x0a", "TFRecord"),
    "x.safetensors": (b"\x02" + bytes(7) + b"{}", "safetensors"),
    "x.rar": (b"Rar!\x1a\x07", "RAR"),
    "x.7z": (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
    "x.tar.zst": (b"\x28\xb5\x2f\xfd", "Zstandard"),
    "data.mdb": (b"", "LMDB"),
    "x.csv": (b"a,b", "comma-separated values"),
    "x.npz": (b"version https://git-lfs.github.com/spec/v1", "a pointer of Git LFS"),
    "x.npy": (b"version https://git-lfs.github.com/spec/v1", "a pointer of Git LFS"),
    "x.pkl": (b"(lp0\nI1\na.", "pickled"),
    "x.pth": (b"]q\x00K\x01a.", "pickled"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_file_of_another_kind_is_named_so(tmp_path: Path, name: str) -> None:
    begin, kind = OTHERS[name]
    (tmp_path / name).write_bytes(begin + bytes(40))
    assert kind in refusal(tmp_path / name)


@pytest.mark.parametrize("kind", PICKLED)
@pytest.mark.parametrize("ending", ["pt", "PT", "pth", "pkl", "bin", ""])
def test_what_is_pickled_is_named_so(tmp_path: Path, kind: str, ending: str) -> None:
    path = tmp_path / f"x.{ending}"
    path.write_bytes(PICKLED[kind])
    message = refusal(path)
    assert "pickle" in message
    assert "np.save" in message


@pytest.mark.parametrize("name", ["x.png", "x.JPG", "x.tif"])
def test_a_single_picture_is_named_so(tmp_path: Path, name: str) -> None:
    Image.fromarray(COLOUR[0]).save(tmp_path / name)
    assert "a single picture; expected many" in refusal(tmp_path / name)


# Classes of folders

FOLDERS: dict[str, tuple[list[str], list[str], list[int] | None]] = {
    "classes": (["cat/1", "cat/2", "dog/1"], ["cat", "dog"], [0, 0, 1]),
    "deeper ones": (["cat/a/1", "cat/2", "dog/b/c/1"], ["cat", "dog"], [0, 0, 1]),
    "below one folder": (["all/cat/1", "all/dog/1"], ["cat", "dog"], [0, 1]),
    "below two": (["all/set/cat/1", "all/set/dog/1", "all/set/dog/2"], ["cat", "dog"], [0, 1, 1]),
    "in an order of their own": (["dog/1", "cat/1"], ["cat", "dog"], [1, 0]),
    "one class": (["cat/1", "cat/2"], ["cat"], [0, 0]),
    "one class below one": (["all/cat/1", "all/cat/2"], ["cat"], [0, 0]),
    "none": (["1", "2"], [], None),
    "not all": (["cat/1", "2"], [], None),
    "below one, not all": (["all/cat/1", "all/2"], ["all"], [0, 0]),
}


@pytest.mark.parametrize("kind", FOLDERS)
def test_folders_are_classes(kind: str) -> None:
    paths, names, expected = FOLDERS[kind]
    found, numbers = of_folders([tuple(path.split("/")[:-1]) for path in paths])
    assert list(found) == names
    assert (None if numbers is None else numbers.tolist()) == expected


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_what_there_is_instead_of_pictures_is_said(tmp_path: Path, kind: str) -> None:
    path = written(tmp_path, kind, {"README.txt": b"", "images.npy": b"", ".a.png": b""})
    assert refusal(path).endswith("no pictures in it; there is: README.txt, images.npy, .a.png")


@pytest.mark.parametrize("kind", ["folder", "zip", "tar"])
def test_hidden_files_are_no_pictures(tmp_path: Path, kind: str) -> None:
    hidden = {name: b"" for name in ("cat/._0.png", "__MACOSX/cat/._0.png", "__MACOSX/1.png", ".git/2.png", ".3.png")}
    assert [item.label for item in read(written(tmp_path, kind, {**files(""), **hidden}))] == [-1] * 3


@pytest.mark.parametrize("kind", ["folder", "zip", "tar"])
@pytest.mark.parametrize("name", ["a.tga", "a.HEIC", "a.avif", "a.jp2", "a.dds", "a.pcx", "a.svg", "a.eps", "a.ico"])
def test_a_picture_that_is_not_read_is_not_passed_over(tmp_path: Path, kind: str, name: str) -> None:
    path = written(tmp_path, kind, {**files(""), name: b"of another format"})
    assert f"{name}: not a picture in one of the formats" in refusal(path)


def test_folders_of_windows_are_classes(tmp_path: Path) -> None:
    """Some writers on Windows put backslashes into a zip file, where slashes should be."""
    members = {name.replace("/", "\\"): content for name, content in files("").items()}
    members |= {"dog\\": b"", "dog\\._0.png": b"", "__MACOSX\\cat\\1.png": b""}
    source = open_source(str(written(tmp_path, "zip", members)))
    names, numbers = source.classes(list(source.items()))
    assert names == ("cat", "dog")
    assert numbers is not None
    assert numbers.tolist() == [0, 0, 1]


def test_a_pickle_among_pictures_is_passed_over(tmp_path: Path) -> None:
    assert len(read(written(tmp_path, "zip", {**files(""), "notes/data.pkl": PICKLED["pickle"]}))) == 3


def files(source: str) -> dict[str, bytes]:
    return {f"{source}{name}.png": png(COLOUR[index]) for index, name in enumerate(("cat/0", "cat/1", "dog/0"))}


def written(tmp_path: Path, kind: str, members: dict[str, bytes]) -> Path:
    """Write a folder, zip or tar file."""
    path = tmp_path / f"x.{kind}"
    if kind == "folder":
        for name, content in members.items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(content)
    else:
        path.write_bytes(zipped(members) if kind == "zip" else tarred(members))
    return path


@pytest.mark.parametrize("kind", ["folder", "zip", "tar"])
@pytest.mark.parametrize("above", ["", "all/", "./", "a/b/"])
def test_folders_are_classes_wherever_they_are(tmp_path: Path, kind: str, above: str) -> None:
    source = open_source(str(written(tmp_path, kind, files(above))))
    names, numbers = source.classes(list(source.items()))
    assert names == ("cat", "dog")
    assert numbers is not None
    assert numbers.tolist() == [0, 0, 1]


LISTED = {"labels": [["dog/0.png", 7], ["cat/1.png", 5], ["cat/0.png", 3]]}
INDEXES: dict[str, tuple[object, list[int] | None]] = {
    "labels": (LISTED, [3, 5, 7]),
    "no labels": ({"labels": None}, None),
    "some labels": ({"labels": LISTED["labels"][:2]}, None),
    "labels that are none": ({"labels": [["cat/0.png", [0.5, 1]], "x", 3]}, None),
    "anything else": ([1, 2], [0, 0, 1]),
    "no JSON": (None, [0, 0, 1]),
}


@pytest.mark.parametrize("kind", ["folder", "zip", "tar"])
@pytest.mark.parametrize("place", ["first", "last"])
@pytest.mark.parametrize("index", INDEXES)
@pytest.mark.parametrize("above", ["", "all/", "a/b/"])
def test_a_dataset_json_has_the_labels(tmp_path: Path, kind: str, place: str, index: str, above: str) -> None:
    """As StyleGAN's dataset_tool.py writes it: its folders are no classes."""
    content, expected = INDEXES[index]
    listed = {"dataset.json": b"{" if content is None else json.dumps(content).encode()}
    members = {**listed, **files("")} if place == "first" else {**files(""), **listed}
    source = open_source(str(written(tmp_path, kind, {above + name: member for name, member in members.items()})))
    _, numbers = source.classes(list(source.items()))
    assert (None if numbers is None else numbers.tolist()) == expected


def test_another_dataset_json_is_another_digest(tmp_path: Path) -> None:
    folder = written(tmp_path, "folder", {**files(""), "dataset.json": json.dumps(LISTED).encode()})
    one = open_source(str(folder)).digest()
    (folder / "dataset.json").unlink()
    assert open_source(str(folder)).digest() != one


@pytest.mark.parametrize("kind", ["png", "tiff", "jpeg", "webp", "bmp", "gif"])
def test_pictures_are_never_in_memory_together(tmp_path: Path, kind: str) -> None:
    content = png(RNG.integers(256, size=(128, 128, 3), dtype=np.uint8), kind)
    for index in range(100):
        (tmp_path / f"{index:03}.{kind}").write_bytes(content)
    next(open_source(str(tmp_path)).items())  # its library is loaded
    tracemalloc.start()
    for item in open_source(str(tmp_path)).items():
        assert item.pixels.shape == (3, 128, 128)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 20 * 128 * 128 * 3


def test_an_npz_among_pictures_is_an_archive_of_pictures(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a.png", png(COLOUR[0]))
        archive.writestr("b.npy", b"")
    assert len(read(tmp_path / "x.zip")) == 1
