"""How long stages would take, by what was recorded when they last ran.

Recorded are trainings, as steps a second, and sampling (genbench.data.paths.Paths.cost). A cell's own record counts,
else the mean over the other seeds of its run; other stages record none.
"""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

from genbench.data.paths import Paths
from genbench.errors import InputError
from genbench.files.atomic import read_json
from genbench.pipeline.params import Params


class Times:
    """Of the stages of one params file."""

    def __init__(self, params: Params) -> None:
        self.params = params

    def seconds(self, stage: str) -> float | None:
        """The seconds that a stage, such as train@vae-0, would take; None where nothing is recorded."""
        kind, _, cell = stage.partition("@")
        run, _, seed = cell.rpartition("-")
        if kind not in ("train", "sample") or run not in self.params.runs:
            return None
        own = Paths(self.params.dataset).cost(run, int(seed), kind)
        others = sorted(own.parent.glob(f"*-{kind}.json"))
        records = [_record(own)] if own.is_file() else [_record(other) for other in others]
        found = [s for record in records if (s := self._seconds(kind, run, record)) is not None]
        return statistics.fmean(found) if found else None

    def _seconds(self, kind: str, run: str, record: dict[str, Any]) -> float | None:
        if kind == "sample":
            return record.get("sample_seconds")
        rate = record.get("steps_per_second")
        steps = self.params.run(run).train.get("steps", self.params.train.steps)
        return steps / rate if rate else record.get("train_seconds")


def _record(path: Path) -> dict[str, Any]:
    try:
        found = read_json(path)
    except InputError:  # a time that cannot be read is one that was not recorded
        return {}
    return found if isinstance(found, dict) else {}


def duration(seconds: float) -> str:
    """Seconds as a person says them: 0.4 s, 12 s, 3 min, 2 h 05 min."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60:02d} min"
