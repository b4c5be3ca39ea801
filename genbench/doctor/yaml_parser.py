"""The fast YAML parser: without ruamel.yaml.clib, which nothing pulls in, DVC's own work takes longer by a half."""

from __future__ import annotations

from collections.abc import Iterator

from genbench.doctor import Finding


def find() -> Iterator[Finding]:
    """That ruamel.yaml parses in Python."""
    from ruamel.yaml import YAML

    if YAML(typ="safe").Parser is YAML(typ="safe", pure=True).Parser:
        yield Finding(
            "warning",
            "ruamel.yaml.clib: not installed, or not for this Python, so that YAML is read by the slow parser",
            "pip install ruamel.yaml.clib",
        )
