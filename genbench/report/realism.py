"""Order of a row's samples on the page: by the realism of each image under the first ruler.

Realism is how deep an image lies among real ones (Kynkäänniemi et al. 2019, equation 3; see
:mod:`genbench.metrics.realism`), against the split `reference`. The images are those that a grid shows anyway, evenly
spaced and not chosen.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from genbench.data.features import Features
from genbench.errors import InputError
from genbench.metrics.numerics.balls import realism
from genbench.metrics.realism import DEFAULTS
from genbench.report.grids import TILES, evenly_spaced


def orders(data: Path, extractor: str, seeds: Mapping[str, int]) -> dict[str, np.ndarray]:
    """Give by run the indices of the images of a grid, the most realistic first.

    data: the dataset's folder, for reference/<extractor> and features/<run>/<seed>-<extractor>. seeds: by run, the seed
    whose samples are shown. Empty where realism is not defined: too few real images, or too many copies among them.
    """
    real = Features.load(data / "reference" / extractor / "reference.npz").vectors
    if not seeds or len(real) <= DEFAULTS["k"]:
        return {}
    vectors, places = {}, {}
    for run, seed in seeds.items():
        features = Features.load(data / "features" / run / f"{seed}-{extractor}" / "final.npz").vectors
        places[run] = evenly_spaced(len(features), TILES[0] * TILES[1])
        vectors[run] = features[places[run]]
    try:
        scores = realism(np.concatenate(list(vectors.values())), real=real, k=DEFAULTS["k"])
    except InputError:
        return {}
    ends = np.cumsum([len(part) for part in places.values()])
    parts = np.split(scores, ends[:-1])
    return {run: places[run][np.argsort(-part, kind="stable")] for run, part in zip(places, parts, strict=True)}
