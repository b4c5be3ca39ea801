"""Write a profile's overrides into params.yaml, or make a profile for a folder of your own pictures."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

OWN = "image_folder"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the profile, and the folder of one's own pictures."""
    parser.add_argument("name", help=f"a file of profiles/, without .yaml, or {OWN} with --source")
    parser.add_argument(
        "--source",
        type=Path,
        metavar="FOLDER",
        help=f"with {OWN}: your own pictures, of which a profile is made by the name of the folder",
    )
    parser.add_argument("--pixels", type=int, help=f"with {OWN}: pixels a side that they are brought to (default: 32)")


def run(arguments: argparse.Namespace) -> None:
    """Switch, and print the next step."""
    from genbench.errors import InputError
    from genbench.pipeline import profiles

    name, source, pixels = arguments.name, arguments.source, arguments.pixels
    if source is None and pixels is None:
        sys.stdout.write(profiles.use(name) + "\n")
    elif name != OWN or source is None:
        raise InputError(
            f"--source and --pixels: expected with pictures of your own: genbench use {OWN} --source FOLDER"
        )
    else:
        from genbench.pipeline import own_pictures

        sys.stdout.write(own_pictures.use(source, 32 if pixels is None else pixels) + "\n")
