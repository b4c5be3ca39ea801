"""Truncation of a generator's codes, its gain and its cost: Brock, Donahue, Simonyan (2019), section 3.1.

Codes are drawn from the normal distribution cut off at −ψ ≤ z ≤ ψ in each coordinate. Small ψ keeps samples near the
middle of what the generator learnt: their precision rises and their recall falls, and the sweep of ψ is a curve of
precision against recall (Kynkäänniemi et al. 2019, section 4). The generators are trained on the handwritten digits
that come with scikit-learn; every ψ is drawn anew from the same weights and the same random numbers.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from genbench.data.datasets import digits
from genbench.data.features import Features
from genbench.data.images import Images
from genbench.data.prepared import About
from genbench.data.splits import split
from genbench.engine.learner import Data
from genbench.engine.loop import train
from genbench.engine.sampling import draw
from genbench.extractors import Extractor, classifier, extract
from genbench.metrics import precision_recall
from genbench.models import Model
from genbench.pipeline import runs
from genbench.pipeline.plan import batch_option
from genbench.seeding import numpy_rng
from laboratory.divergences.options import TruncationOptions


def study(options: TruncationOptions) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Measure precision and recall of each generator at each ψ, None being no truncation; samples by "generator/ψ"."""
    loaded = digits.load(source=Path(), size=None)
    images = split(loaded, options.split, numpy_rng(options.seed, "split"))
    about = About("digits", loaded.images.shape, loaded.classes, loaded.levels, {})
    with TemporaryDirectory() as folder:
        classifier.obtain(Path(folder), images, about, **options.classifier)
        ruler = classifier.load(Path(folder))
    real = _features(ruler, images["reference"])
    floor = _score(real, _features(ruler, images["held_out"]), options)
    data = Data(images["train"], images["validation"], images["held_out"], about.levels, about.classes)
    record: dict[str, Any] = {"psis": options.psis, "images": options.images, "k": options.k, "floor": floor}
    pictures: dict[str, np.ndarray] = {}
    rows: dict[str, list[dict[str, Any]]] = {}
    for name, half in options.generators.items():
        model = _trained(name, half, data, options)
        rows[name] = []
        for psi in options.psis:
            sampling = {} if psi is None else {"psi": psi}
            drawn = draw(
                model, options.images, batch=options.images, levels=about.levels, seed=options.seed, options=sampling
            )
            rows[name].append({"psi": psi, **_score(real, _features(ruler, drawn), options)})
            pictures[f"{name}/{psi}"] = drawn.pixels[: options.pictured]
    return {**record, "generators": rows}, pictures


def _trained(name: str, half: dict[str, Any], data: Data, options: TruncationOptions) -> Model:
    """Train the averaged model of a `train:` half as the benchmark's catalogue has them."""
    key = f"truncation.generators.{name}"
    model = runs.model(half, data.train.shape, seed=options.seed, key=key)
    budget, batch = runs.budget(half, options.train), batch_option(half, key, shared="truncation.train.batch")
    with TemporaryDirectory() as scratch:
        return train(model, data, budget, seed=options.seed, scratch=Path(scratch), batch_option=batch).ema


def _features(ruler: Extractor, images: Images) -> Features:
    return extract(ruler, images, name="classifier", dataset="digits", split="", source="laboratory")


def _score(real: Features, fake: Features, options: TruncationOptions) -> dict[str, float]:
    scores = precision_recall.compute(real=real, fake=fake, k=options.k)
    return {key: scores[key] for key in ("precision", "recall", "precision_se", "recall_se")}
