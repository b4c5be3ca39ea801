"""Features of locations that a user names, which `genbench features` writes and `genbench evaluate` starts from."""

from __future__ import annotations

import inspect
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from genbench.data.features import Features
from genbench.data.paths import Paths
from genbench.data.prepared import About
from genbench.data.sources import Source
from genbench.data.sources.arrays import array_names, is_npz, read_headers
from genbench.data.sources.location import open_source
from genbench.errors import InputError, unknown
from genbench.evaluation import statistics
from genbench.evaluation.cache import Notes, cached_features
from genbench.extractors import UNNAMED, Extractor
from genbench.files.npy import require_room
from genbench.files.require_file import kind_of
from genbench.files.yaml import parse
from genbench.find import find, members
from genbench.options import checked

#: What the arrays of a file of features are made of.
KINDS = {"vectors": np.floating, "probs": np.floating, "labels": np.integer}

STATISTICS = "statistics"  # the side of a mean and covariance in place of images

NO_DATASET = About(dataset="", shape=(3, 1, 1), classes=(), levels=256, counts={})


@dataclass(frozen=True)
class Measuring:
    """Options by which images become features.

    extractor: the name of one, or a folder that one was obtained in; None for that of the features that are there,
    else `UNNAMED`. options: its options. skip_broken: leave out images that cannot be read. cache: a folder to
    keep features in, None to keep none.
    """

    extractor: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    skip_broken: bool = False
    cache: Path | None = None


@dataclass(frozen=True)
class Measured:
    """Features by the name of their side, and notes on the images of each that were read here."""

    features: dict[str, Features]
    notes: dict[str, Notes]


def measure(locations: dict[str, str], how: Measuring) -> Measured:
    """Compute features of the images at each location (:mod:`genbench.data.sources.location`), or read those of a file.

    locations: by the name of their side, such as "real". Saved features are taken as they are; if images are to be
    compared with them, they must come from the same extractor, weights and resizing. So must a mean and covariance,
    which are the side `STATISTICS` alone, and give the vectors that stand in for theirs. Where images of one side are
    grey and another has colour ones, an extractor that tells them apart is given three equal channels of them.
    """
    loaded = {side: _load(Path(location)) for side, location in locations.items() if _holds_features(location)}
    if STATISTICS in locations:
        loaded[STATISTICS] = statistics.load(locations[STATISTICS]).stand_in
    sources = {side: _open_images(location) for side, location in locations.items() if side not in loaded}
    if not sources:
        _require_unused(how, loaded, locations)
        return Measured(loaded, {})
    measured, notes = {}, {}
    named = [known.protocol.extractor for known in loaded.values() if known.protocol.extractor]
    reference = how.extractor or next(iter(named), UNNAMED)
    with opened(reference, how.options, _dataset(sources)) as extractor:
        for side, known in loaded.items():
            extractor.require_same(known, locations[side])
        for side, source in sources.items():
            measured[side], notes[side] = extractor.features(source, how)
        most = max(known.vectors.shape[1] for known in (loaded | measured).values())
        for side, source in sources.items():
            if 3 * measured[side].vectors.shape[1] == most:  # grey images, and another side has colour ones
                measured[side], notes[side] = extractor.features(source, how, colour=True)
    return Measured({side: (loaded | measured)[side] for side in locations}, notes)


def _open_images(location: str) -> Source:
    if statistics.holds_statistics(location) and not statistics.has_images(location):
        raise InputError(
            f"{location}: holds a mean and a covariance, which can be the real side of a FID alone; "
            f"expected images or features"
        )
    return open_source(location)


def _holds_features(location: str) -> bool:
    path = Path(location)
    return kind_of(path) == "a file" and is_npz(path) and "vectors" in array_names(path)


def _load(path: Path) -> Features:
    """Somebody's file of features: what its heads promise is looked at before it is taken into memory."""
    headers = read_headers(path)
    for name, header in headers.items():
        expected = np.floating if name.startswith("layer.") else KINDS.get(name)
        if expected and not np.issubdtype(header.dtype, expected):
            raise InputError(f"{path}: {name}: expected {expected.__name__} numbers, got {header}")
    if headers["vectors"].shape[1:] == (0,):
        raise InputError(f"{path}: vectors: expected features of at least 1 dimension, got {headers['vectors']}")
    require_room(sum(header.nbytes for header in headers.values()), str(path))
    try:
        return Features.load(path)
    except InputError as error:
        raise error if str(path) in str(error) else InputError(f"{path}: {error}") from error
    except Exception as error:  # a broken file's faults are of many types
        raise InputError(f"{path}: not readable as features: {' '.join(str(error).split())}") from error


