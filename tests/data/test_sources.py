"""Anybody's images: folders, archives, arrays and prepared datasets give the same images, and nothing harmful."""

from __future__ import annotations

import io
import os
import struct
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st
from PIL import Image

from genbench.data.images import Images
from genbench.data.sources import Item, Source
from genbench.data.sources.archives import LARGEST, Tar, Zip
from genbench.data.sources.arrays import Npy, Npz, Stored
from genbench.data.sources.location import open_source
from genbench.data.sources.pictures import Pictures
from genbench.errors import InputError
from tests.support.bad_inputs.content import png_of

RNG = np.random.default_rng(0)
#: Pictures by name, in the order of their paths.
PICTURES = {
    "a.png": RNG.integers(256, size=(3, 6, 5), dtype=np.uint8),
    "b/c.png": RNG.integers(256, size=(1, 4, 4), dtype=np.uint8),
    "b/d.bmp": RNG.integers(256, size=(3, 6, 5), dtype=np.uint8),
}


def encoded(pixels: np.ndarray, kind: str = "png") -> bytes:
    """Return the file of a picture, (C, H, W) uint8."""
    out = io.BytesIO()
    Image.fromarray(pixels[0] if len(pixels) == 1 else pixels.transpose(1, 2, 0)).save(out, kind)
    return out.getvalue()


FILES = {name: encoded(pixels, name[-3:]) for name, pixels in PICTURES.items()}


