"""Versions of Python and packages against the ranges of pyproject.toml, DVC's pin among them."""

from __future__ import annotations

import platform
import tomllib
from collections.abc import Iterator
from pathlib import Path

from genbench.doctor import Finding
from genbench.pipeline.environment import version

PROJECT = Path("pyproject.toml")


def find() -> Iterator[Finding]:
    """Find each that is missing or out of its range; packages of extras are not looked at."""
    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet

    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    pythons, python = project["requires-python"], platform.python_version()
    if not SpecifierSet(pythons).contains(python, prereleases=True):
        fix = "rm -r .venv && make PYTHON=python3.12 .venv/ready, with a Python that fits"
        yield Finding("error", f"Python {python}: {PROJECT} asks for {pythons}", fix)
    for line in project["dependencies"]:
        requirement = Requirement(line)
        installed = version(requirement.name)
        fix = f"pip install '{line}', or `touch requirements.txt && make .venv/ready` for all of requirements.txt"
        if installed is None:
            yield Finding("error", f"{requirement.name}: not installed, {PROJECT} asks for {line}", fix)
        elif not requirement.specifier.contains(installed, prereleases=True):
            yield Finding("error", f"{requirement.name} {installed}: {PROJECT} asks for {line}", fix)
