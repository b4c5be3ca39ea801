"""The versions that results depend on: those of environment.yaml, against what is installed.

Floating-point sums, resized pixels and split digits change with the release of a library, so its version belongs to the
protocol as a learning rate does: environment.yaml is a params file that stages depend on, and a stage refuses to run
with other versions than those that DVC is about to record for it. Imports none of the libraries, so that it is fast.
"""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, cast

from pydantic import Field

from genbench.errors import InputError
from genbench.files import section
from genbench.find import PACKAGE

FILE = Path("environment.yaml")
#: In a benchmark of one's own, leads to the installed package; in a checkout it is the package.
LINK = Path("genbench")
PYTHON = "python"
Kind = Literal["computes", "draws", "code"]
KINDS: tuple[Kind, ...] = ("computes", "draws", "code")

#: By package, or `python`: the plain release.
Versions = dict[Annotated[str, Field(pattern="^[A-Za-z0-9][A-Za-z0-9._-]*$")], str]


class Environment(section.Section):
    """computes: what numbers and images depend on. draws: what only the report's looks depend on.

    code: the package genbench, in a benchmark of one's own; a checkout, which has the package in it, names none.
    """

    computes: Annotated[Versions, Field(min_length=1)]
    draws: Versions
    code: Versions = {}


class Difference(NamedTuple):
    """A package whose installed version is not the one that was expected; "none" where it is not there."""

    name: str
    expected: str
    installed: str


def load(folder: Path = Path()) -> Environment:
    """Load the versions that a project's environment.yaml names."""
    return section.load(folder / FILE, Environment)


def version(package: str) -> str | None:
    """Return the installed release of a package, None if there is none. Of Python the minor one, such as 3.11."""
    if package == PYTHON:
        return ".".join(platform.python_version_tuple()[:2])
    try:
        return metadata.version(package).partition("+")[0]
    except metadata.PackageNotFoundError:
        return None


def differences(expected: Mapping[str, str]) -> list[Difference]:
    """List the packages that are installed in other versions than expected."""
    present = {name: version(name) or "none" for name in expected}
    return [Difference(name, expected[name], present[name]) for name in expected if present[name] != expected[name]]


def require(*kinds: Kind, folder: Path = Path()) -> None:
    """Raise an InputError that names each version of these kinds that is not installed as it is written."""
    environment = load(folder)
    differ = {kind: differences(getattr(environment, kind)) for kind in kinds}
    named = [f"{kind}.{text}" for kind in kinds for text in describe(differ[kind])]
    if named:
        raise InputError(f"{FILE}: {', '.join(named)}; {remedy(differ)}")
    if "code" in kinds and environment.code and not leads_to_package(folder):
        raise InputError(f"{LINK}: expected a link to the installed {PACKAGE}; next: genbench environment --write")


def leads_to_package(folder: Path = Path()) -> bool:
    """Return whether `genbench` in a folder is the package that runs now, so that stages run what DVC looks at."""
    link = folder / LINK
    return link.exists() and link.samefile(PACKAGE)


def describe(differences: Iterable[Difference]) -> list[str]:
    """Describe each difference, such as "torch is 2.13.0, installed is 2.12.0"."""
    return [f"{name} is {expected}, installed is {installed}" for name, expected, installed in differences]


def remedy(differ: Mapping[Kind, Sequence[Difference]]) -> str:
    """Say what to do about versions that differ: install those that are written, or write those that are installed."""
    wanted = {name: expected for kind in differ for name, expected, _ in differ[kind]}
    steps = [f"use Python {wanted.pop(PYTHON)}"] if PYTHON in wanted else []
    steps += [f"pip install {' '.join(f'{name}=={expected}' for name, expected in wanted.items())}"] if wanted else []
    again = {
        "computes": "everything is computed anew",
        "code": "what its changed code touches is computed anew",
        "draws": "the report is drawn anew",
    }
    then = next((text for kind, text in again.items() if differ.get(cast(Kind, kind))), again["draws"])
    return f"{' and '.join(steps)}, or `genbench environment --write`, after which {then}"
