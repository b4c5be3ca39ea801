"""All checks, one after another."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from genbench.doctor import Finding
from genbench.errors import InputError
from genbench.find import members


@dataclass
class Examined:
    """What a check found. about: what it looks at. blind: why it could not, "" if it could."""

    check: str
    about: str = ""
    findings: list[Finding] = field(default_factory=list)
    blind: str = ""


def examine(*, cache: bool = False) -> list[Examined]:
    """What every check finds. cache: whether to hash all of DVC's cache as well."""
    names = [*members("doctor"), *(["_cache_objects"] if cache else [])]
    return list(_said_once([_look(name) for name in names]))


def _look(name: str) -> Examined:
    found = Examined(name.removeprefix("_"))
    try:
        module = importlib.import_module(f"genbench.doctor.{name}")
        found.about = (module.__doc__ or "").partition("\n")[0]
        found.findings.extend(module.find())
    except (InputError, OSError, ImportError) as error:  # the last of a package that a check needs
        found.blind = str(InputError(str(error)))
    return found


def _said_once(examined: Iterable[Examined]) -> Iterator[Examined]:
    """What stops checks is an error, of the first of them unless another check has found it itself."""
    examined = list(examined)
    said = {finding.what for one in examined for finding in one.findings}
    for one in examined:
        if one.blind and one.blind not in said:
            said.add(one.blind)
            one.findings.append(Finding("error", one.blind, "mend that first: this check can see nothing before"))
        yield one
