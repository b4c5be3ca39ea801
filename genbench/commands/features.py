"""Compute the features of images and save them, for many comparisons."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from genbench.commands import _measuring, _output


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the images, the file to write, and the settings of features."""
    parser.add_argument("path", help=_measuring.PATH)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the .npz to write")
    parser.add_argument(
        "--statistics", action="store_true", help="save mean and covariance (mu, sigma) alone, which give FID"
    )
    _measuring.arguments(parser)


def run(arguments: argparse.Namespace) -> None:
    """Compute and save."""
    from genbench.errors import InputError, unknown
    from genbench.evaluation.features import measure, settings
    from genbench.evaluation.statistics import statistics

    options = settings(arguments.set)
    for name in options:
        if name != "extractor":
            raise unknown("--set", name, ["extractor"])
    if arguments.out.suffix != ".npz":
        raise InputError(f"--out {arguments.out}: expected a file that ends in .npz")
    _output.require_file("--out", arguments.out)
    measuring = _measuring.measuring(arguments, options.get("extractor", {}))
    features = measure({"images": arguments.path}, measuring).features["images"]
    (statistics(features) if arguments.statistics else features).save(arguments.out)
    kept = "mean and covariance of " if arguments.statistics else ""
    sys.stdout.write(f"{arguments.out}: {kept}{features.vectors.shape[1]} features of {len(features)} images\n")
