"""Everything in params.yaml that can be known to be wrong before anything runs."""

from __future__ import annotations

from pathlib import Path

from genbench import runs
from genbench.dataset import SPLITS
from genbench.errors import InputError, unknown
from genbench.evaluation import GIVEN
from genbench.find import find
from genbench.options import checked
from genbench.params import Params
from genbench.regular import kind_of


def check(params: Params) -> None:
    """Raise an InputError for the first thing that does not fit: names, options, types, ranges."""
    for name in params.runs:
        params.run(name)  # every file of the catalogue is read
    for name in params.data.split:
        if name not in SPLITS:
            raise unknown("data.split: split", name, SPLITS)
    for name in SPLITS:
        share = params.data.split.get(name)
        if share is None or not (share >= 1 if isinstance(share, int) else 0 < share < 1):
            raise InputError(f"data.split.{name}: expected a number of images, or a share between 0 and 1; got {share}")
    if kind_of(Path(params.data.source)) != "a folder":
        raise InputError(f"data.source: expected a folder, {params.data.source} is none")
    for name in params.extractors:
        obtain = find("extractors", name).obtain
        checked(obtain, params.extractor[name], f"extractor.{name}", given=["folder", "images", "about"])
    for name, options in params.metrics.items():
        checked(find("metrics", name).compute, options, f"metrics.{name}", given=GIVEN)
    # The shape matters only where a network cannot be built for it; datasets say theirs when they are prepared.
    side = params.data.size or 32
    runs.check(params, (params.data.channels or 1, side, side))
