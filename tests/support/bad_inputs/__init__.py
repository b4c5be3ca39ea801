"""Inputs that must be refused, each made by a small function that says which command refuses it, and in what words.

A function takes the folder of a project (see :func:`made`) and spoils it. A module of this package is a group of them:

    @bad("evaluate", "--real", "x.npy", "--fake", "x.npy", message="expected rows one after another")
    def fortran_order(folder: Path) -> None: ...

Words that start with "stage" are those of a stage: ("stage", "train", "vae", "0").
"""

from __future__ import annotations

import importlib
import pkgutil
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from genbench.data.features import FeatureProtocol, Features
from genbench.files.atomic import write_json
from genbench.find import dotted
from genbench.pipeline.params import load as load_params
from tests.support.clone import ROOT, change, copy_versions

Make = Callable[[Path], object]

#: Words of `genbench evaluate` up to the generated images; images.npy and features.npz are in every project.
IMAGES = ("evaluate", "--no-cache", "--json", "out.json", "--extractor", "pixels", "--real", "images.npy", "--fake")
FEATURES = ("evaluate", "--no-cache", "--json", "out.json", "--metrics", "fid", "--real", "features.npz", "--fake")
PIXELS = FeatureProtocol("pixels")


@dataclass(frozen=True)
class Bad:
    """One bad input. message: a part of the one line of its refusal."""

    name: str
    words: tuple[str, ...]
    message: str
    make: Make

    def __str__(self) -> str:
        return self.name


_ALL: list[Bad] = []


def add(name: str, words: tuple[str, ...], message: str, make: Make) -> None:
    """Add one to the corpus."""
    _ALL.append(Bad(name, words, message, make))


def holding(name: str, content: str | bytes) -> Callable[[Path], object]:
    """Make a function that writes a file of the project."""
    return lambda folder: (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def bad(*words: str, message: str) -> Callable[[Make], Make]:
    """Add a function's input to the corpus, by its name and its module's."""

    def added(make: Make) -> Make:
        add(f"{make.__module__.rpartition('.')[2]}-{make.__name__}", words, message, make)
        return make

    return added


def corpus() -> list[Bad]:
    """Return all of them, group by group."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return list(_ALL)


def made(folder: Path) -> Path:
    """Make a small project with earlier results: params, three runs, a profile, a leaderboard, images and features."""
    (folder / "data/source").mkdir(parents=True)
    for name in ("params.yaml", "profiles/digits.yaml", "reports/leaderboard.json"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    copy_versions(folder)
    (folder / "runs").mkdir()
    for run in ("vae", "noise", "wgan_gp"):
        shutil.copy(ROOT / f"runs/{run}.yaml", folder / "runs")
    change(folder, enabled=["vae", "noise"])
    _write_code(folder)
    rng = np.random.default_rng(0)
    np.save(folder / "images.npy", rng.integers(256, size=(20, 8, 8, 3), dtype=np.uint8))
    random_features(rng).save(folder / "features.npz")
    write_json(folder / "out.json", "earlier")
    random_features(rng).save(folder / "out.npz")
    return folder


def _write_code(folder: Path) -> None:
    """Write what the stage fingerprint gives the stages evaluate and report, without the hashes."""
    p = load_params(folder / "params.yaml")
    runs = {name: {**p.run(name).model_dump(), "family": p.run(name).train["model"]} for name in p.enabled}
    catalogue = {"runs": runs, "metrics": list(p.metrics)}
    write_json(folder / "code/catalogue.json", catalogue)
    write_json(folder / "code/metrics.json", {dotted("metrics", name): {} for name in p.metrics})
    write_json(folder / "code/stages/evaluate.json", {})


def random_features(rng: np.random.Generator, n: int = 20, protocol: FeatureProtocol = PIXELS) -> Features:
    """Features of three dimensions and two classes."""
    probs = rng.dirichlet(np.ones(2), size=n).astype(np.float32)
    return Features(rng.normal(size=(n, 3)).astype(np.float32), probs, np.arange(n) % 2, protocol=protocol)
