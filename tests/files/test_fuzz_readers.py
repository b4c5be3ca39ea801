"""Any bytes at all are a value or an InputError for every reader, and never more memory than is bounded.

Bytes are drawn in two ways: freely, and as files of the reader's own kind in which some bytes are others, are gone or
are there twice. What the second way finds lies behind the checks that the first one ends at.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import tracemalloc
from collections.abc import Callable
from contextlib import chdir, suppress
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from hypothesis import example, given, settings, strategies as st
from PIL import Image
from torch import nn

from genbench.dag.locked import Lock
from genbench.data.features import Features
from genbench.data.images import load_array
from genbench.data.prepared import load_about
from genbench.data.sources.location import open_source
from genbench.errors import InputError
from genbench.evaluation import statistics
from genbench.evaluation.features import Measuring, measure
from genbench.files import yaml
from genbench.files.atomic import read_json
from genbench.files.picture import decode
from genbench.files.section import load, read
from genbench.files.tensors import load_state, read_about
from genbench.human import answers
from genbench.pipeline import cell, environment, params
from genbench.pipeline.catalogue import Run
from genbench.report.compare.settings import read_settings
from genbench.report.compare.snapshot import Snapshot
from genbench.report.stored import parse as parse_board
from tests.support.bad_inputs import random_features
from tests.support.bad_inputs.content import npy, npz, png, safetensors, tarred, zipped
from tests.support.clone import ROOT
from tests.support.picture_files import chunk, png as made_png, tiff

MEMORY = 1 << 27  # bytes
PIXELS = np.random.default_rng(0).integers(256, size=(3, 8, 8, 3), dtype=np.uint8)
PNG = png()
TENSORS = {
    "weight": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
    "bias": {"dtype": "F32", "shape": [2], "data_offsets": [24, 32]},
    "__metadata__": {"about": "{}"},
}


def _source(name: str) -> Callable[[bytes], object]:
    """Read every image of a location, those that are broken by the way."""

    def reader(content: bytes) -> None:
        Path(name).write_bytes(content)
        source = open_source(name)
        source.digest()
        source.count()
        for _ in source.items(lambda error: None):
            pass

    return reader


def _file(name: str, reader: Callable[[Path], object]) -> Callable[[bytes], object]:
    def written(content: bytes) -> object:
        path = Path(name)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return reader(path)

    return written


def _settings(path: Path) -> object:
    with chdir(path.parent):
        return read_settings(Snapshot("here", ""))


def _lock(path: Path) -> object:
    lock = Lock.read(path)
    return lock.extractors(), list(lock.outputs("report"))


def _cell(path: Path) -> object:
    return cell.load(path.parent, "raw")


def _statistics(path: Path) -> object:
    return statistics.load(str(path)).stand_in if statistics.holds_statistics(str(path)) else None


def _resealed(content: bytes) -> object:
    """Read a PNG whose checksums are made right, so that what is spoilt lies behind them."""
    parts, start = [content[:8]], 8
    while start + 12 <= len(content):
        length = int.from_bytes(content[start : start + 4], "big")
        parts.append(chunk(content[start + 4 : start + 8], content[start + 8 : start + 8 + length]))
        start += length + 12
    return decode(io.BytesIO(b"".join(parts)), "x")


def _packed(compression: str, pixels: np.ndarray) -> bytes:
    """Write a TIFF by libtiff."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "TIFF", compression=compression)
    return out.getvalue()


def _features() -> bytes:
    random_features(np.random.default_rng(0)).save(Path("seed.npz"))
    return Path("seed.npz").read_bytes()


ABOUT = {"dataset": "digits", "shape": [1, 8, 8], "classes": ["0"], "levels": 17, "counts": {"train": 3}}
TRAINING = {"shape": [1, 8, 8], "options": {"model": "noise"}, "diverged": None, "best": {}}
BOARD = (ROOT / "reports/leaderboard.json").read_bytes()
OTHERS = [png(kind=kind) for kind in ("gif", "webp", "ppm")]
LEVELS = np.random.default_rng(0).integers(256, size=(8, 8, 3))
TIFFS = [
    tiff(LEVELS, photometric=2),
    tiff(LEVELS[..., 0], photometric=3, compression=8, more=[(320, "H", range(768))]),
    tiff(LEVELS, photometric=6, bits=12, planar=2, tile=16, big=True),
    tiff(LEVELS, photometric=8, order=">", compression=32773, rows=3),
]
PACKED = [_packed(kind, LEVELS.astype(np.uint8)) for kind in ("tiff_lzw", "zstd", "lzma", "jpeg")]
FAXES = [_packed(kind, LEVELS[..., 0] > 99) for kind in ("tiff_ccitt", "group3", "group4")]
PNGS = [
    made_png(LEVELS, bits=16, interlaced=True),
    made_png(LEVELS[..., 0] % 16, bits=4, palette=LEVELS.reshape(-1, 3)[:16], before=chunk(b"tRNS", bytes(9))),
    made_png(LEVELS[..., :2], before=chunk(b"eXIf", b"II*\0")),
]
JPEGS = [
    bytes(imagecodecs.jpeg8_encode(LEVELS.astype(np.uint16) * 16, bitspersample=12)),
    bytes(imagecodecs.jpeg8_encode(LEVELS.astype(np.uint8), lossless=True)),
]
YAML = b"a: &x [1, 0x1f]\nb: !!set {c}\nd: 2001-01-01T00:00:00Z\ne: |\n  f\n? [g]\n: .inf\n"
VERSIONS = (ROOT / "environment.yaml").read_bytes()
LOCK = b"stages: {report: {params: {params.yaml: {extractors: [a]}}, outs: [{path: reports/a, md5: 0a}]}}\n"
RUN = (ROOT / "runs/vae.yaml").read_bytes()

