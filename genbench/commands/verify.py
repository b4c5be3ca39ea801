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
    from genbench.report.compare.text import lines
    from genbench.report.printed import number

    rows: list[tuple[str, ...]] = []
    for one in found.checks:
        values = [number(value, one.measure.decimals) for value in (one.published, one.again)]
        seeds = f"{mean_sd(one.measure, one.seeds)} (n = {len(one.seeds)})" if one.seeds else ""
        rows.append((one.measure.heading, seeds, *values, one.verdict))
    said = ("published, all seeds", f"published, seed {found.seed}", "now", "verdict")
    head = f"{found.run}, seed {found.seed}, trained again from {found.state}"
    if any(found.diverged):
        words = ["diverged" if one else "not published" if one is None else "finished" for one in found.diverged]
        return f"{head}: {words[0]} as published, {words[1]} now\n{_versions(found)}\n"
    return "\n".join([*lines(Table(head, ("column", *said), rows)), "", _versions(found), ""])


def _versions(found: Verification) -> str:
    if found.versions is None:
        return "versions: the published leaderboard does not say by which it was computed"
    differ = [f"{name} {installed} (published: {expected})" for name, expected, installed in found.versions]
    return f"versions: {', '.join(differ) or 'those of the published numbers'}"
