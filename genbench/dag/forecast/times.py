"""Times that stages would take, by the records of their last runs.

Trainings record steps a second, and sampling its seconds (genbench.data.paths.Paths.cost). A cell's own record counts,
else the mean over the other seeds of its run; other stages record no time.
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
    """Times of the stages of one params file."""

    def __init__(self, params: Params) -> None:
        self.params = params

    def seconds(self, stage: str) -> float | None:
        """Estimate the seconds of a stage, such as train@vae-0; None where nothing is recorded."""
        kind, _, cell = stage.partition("@")
        run, _, seed = cell.rpartition("-")
        if kind not in ("train", "sample") or run not in self.params.runs:
            return None
        own = Paths(self.params.dataset).cost(run, int(seed), kind)
        others = sorted(own.parent.glob(f"*-{kind}.json"))
        records = [_record(own)] if own.is_file() else [_record(other) for other in others]
        seconds = [s for record in records if (s := self._seconds(kind, run, record)) is not None]
        return statistics.fmean(seconds) if seconds else None

    def _seconds(self, kind: str, run: str, record: dict[str, Any]) -> float | None:
        if kind == "sample":
            return record.get("sample_seconds")
        rate = record.get("steps_per_second")
        if not rate:
            return record.get("train_seconds")
        budget = self.params.train
        times = [steps / rate for steps in (self.params.run(run).train.get("steps"), budget.steps) if steps]
        times += [record["train_seconds"]] if budget.operations else []  # operations buy what they bought before
        return min(times)


def _record(path: Path) -> dict[str, Any]:
    try:
        record = read_json(path)
    except InputError:  # a time that cannot be read counts as not recorded
        return {}
    return record if isinstance(record, dict) else {}


def duration(seconds: float) -> str:
    """Write seconds with their unit: 0.4 s, 12 s, 3 min, 2 h 05 min."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60:02d} min"
