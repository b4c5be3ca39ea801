"""Compare two revisions: the numbers that moved beyond the noise of seeds, and the params that changed."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from genbench.commands import _output


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the two states, and the form of the output."""
    parser.epilog = "REV: a git revision, the name of a DVC experiment, or `workspace`, the files as they are"
    parser.add_argument("before", nargs="?", default="HEAD", metavar="REV_A", help="the earlier state (default HEAD)")
    parser.add_argument(
        "after", nargs="?", default="workspace", metavar="REV_B", help="the later state (default workspace)"
    )
    parser.add_argument("--md", action="store_true", help="print Markdown, for a pull request")
    parser.add_argument(
        "--images", default="", metavar="URL", help="with --md: show sample grids from URL/<commit>/<path>"
    )
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page, with sample grids side by side")


def run(arguments: argparse.Namespace) -> None:
    """Write the page if one is asked for, and print the comparison."""
    from genbench.files.atomic import write_text
    from genbench.report.compare.comparison import compare
    from genbench.report.compare.markdown import markdown
    from genbench.report.compare.page import page
    from genbench.report.compare.snapshot import snapshot
    from genbench.report.compare.text import text

    _output.require_file("--html", arguments.html)
    comparison = compare(snapshot(arguments.before), snapshot(arguments.after))
    if arguments.html:
        write_text(arguments.html, page(comparison))
    sys.stdout.write(markdown(comparison, arguments.images) if arguments.md else text(comparison))