#: By name: what reads the bytes, and files of its kind to start from.
ANSWERS = f"{','.join(answers.COLUMNS)}\n1,1,time,vae,1,0,1,0,0,7,abc,1,500,499.9,16.7,,640.5,320,2.0,1x1\n".encode()
READERS: dict[str, tuple[Callable[[bytes], object], list[bytes]]] = {
    "npy": (_file("x.npy", load_array), [npy(PIXELS), npy(np.zeros(3)), npy(np.asfortranarray(np.eye(3)))]),
    "images npy": (_source("x.npy"), [npy(PIXELS), npy(PIXELS[..., 0].copy())]),
    "images npz": (_source("x.npz"), [npz(arr_0=npy(PIXELS), arr_1=npy(np.arange(3))), npz(a=npy(PIXELS))]),
    "zip": (_source("x.bin"), [zipped({"a.png": PNG, "b/é.png": PNG}, how) for how in (0, 8, 14)]),
    "tar": (_source("x.bin"), [tarred({"a.png": PNG, "x" * 120 + ".png": PNG}), tarred({"a.png": PNG}, type=b"2")]),
    "packed tar": (_source("x.bin"), [tarred({"a.png": PNG}, mode) for mode in ("w:gz", "w:xz", "w:bz2")]),
    "features": (_file("x.npz", Features.load), []),
    "features of anybody": (_file("x.npz", lambda path: measure({"a": str(path)}, Measuring())), []),
    "statistics": (_file("x.npz", _statistics), [npz(mu=npy(np.zeros(3)), sigma=npy(np.eye(3)))]),
    "safetensors": (_file("x.st", lambda path: load_state(nn.Linear(3, 2), path)), [safetensors(TENSORS, bytes(32))]),
    "safetensors' text": (_file("x.st", read_about), [safetensors(TENSORS, bytes(32))]),
    "picture": (_file("x.png", lambda path: decode(path, "x")), [png(kind=kind) for kind in ("png", "jpeg", "bmp")]),
    "TIFF": (_file("x.tif", lambda path: decode(path, "x")), TIFFS),
    "TIFF of libtiff": (_file("x.tif", lambda path: decode(path, "x")), PACKED),
    "fax": (_file("x.tif", lambda path: decode(path, "x")), FAXES),
    "PNG": (_resealed, PNGS),
    "JPEG of other depths": (_file("x.jpg", lambda path: decode(path, "x")), JPEGS),
    "picture of others": (_file("x.gif", lambda path: decode(path, "x")), OTHERS),
    "params": (_file("params.yaml", params.load), [(ROOT / "params.yaml").read_bytes()]),
    "versions": (_file("environment.yaml", lambda path: environment.load(path.parent)), [VERSIONS]),
    "lock": (_file("dvc.lock", _lock), [LOCK]),
    "run": (_file("x.yaml", lambda path: load(path, Run)), [RUN]),
    "profile": (_file("x.yaml", read), [(ROOT / "profiles/digits.yaml").read_bytes()]),
    "params of another state": (_file("other/params.yaml", _settings), [RUN]),
    "YAML": (_file("x.yaml", read), [YAML]),
    "JSON": (_file("x.json", read_json), [b'{"a": [1, -2.5e3, "x\\u00e9", {"b": null}]}']),
    "about": (_file("images/about.json", lambda path: load_about(path.parent)), [json.dumps(ABOUT).encode()]),
    "leaderboard": (_file("x.json", lambda path: parse_board(path.read_bytes(), "x")), [BOARD]),
    "answers of people": (_file("x.csv", answers.read), [ANSWERS]),
    "trained cell": (_file("cell/training.json", _cell), [json.dumps(TRAINING).encode()]),
}

#: Numbers that readers trip over.
TRIPS = (b"\xff" * 4, b"\xff" * 8, bytes(4), b"\x7f" + b"\xff" * 3, b"\0\0\0\x80", b"-1", b"9" * 30, b"nan", b"[" * 60)


