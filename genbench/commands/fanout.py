"""Run the benchmark's cells side by side, on this machine or on a Ray cluster."""

from __future__ import annotations

import argparse
import signal
import sys
from functools import partial
from types import FrameType

EPILOG = """
Brings the benchmark of params.yaml up to date as `dvc repro` does, uncommitted changes included: what all cells share
here, the cells side by side, each in a private clone, then the report here. A stage that fails stops only what depends
on it; what was stopped or killed goes on where it stood when the command is given again. docs/cluster.md has more.

  genbench fanout                        a core a cell, or a GPU where hardware.accelerator is gpu
  genbench fanout -j 4                   four at a time
  genbench fanout --ray                  over the Ray cluster that this host belongs to; all see one DVC cache
  genbench fanout --ray --remote team    the same without a common disk, through the DVC remote team
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the number of cells at a time, and where they are made."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    parser.add_argument("-j", "--jobs", type=int, metavar="N", help="cells at a time (default: all there is room for)")
    parser.add_argument(
        "--ray",
        nargs="?",
        const="auto",
        metavar="ADDRESS",
        help="on a Ray cluster, host:port or the one of this host (needs Ray: pip install ray)",
    )
    parser.add_argument("--remote", default="", metavar="NAME", help="DVC remote that brings results from other hosts")


def run(arguments: argparse.Namespace) -> None:
    """Fan out, and print where the results are."""
    from genbench.dag.fanout import cluster, local
    from genbench.dag.fanout.run import Dispatch, fanout
    from genbench.dag.reproduce import dvc_in_one_line
    from genbench.errors import InputError

    if arguments.jobs is not None and arguments.jobs < 1:
        raise InputError(f"--jobs: expected at least 1, got {arguments.jobs}")
    dispatch: Dispatch = (
        partial(cluster.results, address=arguments.ray, workers=arguments.jobs)
        if arguments.ray is not None
        else partial(local.results, workers=arguments.jobs or local.default_workers())
    )
    signal.signal(signal.SIGTERM, _stop)  # of a scheduler: clean up as after Ctrl-C
    with dvc_in_one_line():
        failed = fanout(dispatch, remote=arguments.remote)
    if failed:
        raise InputError(f"{len(failed)} stages failed, the report waits for them: {', '.join(sorted(failed))}")
    sys.stdout.write("results: reports/index.html   everything is up to date, `dvc repro` has nothing to do\n")


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
