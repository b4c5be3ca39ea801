"""Features kept for the next time, by the content of all that they come from.

The key is a hash of the images, of the extractor's folder (weights and options) and of the code that reads and
measures; the location that the images were read from is no part of it. An entry is two files, the features and the list
of images that were skipped because they could not be read. The folder may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import replace
from pathlib import Path

from genbench.data.features import Features
from genbench.data.sources import Source
from genbench.errors import InputError
from genbench.evaluation.stream import features
from genbench.extractors import Extractor
from genbench.files.atomic import read_json, sha256, write_json
from genbench.files.code import closure
from genbench.files.download import cache_folder
from genbench.find import PACKAGE

log = logging.getLogger(__name__)

MODULES = ("genbench.data.sources.location", "genbench.evaluation.stream")


def default_folder() -> Path:
    """Return $XDG_CACHE_HOME/genbench/features, by default under ~/.cache."""
    return cache_folder() / "features"


def key(source: Source, name: str, folder: Path) -> str:
    """Compute the key of the features of a source under the extractor `name`, obtained in `folder`."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    parts = {
        "images": source.digest(),
        "extractor": [(path.relative_to(folder).as_posix(), sha256(path)) for path in files],
        "code": closure([f"genbench.extractors.{name}", *MODULES], PACKAGE.parent),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def cached_features(
    source: Source, extractor: Extractor, name: str, folder: Path, *, skip_broken: bool, cache: Path | None
) -> tuple[Features, list[str]]:
    """Take the features of a source from the cache, or compute and keep them; and list the images that were skipped.

    folder: where the extractor was obtained. skip_broken: leave out images that cannot be read; otherwise the first
    of them is an InputError. cache: None computes and keeps nothing.
    """
    if cache is None:
        return _computed(source, extractor, name, skip_broken)
    entry = cache / key(source, name, folder)
    path, notes = entry.with_suffix(".npz"), entry.with_suffix(".json")
    if path.is_file() and notes.is_file():
        try:
            found, skipped = Features.load(path), list[str](read_json(notes))
        except (InputError, TypeError, MemoryError) as error:
            log.warning("%s: broken (%s), computed anew", path, error)
        else:
            if skip_broken or not skipped:
                log.info("%s: features taken from %s", source.location, path)
                where = replace(found.protocol, source=source.location, dataset=source.dataset, split=source.split)
                return replace(found, protocol=where), skipped
    computed, skipped = _computed(source, extractor, name, skip_broken)
    try:
        write_json(notes, skipped)
        computed.save(path)
    except InputError as error:  # such as a full disk, which need not cost what was computed
        log.warning("features are not kept: %s", error)
    return computed, skipped


def _computed(source: Source, extractor: Extractor, name: str, skip_broken: bool) -> tuple[Features, list[str]]:
    skipped: list[str] = []

    def broken(error: InputError) -> None:
        if not skip_broken:
            raise error
        # A file's name may be no text; what stands in for its bytes can't be written to a file.
        text = str(error).encode("utf-8", "backslashreplace").decode()
        log.warning("skipped: %s", text)
        skipped.append(text)

    return features(source, extractor, name=name, broken=broken), skipped
