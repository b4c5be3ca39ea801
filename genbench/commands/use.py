"""Write a profile's overrides into params.yaml."""

from __future__ import annotations

import argparse
import sys


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the profile."""
    parser.add_argument("name", help="a file of profiles/, without .yaml")


def run(arguments: argparse.Namespace) -> None:
    """Switch, and print the next step."""
    from genbench.pipeline.profiles import use

    sys.stdout.write(use(arguments.name) + "\n")
