"""Lay out a benchmark of one's own in a folder: its pipeline, params and catalogue, which run the installed package."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

EPILOG = """
Its files are yours to change: params.yaml, runs/, profiles/, stages/. The code that they run is that of the installed
package: after an upgrade `genbench environment --write` takes the new version, and what changed in it runs anew.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the folder."""
    parser.epilog = EPILOG
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="a new or an empty folder")


def run(arguments: argparse.Namespace) -> None:
    """Lay out, and print the next commands."""
    from genbench.pipeline import layout, repository

    layout.init(arguments.folder)
    steps = [] if arguments.folder.samefile(Path()) else [f"cd {shlex.quote(str(arguments.folder))}"]
    found = repository.fault(arguments.folder)
    steps += [found.fix] if found else []
    steps += [
        "genbench use quick, the fewest rows, or edit params.yaml",
        "genbench repro, or dvc repro",
        "genbench table",
    ]
    sys.stdout.write("".join(f"{'next:' if step is steps[0] else '':<6}{step}\n" for step in steps))
