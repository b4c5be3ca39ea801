"""Dependencies of modules in this project: other modules and files, each with a hash that ignores comments.

Imports are followed from the starting modules, statically, by syntax tree; each module contributes a hash of its tree
without docstrings and positions. Only names and non-empty fields of nodes are hashed, so that Python versions,
which add fields to nodes, agree. What a tree of imports does not show is seen by a rule, or refused:

- A text that is a module's name counts as an import: importlib.import_module("genbench.models").
- An import by a name that is computed is refused, but in genbench.find, whose members options name.
- A module that knows where it lies (`__file__`, importlib.resources) depends on the files beside it, modules apart,
  and on those in the folders beside it that it names.
- A text that is the path of a file in genbench/ or stages/, or of a folder that is no package, is a dependency on that
  file or on what the folder holds. Elsewhere lie inputs and outputs, which dvc.yaml names.
- Where a module reads docstrings as data (`__doc__`, inspect), they are part of the hash of every module found.
- An environment variable is refused, for no stage can depend on it.
- A compiled module is refused, for Python prefers it to its source.

A constant in `WORDS` is no part of the hash: it decides no number, and is read by `word`.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.machinery import BYTECODE_SUFFIXES, EXTENSION_SUFFIXES
from pathlib import Path
from typing import Any, TypeGuard

from genbench.errors import InputError

#: Imports by a text, which must be written out.
BY_TEXT = frozenset(
    {"import_module", "resolve_name", "run_module", "run_path", "spec_from_file_location", "__import__"}
)
#: Constants of a module that only the report shows, so that a change of one trains nothing anew.
WORDS = frozenset({"FAMILY"})
BUILTINS = frozenset({"exec", "eval"})  # of other objects, methods of this name are harmless
OWN_LOCATION = frozenset({"__file__", "get_data", "resources"})
DOCSTRINGS = frozenset({"__doc__", "getdoc", "get_docstring", "getsource", "getsourcelines"})
ENVIRONMENT = frozenset({"environ", "environb", "getenv", "getenvb"})

#: Endings of Python's own files: modules, which imports lead to, and types, which run nowhere.
PYTHON = (".py", ".pyi", ".typed", *BYTECODE_SUFFIXES)

#: What may do what others may not, and why nothing is missed by it.
ALLOWED = {
    "genbench.find": BY_TEXT,  # members of collections, which options name: see genbench.pipeline.fingerprint
    "genbench.pipeline.repository": frozenset({"environ"}),  # gives git the caller's, in one language
    "genbench.pipeline.stage": frozenset({"environ"}),  # writes the number of threads, an option of params.yaml
}


@dataclass(frozen=True)
class _Module:
    """One file. imports: names that may be modules. files: what it reads. reads_docstrings: its own or another's."""

    tree: ast.Module
    imports: tuple[str, ...]
    files: tuple[Path, ...]
    reads_docstrings: bool

    @cached_property
    def code(self) -> str:
        """The hash without docstrings."""
        return _sha256(canonical(self.tree).encode())

    @cached_property
    def documented(self) -> str:
        """The hash with docstrings."""
        return _sha256(canonical(self.tree, docstrings=True).encode())


def closure(modules: Iterable[str], root: Path, *, packages: Container[str] | None = None) -> dict[str, str]:
    """Give the modules below `root` that `modules` import, directly or not, and the files that they read, with hashes.

    Keys are dotted names of modules, and paths of files from `root`. packages: names of those that are followed, None
    for all below `root`, which of an installed package holds libraries as well. A module that does what cannot be
    followed is an InputError that names its file and line.
    """
    reached: dict[str, _Module] = {}
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        followed = packages is None or name.partition(".")[0] in packages
        path = _file(name, root) if followed else None
        if name in reached or path is None:
            continue
        reached[name] = _read(path, name, root)
        waiting += reached[name].imports
        waiting += [name.rpartition(".")[0]] if "." in name else []
    documented = any(module.reads_docstrings for module in reached.values())
    hashes = {name: module.documented if documented else module.code for name, module in reached.items()}
    files = {path for module in reached.values() for path in module.files}
    hashes |= {path.relative_to(root).as_posix(): _hash_of_file(path) for path in files}
    return dict(sorted(hashes.items()))


def word(module: str, name: str, root: Path) -> str | None:
    """Read a constant of `WORDS` from the source of a module; None where the module, or the constant, does not exist.

    A value that is not a written-out text is an InputError.
    """
    path = _file(module, root)
    for statement in _read(path, module, root).tree.body if path else ():
        if isinstance(statement, ast.Assign) and _word(statement) == name:
            if not _is_text(statement.value):
                raise InputError(f"{path}:{_line(statement)}: {name}: expected a text, written out")
            return str(statement.value.value)
    return None


@cache
def _file(module: str, root: Path) -> Path | None:
    """Find the source of a module, as Python does: a package before a module of the same name."""
    path = root.joinpath(*module.split("."))
    for stem in (path / "__init__", path):
        for suffix in (*EXTENSION_SUFFIXES, *BYTECODE_SUFFIXES):
            if (compiled := stem.with_name(stem.name + suffix)).is_file():
                raise InputError(f"{compiled}: expected no compiled module, whose code cannot be told from its source")
        if (source := stem.with_name(f"{stem.name}.py")).is_file():
            return source
    return None


