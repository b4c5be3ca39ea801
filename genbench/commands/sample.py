"""Draw pictures of a trained run, of a class or a caption where it takes one, or a sheet of its codes."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from genbench.commands import _output
from genbench.data.sheets import CAPTIONS, SIDE
from genbench.errors import InputError, unknown

if TYPE_CHECKING:
    import numpy as np

    from genbench.data.images import Images
    from genbench.data.prepared import About
    from genbench.engine.sampling import Sampler
    from genbench.models import Model

ENDINGS = (".png", ".npy")
IMAGES = 64


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the run, what is asked of it, and where the pictures go."""
    parser.add_argument("name", metavar="RUN", help="a run of runs/ that is trained here")
    parser.add_argument(
        "--seed", type=int, metavar="N", help="seed of its training (default: the first of params.yaml)"
    )
    asked = parser.add_mutually_exclusive_group()
    asked.add_argument("--caption", metavar="TEXT", help='such as "a dark ankle boot", of a run that takes captions')
    asked.add_argument("--class", dest="of_class", metavar="NAME", help="a class, of a run that takes classes")
    asked.add_argument(
        "--sheet",
        choices=tuple(CAPTIONS),
        help="rows and columns of a run with codes: psi from left to right, or coarse and fine styles of two codes",
    )
    parser.add_argument("--psi", type=float, metavar="X", help="truncation of the codes, of a run that has it")
    parser.add_argument("--images", type=int, metavar="N", help=f"number of pictures (default {IMAGES})")
    parser.add_argument("--stream", type=int, default=0, metavar="N", help="seed of the pictures (default 0)")
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="a grid, .png, or an array, .npy")


def run(arguments: argparse.Namespace) -> None:
    """Write the pictures, print whose they are, and what share of them has each attribute that a caption asks for."""
    import numpy as np

    from genbench.data import attribution, prepared
    from genbench.data.grid import COLUMNS, save_grid
    from genbench.data.paths import Paths
    from genbench.engine.sampling import draw
    from genbench.files.atomic import atomic
    from genbench.options import checked
    from genbench.pipeline import cell, params, runs
    from genbench.pipeline.training_record import read_record

    output: Path = arguments.output
    if output.suffix not in ENDINGS:
        raise InputError(f"--output {output}: expected a file {' or '.join(ENDINGS)}")
    _output.require_file("--output", output)
    if arguments.images is not None and arguments.images < 1:
        raise InputError(f"--images: expected at least 1, got {arguments.images}")
    for option in ("psi", "images"):
        if arguments.sheet and getattr(arguments, option) is not None:
            raise InputError(f"--{option}: expected none beside --sheet, which has its own")
    p = params.load()
    run = p.run(arguments.name)
    paths, seed = Paths(p.dataset), p.seeds[0] if arguments.seed is None else arguments.seed
    folder, about = paths.weights(arguments.name, seed), prepared.load_about(paths.images)
    if read_record(folder)["diverged"]:
        raise InputError(f"{folder}: its training diverged, there is nothing to draw from")
    model = cell.load(folder, p.sampling.weights)
    if arguments.sheet:
        images = sheet(model, about.levels, arguments)
    else:
        half = run.sample if arguments.psi is None else run.sample | {"psi": arguments.psi}
        images = draw(
            asked(model, about, arguments),
            IMAGES if arguments.images is None else arguments.images,
            batch=p.sampling.batch,
            levels=about.levels,
            seed=arguments.stream,
            options=checked(model.sample, half, runs.key(arguments.name, "sample"), given=["rng", "labels"]),
        )
    if output.suffix == ".png":
        save_grid(output, images.pixels, columns=SIDE if arguments.sheet else COLUMNS)
    else:
        with atomic(output) as scratch, scratch.open("wb") as file:
            np.save(file, images.pixels.transpose(0, 2, 3, 1))
    if said := attribution.load(paths.images):
        sys.stdout.write(f"{said}\n")
    if arguments.caption is not None:
        sys.stdout.write(alignment(model, arguments.caption, images.pixels))


def sheet(model: Model, levels: int, arguments: argparse.Namespace) -> Images:
    """Draw the sheet that is asked for; a model that does not have it is refused."""
    from genbench.evaluation import sheets

    there = sheets.sheets_of(model.eval())
    if arguments.sheet not in there:
        has = f"it has {', '.join(there)}" if there else "it has no codes"
        raise InputError(f"--sheet {arguments.sheet}: {arguments.name} has none; {has}")
    return sheets.draw(there[arguments.sheet], levels, arguments.stream)


def asked(model: Model, about: About, arguments: argparse.Namespace) -> Sampler:
    """Return the model as it is asked for a caption or a class; the model itself where neither is given."""
    import torch

    from genbench.models.bases.asked import Asked
    from genbench.models.text_gan import TextGAN
    from genbench.seeding import torch_rng

    if arguments.caption is not None:
        if not isinstance(model, TextGAN):
            raise InputError(f"--caption: {arguments.name} takes no captions; a run of the model text_gan does")
        caption = model.vocabulary.parse(arguments.caption)
        return Asked(model, model.vocabulary.label(caption), caption)
    if arguments.of_class is None:
        return model
    if model.draw_labels(1, rng=torch_rng(0, "labels")) is None:
        raise InputError(f"--class: {arguments.name} takes no classes")
    if arguments.of_class not in about.classes:
        raise unknown("class", arguments.of_class, about.classes)
    label = about.classes.index(arguments.of_class)
    return Asked(model, label, torch.tensor(label))


def alignment(model: Model, caption: str, pixels: np.ndarray) -> str:
    """Write what share of the pictures, uint8 (N, C, H, W), has each attribute that the caption names, a line each."""
    import torch

    from genbench.data import captions
    from genbench.data.pixels import scale
    from genbench.models.text_gan import TextGAN

    assert isinstance(model, TextGAN)
    vocabulary, told = model.vocabulary, model.vocabulary.parse(caption)
    labels = torch.full((len(pixels),), vocabulary.label(told))
    facts = vocabulary.facts(scale(torch.from_numpy(pixels)), labels, model.medians)
    shares = captions.alignment(told.expand_as(facts), facts)
    said = [(vocabulary.phrases[int(n)], share) for n, share in zip(told[1:], shares[1:], strict=True) if n]
    return "".join(f"{phrase}: {share:.2f} of {len(pixels)} images\n" for phrase, share in said)
