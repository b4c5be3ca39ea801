"""All checks, one after another."""

from __future__ import annotations

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


def examine() -> list[Examined]:
    """What every check finds; one that cannot look because of what another one found says nothing."""
    found: list[Examined] = []
    blind: dict[str, str] = {}
    for name in members("doctor"):
        module = find("doctor", name)
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
