"""What a stage really uses: its modules of the project, the files that it opens, and the sections of params.yaml.

Python imports a module of this name by itself when it starts, so that with this folder on PYTHONPATH the real stages
run, unchanged. At its end a stage's process writes what it used into the folder $TRACED, as <stage>.json.
"""

from __future__ import annotations

import atexit
import json
import os
import sys
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = os.getcwd()  # noqa: PTH109
opened: set[str] = set()
sections: set[str] = set()


def note(event: str, args: tuple[Any, ...]) -> None:
    """Remember each file of the project that is opened to be read."""
    if event == "open" and isinstance(args[0], str | os.PathLike) and not args[2] & (os.O_WRONLY | os.O_RDWR):
        path = os.path.relpath(os.path.abspath(os.fspath(args[0])), ROOT)  # noqa: PTH100
        if not path.startswith("..") and os.path.isfile(path):  # noqa: PTH113
            opened.add(path)


class Params:
    """Import genbench.pipeline.params as it is, and have its class note which sections others ask for."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> Any:
        """Find that module, and no other."""
        spec = PathFinder.find_spec(name, path, target) if name == "genbench.pipeline.params" else None
        if spec and spec.loader:
            execute = spec.loader.exec_module

            def exec_module(module: ModuleType) -> None:
                execute(module)
                watch(module)

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def watch(module: ModuleType) -> None:
    """Note the fields of Params that code of other files reads."""
    inherited = module.Params.__getattribute__

    def get(self: Any, name: str) -> Any:
        caller = sys._getframe(1).f_code.co_filename
        if name in module.Params.model_fields and caller != module.__file__ and "pydantic" not in caller:
            sections.add(name)
        return inherited(self, name)

    module.Params.__getattribute__ = get


def write() -> None:
    """Say what this process used, if it was a stage."""
    main = getattr(sys.modules["__main__"], "__spec__", None)
    if main is None or not main.name.startswith("stages."):
        return
    files = [getattr(module, "__file__", None) for module in sys.modules.values()]
    modules = [os.path.relpath(file, ROOT) for file in files if file and file.startswith(ROOT + os.sep)]
    traced = {"modules": modules, "opened": sorted(opened), "sections": sorted(sections)}
    (Path(os.environ["TRACED"]) / f"{os.environ['DVC_STAGE']}.json").write_text(json.dumps(traced), encoding="utf-8")


if os.environ.get("TRACED"):
    sys.addaudithook(note)
    sys.meta_path.insert(0, Params)
    atexit.register(write)
