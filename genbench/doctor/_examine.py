"""Run of all checks, one after another."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from genbench.doctor import Finding
from genbench.errors import InputError
from genbench.find import members


@dataclass
class Examined:
    """Result of one check. about: first line of its docstring. skipped: why it could not look, "" if it could."""

    check: str
    about: str = ""
    findings: list[Finding] = field(default_factory=list)
    skipped: str = ""


def examine(*, cache: bool = False) -> list[Examined]:
    """Run every check. cache: hash all objects of DVC's caches as well."""
    names = [*members("doctor"), *(["_cache_objects"] if cache else [])]
    return list(_without_repetition([_run(name) for name in names]))


def _run(name: str) -> Examined:
    examined = Examined(name.removeprefix("_"))
    try:
        module = importlib.import_module(f"genbench.doctor.{name}")
        examined.about = (module.__doc__ or "").partition("\n")[0]
        examined.findings.extend(module.find())
    except (InputError, OSError, ImportError) as error:  # an ImportError: a package that the check needs is missing
        examined.skipped = str(InputError(str(error)))
    return examined


def _without_repetition(checks: Iterable[Examined]) -> Iterator[Examined]:
    """Make what stops checks an error of the first of them, unless another check has found it itself."""
    checks = list(checks)
    messages = {finding.message for check in checks for finding in check.findings}
    for check in checks:
        if check.skipped and check.skipped not in messages:
            messages.add(check.skipped)
            check.findings.append(Finding("error", check.skipped, "fix this first: the check cannot run before"))
        yield check
