"""Write the JSON Schemas by which editors complete and check params.yaml, profiles, runs and environment.yaml."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from genbench.commands import _output

EPILOG = """
They are of the installed package: write them anew after an upgrade, or when a model, a metric or another member has new
options. .vscode/settings.json leads Visual Studio Code to them.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the folder to write."""
    parser.epilog = EPILOG
    parser.add_argument("--out", type=Path, default=Path("schemas"), metavar="FOLDER", help="default: schemas")


def run(arguments: argparse.Namespace) -> None:
    """Write, and print the files."""
    from genbench.pipeline.schemas.documents import write

    _output.require_folder("--out", arguments.out)
    for path in write(arguments.out):
        sys.stdout.write(f"{path}\n")
