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
    check.check(p)
    cells = len(p.enabled) * len(p.seeds)
    sys.stdout.write(f"params.yaml fits: {p.profile}, {len(p.enabled)} runs × {len(p.seeds)} seeds = {cells} cells\n")
