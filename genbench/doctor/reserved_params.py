"""Keys of params files that DVC keeps out of its run-cache key, so that a change of them reruns nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from genbench.doctor import Finding
from genbench.errors import InputError
from genbench.files import yaml
from genbench.files.reserved import reserved_keys
from genbench.files.section import read_text

FILES = ("params.yaml", "runs/*.yaml", "profiles/*.yaml", "laboratory/*/params.yaml")


def find() -> Iterator[Finding]:
    """Each such key, in every params file of the project."""
    for path in sorted(path for pattern in FILES for path in Path().glob(pattern)):
        try:
            values = yaml.parse(read_text(path), str(path))
        except InputError:  # of which other checks speak
            continue
        for place, key, renamed in reserved_keys(values):
            what = f"{path}: {place}{key}: DVC takes every key named {key} for its own: a change of it reruns nothing"
            yield Finding("error", what, f"rename it to {place}{renamed}" if renamed else "give it another name")
