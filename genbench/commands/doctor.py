"""Find what in this checkout or environment would spoil results or speed, each finding with its fix."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the form of the output."""
    parser.epilog = "Exits with 1 if there is an error. It writes nothing and repairs nothing."
    parser.add_argument("-v", "--verbose", action="store_true", help="a line also for each check that finds nothing")
    parser.add_argument("--json", action="store_true", help="print every check with its findings, as JSON")
    parser.add_argument("--cache", action="store_true", help="hash all of DVC's cache as well, which may take minutes")


def run(arguments: argparse.Namespace) -> None:
    """Run all checks and print their findings; exit with 1 if one is an error."""
    from genbench.doctor._examine import examine
    from genbench.doctor._text import text
    from genbench.errors import InputError

    if not Path("dvc.yaml").is_file():
        raise InputError(f"{Path.cwd()}: expected the root of a genbench project, there is no dvc.yaml")
    checks = examine(cache=arguments.cache)
    if arguments.json:
        sys.stdout.write(json.dumps([asdict(check) for check in checks], indent=1, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(text(checks, verbose=arguments.verbose))
    if any(finding.severity == "error" for check in checks for finding in check.findings):
        sys.exit(1)
