"""Versions of Python and packages against the ranges that genbench asks for, DVC's pin among them."""

from __future__ import annotations

import platform
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from genbench.doctor import Finding
from genbench.pipeline.environment import version

PROJECT = Path("pyproject.toml")


def find() -> Iterator[Finding]:
    """Find each that is missing or out of its range; packages of extras are not looked at."""
    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet

    asking, pythons, packages = _asked()
    python = platform.python_version()
    if not SpecifierSet(pythons).contains(python, prereleases=True):
        fix = "rm -r .venv && make PYTHON=python3.12 .venv/ready, with a Python that fits"
        yield Finding("error", f"Python {python}: {asking} asks for {pythons}", fix)
    for line in packages:
        requirement = Requirement(line)
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        installed = version(requirement.name)
        fix = f"pip install '{line}', or `touch requirements.txt && make .venv/ready` for all of requirements.txt"
        if installed is None:
            yield Finding("error", f"{requirement.name}: not installed, {asking} asks for {line}", fix)
        elif not requirement.specifier.contains(installed, prereleases=True):
            yield Finding("error", f"{requirement.name} {installed}: {asking} asks for {line}", fix)


def _asked() -> tuple[str, str, list[str]]:
    """Return who asks, for which Python and for which packages: the checkout, or the installed package outside one."""
    if PROJECT.is_file():
        project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
        return str(PROJECT), project["requires-python"], project["dependencies"]
    package = metadata.distribution("genbench")
    return f"genbench {package.version}", package.metadata["Requires-Python"], package.requires or []
