"""Stages that DVC's run-cache passes over, which are run again where they could be restored."""

from __future__ import annotations

from collections.abc import Iterator

from genbench.doctor import Finding
from genbench.doctor._pipelines import Stage, written

KINDS = ("outs", "metrics", "plots")


def find() -> Iterator[Finding]:
    """What switches the run-cache off: `always_changed`, `persist`, and plain outputs that are not cached.

    A stage all of whose outputs are git's, below reports/, is a page: it does without on purpose.
    """
    for stage in written():
        if stage.values.get("always_changed"):
            yield _finding(stage, "always_changed: true runs it at every dvc repro", "delete always_changed")
        for path, options in (entry for kind in KINDS for entry in stage.entries(kind)):
            if options.get("persist"):
                yield _finding(stage, f"{path}: persist: true switches the run-cache off", "delete persist")
        if not _page(stage):
            for path, options in stage.entries("outs"):
                if options.get("cache") is False:
                    mend = "delete `cache: false`, or list it under metrics or plots, for which it does no harm"
                    yield _finding(stage, f"{path}: cache: false of a plain output switches the run-cache off", mend)


def _finding(stage: Stage, what: str, mend: str) -> Finding:
    return Finding("error", f"{stage}: {what}", f"{mend} in {stage.file}")


def _page(stage: Stage) -> bool:
    entries = [entry for kind in KINDS for entry in stage.entries(kind)]
    return all(path.startswith("reports/") and options.get("cache") is False for path, options in entries)
