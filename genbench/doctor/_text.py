"""What was found, as a list for a terminal: the worst first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from genbench.doctor import Finding, Severity
from genbench.doctor._examine import Examined
from genbench.errors import InputError

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


def text(examined: Sequence[Examined], *, verbose: bool = False) -> str:
    """The list and its sum. verbose: with a line for each check that found nothing."""
    width = max(len(one.check) for one in examined)
    pairs = [(one.check, finding) for one in examined for finding in one.findings]
    pairs.sort(key=lambda pair: SEVERITIES.index(pair[1].severity))
    lines = [line for check, finding in pairs for line in _lines(check, finding, width)]
    if verbose:
        quiet = [one for one in examined if not one.findings]
        lines += [
            f"{'blind' if one.blind else 'ok':<8} {one.check:<{width}}  {one.blind or one.about}" for one in quiet
        ]
    return "\n".join([*lines, _sum(examined)]) + "\n"


def _lines(check: str, finding: Finding, width: int) -> Iterator[str]:
    yield f"{finding.severity:<8} {check:<{width}}  {InputError(finding.what)}"
    yield f"{'':<8} {'':<{width}}  mend: {InputError(finding.mend)}"


def _sum(examined: Sequence[Examined]) -> str:
    severities = [finding.severity for one in examined for finding in one.findings]
    counts = [(severities.count(name), name) for name in SEVERITIES]
    said = ", ".join(f"{count} {name}{'s' * (count > 1)}" for count, name in counts if count)
    return f"{len(examined)} checks: {said or 'nothing to mend'}"
