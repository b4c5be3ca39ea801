"""Features kept for the next time, by the content of all that they come from.

The key is a hash of the images, of the extractor's folder (weights and options) and of the code that reads and
measures; the location that the images were read from is no part of it. An entry is two files: the features, and notes
on the images. The folder may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from genbench.data.features import Features
from genbench.data.sources import Source
from genbench.errors import InputError
from genbench.evaluation.stream import Shape, features
from genbench.extractors import Extractor
from genbench.files.atomic import read_json, sha256, write_json
from genbench.files.code import closure
from genbench.files.download import cache_folder
from genbench.find import PACKAGE

log = logging.getLogger(__name__)

MODULES = ("genbench.data.sources.location", "genbench.evaluation.stream")


@dataclass(frozen=True)
class Notes:
    """Notes on the images of a source. skipped: those that could not be read. shapes: (C, H, W) of the others."""

    skipped: list[str]
    shapes: list[Shape]


def default_folder() -> Path:
    """Return $XDG_CACHE_HOME/genbench/features, by default under ~/.cache."""
    return cache_folder() / "features"


def key(source: Source, name: str, folder: Path, *, colour: bool = False) -> str:
    """Compute the key of the features of a source under the extractor `name`, obtained in `folder`."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    parts = {
        "images": source.digest(),
        "colour": colour,
        "extractor": [(path.relative_to(folder).as_posix(), sha256(path)) for path in files],
        "code": closure([f"genbench.extractors.{name}", *MODULES], PACKAGE.parent, packages=[PACKAGE.name]),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def cached_features(
    source: Source,
    extractor: Extractor,
    name: str,
    folder: Path,
    *,
    skip_broken: bool,
    cache: Path | None,
    colour: bool = False,
) -> tuple[Features, Notes]:
    """Take the features of a source from the cache, or compute and keep them; with notes on its images.

    folder: where the extractor was obtained. skip_broken: leave out images that cannot be read; otherwise the first
    of them is an InputError. cache: None computes and keeps nothing. colour: grey images become three equal channels.
    """
    if cache is None:
        return _computed(source, extractor, name, skip_broken, colour)
    entry = cache / key(source, name, folder, colour=colour)
    path, said = entry.with_suffix(".npz"), entry.with_suffix(".json")
    if path.is_file() and said.is_file():
        try:
            found, notes = Features.load(path), _read(said)
        except (InputError, TypeError, MemoryError) as error:
            log.warning("%s: broken (%s), computed anew", path, error)
        else:
            if skip_broken or not notes.skipped:
                log.info("%s: features taken from %s", source.location, path)
                where = replace(found.protocol, source=source.location, dataset=source.dataset, split=source.split)
                return replace(found, protocol=where), notes
    computed, notes = _computed(source, extractor, name, skip_broken, colour)
    try:
        write_json(said, asdict(notes))
        computed.save(path)
    except InputError as error:  # such as a full disk, which need not cost what was computed
        log.warning("features are not kept: %s", error)
    return computed, notes


def _read(path: Path) -> Notes:
    said = Notes(**read_json(path))
    return Notes(list(said.skipped), [tuple(shape) for shape in said.shapes])


def _computed(
    source: Source, extractor: Extractor, name: str, skip_broken: bool, colour: bool
) -> tuple[Features, Notes]:
    skipped: list[str] = []
    shapes: set[Shape] = set()

    def broken(error: InputError) -> None:
        if not skip_broken:
            raise error
        # A file's name may be no text; what stands in for its bytes can't be written to a file.
        text = str(error).encode("utf-8", "backslashreplace").decode()
        log.warning("skipped: %s", text)
        skipped.append(text)

    found = features(source, extractor, name=name, broken=broken, shapes=shapes, colour=colour)
    return found, Notes(skipped, sorted(shapes, key=lambda shape: (math.prod(shape), shape)))
