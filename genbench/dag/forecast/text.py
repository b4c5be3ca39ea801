"""A forecast as text: stages by verdict, with reasons and times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from genbench.dag.forecast.forecast import Step, Verdict
from genbench.dag.forecast.times import Times, duration

SHOWN = 4  # names in one line
HEADS: dict[Verdict, str] = {
    "runs": "Would run",
    "may run": "Would run, unless what comes before them comes out as it was",
    "restored": "Would be restored from the run-cache, not run",
    "frozen": "Frozen: they never run, and stages that depend on them take their outputs as they are",
}


def text(steps: Sequence[Step], times: Times, *, whole: bool = False) -> str:
    """Write the stages that would not stay as they are; stages that are alike share a line. whole: name all of them."""
    if all(step.verdict == "unchanged" for step in steps):
        return "Nothing would run: everything is up to date.\n"
    parts = []
    for verdict, head in HEADS.items():
        chosen = [step for step in steps if step.verdict == verdict]
        if chosen:
            seconds = _total(chosen, times) if verdict in ("runs", "may run") else ""
            parts.append("\n".join([f"{head} ({len(chosen)}{seconds}):", *_lines(chosen, whole)]))
    unchanged = sum(step.verdict == "unchanged" for step in steps)
    ends = [f"Unchanged: {unchanged} of {len(steps)} stages."]
    if all(step.verdict in ("unchanged", "frozen") for step in steps):
        ends = ["Nothing would run: everything else is up to date."]
    if untimed := _untimed(steps, times):
        ends.append(f"No time is recorded for {untimed}.")
    return "\n\n".join([*parts, "\n".join(ends)]) + "\n"


def _lines(steps: Sequence[Step], whole: bool) -> Iterator[str]:
    """Yield the lines of a verdict; steps of one kind with the same reasons share one."""
    alike: dict[tuple[str, tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for step in steps:
        kind = step.stage.partition("@")[0]
        unless = tuple(dict.fromkeys(name.partition("@")[0] for name in step.unless)) if not step.reasons else ()
        alike.setdefault((kind, step.reasons, unless), []).append(step.stage)
    for (_, reasons, unless), names in alike.items():
        shown = names if whole else names[:SHOWN]
        more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
        yield f"  {', '.join(shown)}{more}"
        if reasons or unless:
            yield "      " + ("; ".join(reasons) if reasons else f"if {' or '.join(unless)} writes something else")


def _total(steps: Sequence[Step], times: Times) -> str:
    seconds = [recorded for step in steps if (recorded := times.seconds(step.stage)) is not None]
    return f", about {duration(sum(seconds))} of training and sampling" if seconds else ""


def _untimed(steps: Sequence[Step], times: Times) -> str:
    """Count the stages that would run and have no recorded time, by kind: "36 × evaluate"."""
    kinds: dict[str, int] = {}
    for step in steps:
        if step.verdict in ("runs", "may run") and times.seconds(step.stage) is None:
            kind = step.stage.partition("@")[0]
            kinds[kind] = kinds.get(kind, 0) + 1
    return ", ".join(f"{count} × {kind}" if count > 1 else kind for kind, count in kinds.items())
