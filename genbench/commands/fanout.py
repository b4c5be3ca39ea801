"""Run the benchmark's cells side by side, on this machine or on a Ray cluster."""

from __future__ import annotations

import argparse
import sys


def arguments(parser: argparse.ArgumentParser) -> None:
    """How many cells at a time, and where."""
    parser.add_argument(
        "-j",
        "--jobs",
        type=int,
        metavar="N",
        help="cells at a time (default: a core each, or a GPU)",
    )
    parser.add_argument("--remote", default="", metavar="NAME", help="DVC remote that returns results from other hosts")


def run(arguments: argparse.Namespace) -> None:
    """Fan out, and say where the results are."""
    from dvc.exceptions import DvcException

    from genbench.errors import InputError
    from genbench.fanout.local import results, room
    from genbench.fanout.run import fanout

    jobs = room() if arguments.jobs is None else arguments.jobs
    if jobs < 1:
        raise InputError(f"--jobs: expected at least 1, got {jobs}")
    try:
        failed = fanout(
            lambda cells, project, folder, say: results(cells, project, folder, jobs=jobs, say=say),
            remote=arguments.remote,
        )
    except DvcException as error:
        raise InputError(" ".join(str(error).split())) from error
    if failed:
        raise InputError(f"{len(failed)} stages failed, the report waits for them: {', '.join(sorted(failed))}")
    sys.stdout.write("results: reports/index.html   everything is up to date, `dvc repro` has nothing to do\n")
