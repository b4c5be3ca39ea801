"""Build a static site of all reports and documents, with the leaderboards' history over commits."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from genbench.commands import _output


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the folder to write."""
    parser.add_argument("--out", type=Path, default=Path("build/site"), metavar="FOLDER", help="default: build/site")


def run(arguments: argparse.Namespace) -> None:
    """Build, and print the first page."""
    from genbench.report.site.build import build

    _output.require_folder("--out", arguments.out)
    sys.stdout.write(f"site: {build(arguments.out)}\n")
