"""Do what `dvc repro` does, writing dvc.lock seldom: faster where stages are many."""

from __future__ import annotations

import argparse
import sys


def arguments(parser: argparse.ArgumentParser) -> None:
    """As those of `dvc repro`."""
    parser.add_argument("targets", nargs="*", metavar="STAGE", help="stages or dvc.yaml files (default: dvc.yaml)")
    parser.add_argument("-f", "--force", action="store_true", help="run stages even if nothing changed")
    parser.add_argument(
        "-k", "--keep-going", action="store_true", help="go on after a failure with what does not depend on it"
    )


def run(arguments: argparse.Namespace) -> None:
    """Reproduce; DVC says what it does."""
    from genbench.reproduce import dvc_in_one_line, reproduce

    with dvc_in_one_line():
        done = reproduce(
            arguments.targets, force=arguments.force, on_error="keep-going" if arguments.keep_going else "fail"
        )
    if not done:
        sys.stdout.write("Data and pipelines are up to date.\n")
