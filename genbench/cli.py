"""The command `genbench`."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genbench.errors import InputError

if TYPE_CHECKING:
    from genbench.standalone.features import Measuring

PLACE = (
    "PATH: a folder, zip or tar file of pictures, an array in .npy or .npz, features saved by `genbench features`, "
    "or a prepared dataset as NAME/SPLIT"
)


def check(arguments: argparse.Namespace) -> None:
    """Say whether params.yaml fits, before DVC starts."""
    from genbench import check as checks, params

    p = params.load()
    checks.check(p)
    cells = len(p.enabled) * len(p.seeds)
    sys.stdout.write(f"params.yaml fits: {p.profile}, {len(p.enabled)} runs × {len(p.seeds)} seeds = {cells} cells\n")


def use(arguments: argparse.Namespace) -> None:
    """Write a profile's overrides into params.yaml."""
    from genbench.profiles import use as apply

    sys.stdout.write(apply(arguments.name) + "\n")


def publish(arguments: argparse.Namespace) -> None:
    """Keep a copy of the current report that DVC does not touch."""
    from genbench.profiles import publish as keep

    sys.stdout.write(f"published: {keep()}\n")


def table(arguments: argparse.Namespace) -> None:
    """Print the current leaderboard."""
    from genbench.errors import InputError
    from genbench.files import read_json
    from genbench.paths import REPORTS
    from genbench.report.leaderboard import SCHEMA
    from genbench.report.terminal import table as text

    board = read_json(REPORTS / "leaderboard.json")
    if board.get("schema") != SCHEMA:
        raise InputError(
            f"{REPORTS / 'leaderboard.json'}: expected schema {SCHEMA}, got {board.get('schema')}; "
            "`dvc repro` writes it anew"
        )
    sys.stdout.write(text(board) + "\n")
    sys.stdout.write(f"page: {REPORTS / 'index.html'}   data: {REPORTS / 'leaderboard.json'}\n")


def evaluate(arguments: argparse.Namespace) -> None:
    """Compare generated images with real ones, wherever they come from."""
    from genbench.files import write_json
    from genbench.standalone.evaluate import evaluate as compare, table as text
    from genbench.standalone.features import settings

    options = settings(arguments.set)
    places = {side: getattr(arguments, side) for side in ("real", "fake", "train", "held_out")}
    evaluation = compare(
        {side: place for side, place in places.items() if place is not None},
        _measuring(arguments, options.pop("extractor", {})),
        metrics=arguments.metrics,
        options=options,
        seed=arguments.seed,
    )
    sys.stdout.write(text(evaluation))
    if arguments.json:
        write_json(arguments.json, evaluation.document())


def features(arguments: argparse.Namespace) -> None:
    """Save the features of images, for many comparisons."""
    from genbench.errors import unknown
    from genbench.standalone.features import measure, settings

    options = settings(arguments.set)
    for name in options:
        if name != "extractor":
            raise unknown("--set", name, ["extractor"])
    if arguments.out.suffix != ".npz":
        raise InputError(f"--out {arguments.out}: expected a file that ends in .npz")
    measured = measure({"images": arguments.path}, _measuring(arguments, options.get("extractor", {})))
    found = measured.features["images"]
    found.save(arguments.out)
    sys.stdout.write(f"{arguments.out}: {found.vectors.shape[1]} features of {len(found)} images\n")


def _measuring(arguments: argparse.Namespace, options: dict[str, Any]) -> Measuring:
    from genbench.standalone.cache import default_folder
    from genbench.standalone.features import Measuring

    cache = None if arguments.no_cache else default_folder()
    return Measuring(arguments.extractor, options, arguments.skip_broken, cache)


def parser() -> argparse.ArgumentParser:
    """The command line, one subcommand a function above."""
    top = argparse.ArgumentParser(prog="genbench", description="A reproducible benchmark of deep generative models.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    for function in (check, use, publish, table, evaluate, features):
        command = commands.add_parser(function.__name__, help=function.__doc__, description=function.__doc__)
        command.set_defaults(function=function)
        if function is use:
            command.add_argument("name", help="a file of profiles/, without .yaml")
        if function is evaluate:
            _add_sides(command)
        if function is features:
            command.add_argument("path", help=PLACE)
            command.add_argument("--out", type=Path, required=True, metavar="FILE", help="the .npz to write")
        if function in (evaluate, features):
            _add_measuring(command)
    return top


def _add_sides(command: argparse.ArgumentParser) -> None:
    command.epilog = PLACE
    command.add_argument("--real", required=True, metavar="PATH", help="real images")
    command.add_argument("--fake", required=True, metavar="PATH", help="generated images")
    command.add_argument("--train", metavar="PATH", help="what the generator was trained on, for memorisation")
    command.add_argument("--held-out", metavar="PATH", help="real images that it was not trained on, for memorisation")
    command.add_argument("--metrics", nargs="+", metavar="NAME", help="modules of genbench/metrics; has a default set")
    command.add_argument("--json", type=Path, metavar="FILE", help="write all numbers and their whole protocol")
    command.add_argument("--seed", type=int, default=0, help="of what a metric draws (default 0)")


def _add_measuring(command: argparse.ArgumentParser) -> None:
    command.add_argument("--extractor", metavar="NAME", help="a module of genbench/extractors (inception), or a folder")
    command.add_argument(
        "--set", action="append", default=[], metavar="NAME.OPTION=VALUE", help="an option of the extractor or a metric"
    )
    command.add_argument("--skip-broken", action="store_true", help="leave out images that cannot be read, by name")
    command.add_argument("--no-cache", action="store_true", help="neither take features from the cache nor keep any")


def main(words: Sequence[str] | None = None) -> None:
    """Run one subcommand; a user's mistake is one line and exit status 1."""
    logging.basicConfig(format="%(levelname)s: %(message)s", level=logging.INFO)
    arguments = parser().parse_args(words)
    try:
        arguments.function(arguments)
    except InputError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("stopped")
    except BrokenPipeError:
        # Whoever read our output stopped reading; nothing is wrong. Python would complain again at exit.
        sys.stdout = Path("/dev/null").open("w")  # noqa: SIM115
