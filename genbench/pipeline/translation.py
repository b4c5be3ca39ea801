"""Sources that a model which translates is given where images are drawn from it."""

from __future__ import annotations

from pathlib import Path

from genbench.data import sides
from genbench.data.images import Images
from genbench.models import Model
from genbench.models.bases.translator import Translator


def sources_for(model: Model, folder: Path) -> Images | None:
    """Return the sources of the split held_out, in the targets' number of channels; None for any other model.

    folder: of the prepared images.
    """
    return sides.load(folder, "held_out").fitted().sources if isinstance(model, Translator) else None
