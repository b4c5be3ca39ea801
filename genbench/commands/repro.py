"""Reproduce as `dvc repro` does, but write dvc.lock seldom: faster where stages are many."""

from __future__ import annotations

import argparse
import sys

#: Flags of `dvc repro`. --no-commit is not among them: entries of dvc.lock must not wait if results go into no cache.
FLAGS = {
    ("-f", "--force"): "run stages even if nothing changed",
    ("-s", "--single-item"): "the named stages alone, without those that they depend on",
    ("-p", "--pipeline"): "all of the pipelines that the named stages belong to",
    ("-P", "--all-pipelines"): "all pipelines of the project, the laboratories' as well",
    ("--downstream",): "the named stages and those that depend on them",
    ("--force-downstream",): "also run what depends on a stage that ran, whether or not its dependencies changed",
    ("--glob",): "targets are patterns, such as 'train@*'",
    ("--pull",): "get missing data from the DVC remote",
    ("--allow-missing",): "pass over stages that lack nothing but data",
    ("--dry",): "only print what would run as things are; nothing is written",
}
EPILOG = """
`genbench plan` says more than --dry does: also what follows from the stages that would run.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `dvc repro`."""
    parser.epilog = EPILOG
    parser.add_argument("targets", nargs="*", metavar="STAGE", help="stages or dvc.yaml files (default: dvc.yaml)")
    for names, text in FLAGS.items():
        parser.add_argument(*names, action="store_true", help=text)
    parser.add_argument(
        "-k",
        "--keep-going",
        action="store_const",
        const="keep-going",
        default="fail",
        dest="on_error",
        help="go on after a failure with what does not depend on it",
    )
    parser.add_argument(
        "--no-run-cache",
        action="store_false",
        dest="run_cache",
        help="run stages even if the run-cache has their results",
    )


def run(arguments: argparse.Namespace) -> None:
    """Reproduce; DVC prints what it does."""
    from genbench.dag.reproduce import dvc_in_one_line, opened, reproduce

    options = {name: value for name, value in vars(arguments).items() if name not in ("targets", "run")}
    with dvc_in_one_line(), opened(recover=not arguments.dry) as repo:
        done = reproduce(repo, arguments.targets, **options)
    if not done:
        sys.stdout.write("Data and pipelines are up to date.\n")
