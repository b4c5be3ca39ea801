"""A trained cell on disk: its weights as safetensors, and training.json, which says how to read them.

There are up to three copies of the weights: `raw` as the last step left them, `ema` their exponential moving average,
and `best`, that average at the step that was best on the validation split.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from genbench.engine.options import TrainOptions
from genbench.engine.progress import curve_csv
from genbench.engine.trained import Trained
from genbench.errors import InputError
from genbench.files.atomic import write_json, write_text
from genbench.files.tensors import load_state, save_state
from genbench.models import Model
from genbench.pipeline import runs
from genbench.pipeline.training_record import read_record

Weights = Literal["raw", "ema", "best"]


def save(
    folder: Path,
    trained: Trained[Model],
    options: dict[str, Any],
    budget: TrainOptions,
    operations: float | None = None,
) -> None:
    """Write raw, ema and, where there are, best .safetensors, curve.csv and training.json into `folder`.

    operations: those of the training (:mod:`genbench.engine.operations`), None where nobody counted them.
    """
    for name, model in (("raw", trained.raw), ("ema", trained.ema), ("best", trained.best)):
        if model is not None:
            save_state(model, folder / f"{name}.safetensors")
    progress = trained.progress
    write_text(folder / "curve.csv", curve_csv(progress.curve))
    write_json(
        folder / "training.json",
        {
            "shape": trained.raw.shape,
            "options": options,
            "steps": progress.step,
            "operations": operations,
            "images_seen": progress.drawn * budget.batch,
            "decay": trained.raw.decay(budget.decay(progress.step), progress.step) if progress.step else None,
            "parameters": sum(p.numel() for p in trained.raw.parameters()),
            "diverged": progress.diverged,
            "best": progress.best,
            "notes": list(trained.raw.notes()),
        },
    )


def load(folder: Path, weights: Weights) -> Model:
    """Rebuild a cell's model with one copy of its weights.

    A model that is not asked on the validation split has no `best` ones; it gets the `ema` ones.
    """
    about = read_record(folder)
    try:
        (channels, height, width), options = about["shape"], dict(about["options"])
    except (TypeError, ValueError) as error:
        raise InputError(f"{folder}: training.json: expected the shape and the options of a model: {error}") from error
    model = runs.model(options, (channels, height, width), key=str(folder))
    file = folder / f"{weights}.safetensors"
    load_state(model, file if file.exists() or weights != "best" else folder / "ema.safetensors")
    return model


def best_apart(training: Mapping[str, Any], final: Weights) -> bool:
    """Return whether the best weights, by training.json, differ from those of the final samples."""
    step = training["best"].get("step")
    return step is not None and (final != "ema" or step != training["steps"])
