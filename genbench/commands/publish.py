"""Keep a copy of the current report that DVC does not touch."""

from __future__ import annotations

import argparse
import sys


def arguments(parser: argparse.ArgumentParser) -> None:
    """None."""


def run(arguments: argparse.Namespace) -> None:
    """Copy, and say where to."""
    from genbench.report.publish import publish

    sys.stdout.write(f"published: {publish()}\n")