@cache
def _read(path: Path, module: str, root: Path) -> _Module:
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not readable as Python: {error}") from error
    nodes = list(ast.walk(tree))
    _refuse_what_cannot_be_followed(nodes, module, path)
    docstrings = {id(text) for node in nodes if (text := _docstring(node))}
    texts = {str(node.value) for node in nodes if _is_text(node) and id(node) not in docstrings}
    names = {name for node in nodes for name in _names(node)} | texts
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    return _Module(
        tree=tree,
        imports=(*_imports(nodes, package), *_modules_in(texts)),
        files=tuple(_files(path, texts, root, beside=bool(names & OWN_LOCATION))),
        reads_docstrings=bool(names & DOCSTRINGS),
    )


def _refuse_what_cannot_be_followed(nodes: Sequence[ast.AST], module: str, path: Path) -> None:
    allowed = ALLOWED.get(module, frozenset())
    written_out = {id(node.func) for node in nodes if isinstance(node, ast.Call) and _names_a_module(node)}
    for node in nodes:
        names = {node.value} if _is_text(node) else set(_names(node))
        builtin = isinstance(node, ast.Name) and node.id in BUILTINS
        if builtin or (names & BY_TEXT - allowed and id(node) not in written_out and not _plain_import(node)):
            raise InputError(
                f"{path}:{_line(node)}: runs code by a name that is computed, so that no stage would see it change; "
                "import it by name, or make it a member of a collection (genbench.find)"
            )
        if names & ENVIRONMENT - allowed:
            raise InputError(
                f"{path}:{_line(node)}: reads an environment variable, on which no stage can depend; "
                "make it an option in params.yaml"
            )


def _names_a_module(call: ast.Call) -> bool:
    """Return whether a call's first argument is the whole name of a module, as a text."""
    first = call.args[0] if call.args else None
    return isinstance(first, ast.Constant) and isinstance(first.value, str) and not first.value.startswith(".")


def _plain_import(node: ast.AST) -> bool:
    """Return whether a node only imports a function of `BY_TEXT` under its own name; its calls are checked apart."""
    return isinstance(node, ast.ImportFrom) and not any(alias.asname for alias in node.names)


def _names(node: ast.AST) -> Iterator[str]:
    """Yield the names and attributes that one node uses or imports."""
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute):
        yield node.attr
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from (alias.name.rpartition(".")[2] for alias in node.names)


def _is_text(node: ast.AST | None) -> TypeGuard[ast.Constant]:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _line(node: ast.AST) -> int:
    return getattr(node, "lineno", 0)


def _imports(nodes: Iterable[ast.AST], package: str) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")
            base = ".".join(parents[: len(parents) - node.level + 1]) if node.level else ""
            source = ".".join(part for part in (base, node.module) if part)
            yield source
            yield from (f"{source}.{alias.name}" for alias in node.names)


def _modules_in(texts: Iterable[str]) -> Iterator[str]:
    """Yield the texts that may be a module's name, "package.module" or "package.module:function"."""
    for text in texts:
        if match := re.fullmatch(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+)(?::[\w.]+)?", text):
            yield match[1]


def _files(path: Path, texts: Iterable[str], root: Path, *, beside: bool) -> Iterator[Path]:
    """Yield the files, no modules, that a module reads as far as its texts tell."""
    named = [root / text for text in texts if re.fullmatch(r"(genbench|stages)(/[\w.-]+)+", text)]
    if beside:
        named += [path.parent / text for text in texts if re.fullmatch(r"[\w-]+", text)]
        named += [file for file in path.parent.iterdir() if file.is_file()]
    folders = [folder for folder in named if folder.is_dir() and not (folder / "__init__.py").exists()]
    for file in [*named, *(file for folder in folders for file in folder.rglob("*"))]:
        if file.is_file() and file.suffix not in PYTHON and not file.name.startswith("."):
            yield file


@cache
def _hash_of_file(path: Path) -> str:
    return _sha256(path.read_bytes())


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def canonical(node: Any, *, docstrings: bool = False) -> str:
    """Write a syntax tree as text: names of nodes and their non-empty fields, without positions."""
    if isinstance(node, list):
        return f"[{','.join(canonical(item, docstrings=docstrings) for item in node)}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    parts = []
    for name, value in ast.iter_fields(node):
        if name == "body" and not docstrings and _docstring(node):
            value = value[1:]
        if name == "body" and isinstance(node, ast.Module):
            value = [statement for statement in value if _word(statement) is None]
        if value is not None and value != []:
            parts.append(f"{name}={canonical(value, docstrings=docstrings)}")
    return f"{type(node).__name__}({','.join(parts)})"


def _word(statement: ast.stmt) -> str | None:
    """Give the name of `WORDS` that a statement assigns, None for any other statement."""
    target = statement.targets[0] if isinstance(statement, ast.Assign) else None
    return target.id if isinstance(target, ast.Name) and target.id in WORDS else None


def _docstring(node: Any) -> ast.Constant | None:
    """Return the docstring of a module, a class or a function."""
    documented = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    first = node.body[0] if documented and node.body else None
    text = first.value if isinstance(first, ast.Expr) else None
    return text if _is_text(text) else None