@st.composite
def mutated(draw: st.DrawFn, seeds: list[bytes]) -> bytes:
    """One of the files in which a few stretches are others."""
    content = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        other = draw(st.one_of(st.sampled_from(TRIPS), st.binary(max_size=3)))
        match draw(st.sampled_from(["other", "more", "less", "end", "again"])):
            case "other":
                content[start : start + len(other)] = other
            case "more":
                content[start:start] = other
            case "less":
                del content[start : start + draw(st.integers(1, 100))]
            case "end":
                del content[start:]
            case "again":
                content[start:start] = content[max(start - 64, 0) : start]
    return bytes(content)


def require_bounded(reader: Callable[[bytes], object], content: bytes) -> None:
    tracemalloc.start()
    try:
        with suppress(InputError):
            reader(content)
        assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()


@pytest.fixture(autouse=True, scope="module")
def _elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The folder in which readers find their files, with the catalogue that params name."""
    before = Path.cwd()
    os.chdir(tmp_path_factory.mktemp("fuzz"))
    Path("runs").symlink_to(ROOT / "runs")
    yield
    os.chdir(before)


@pytest.mark.parametrize("name", READERS)
@pytest.mark.filterwarnings("ignore")
def test_files_of_their_own_kind_that_are_spoilt(name: str) -> None:
    reader, seeds = READERS[name]
    seeds = seeds or [_features()]
    for seed in seeds:
        with suppress(InputError):  # a link in an archive, a run that the catalogue lacks
            reader(seed)

    @settings(max_examples=60)
    @given(content=mutated(seeds))
    def spoilt(content: bytes) -> None:
        require_bounded(reader, content)

    spoilt()


@pytest.mark.parametrize("name", READERS)
@pytest.mark.filterwarnings("ignore")
def test_any_bytes(name: str) -> None:
    reader = READERS[name][0]

    @settings(max_examples=25)
    @given(content=st.binary(max_size=300))
    @example(content=b"")
    @example(content=b"\x93NUMPY\x01\x00")
    @example(content=b"PK\x05\x06" + bytes(18))
    @example(content=gzip.compress(bytes(1024)))
    @example(content=b"{" * 5000)
    @example(content=b"- " * 5000)
    @example(content=b"\xef\xbb\xbf{}")
    def freely(content: bytes) -> None:
        require_bounded(reader, content)

    freely()


@settings(max_examples=60)
@given(text=st.text(max_size=200))
@example(text="a: !!int 0x")
@example(text="a: 2001-99-99")
@example(text="<<: 1")
@example(text="%YAML 9.9\n---\na")
def test_any_text_as_yaml(text: str) -> None:
    with suppress(InputError):
        yaml.parse(text, "x")


SHAPES = st.lists(st.one_of(st.integers(-3, 9), st.sampled_from([1 << 31, 1 << 40, 1 << 70])), max_size=5)
TYPES = st.sampled_from(["|u1", "<f4", ">f8", "<i8", "|b1", "|O", "|V0", "<U0", "<U3", "<c16", "<m8[s]", "(2,)<f4"])


@settings(max_examples=40)
@given(shape=SHAPES, dtype=TYPES, fortran=st.booleans(), room=st.integers(0, 4000))
def test_a_head_that_says_anything(shape: list[int], dtype: str, fortran: bool, room: int) -> None:
    text = f"{{'descr': '{dtype}', 'fortran_order': {fortran}, 'shape': {tuple(shape)}, }}"
    header = text.ljust(200).encode() + b"\n"
    content = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(room)
    for name in ("npy", "images npy"):
        require_bounded(READERS[name][0], content)
    for member in ("vectors", "arr_0"):
        for name in ("images npz", "features", "features of anybody"):
            require_bounded(READERS[name][0], npz(**{member: content}))


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=8,
)


@settings(max_examples=80)
@given(key=st.sampled_from(["vectors", *Features.__annotations__]), protocol=VALUES)
def test_a_protocol_that_says_anything(key: str, protocol: Any) -> None:
    known = dict.fromkeys(("extractor", "weights", "resize", "dataset", "split", "source"), "") | {"n": 3}
    for values in (protocol, {**known, key: protocol}, {**known, "n": protocol}):
        content = npz(vectors=npy(np.zeros((3, 2), np.float32)), protocol=npy(np.array(json.dumps(values))))
        require_bounded(READERS["features"][0], content)


@settings(max_examples=80)
@given(head=st.one_of(VALUES, st.dictionaries(st.sampled_from(["weight", "bias", "__metadata__"]), VALUES)))
def test_a_safetensors_head_that_says_anything(head: Any) -> None:
    for name in ("safetensors", "safetensors' text"):
        require_bounded(READERS[name][0], safetensors(head, bytes(32)))
