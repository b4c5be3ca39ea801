"""pyproject.toml declares what the project imports, and nothing else."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions

import yaml
from packaging.requirements import Requirement

from tests.support.clone import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
#: What another library imports on demand, and for what.
IMPORTED_BY_OTHERS = {
    "mkdocs-material": "the theme that mkdocs.yml names",
    "mkdocstrings-python": "the plugin that mkdocs.yml names",
    "tabulate": "DataFrame.to_markdown of pandas",
}
OWN = {"genbench", "stages", "laboratory", "tests", "benchmarks"}


def normal(name: str) -> str:
    """Write a distribution's name as PyPI compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def imported(*folders: str) -> Iterator[tuple[str, set[str]]]:
    """Each top-level module that is imported from elsewhere, with the distributions that have it."""
    names = set()
    for folder in folders:
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    names |= {alias.name for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    names.add(node.module)
    of = packages_distributions()
    for name in sorted({name.partition(".")[0] for name in names} - OWN - sys.stdlib_module_names):
        yield name, {normal(distribution) for distribution in of.get(name, [name])}


def declared(*groups: str) -> set[str]:
    """Return the distributions of `dependencies`, and of groups of optional ones."""
    extras = PROJECT["optional-dependencies"]
    lines = PROJECT["dependencies"] + [line for group in groups for line in extras[group]]
    return {normal(Requirement(line).name) for line in lines}


def test_what_is_imported_is_declared() -> None:
    known = declared("dinov2", "docs", "efficientnet", "laboratory", "ray")
    assert [name for name, of in imported("genbench", "stages", "laboratory") if not of & known] == []


def test_what_is_declared_is_imported() -> None:
    used = set().union(*(of for _, of in imported("genbench", "stages", "laboratory", "tests", "benchmarks")))
    assert declared("dinov2", "docs", "efficientnet", "laboratory", "ray", "peers") - used == IMPORTED_BY_OTHERS.keys()


def test_dvc_is_pinned_to_the_versions_whose_inside_is_known() -> None:
    (dvc,) = (line for line in PROJECT["dependencies"] if Requirement(line).name == "dvc")
    assert dvc == "dvc~=3.67.1", "tests/dag/test_dvc_contract.py says what to look at in another one"


def test_the_citation_has_the_version_and_the_licence_of_the_package() -> None:
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert (cited["version"], cited["license"]) == (PROJECT["version"], PROJECT["license"])