def write_folder(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def write_zip(path: Path, files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def write_tar(path: Path, files: dict[str, bytes], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


WRITERS: dict[str, Callable[[Path, dict[str, bytes]], Path]] = {
    "folder": write_folder,
    "zip": write_zip,
    "tar": write_tar,
}


def read(location: Path | str) -> list[Item]:
    return list(open_source(str(location)).items())


def assert_same(items: list[Item], expected: list[np.ndarray]) -> None:
    assert len(items) == len(expected)
    for item, pixels in zip(items, expected, strict=True):
        np.testing.assert_array_equal(item.pixels, pixels)
        assert item.pixels.dtype == np.uint8


# Pictures


def test_a_folder_is_read_in_the_order_of_its_paths(tmp_path: Path) -> None:
    write_folder(tmp_path, {**dict(reversed(FILES.items())), ".hidden.png": b"", "notes.txt": b"", ".git/e.png": b""})
    source = open_source(str(tmp_path))
    assert isinstance(source, Pictures)
    assert source.count() == 3
    assert_same(list(source.items()), list(PICTURES.values()))
    assert {item.label for item in source.items()} == {-1}


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
def test_a_zip_file_is_read_like_its_folder(tmp_path: Path, compression: int) -> None:
    files = {**dict(reversed(FILES.items())), "__MACOSX/a.png": b"", "b/": b"", "read.me": b""}
    source = open_source(str(write_zip(tmp_path / "x.zip", files, compression)))
    assert isinstance(source, Zip)
    assert source.count() == 3
    assert_same(list(source.items()), list(PICTURES.values()))


@pytest.mark.parametrize("kind", ["", "gz", "bz2", "xz"])
def test_a_tar_file_is_read_in_its_own_order(tmp_path: Path, kind: str) -> None:
    path = write_tar(tmp_path / "x.bin", {**FILES, "read.me": b"", ".a.png": b""}, f"w:{kind}")
    source = open_source(str(path))
    assert isinstance(source, Tar)
    assert_same(list(source.items()), list(PICTURES.values()))


def test_the_digest_is_of_the_content(tmp_path: Path) -> None:
    folder, same, other = (write_folder(tmp_path / name, FILES) for name in ("one", "same", "other"))
    (other / "a.png").write_bytes(FILES["b/c.png"])
    digests = [open_source(str(path)).digest() for path in (folder, same, other)]
    assert digests[0] == digests[1] != digests[2]
    (other / "a.png").write_bytes(FILES["a.png"])
    (other / "a.png").rename(other / "z.png")
    assert open_source(str(other)).digest() != digests[0], "the order of the images follows from their names"


@pytest.mark.parametrize("kind", ["folder", "zip", "tar"])
def test_a_broken_picture_is_named_and_by_choice_fatal_or_left_out(tmp_path: Path, kind: str) -> None:
    files = {**FILES, "b/cc.png": FILES["a.png"][:60], "b/text.jpg": b"no picture"}
    write = WRITERS[kind]
    source = open_source(str(write(tmp_path / "x", files)))
    with pytest.raises(InputError, match=r"x.*b/cc\.png: not readable|x.*b/text\.jpg: not a picture"):
        list(source.items())
    left_out: list[str] = []
    items = list(source.items(lambda error: left_out.append(str(error))))
    assert_same(items, list(PICTURES.values()))
    assert [sum(name in text for text in left_out) for name in ("b/cc.png", "b/text.jpg")] == [1, 1]


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_without_pictures_a_source_says_so(tmp_path: Path, kind: str) -> None:
    write = WRITERS[kind]
    with pytest.raises(InputError, match="no pictures"):
        open_source(str(write(tmp_path / "x", {"read.me": b""}))).count()


def test_links_are_followed_once(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "real", FILES)
    (folder / "loop").symlink_to(folder)
    (tmp_path / "linked").symlink_to(folder)
    assert len(read(tmp_path / "linked")) == 3


def test_a_file_whose_name_is_no_text_is_read_like_any_other(tmp_path: Path) -> None:
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.png")).write_bytes(FILES["a.png"])
    except OSError as error:  # some file systems take no such name
        pytest.skip(f"cannot be named so: {error}")
    assert_same(read(tmp_path), [PICTURES["a.png"]])
    assert len(open_source(str(tmp_path)).digest()) == 64


# Harm


@pytest.mark.parametrize("name", ["../../out.png", "/tmp/out.png", "C:\\out.png"])
def test_an_archive_never_writes_anywhere(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "deep/er").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "deep/er")
    for path in (write_zip(Path("x.zip"), {name: FILES["a.png"]}), write_tar(Path("x.tar"), {name: FILES["a.png"]})):
        assert_same(read(path), [PICTURES["a.png"]])
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["deep", "er", "x.tar", "x.zip"]


def test_a_link_in_an_archive_leads_nowhere(tmp_path: Path) -> None:
    secret = write_folder(tmp_path, {"secret.png": FILES["a.png"]}) / "secret.png"
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
            info = tarfile.TarInfo("link.png")
            info.type, info.linkname = kind, str(secret)
            archive.addfile(info)
    with pytest.raises(InputError, match=r"link.png: a link or a device"):
        read(tmp_path / "x.tar")


def test_a_picture_of_too_many_pixels_is_refused(tmp_path: Path) -> None:
    write_folder(tmp_path, {"bomb.png": png_of(50_000, 50_000)})
    with pytest.raises(InputError, match=r"bomb.png: .*decompression bomb"):
        read(tmp_path)


def test_a_member_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "x.zip", {"big.bmp": RNG.bytes(2 << 20)})
    honest, large = struct.pack("<I", 2 << 20), struct.pack("<I", LARGEST + 1)
    path.write_bytes(path.read_bytes().replace(honest, large))
    tracemalloc.start()
    with pytest.raises(InputError, match=r"big.bmp: \d+ bytes unpacked, expected at most"):
        read(path)
    assert tracemalloc.get_traced_memory()[1] < 1 << 24
    tracemalloc.stop()


def test_a_member_that_lies_about_its_size_is_refused_before_it_unpacks(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "x.zip", {"liar.bmp": bytes(1 << 26)})
    honest = struct.pack("<I", 1 << 26)
    assert path.read_bytes().count(honest) == 2, "in the local header and in the directory"
    path.write_bytes(path.read_bytes().replace(honest, struct.pack("<I", 1000)))
    tracemalloc.start()
    with pytest.raises(InputError, match=r"liar.bmp: not readable: Bad CRC"):
        read(path)
    assert tracemalloc.get_traced_memory()[1] < 1 << 24
    tracemalloc.stop()


@pytest.mark.parametrize("kind", ["w", "w:gz", "w:bz2", "w:xz"])
def test_a_tar_file_that_ends_early_is_refused(tmp_path: Path, kind: str) -> None:
    noise = {f"{index}.bmp": encoded(RNG.integers(256, size=(3, 64, 64), dtype=np.uint8), "bmp") for index in range(4)}
    path = write_tar(tmp_path / "x.tar", noise, kind)
    path.write_bytes(path.read_bytes()[: len(path.read_bytes()) // 2])
    with pytest.raises(InputError, match=r"x\.tar: .*(not readable|broken)"):
        read(path)


def test_a_password_is_one_line(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "x.zip", FILES, zipfile.ZIP_STORED)
    content = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # the flag of encryption in both headers
        start = -1
        while (start := content.find(mark, start + 1)) >= 0:
            content[start + offset] |= 1
    path.write_bytes(bytes(content))
    with pytest.raises(InputError, match=r"a.png: not readable: .*password"):
        read(path)


# Arrays

HWC = RNG.integers(256, size=(5, 7, 6, 3), dtype=np.uint8)


@settings(deadline=None, max_examples=40)
@given(
    n=st.integers(1, 4),
    height=st.integers(4, 9),
    width=st.integers(4, 9),
    channels=st.sampled_from([0, 1, 3]),
    last=st.booleans(),
    packed=st.booleans(),
)
def test_an_array_is_its_images_whatever_its_layout(
    n: int, height: int, width: int, channels: int, last: bool, packed: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assume(channels or (n != 3 and width != 4))  # grey images could be one of three channels, or of four with alpha
    images = np.random.default_rng(n).integers(256, size=(n, max(channels, 1), height, width), dtype=np.uint8)
    stored = images[:, 0] if channels == 0 else images.transpose(0, 2, 3, 1) if last else images
    folder = tmp_path_factory.mktemp("arrays")
    np.save(folder / "x.npy", np.ascontiguousarray(stored))
    (np.savez_compressed if packed else np.savez)(folder / "x.npz", pictures=np.ascontiguousarray(stored))
    for name in ("x.npy", "x.npz"):
        source = open_source(str(folder / name))
        assert source.count() == n
        assert_same(list(source.items()), list(images))


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_a_guided_diffusion_batch_has_images_and_labels(tmp_path: Path, save: Any) -> None:
    save(tmp_path / "samples_5x7x6x3.npz", HWC, np.arange(5))
    source = open_source(str(tmp_path / "samples_5x7x6x3.npz"))
    assert isinstance(source, Npz)
    assert_same(list(source.items()), list(HWC.transpose(0, 3, 1, 2)))
    assert [item.label for item in source.items()] == list(range(5))


def test_a_reference_batch_has_statistics_beside_its_images(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", arr_0=HWC, mu=np.zeros(3), sigma=np.eye(3), arr_1=np.zeros((2, 2)))
    assert [item.label for item in read(tmp_path / "x.npz")] == [-1] * 5


def test_saved_images_and_prepared_splits_are_read_by_folder_and_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    images = Images(HWC.transpose(0, 3, 1, 2), np.arange(5))
    images.save(Path("data/digits/images/reference"))
    Images(images.pixels[:2], images.labels[:2]).save(Path("data/digits/images/held_out"))
    for location, n in (("data/digits/images/reference", 5), ("digits", 5), ("digits/held_out", 2)):
        items = read(location)
        assert_same(items, list(images.pixels[:n]))
        assert [item.label for item in items] == list(range(n))
    source = open_source("digits/held_out")
    assert isinstance(source, Stored)
    assert (source.dataset, source.split) == ("digits", "held_out")
    with pytest.raises(InputError, match="unknown digits/heldout: split 'heldout'; did you mean 'held_out'"):
        open_source("digits/heldout")
    with pytest.raises(InputError, match="mnist is not prepared here"):
        open_source("mnist")
    Path("digits").mkdir()
    with pytest.raises(InputError, match="digits: no pictures"):
        read("digits")


REFUSED: dict[str, tuple[np.ndarray, str]] = {
    "of floats": (np.zeros((2, 4, 4, 3)), "uint8.*got float64"),
    "of NaN": (np.full((2, 4, 4, 3), np.nan, np.float32), "uint8.*got float32"),
    "of int64": (np.zeros((2, 4, 4, 3), np.int64), "uint8.*got int64"),
    "of four channels": (np.zeros((2, 4, 4, 4), np.uint8), r"C 1 or 3; got uint8 \(2, 4, 4, 4\)"),
    "of two dimensions": (np.zeros((2, 4), np.uint8), r"got uint8 \(2, 4\)"),
    "of five": (np.zeros((2, 1, 1, 4, 3), np.uint8), r"got uint8"),
    "either way": (np.zeros((2, 3, 4, 3), np.uint8), "either the first or the last dimension"),
    "without pixels": (np.zeros((2, 0, 4, 3), np.uint8), "got uint8"),
    "by column": (np.asfortranarray(np.zeros((2, 4, 4, 3), np.uint8)), "Fortran order"),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_an_array_that_is_no_images_is_refused(tmp_path: Path, reason: str) -> None:
    array, message = REFUSED[reason]
    np.save(tmp_path / "x.npy", array)
    with pytest.raises(InputError, match=f"x.npy: .*{message}"):
        read(tmp_path / "x.npy")


def test_python_objects_in_an_array_are_never_loaded(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    np.savez(tmp_path / "x.npz", arr_0=np.array([{"a": 1}], dtype=object), arr_1=HWC, allow_pickle=True)
    with pytest.raises(InputError, match="got object"):
        read(tmp_path / "x.npy")
    assert len(read(tmp_path / "x.npz")) == 5


def test_an_npz_of_nothing_to_see_says_what_there_is(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", mu=np.zeros(4), sigma=np.eye(4))
    with pytest.raises(InputError, match=r"there is: mu float64 \(4,\), sigma float64 \(4, 4\)"):
        read(tmp_path / "x.npz")
    np.savez(tmp_path / "y.npz", a=HWC, b=HWC)
    with pytest.raises(InputError, match=r"in one array alone; there is: a uint8 \(5, 7, 6, 3\), b uint8"):
        read(tmp_path / "y.npz")


@pytest.mark.parametrize("name", ["x.npy", "x.npz"])
def test_an_array_that_ends_early_is_refused(tmp_path: Path, name: str) -> None:
    np.save(tmp_path / "x.npy", HWC)
    short = (tmp_path / "x.npy").read_bytes()[:-20]
    if name == "x.npz":
        write_zip(tmp_path / "x.npz", {"arr_0.npy": short})
    else:
        (tmp_path / "x.npy").write_bytes(short)
    with pytest.raises(InputError, match="ends before its 5 images do"):
        read(tmp_path / name)


@pytest.mark.parametrize("content", [b"", b"nothing", b"PK\x03\x04 nothing"])
@pytest.mark.parametrize("name", ["x.npy", "x.npz", "x.zip", "x.tar", "x"])
def test_a_file_that_is_none_of_these_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=f"{name}: "):
        read(tmp_path / name)


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file or folder, nor a dataset .*digits"):
        open_source(str(tmp_path / "nothing"))


def peak(source: Source) -> int:
    """Return the most memory that reading all images takes, in bytes."""
    tracemalloc.start()
    for _ in source.items():
        pass
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


@pytest.mark.parametrize("name", ["x.npy", "x.npz"])
def test_an_array_is_never_in_memory_as_a_whole(tmp_path: Path, name: str) -> None:
    images = np.zeros((2000, 64, 64, 3), np.uint8)  # 25 MB
    np.save(tmp_path / "x.npy", images) if name == "x.npy" else np.savez_compressed(tmp_path / "x.npz", images)
    source = open_source(str(tmp_path / name))
    assert isinstance(source, Npy)
    assert peak(source) < images.nbytes / 10


def test_an_archive_is_never_in_memory_as_a_whole(tmp_path: Path) -> None:
    content = encoded(np.zeros((3, 256, 256), np.uint8), "bmp")  # 200 kB
    for path in (
        write_zip(tmp_path / "x.zip", {f"{index}.bmp": content for index in range(100)}),
        write_tar(tmp_path / "x.tar", {f"{index}.bmp": content for index in range(100)}),
    ):
        assert peak(open_source(str(path))) < 10 * len(content)
