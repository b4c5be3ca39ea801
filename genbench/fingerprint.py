"""What code a run or a stage depends on, as one hash that comments and docstrings do not change.

From some starting modules the imports are followed through the package, statically, by syntax tree; each module
found contributes a hash of its tree without docstrings and positions. Only names and non-empty fields of nodes are
hashed, so that Python versions, which add fields to nodes, agree.

What is imported by name at run time (members of collections) is found by its own rule: an option of a run whose key
is the singular of a collection names a member of it, and a list whose key is the collection's own name several.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from genbench.catalogue import Run
from genbench.errors import InputError
from genbench.find import PACKAGE, members

COLLECTIONS = sorted(folder.name for folder in PACKAGE.iterdir() if (folder / "__init__.py").exists())


def fingerprints(root: Path, runs: Mapping[str, Run]) -> dict[str, dict[str, str]]:
    """What each stage, dataset, extractor and run depends on: <kind>/<name>.json and the hashes by module.

    root: the folder of the packages genbench and stages.
    """
    found = {}
    for stage in sorted(file.stem for file in (root / "stages").glob("*.py") if file.stem != "__init__"):
        # these find their metrics by name, and which ones is a parameter of their own
        by_name = members("metrics") if stage in ("evaluate", "report") else []
        named = [f"genbench.metrics.{name}" for name in by_name]
        found[f"stages/{stage}.json"] = closure([f"stages.{stage}", *named], root)
    for collection in ("datasets", "extractors"):
        for name in members(collection):
            found[f"{collection}/{name}.json"] = closure([f"genbench.{collection}.{name}"], root)
    for name, halves in runs.items():
        # apart, so that a sampler that the `sample:` half names never retrains
        found[f"runs/{name}.train.json"] = closure(named_members(halves.train), root)
        found[f"runs/{name}.sample.json"] = closure(named_members(halves.sample), root)
    return found


def closure(modules: Iterable[str], root: Path) -> dict[str, str]:
    """The modules below `root` that `modules` import, directly or not, each with the hash of its code."""
    found: dict[str, str] = {}
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        path = _file(name, root)
        if name in found or path is None:
            continue
        found[name], imported = _read(path, name)
        waiting += imported
        waiting += [name.rpartition(".")[0]] if "." in name else []
    return dict(sorted(found.items()))


def named_members(options: Any) -> Iterator[str]:
    """The modules of collections that a run's options name, at any depth.

    {"objective": "wgan"}, {"objective": {"name": "wgan", ...}}, or several in a list: {"penalties": ["r1", ...]}.
    """
    if not isinstance(options, dict):
        return
    for key, value in options.items():
        collection, references = (key, value) if isinstance(value, list) else (f"{key}s", [value])
        for reference in references:
            name = reference.get("name") if isinstance(reference, dict) else reference
            if collection in COLLECTIONS and isinstance(name, str) and name in members(collection):
                yield f"genbench.{collection}.{name}"
            yield from named_members(reference)


def _file(module: str, root: Path) -> Path | None:
    path = root.joinpath(*module.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


@cache
def _read(path: Path, module: str) -> tuple[str, tuple[str, ...]]:
    """The hash of a module's code, and the names that it may import."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not readable as Python: {error}") from error
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    return hashlib.sha256(canonical(tree).encode()).hexdigest(), tuple(_imports(tree, package))


def _imports(tree: ast.AST, package: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")
            base = ".".join(parents[: len(parents) - node.level + 1]) if node.level else ""
            source = ".".join(part for part in (base, node.module) if part)
            yield source
            yield from (f"{source}.{alias.name}" for alias in node.names)


def canonical(node: Any) -> str:
    """A syntax tree as text: names of nodes and their non-empty fields, without docstrings and positions."""
    if isinstance(node, list):
        return f"[{','.join(canonical(item) for item in node)}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    parts = []
    for name, value in ast.iter_fields(node):
        if name == "body" and isinstance(value, list) and isinstance(node, _DOCUMENTED):
            value = _without_docstring(value)
        if value is not None and value != []:
            parts.append(f"{name}={canonical(value)}")
    return f"{type(node).__name__}({','.join(parts)})"


_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0] if body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        return body[1:]
    return body
