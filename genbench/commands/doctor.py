"""Say what in this checkout or environment would spoil results or speed, each with its mend."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path


def arguments(parser: argparse.ArgumentParser) -> None:
    """The form of the answer."""
    parser.epilog = "Exits with 1 if there is an error. Nothing is written, and nothing is mended."
    parser.add_argument("-v", "--verbose", action="store_true", help="a line also for each check that finds nothing")
    parser.add_argument("--json", action="store_true", help="print every check with its findings, as JSON")
    parser.add_argument("--cache", action="store_true", help="hash all of DVC's cache as well, which may take minutes")


def run(arguments: argparse.Namespace) -> None:
    """Look at everything, and print it."""
    from genbench.doctor._examine import examine
    from genbench.doctor._pipelines import PIPELINE
    from genbench.doctor._text import text
    from genbench.errors import InputError

    if not PIPELINE.is_file():
        raise InputError(f"{Path.cwd()}: expected the root of a genbench project, there is no {PIPELINE}")
    found = examine(cache=arguments.cache)
    if arguments.json:
        sys.stdout.write(json.dumps([asdict(one) for one in found], indent=1, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(text(found, verbose=arguments.verbose))
    if any(finding.severity == "error" for one in found for finding in one.findings):
        sys.exit(1)
