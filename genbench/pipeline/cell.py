"""A trained cell on disk: last and averaged weights as safetensors, and training.json, which says how to read them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from genbench.engine.progress import curve_csv
from genbench.engine.trained import Trained
from genbench.errors import InputError
from genbench.files.atomic import write_json, write_text
from genbench.files.tensors import load_state, save_state
from genbench.models import Model
from genbench.pipeline import runs
from genbench.pipeline.training_record import read_record

Which = Literal["ema", "last", "best"]


def save(folder: Path, trained: Trained[Model], options: dict[str, Any], batch: int) -> None:
    """Write last, ema and, where there are, best .safetensors, curve.csv and training.json into `folder`."""
    for name, model in (("last", trained.last), ("ema", trained.average), ("best", trained.best)):
        if model is not None:
            save_state(model, folder / f"{name}.safetensors")
    progress = trained.progress
    write_text(folder / "curve.csv", curve_csv(progress.curve))
    write_json(
        folder / "training.json",
        {
            "shape": trained.last.shape,
            "options": options,
            "steps": progress.step,
            "images_seen": progress.drawn * batch,
            "parameters": sum(p.numel() for p in trained.last.parameters()),
            "diverged": progress.diverged,
            "best": progress.best,
            "notes": list(runs.bounds(options)),
        },
    )


def load(folder: Path, which: Which) -> Model:
    """Rebuild a cell's model with its weights: averaged (ema), last, or the averaged ones best on validation.

    A model that is not asked on the validation split has no best ones; it gets the averaged ones of the end.
    """
    about = read_record(folder)
    try:
        (channels, height, width), options = about["shape"], dict(about["options"])
    except (TypeError, ValueError) as error:
        raise InputError(f"{folder}: training.json: expected the shape and the options of a model: {error}") from error
    model = runs.model(options, (channels, height, width), key=str(folder))
    file = folder / f"{which}.safetensors"
    load_state(model, file if file.exists() or which != "best" else folder / "ema.safetensors")
    return model


def chosen_apart(training: Mapping[str, Any], main: Which) -> bool:
    """Whether the weights chosen on the validation split, by training.json, are others than the `main` ones."""
    step = training["best"].get("step")
    return step is not None and (main != "ema" or step != training["steps"])
