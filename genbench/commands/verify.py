"""Train one run again, in a scratch clone of HEAD, and compare its numbers with the published ones."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genbench.report.compare.verify import Verification


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the run, and the published numbers."""
    parser.add_argument("run_name", metavar="RUN", help="a row of the leaderboard")
    parser.add_argument("--seed", type=int, metavar="S", help="by default the first that is published")
    parser.add_argument(
        "--profile", metavar="NAME", help="numbers and params of reports/published/NAME, or the current ones if of NAME"
    )


def run(arguments: argparse.Namespace) -> None:
    """Train, print the numbers side by side, and exit with 1 if the published ones do not stand."""
    from genbench.report.compare.verify import verify

    verification = verify(arguments.run_name, arguments.seed, arguments.profile)
    sys.stdout.write(_text(verification))
    if not verification.stands:
        sys.exit(1)


def _text(verification: Verification) -> str:
    from genbench.report.compare.tables import Table, mean_sd
    from genbench.report.compare.text import titled
    from genbench.report.frames import frame
    from genbench.report.printed import number

    title = f"{verification.run}, seed {verification.seed}, trained again from {verification.state}"
    title += f", against {verification.board}"
    if any(verification.diverged):
        states = {True: "diverged", False: "finished", None: "not published"}
        published, now = (states[diverged] for diverged in verification.diverged)
        return f"{title}: {published} as published, {now} now\n{_versions(verification)}\n"
    rows = []
    for check in verification.checks:
        values = [number(value, check.measure.decimals) for value in (check.published, check.again)]
        seeds = f"{mean_sd(check.measure, check.seeds)} (n = {len(check.seeds)})" if check.seeds else ""
        rows.append((check.measure.heading, seeds, *values, check.verdict))
    heads = ("column", "published, all seeds", f"published, seed {verification.seed}", "now", "verdict")
    return "\n".join([titled(Table(title, frame(heads, rows))), "", _versions(verification), ""])


def _versions(verification: Verification) -> str:
    if verification.versions is None:
        return "versions: the published leaderboard does not name those that it was computed with"
    differ = [f"{name} {installed} (published: {expected})" for name, expected, installed in verification.versions]
    return f"versions: {', '.join(differ) or 'those of the published numbers'}"
