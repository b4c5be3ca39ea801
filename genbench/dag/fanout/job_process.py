"""The process that makes one cell in a worker's clone: `python -m genbench.dag.fanout.job_process REMOTE STAGE ...`.

A stage that fails stops the stages that depend on it and no other. The result is .genbench/result.json: the entries of
dvc.lock and, for each stage that failed, the reason. While the process works, .genbench/stage names the stage.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genbench.dag import lock
from genbench.dag.fanout import parent_death, run_cache
from genbench.dag.reproduce import one_line
from genbench.files.atomic import write_text

if TYPE_CHECKING:
    from dvc.stage import Stage

RESULT = Path(".genbench/result.json")
STAGE = Path(".genbench/stage")
LOG = Path(".genbench/log")


def main(stages: Sequence[str], remote: str) -> None:
    """Reproduce the stages, dependencies first, and write the result.

    remote: a DVC remote that stages are restored from and results are pushed to; "" where all workers have one cache.
    """
    import networkx as nx
    from dvc.exceptions import DvcException
    from dvc.repo import Repo
    from dvc.repo.reproduce import _reproduce_stage

    failed: dict[str, str] = {}
    reproduced: list[Stage] = []

    def reproduce(stage: Stage, **options: Any) -> Stage | None:
        if remote:
            run_cache.pull(repo, stage, remote)
            options["pull"] = True
        done = _reproduce_stage(stage, **options)
        if done:
            reproduced.append(done)
        return done

    with Repo() as repo:
        graph = repo.index.graph
        nodes = {stage.addressing: stage for stage in graph}  # by name, those of other files by path and name
        for name in stages:
            above = {dep.addressing for dep in nx.descendants(graph, nodes[name])}
            if missing := next((stage for stage in stages if stage in above & failed.keys()), ""):
                failed[name] = f"needs {missing}"
                continue
            write_text(STAGE, name)
            try:
                repo.reproduce([name], single_item=True, repro_fn=reproduce)
            except DvcException as error:
                failed[name] = last_error() or one_line(error)
        entries = {stage: entry for stage, entry in lock.read(Path()).items() if stage in stages}
        if remote and entries:
            repo.push(targets=list(entries), remote=remote)
            run_cache.push(repo, reproduced, remote)
    # not write_json, which sorts keys: entries stay in DVC's order
    write_text(RESULT, json.dumps({"entries": entries, "failed": failed}))


def last_error() -> str:
    """Find the last error that a stage printed, "" if there is none."""
    lines = LOG.read_text(encoding="utf-8", errors="replace").splitlines()
    errors = [line for line in lines[-40:] if re.match(r"error: |\w*(Error|Exception)\b", line)]
    return errors[-1] if errors else ""


if __name__ == "__main__":
    parent_death.end_with_parent()
    main(sys.argv[2:], sys.argv[1])
