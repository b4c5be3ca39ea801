"""Forecast which stages a `dvc repro` would run, for which reasons, and how long it would take."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from dataclasses import asdict


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the targets, as those of `dvc repro`, and the form of the output."""
    parser.add_argument("targets", nargs="*", metavar="STAGE", help="stages or dvc.yaml files (default: dvc.yaml)")
    parser.add_argument("--json", action="store_true", help="print every stage with its verdict and reasons, as JSON")
    parser.add_argument("--all", action="store_true", help="name every stage, however many are alike")


def run(arguments: argparse.Namespace) -> None:
    """Print the forecast; nothing is run or written."""
    from genbench.dag.forecast.forecast import forecast
    from genbench.dag.forecast.text import text
    from genbench.dag.forecast.times import Times
    from genbench.dag.reproduce import dvc_in_one_line
    from genbench.pipeline import environment, params

    logging.getLogger("dvc").propagate = False  # it has handlers of its own
    environment.require("code")
    times = Times(params.load())
    with dvc_in_one_line():
        steps = forecast(arguments.targets)
    if arguments.json:
        sys.stdout.write(json.dumps([asdict(step) for step in steps], indent=1, ensure_ascii=False) + "\n")
        return
    sys.stdout.write(text(steps, times, whole=arguments.all))
