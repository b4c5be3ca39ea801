"""One cell, made in a worker's clone: `python -m genbench.dag.fanout.cell STAGE ...`, stages with dependencies first.

A stage that fails stops those that depend on it and no other. What was made is said in .genbench/result.json: the
entries of dvc.lock and, of each stage that failed, why. While it works, .genbench/stage has the stage's name.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genbench.dag import lock
from genbench.dag.fanout import leash, run_cache
from genbench.dag.reproduce import one_line
from genbench.files.atomic import write_text

if TYPE_CHECKING:
    from dvc.stage import Stage

RESULT = Path(".genbench/result.json")
STAGE = Path(".genbench/stage")
LOG = Path(".genbench/log")


def main(stages: Sequence[str], remote: str) -> None:
    """Make the stages, or take them from `remote`, which gets what was made; "" where all have one cache."""
    import networkx as nx
    from dvc.exceptions import DvcException
    from dvc.repo import Repo
    from dvc.repo.reproduce import _reproduce_stage

    failed: dict[str, str] = {}
    made: list[Stage] = []

    def reproduce(stage: Stage, **how: Any) -> Stage | None:
        if remote:
            run_cache.pull(repo, stage, remote)
            how["pull"] = True
        done = _reproduce_stage(stage, **how)
        if done:
            made.append(done)
        return done

    with Repo() as repo:
        graph = repo.index.graph
        nodes = {stage.addressing: stage for stage in graph}  # by name, those of other files by path and name
        for name in stages:
            above = {dep.addressing for dep in nx.descendants(graph, nodes[name])}
            if lost := next((one for one in stages if one in above & failed.keys()), ""):
                failed[name] = f"needs {lost}"
                continue
            write_text(STAGE, name)
            try:
                repo.reproduce([name], single_item=True, repro_fn=reproduce)
            except DvcException as error:
                failed[name] = reason() or one_line(error)
        entries = {stage: entry for stage, entry in lock.read(Path()).items() if stage in stages}
        if remote and entries:
            repo.push(targets=list(entries), remote=remote)
            run_cache.push(repo, made, remote)
    # not write_json, which sorts keys: entries stay in DVC's order
    write_text(RESULT, json.dumps({"entries": entries, "failed": failed}))


def reason() -> str:
    """The last error that a stage printed, "" if none did."""
    lines = LOG.read_text(encoding="utf-8", errors="replace").splitlines()
    said = [line for line in lines[-40:] if re.match(r"error: |\w*(Error|Exception)\b", line)]
    return said[-1] if said else ""


if __name__ == "__main__":
    leash.hold()
    main(sys.argv[2:], sys.argv[1])
