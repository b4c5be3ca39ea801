"""Python and packages against the ranges of pyproject.toml."""

from __future__ import annotations

import platform
import tomllib
from collections.abc import Iterator
from pathlib import Path

from genbench.doctor import Finding
from genbench.pipeline.environment import version

PROJECT = Path("pyproject.toml")


def find() -> Iterator[Finding]:
    """Each that is missing or out of its range; extras are left to those who want them."""
    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet

    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    wanted, python = project["requires-python"], platform.python_version()
    if not SpecifierSet(wanted).contains(python, prereleases=True):
        mend = "rm -r .venv && make PYTHON=python3.12 .venv/ready, with a Python that fits"
        yield Finding("error", f"Python {python}: {PROJECT} asks for {wanted}", mend)
    for line in project["dependencies"]:
        requirement = Requirement(line)
        there = version(requirement.name)
        if there is None:
            yield Finding("error", f"{requirement.name}: not installed, {PROJECT} asks for {line}", _mend(line))
        elif not requirement.specifier.contains(there, prereleases=True):
            yield Finding("error", f"{requirement.name} {there}: {PROJECT} asks for {line}", _mend(line))


def _mend(line: str) -> str:
    return f"pip install '{line}', or `touch requirements.txt && make .venv/ready` for all of requirements.txt"
