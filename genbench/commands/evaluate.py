"""Compare generated images with real ones, wherever they come from."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from genbench.commands import _measuring, _output


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add both sets of images, the metrics, and the settings of features."""
    parser.epilog = _measuring.PATH
    parser.add_argument("--real", required=True, metavar="PATH", help="real images, or an .npz with their mu and sigma")
    parser.add_argument("--fake", required=True, metavar="PATH", help="generated images")
    parser.add_argument("--train", metavar="PATH", help="images that the generator was trained on, for memorisation")
    parser.add_argument("--held-out", metavar="PATH", help="real images that it was not trained on, for memorisation")
    parser.add_argument(
        "--metrics", nargs="+", metavar="NAME", help="modules of genbench/metrics (default: a common set)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all numbers and their whole protocol")
    parser.add_argument("--seed", type=int, default=0, help="seed of metrics that draw at random (default 0)")
    _measuring.arguments(parser)


def run(arguments: argparse.Namespace) -> None:
    """Write the document if one is asked for, and print the table."""
    from genbench.evaluation.evaluate import evaluate
    from genbench.evaluation.features import settings
    from genbench.evaluation.table import table
    from genbench.files.atomic import write_json

    _output.require_file("--json", arguments.json)
    options = settings(arguments.set)
    locations = {side: getattr(arguments, side) for side in ("real", "fake", "train", "held_out")}
    evaluation = evaluate(
        {side: location for side, location in locations.items() if location is not None},
        _measuring.measuring(arguments, options.pop("extractor", {})),
        metrics=arguments.metrics,
        options=options,
        seed=arguments.seed,
    )
    if arguments.json:
        write_json(arguments.json, evaluation.document())
    sys.stdout.write(table(evaluation))
