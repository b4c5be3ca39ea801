"""Installed packages against the pins of requirements.txt, but for those of environment.yaml, which stages refuse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from genbench.doctor import Finding
from genbench.pipeline.environment import KINDS, load, version

FILE = Path("requirements.txt")


def find() -> Iterator[Finding]:
    """Those that differ in one line, those that are missing in another."""
    from packaging.requirements import Requirement

    lines = [line.partition("#")[0].strip() for line in FILE.read_text(encoding="utf-8").splitlines()]
    stricter = {name for kind in KINDS for name in getattr(load(), kind)}
    pins = [pin for line in lines if line and (pin := Requirement(line)).name.lower() not in stricter]
    there = {pin.name: version(pin.name) for pin in pins if pin.marker is None or pin.marker.evaluate()}
    differ = [
        f"{pin.name} {found} ({pin.specifier})"
        for pin in pins
        if (found := there.get(pin.name)) and not pin.specifier.contains(found, prereleases=True)
    ]
    if differ:
        what = f"{FILE}: {len(differ)} packages have other versions than tests pass with: {', '.join(differ)}"
        yield Finding("warning", what, f"pip install -r {FILE}")
    missing = [name for name, found in there.items() if found is None]
    if missing:
        what = f"{FILE}: {len(missing)} packages are not installed: {', '.join(missing)}"
        yield Finding("note", what, f"pip install -r {FILE}, if a test or a laboratory needs them")
