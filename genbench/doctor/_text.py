"""Findings as a list for a terminal, the worst first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from genbench.doctor import Finding, Severity
from genbench.doctor._examine import Examined
from genbench.errors import InputError

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


def text(checks: Sequence[Examined], *, verbose: bool = False) -> str:
    """Write the list and a line that counts. verbose: with a line for each check without a finding."""
    width = max(len(check.check) for check in checks)
    pairs = [(check.check, finding) for check in checks for finding in check.findings]
    pairs.sort(key=lambda pair: SEVERITIES.index(pair[1].severity))
    lines = [line for name, finding in pairs for line in _lines(name, finding, width)]
    for check in checks if verbose else ():
        if not check.findings:
            state = "skipped" if check.skipped else "ok"
            lines.append(f"{state:<8} {check.check:<{width}}  {check.skipped or check.about}")
    return "\n".join([*lines, _count(checks)]) + "\n"


def _lines(check: str, finding: Finding, width: int) -> Iterator[str]:
    yield f"{finding.severity:<8} {check:<{width}}  {InputError(finding.message)}"
    yield f"{'':<8} {'':<{width}}  fix: {InputError(finding.fix)}"


def _count(checks: Sequence[Examined]) -> str:
    severities = [finding.severity for check in checks for finding in check.findings]
    counts = [(severities.count(name), name) for name in SEVERITIES]
    parts = [f"{count} {name}{'s' * (count > 1)}" for count, name in counts if count]
    return f"{len(checks)} checks: {', '.join(parts) or 'nothing to fix'}"
