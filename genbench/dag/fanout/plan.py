"""What there is to fan out: the stages of dvc.yaml, as DVC resolves them, by cell.

A stage belongs to a cell if its name has the cell's run and seed (`train@nsgan-0`); what cells depend on and is in none
of them is shared (`prepare`); what depends on them comes last (`report`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import networkx as nx

if TYPE_CHECKING:
    from dvc.repo import Repo
    from dvc.stage import Stage

PIPELINE = "dvc.yaml"


@dataclass(frozen=True)
class Cell:
    """A run with a seed. stages: their names, dependencies first. gpus: as many as the stage that wants most."""

    run: str
    seed: int
    stages: tuple[str, ...]
    gpus: float

    def __str__(self) -> str:
        return f"{self.run}-{self.seed}"


@dataclass(frozen=True)
class Plan:
    """All cells, in the order of params.yaml.

    shared: the stages that they depend on, dependencies first. frozen: those of cells that are, so that nothing runs.
    """

    cells: tuple[Cell, ...]
    shared: tuple[str, ...]
    frozen: tuple[str, ...]


def plan(repo: Repo, runs: Iterable[str], seeds: Iterable[int]) -> Plan:
    """The benchmark's stages by cell. `runs` and `seeds` are those that params.yaml enables."""
    graph = repo.index.graph  # from each stage to those that it depends on
    stages = [stage for stage in reversed(list(nx.topological_sort(graph.reverse()))) if _in_pipeline(stage)]
    stages.reverse()
    names = {(run, seed): f"{run}-{seed}" for seed in seeds for run in runs}
    members: dict[str, list[Stage]] = {name: [] for name in names.values()}
    for stage in stages:
        owner = _cell(stage.name)
        if owner in members:
            members[owner].append(stage)
    within = {stage for listed in members.values() for stage in listed}
    before = {dep for stage in within for dep in nx.descendants(graph, stage)} - within
    return Plan(
        cells=tuple(
            Cell(run, seed, tuple(stage.name for stage in members[name]), max(map(_gpus, members[name]), default=0.0))
            for (run, seed), name in names.items()
        ),
        shared=tuple(stage.name for stage in stages if stage in before),
        frozen=tuple(stage.name for stage in stages if stage in within and stage.frozen),
    )


def changed(repo: Repo) -> set[str]:
    """The stages of which DVC finds anything changed or missing, so that `dvc repro` would not pass over them."""
    return {stage.name for stage in repo.index.stages if _in_pipeline(stage) and stage.status()}


def _in_pipeline(stage: Stage) -> bool:
    return stage.relpath == PIPELINE


def _cell(name: str) -> str:
    """The part of a stage's name that a cell has: run and seed of `features@nsgan-0-classifier`."""
    return "-".join(name.partition("@")[2].split("-")[:2])


def _gpus(stage: Stage) -> float:
    return float((stage.meta or {}).get("gpus", 0))
