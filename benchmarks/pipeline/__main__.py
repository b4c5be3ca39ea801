"""What the DAG costs beside the work of its stages, against the number of stages.

    python -m benchmarks.pipeline [--stages 40 150 600] [--limit 600]

writes pipeline.json, .csv, .md and .png into reports/benchmarks. Stages are those of dvc.yaml, with commands that only
write their outputs; overhead is what a command took less what its stages say they took. A first run is measured by
`genbench repro` and by `dvc repro`; the latter is left out where the number of stages before lets expect more than the
limit, in seconds. Beside them: `dvc repro --force` of 30 stages once all are locked, a `dvc repro` with nothing to do,
and `genbench plan` after a change of a metric's option, which reaches a fifth of the stages.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.machine import described
from benchmarks.pipeline.project import Spent, project
from benchmarks.pipeline.tables import write
from genbench.files.atomic import write_json

PACKAGES = ("dvc", "ruamel.yaml")
REPEATED = 30
GENBENCH = ("python", "-c", "from genbench.cli import main; main()")


def main() -> None:
    options = _options()
    machine = described(PACKAGES)
    records: list[dict[str, Any]] = []
    expected = 0.0
    for stages in sorted(options.stages):
        for record in _measured(stages, expected, options.limit):
            records.append(record)
            if record["what"] == "dvc repro" and record["seconds"]:
                # writing the lock after each stage makes it a square
                expected = record["seconds"] / stages**2
            said = {"machine": machine, "limit_seconds": options.limit, "records": records}
            write_json(options.out / "pipeline.json", said)
    write(options.out)


def _measured(stages: int, square: float, limit: float) -> Iterator[dict[str, Any]]:
    """Measure one number of stages."""
    with TemporaryDirectory() as folder:
        made = project(Path(folder) / "seldom", stages)
        yield _record("genbench repro", stages, made.run(*GENBENCH, "repro"))
        yield _record("nothing to do", stages, made.run("dvc", "repro"))
        names = [f"{kind}@noise-{seed}" for seed in range(stages) for kind in ("train", "likelihood", "sample")]
        chosen = [name for name in names if int(name.rpartition("-")[2]) < (stages - 5) // 5][:REPEATED]
        yield _record("30 of them again", stages, made.run("dvc", "repro", "--force", "--single-item", *chosen))
        made.set(metrics={"precision_recall": {"k": 7}})
        yield _record("genbench plan", stages, made.run(*GENBENCH, "plan"))
        if (expected := square * stages**2) > limit:
            yield {"what": "dvc repro", "stages": stages, "seconds": None, "expected_seconds": expected}
            return
        yield _record("dvc repro", stages, project(Path(folder) / "plain", stages).run("dvc", "repro"))


def _record(what: str, stages: int, spent: Spent) -> dict[str, Any]:
    """overhead: seconds a stage that ran, on the wall and of the processor."""
    ran = spent.stages
    overhead = (spent.seconds - spent.work) / ran if ran else None
    busy = (spent.processor - spent.processor_work) / ran if ran else None
    sys.stderr.write(f"{what}, {stages} stages: {spent.seconds:.1f} s, {ran} ran\n")
    return {
        "what": what,
        "stages": stages,
        "ran": ran,
        "seconds": spent.seconds,
        "processor_seconds": spent.processor,
        "work_seconds": spent.work,
        "overhead": overhead,
        "processor_overhead": busy,
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pipeline", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--stages", type=int, nargs="+", default=[40, 150, 600], help="5 and a multiple of 5")
    parser.add_argument("--limit", type=float, default=600, help="seconds beyond which a first `dvc repro` is not run")
    parser.add_argument("--out", type=Path, default=Path("reports/benchmarks"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
