"""Find objects in DVC's cache that are not what their name says; --remove deletes them, to be made again."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dvc.repo import Repo

MANY = 20  # stages that a person would not name one by one


def arguments(parser: argparse.ArgumentParser) -> None:
    """Whether to remove what is found."""
    parser.add_argument(
        "--remove", action="store_true", help="delete what is corrupt, so that the next repro makes it again"
    )


def run(arguments: argparse.Namespace) -> None:
    """Hash the whole cache; exit with 1 if anything is corrupt and stays."""
    from pathlib import Path

    from dvc.repo import Repo, lock_repo

    from genbench.dag import lock
    from genbench.dag.cache import corrupt, makers
    from genbench.dag.reproduce import dvc_in_one_line
    from genbench.errors import InputError

    bad: list[Path] = []
    with dvc_in_one_line(), Repo() as repo, lock_repo(repo):
        cache = Path(repo.cache.local_cache_dir)
        made = makers(cache, lock.read(Path()))
        for path in corrupt(cache):
            bad.append(path)
            if arguments.remove:
                path.unlink()
            verdict = "removed" if arguments.remove else "corrupt"
            sys.stdout.write(f"{verdict}: {path} ({made.get(path, 'of no stage in dvc.lock')})\n")
        spoilt = _and_after(repo, {made[path] for path in bad if path in made})
    if not bad:
        sys.stdout.write("every object in DVC's cache is what its name says\n")
        return
    if not arguments.remove:
        raise InputError(f"corrupt objects in DVC's cache: {len(bad)}; next: genbench cache --remove")
    sys.stdout.write("next: dvc repro, which makes them again\n")
    if spoilt:
        which = "" if len(spoilt) > MANY else f" -s {' '.join(spoilt)}"
        sys.stdout.write(f"if anything may have been made from them while they were corrupt: dvc repro -f{which}\n")


def _and_after(repo: Repo, stages: set[str]) -> list[str]:
    """Stages, and those of the benchmark that depend on them, in the order of their making."""
    import networkx as nx

    from genbench.dag.fanout.plan import PIPELINE

    graph = repo.index.graph  # from each stage to those that it depends on
    own = {stage for stage in graph if stage.relpath == PIPELINE and stage.name in stages}
    after = own.union(*(nx.ancestors(graph, stage) for stage in own))
    ordered = reversed(list(nx.topological_sort(graph)))
    return [stage.name for stage in ordered if stage in after and stage.relpath == PIPELINE]
