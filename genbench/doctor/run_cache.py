"""Stages that DVC's run-cache passes over, which are run again where they could be restored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from genbench.doctor import Finding
from genbench.doctor._pipelines import Stage, written

KINDS = ("outs", "metrics", "plots")
REPORTS = ("reports/", "report/")  # of the benchmark, and of each laboratory


def find() -> Iterator[Finding]:
    """What switches the run-cache off: `always_changed`, `persist`, and plain outputs that are not cached.

    Of the last stages, on which none depends, plain outputs below reports/ may be git's: pages are made in seconds. A
    stage without dependencies has no key in the run-cache, and `always_changed` costs it nothing.
    """
    stages = list(written())
    for stage in stages:
        if stage.values.get("always_changed") and stage.values.get("deps"):
            yield _finding(stage, "always_changed: true runs it at every dvc repro", "delete always_changed")
        for path, options in _outputs(stage):
            if options.get("persist"):
                yield _finding(stage, f"{path}: persist: true switches the run-cache off", "delete persist")
        last = _last(stage, stages)
        for path, options in stage.entries("outs"):
            if options.get("cache") is False and not (last and path.startswith(REPORTS)):
                mend = "delete `cache: false`, or list it under metrics or plots, for which it does no harm,"
                yield _finding(stage, f"{path}: cache: false of a plain output switches the run-cache off", mend)


def _finding(stage: Stage, what: str, mend: str) -> Finding:
    return Finding("error", f"{stage}: {what}", f"{mend} in {stage.file}")


def _outputs(stage: Stage) -> Iterator[tuple[str, dict[str, object]]]:
    for kind in KINDS:
        yield from stage.entries(kind)


def _last(stage: Stage, stages: Sequence[Stage]) -> bool:
    """Whether no stage depends on any output, by paths as they are written."""
    needed = [f"{path}/" for other in stages for path, _ in other.entries("deps")]
    made = [f"{path}/" for path, _ in _outputs(stage)]
    return not any(out.startswith(dep) or dep.startswith(out) for out in made for dep in needed)
