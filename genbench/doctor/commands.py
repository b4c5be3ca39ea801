"""Commands of stages: scripts run by their path, and modules that are not there.

`python stages/train.py` has stages/ in front of its search path instead of the checkout, so that `import genbench` is
whatever is installed; `python -m stages.train` imports the checkout's.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

from genbench.doctor import Finding
from genbench.doctor._pipelines import Stage, written


def find() -> Iterator[Finding]:
    """Each command that runs a script by its path, or a module of the checkout that does not exist."""
    for stage in written():
        for line in stage.commands():
            yield from _look(stage, line, _words(line))


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:  # a quotation that is not closed, which the shell will complain of
        return line.split()


def _look(stage: Stage, line: str, words: list[str]) -> Iterator[Finding]:
    for word in words:
        if word.endswith(".py"):
            module = word.removeprefix("./").removesuffix(".py").replace("/", ".")
            yield Finding(
                "error",
                f"{stage}: `{line}` runs a script by its path, which imports the installed genbench, not this one",
                f"write `python -m {module}` in {stage.file}",
            )
    for flag, module in zip(words, words[1:], strict=False):
        if flag == "-m" and not _there(module):
            yield Finding(
                "error",
                f"{stage}: `{line}`: there is no module {module} in this checkout",
                f"edit cmd in {stage.file}, or `git checkout {module.replace('.', '/')}.py`",
            )


def _there(module: str) -> bool:
    """Whether there is a module, if it is one of the checkout's packages: others are Python's to find.

    Every stage works in the checkout's root, those of laboratories by `cd ../..`.
    """
    top, *rest = module.split(".")
    path = Path(top, *rest)
    return "$" in module or not Path(top).is_dir() or path.with_suffix(".py").exists() or path.is_dir()
