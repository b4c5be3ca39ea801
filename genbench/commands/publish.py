"""Keep a copy of the current report that DVC does not touch."""

from __future__ import annotations

import argparse
import sys


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add no arguments."""


def run(arguments: argparse.Namespace) -> None:
    """Copy, and print the folder of the copy."""
    from genbench.report.publish import publish

    sys.stdout.write(f"published: {publish()}\n")
