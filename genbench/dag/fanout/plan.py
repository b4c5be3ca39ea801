"""Stages of dvc.yaml by cell, as DVC resolves them.

A stage belongs to a cell if its name has the cell's run and seed (`train@nsgan-0`). A stage that cells depend on and
that is in none of them is shared (`prepare`); the stages that depend on cells come last (`report`).
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
class Job:
    """The stages that make one cell, a run with a seed.

    stages: their names, dependencies first. gpus: the number of the stage that asks for most.
    """

    run: str
    seed: int
    stages: tuple[str, ...]
    gpus: float

    def __str__(self) -> str:
        return f"{self.run}-{self.seed}"


@dataclass(frozen=True)
class Plan:
    """Jobs in the order of params.yaml.

    shared: the stages that they depend on, dependencies first. frozen: stages of cells that are frozen, so that they
    never run.
    """

    jobs: tuple[Job, ...]
    shared: tuple[str, ...]
    frozen: tuple[str, ...]


def plan(repo: Repo, runs: Iterable[str], seeds: Iterable[int]) -> Plan:
    """Sort the benchmark's stages by cell. runs, seeds: those that params.yaml enables."""
    graph = repo.index.graph  # from each stage to those that it depends on
    stages = [stage for stage in nx.topological_sort(graph.reverse()) if _in_pipeline(stage)]
    names = {(run, seed): f"{run}-{seed}" for seed in seeds for run in runs}
    members: dict[str, list[Stage]] = {name: [] for name in names.values()}
    for stage in stages:
        cell = cell_of(stage.name)
        if cell in members:
            members[cell].append(stage)
    within = {stage for group in members.values() for stage in group}
    before = {dep for stage in within for dep in nx.descendants(graph, stage)} - within
    return Plan(
        jobs=tuple(
            Job(run, seed, tuple(stage.name for stage in members[name]), max(map(_gpus, members[name]), default=0.0))
            for (run, seed), name in names.items()
        ),
        shared=tuple(stage.name for stage in stages if stage in before),
        frozen=tuple(stage.name for stage in stages if stage in within and stage.frozen),
    )


def changed(repo: Repo) -> set[str]:
    """Name the stages that DVC finds changed or incomplete, so that `dvc repro` would not pass over them."""
    return {stage.name for stage in repo.index.stages if _in_pipeline(stage) and stage.status()}


def _in_pipeline(stage: Stage) -> bool:
    return stage.relpath == PIPELINE


def cell_of(stage: str) -> str:
    """Take the cell from a stage's name: `nsgan-0` of `features@nsgan-0-classifier`, "" of a stage without one."""
    return "-".join(stage.partition("@")[2].split("-")[:2])


def _gpus(stage: Stage) -> float:
    return float((stage.meta or {}).get("gpus", 0))
