"""All checks, one after another."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass

from genbench.doctor import Finding
from genbench.errors import InputError
from genbench.find import find, members


@dataclass(frozen=True)
class Examined:
    """What a check found. about: what it looks at."""

    check: str
    about: str
    findings: list[Finding]


def examine(*, cache: bool = False) -> list[Examined]:
    """What every check finds; one that cannot look because of what another one found says nothing.

    cache: whether to hash all of DVC's cache as well.
    """
    found: list[Examined] = []
    blind: dict[str, str] = {}
    modules = {name: find("doctor", name) for name in members("doctor")}
    if cache:
        modules["cache_objects"] = importlib.import_module("genbench.doctor._cache_objects")
    for name, module in modules.items():
        findings: list[Finding] = []
        try:
            findings.extend(module.find())
        except (InputError, OSError) as error:
            blind[name] = str(InputError(str(error)))
        found.append(Examined(name, (module.__doc__ or "").partition("\n")[0], findings))
    return list(_with_blind(found, blind))


def _with_blind(found: list[Examined], blind: dict[str, str]) -> Iterator[Examined]:
    said = {finding.what for one in found for finding in one.findings}
    for one in found:
        reason = blind.get(one.check)
        if reason and reason not in said:
            said.add(reason)
            one.findings.append(Finding("error", reason, "mend that first: this check can see nothing before"))
        yield one
