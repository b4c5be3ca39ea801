"""Arguments of the commands that compute features: the location of images, the extractor, the cache."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genbench.evaluation.features import Measuring

PATH = (
    "PATH: a folder, zip or tar file of pictures, an array in .npy or .npz, features saved by `genbench features`, "
    "or a prepared dataset as NAME/SPLIT"
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the settings of features."""
    parser.add_argument("--extractor", metavar="NAME", help="a module of genbench/extractors (inception), or a folder")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME.OPTION=VALUE", help="an option of the extractor or a metric"
    )
    parser.add_argument("--skip-broken", action="store_true", help="leave out images that cannot be read, by name")
    parser.add_argument("--no-cache", action="store_true", help="neither take features from the cache nor keep any")


def measuring(arguments: argparse.Namespace, options: dict[str, Any]) -> Measuring:
    """Convert them to the settings that the library takes. options: those of the extractor."""
    from genbench.evaluation.cache import default_folder
    from genbench.evaluation.features import Measuring

    cache = None if arguments.no_cache else default_folder()
    return Measuring(arguments.extractor, options, arguments.skip_broken, cache)
