"""Train one run again, in a scratch clone of HEAD, and say whether the published numbers stand."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genbench.report.compare.verify import Verification


def arguments(parser: argparse.ArgumentParser) -> None:
    """The run, and which published numbers."""
    parser.add_argument("run_name", metavar="RUN", help="a row of the leaderboard")
    parser.add_argument("--seed", type=int, metavar="S", help="by default the first that is published")
    parser.add_argument(
        "--profile", metavar="NAME", help="numbers and params of reports/published/NAME instead of the current ones"
    )


def run(arguments: argparse.Namespace) -> None:
    """Train, print the numbers side by side, and exit with 1 if they do not stand."""
    from genbench.report.compare.verify import verify

    found = verify(arguments.run_name, arguments.seed, arguments.profile)
    sys.stdout.write(_text(found))
    if not found.stands:
        sys.exit(1)


def _text(found: Verification) -> str:
    from genbench.report.compare.tables import Table, mean_sd
    from genbench.report.compare.text import titled
    from genbench.report.frames import frame
    from genbench.report.printed import number

    title = f"{found.run}, seed {found.seed}, trained again from {found.state}"
    if any(found.diverged):
        words = ["diverged" if one else "not published" if one is None else "finished" for one in found.diverged]
        return f"{title}: {words[0]} as published, {words[1]} now\n{_versions(found)}\n"
    rows = []
    for check in found.checks:
        values = [number(value, check.measure.decimals) for value in (check.published, check.again)]
        seeds = f"{mean_sd(check.measure, check.seeds)} (n = {len(check.seeds)})" if check.seeds else ""
        rows.append((check.measure.heading, seeds, *values, check.verdict))
    heads = ("column", "published, all seeds", f"published, seed {found.seed}", "now", "verdict")
    return "\n".join([titled(Table(title, frame(heads, rows))), "", _versions(found), ""])


def _versions(found: Verification) -> str:
    if found.versions is None:
        return "versions: the published leaderboard does not say by which it was computed"
    differ = [f"{name} {installed} (published: {expected})" for name, expected, installed in found.versions]
    return f"versions: {', '.join(differ) or 'those of the published numbers'}"