def _require_unused(how: Measuring, loaded: dict[str, Features], locations: dict[str, str]) -> None:
    """Refuse what the user says of an extractor that there are no images for, unless it is what was used."""
    if how.options:
        raise InputError(
            f"--set extractor: {' and '.join(locations.values())} are features already, there is nothing to set"
        )
    for side, known in loaded.items():
        if how.extractor and known.protocol.extractor not in ("", Path(how.extractor).name):
            raise InputError(
                f"--extractor {how.extractor}: {locations[side]} has features of {known.protocol.extractor}"
            )


def _dataset(sources: dict[str, Source]) -> str:
    """Give the prepared dataset that the sources name, "" if there is none."""
    return next((source.dataset for source in sources.values() if source.dataset), "")


@dataclass(frozen=True)
class Opened:
    """Extractor that is ready, its name and the folder that it is in."""

    name: str
    folder: Path
    network: Extractor

    def features(self, source: Source, how: Measuring, *, colour: bool = False) -> tuple[Features, Notes]:
        """Compute features of a source, or take them from the cache; with notes on its images."""
        return cached_features(
            source,
            self.network,
            self.name,
            self.folder,
            skip_broken=how.skip_broken,
            cache=how.cache,
            colour=colour,
        )

    def require_same(self, known: Features, location: str) -> None:
        """Refuse saved features that this extractor did not make."""
        mine = {"extractor": self.name, "weights": self.network.weights, "resize": self.network.resize}
        for key, theirs in known.protocol.comparable().items():
            if theirs and theirs != mine.get(key, theirs):
                raise InputError(f"{location}: its features are of {key} {theirs!r}, images would be of {mine[key]!r}")


@contextmanager
def opened(reference: str, options: dict[str, Any], dataset: str) -> Iterator[Opened]:
    """Open the extractor of a name or folder.

    A name stands for what the project has obtained for `dataset`, where there is one and no options are given;
    otherwise it is obtained for the length of the block.
    """
    there = Path(reference)
    if kind_of(there) != "a folder" and dataset and not options:
        there = Paths(dataset).extractor(reference)
    if kind_of(there) == "a folder":
        if options:
            raise InputError(f"--set extractor: {there} is an extractor whose options are made; expected none")
        yield Opened(there.name, there, _loaded(there))
        return
    if reference not in members("extractors"):
        raise unknown("--extractor: no folder and no extractor", reference, members("extractors"))
    with tempfile.TemporaryDirectory() as scratch:
        module, folder = find("extractors", reference), Path(scratch)
        if _of_one_dataset(reference):
            raise InputError(
                f"--extractor {reference}: made for one dataset; name the folder of one that was, such as "
                f"{Paths('digits').extractor(reference)}, or compare with a prepared dataset"
            )
        chosen = checked(module.obtain, options, "extractor")
        try:
            module.obtain(folder, {}, NO_DATASET, **chosen)
        except InputError as error:
            if _at_hand(reference):
                raise
            raise InputError(
                f"{error}; here --extractor can be {', '.join(filter(_at_hand, members('extractors')))}"
            ) from error
        yield Opened(reference, folder, module.load(folder))


def _of_one_dataset(name: str) -> bool:
    """Return whether an extractor has options without defaults, which the params of a dataset set."""
    parameters = inspect.signature(find("extractors", name).obtain).parameters.values()
    return any(p.kind is p.KEYWORD_ONLY and p.default is p.empty for p in parameters)


def _at_hand(name: str) -> bool:
    """Return whether an extractor works here, without a download."""
    return not _of_one_dataset(name) and getattr(find("extractors", name), "at_hand", lambda: True)()


def _loaded(folder: Path) -> Extractor:
    """Load the extractor of a folder, which anybody may have filled."""
    module = find("extractors", folder.name)
    try:
        return module.load(folder)
    except InputError:
        raise
    except (AttributeError, KeyError, TypeError, ValueError, RuntimeError, MemoryError) as error:
        said = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{folder}: not the folder of an extractor {folder.name}: {said}") from error


def settings(texts: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Turn texts NAME.OPTION=VALUE, each value read as YAML, into options by name: ["fid_infinity.groups=5"]."""
    options: dict[str, dict[str, Any]] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        name, dot, option = key.partition(".")
        if not (equals and dot and name and option):
            raise InputError(f"--set {text}: expected NAME.OPTION=VALUE, such as precision_recall.k=5")
        options.setdefault(name, {})[option] = parse(value, f"--set {text}")
    return options
