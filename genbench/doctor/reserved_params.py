"""Keys of params files that DVC leaves out of its run-cache key, so that a change of them reruns nothing."""

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
    """Find each such key, in every params file of the project."""
    for path in sorted(path for pattern in FILES for path in Path().glob(pattern)):
        try:
            values = yaml.parse(read_text(path), str(path))
        except InputError:  # the check `params` reports it
            continue
        for section, key, renamed in reserved_keys(values):
            message = f"{path}: {section}{key}: DVC leaves out every key named {key}: a change of it reruns nothing"
            yield Finding("error", message, f"rename it to {section}{renamed}" if renamed else "give it another name")
