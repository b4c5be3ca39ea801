"""Nothing of anybody's is ever run: not in the source, and not when a hostile pickle lies where a file is read.

Python's `pickle` documentation: "It is possible to construct malicious pickle data which will execute arbitrary code
during unpickling."
"""

from __future__ import annotations

import ast
import os
import pickle
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from genbench import cli
from genbench.dag.locked import Lock
from genbench.data.features import Features
from genbench.data.images import Images
from genbench.data.sources.location import open_source
from genbench.engine import checkpoint
from genbench.errors import InputError
from genbench.evaluation import statistics
from genbench.evaluation.features import Measuring, measure
from genbench.extractors import _pretrained
from genbench.files.atomic import read_json
from genbench.files.picture import decode
from genbench.files.tensors import load_state, read_about
from genbench.human import answers
from genbench.pipeline import check, environment, params
from genbench.pipeline.profiles import use
from genbench.report.compare.settings import read_settings
from genbench.report.compare.snapshot import Snapshot
from tests.support.bad_inputs import made
from tests.support.bad_inputs.content import npy, npz, safetensors, zipped
from tests.support.clone import ROOT, change

#: Modules that run what a file says, and calls that do.
MODULES = {"pickle", "_pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "yaml"}  # PyYAML
CALLS = {"eval", "exec", "compile", "__import__"}
SOURCES = sorted(
    path for folder in ("genbench", "stages", "benchmarks", ".ci") for path in (ROOT / folder).rglob("*.py")
)


def dangers(tree: ast.AST) -> Iterator[str]:
    """List what in a module could run what a file says."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name.partition(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom) and not node.level and (node.module or "").partition(".")[0] in MODULES:
            yield str(node.module)
        elif isinstance(node, ast.Call):
            yield from _of_call(node)


def _of_call(node: ast.Call) -> Iterator[str]:
    called = ast.unparse(node.func)
    given = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
    if called in CALLS:
        yield called
    if called.endswith("torch.load") and given.get("weights_only") != "True":
        yield "torch.load without weights_only=True"
    if given.get("allow_pickle", "False") != "False":
        yield f"{called} with allow_pickle"
    if called in ("np.load", "numpy.load") and given.get("allow_pickle") != "False":
        yield "np.load that does not say allow_pickle=False"
    if called in ("YAML", "ruamel.yaml.YAML") and given.get("typ", "'rt'") not in ("'safe'", "'rt'"):
        yield f"YAML of the kind {given['typ']}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_runs_what_a_file_says(path: Path) -> None:
    assert list(dangers(ast.parse(path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "from joblib import load",
        "import os, shelve",
        "eval('1')",
        "exec(text)",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "np.load(path)",
        "np.load(path, allow_pickle=True)",
        "np.lib.format.read_array(file, allow_pickle=flag)",
        "YAML(typ='unsafe')",
        "import yaml",
        "__import__(name)",
    ],
)
def test_the_search_finds_what_it_is_for(code: str) -> None:
    assert list(dangers(ast.parse(code)))


class Trap:
    """Unpickled, it leaves a file behind."""

    def __reduce__(self) -> Any:
        return (os.system, ("touch sprung",))


PICKLE = pickle.dumps(Trap())
TORCH = zipped({"archive/data.pkl": PICKLE, "archive/version": b"3"}, zipfile.ZIP_STORED)
OBJECTS = npy(np.array([Trap()], dtype=object), allow_pickle=True)
YAML = b'a: !!python/object/apply:os.system ["touch sprung"]\n'
EVERY = {
    "pickle": PICKLE,
    "torch": TORCH,
    "npy": OBJECTS,
    "npz": npz(vectors=OBJECTS, arr_0=OBJECTS, arr_1=OBJECTS, labels=OBJECTS, protocol=OBJECTS),
    "npz_as_protocol": npz(vectors=npy(np.zeros((3, 2), np.float32)), protocol=OBJECTS),
    "npz_as_labels": npz(arr_0=npy(np.zeros((3, 8, 8), np.uint8)), arr_1=OBJECTS),
    "safetensors": safetensors({"__metadata__": {"about": "x", "progress": PICKLE.hex()}}, PICKLE),
    "yaml": YAML,
    "head_of_code": b"\x93NUMPY\x01\x00\x40\x00" + b"__import__('os').system('touch sprung')".ljust(64),
}


def written(path: str, content: bytes) -> Path:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(content)
    return Path(path)


def _images(content: bytes) -> None:
    folder = written("saved/pixels.npy", content).parent
    written("saved/labels.npy", content)
    list(open_source(str(folder)).items())


def _saved(content: bytes) -> None:
    folder = written("saved/pixels.npy", content).parent
    written("saved/labels.npy", content)
    Images.load(folder)


def _checkpoint(content: bytes) -> None:
    written("checkpoint.safetensors", content)
    checkpoint.load(Path(), {}, {})


def _extractor(content: bytes) -> None:
    written("random_conv/weights.safetensors", content)
    written("random_conv/pixels.json", content)
    measure({"images": "images.npy"}, Measuring("random_conv"))


def _statistics(content: bytes) -> None:
    np.savez("trap.npz", mu=np.zeros(1), sigma=np.eye(1))
    with zipfile.ZipFile("trap.npz", "a") as archive:
        archive.writestr("protocol.npy", content)
    statistics.load("trap.npz")
    written("trap.npz", npz(mu=content, sigma=content))
    statistics.load("trap.npz")


def _profile(content: bytes) -> None:
    written("profiles/trap.yaml", content)
    use("trap")


def _run(content: bytes) -> None:
    written("runs/trap.yaml", content)
    change(Path(), enabled=["trap"])
    check.check(params.load())


#: Readers of this project's files, by name.
READERS: dict[str, Callable[[bytes], object]] = {
    "images in .npy": lambda content: list(open_source(str(written("trap.npy", content))).items()),
    "images in .npz": lambda content: list(open_source(str(written("trap.npz", content))).items()),
    "images in an archive": lambda content: list(open_source(str(written("trap.bin", content))).items()),
    "images in a folder": _images,
    "saved images": _saved,
    "features": lambda content: Features.load(written("trap.npz", content)),
    "features of anybody": lambda content: measure({"a": str(written("trap.npz", content))}, Measuring()),
    "statistics": _statistics,
    "weights": lambda content: load_state(torch.nn.Linear(2, 2), written("trap.safetensors", content)),
    "what weights say": lambda content: read_about(written("trap.safetensors", content)),
    "published weights": lambda content: _pretrained.read(written("trap.pth", content)),
    "an extractor": _extractor,
    "a checkpoint": _checkpoint,
    "params": lambda content: params.load(written("params.yaml", content)),
    "params of another state": lambda content: (written("params.yaml", content), read_settings(Snapshot("here", ""))),
    "versions": lambda content: environment.load(written("environment.yaml", content).parent),
    "a lock": lambda content: Lock.read(written("dvc.lock", content)),
    "a run": _run,
    "a profile": _profile,
    "a picture": lambda content: decode(written("trap.png", content), "trap.png"),
    "answers of people": lambda content: answers.read(written("trap.csv", content)),
    "JSON": lambda content: read_json(written("trap.json", content)),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("content", EVERY)
def test_a_trap_is_never_sprung(reader: str, content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(made(tmp_path))
    with suppress(InputError):  # a value will do as well, as long as nothing runs
        READERS[reader](EVERY[content])
    assert not Path("sprung").exists()


def test_the_traps_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opened by those who do run what a file says, each leaves its file behind."""
    monkeypatch.chdir(tmp_path)
    for content in (PICKLE, TORCH, OBJECTS):
        path = written("trap", content)
        with suppress(Exception):
            pickle.loads(content)
        with suppress(Exception):
            torch.load(path, weights_only=False)
        with suppress(Exception):
            np.load(path, allow_pickle=True)
        assert Path("sprung").exists()
        Path("sprung").unlink()


def test_the_command_does_not_spring_them_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(made(tmp_path))
    for name, content in EVERY.items():
        for ending in (".npy", ".npz", ".pt", ".safetensors", ".zip"):
            path = written(f"{name}{ending}", content)
            words = ["evaluate", "--real", "images.npy", "--fake", str(path), "--extractor", "pixels", "--no-cache"]
            with pytest.raises(SystemExit):
                cli.main(words)
    assert not Path("sprung").exists()
