"""Say whether params.yaml and the catalogue fit, before DVC starts."""

from __future__ import annotations

import argparse
import sys


def arguments(parser: argparse.ArgumentParser) -> None:
    """None."""


def run(arguments: argparse.Namespace) -> None:
    """Check, and say how large the benchmark is."""
    from genbench.pipeline import check, params

    p = params.load()
    check.check(p)
    cells = len(p.enabled) * len(p.seeds)
    sys.stdout.write(f"params.yaml fits: {p.profile}, {len(p.enabled)} runs × {len(p.seeds)} seeds = {cells} cells\n")
