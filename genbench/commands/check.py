"""Check that params.yaml and the runs fit together, before DVC starts."""

from __future__ import annotations

import argparse
import sys


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add no arguments."""


def run(arguments: argparse.Namespace) -> None:
    """Check, and print the size of the benchmark."""
    from genbench.pipeline import check, params

    p = params.load()
    data = check.check(p)
    runs, seeds = (
        f"{len(each)} {name}{'s' * (len(each) != 1)}" for each, name in ((p.enabled, "run"), (p.seeds, "seed"))
    )
    what = p.profile if p.profile == p.dataset else f"profile {p.profile}, dataset {p.dataset}"
    sys.stdout.write(f"params.yaml fits: {what}, {runs} × {seeds} = {len(p.enabled) * len(p.seeds)} cells\n")
    if data.counts:
        splits = ", ".join(f"{name} {count}" for name, count in data.counts.items())
        classes = (
            "" if data.classes is None else f"; {len(data.classes) or 'no'} class{'es' * (len(data.classes) != 1)}"
        )
        sys.stdout.write(f"images by split: {splits}{classes}\n")
