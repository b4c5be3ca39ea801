"""A profile for a folder of one's own pictures: `genbench use image_folder --source FOLDER`.

It is chosen by what the folder holds: splits that use every picture, as many blocks as make some thousand samples, a
ruler of fewer dimensions than the reference has images, rows of every cost that 32×32 pixels allow. With classes of
pictures enough the ruler is a classifier of them, beside random convolutions, which need neither classes nor a
download.

The budget grows with the number of pixels, as the operations of a step do, so that a run makes as many steps at any
size. The cost of a run is an estimate: operations of the trainings and of sampling, at the speed that this machine has
while drawing a few images, and the seconds that every stage takes to start.
"""

from __future__ import annotations

import re
import time
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from genbench.data.datasets.image_folder import Survey, survey
from genbench.data.known import Known
from genbench.data.paths import Paths
from genbench.data.splits import require_each_class
from genbench.engine.operations import COUNTED, work_of_a_sample
from genbench.errors import InputError
from genbench.files import yaml
from genbench.files.atomic import sha256, write_text
from genbench.files.picture import decode
from genbench.files.require_file import kind_of
from genbench.files.section import read_text
from genbench.models import Model
from genbench.pipeline import profiles, runs
from genbench.pipeline.catalogue import RUNS, Catalogue
from genbench.pipeline.check import check
from genbench.pipeline.cores import usable_cores
from genbench.pipeline.known import FOLDER
from genbench.pipeline.params import Params
from genbench.seeding import torch_rng
from genbench.text import printable

LEAST = 50  # pictures: of fewer, a fifth are not the ten images that groups and neighbours of metrics are made of
LEAST_OF_A_CLASS = 10  # pictures, from which on a classifier is worth its training
MOST = {"reference": 1000, "validation": 500}  # images of a split
SAMPLES = 4000  # images that a cell draws, about
ROWS = ("held_out", "memoriser", "noise", "pixel_histogram", "pca_gaussian", "nsgan", "vae", "ddpm")
WHOLE = 1024  # numbers of an image, of which a Gaussian of all of them can have at most
OPERATIONS = 4  # 10⁹, for each pixel: at 32×32 in colour some 200 steps of a GAN, 360 of a VAE
SEEDS = ((9, [0, 1, 2]), (12, [0, 1]))  # the most minutes of a run with these, else one seed
SECONDS = 10.0  # of decoding, to find broken pictures before a run does
STAGE = 6.0  # seconds of one core that a stage takes beside its work, imports of torch for the most part
MADE = "# Made by `genbench use image_folder`, which makes it anew when it is called again for the folder"
CALLS = [1, 2, 4, 8, 16, 32, 64]  # of a sweep, which has no runs until the user names some
RULER = 0.25  # operations of the classifier's training, beside those of a row
HARDWARE = {
    "accelerator": "cpu",
    "devices": 1,
    "hosts": 1,
    "precision": "float32",
    "compile": False,
    "channels_last": True,
}
METRICS: dict[str, dict[str, int]] = {
    "fid": {},
    "fid_infinity": {"groups": 10},
    "inception_score": {"splits": 1},
    "precision_recall": {"k": 3},
    "memorisation": {},
}


@dataclass(frozen=True)
class Own:
    """A folder of pictures. source: as params.yaml names it. twins: number of pictures whose bytes another has."""

    name: str
    source: str
    survey: Survey
    channels: int
    twins: int


def use(folder: Path, pixels: int = 32) -> str:
    """Write profiles/<name of the folder>.yaml, make it the current profile and return the lines that say so.

    pixels: a side. An InputError says what does not fit, and nothing is written.
    """
    own = _look(folder)
    once = profiles.composed(own.name, _overrides(own, pixels, [0]))[1]
    data = check(once)
    seconds = _seconds(once, data)
    seeds = next((seeds for minutes, seeds in SEEDS if seconds * len(seeds) <= 60 * minutes), [0])
    overrides = _overrides(own, pixels, seeds)
    chosen = profiles.composed(own.name, overrides)[1]
    said = profiles.apply(own.name, overrides, then="make bench" if Path("Makefile").is_file() else "genbench fanout")
    write_text(_file(own.name), f"{_made(own.source)}\n{yaml.overridden('{}', overrides)}")
    return "\n".join([*_lines(own, chosen, data, seconds * len(seeds)), f"{_file(own.name)} is written, {said}"])


def _look(folder: Path) -> Own:
    """Look at a folder, and refuse what cannot be a benchmark."""
    folder = folder.expanduser()
    if kind_of(folder) != "a folder":
        raise InputError(f"--source: expected a folder of pictures, {folder} is none")
    source = _source(folder.resolve())
    name = _name((folder.resolve() if folder.name in ("", "..") else folder).name)
    _refuse_taken(name, source)
    found = survey(Path(source))
    pictures = found.listing.pictures
    if len(pictures) < LEAST:
        raise InputError(
            f"{source}: {len(pictures)} pictures, a benchmark needs {LEAST} or more: models learn from half of them, "
            "and a fifth are the reference that scores are against"
        )
    try:
        require_each_class(found.classes, found.by_class)
    except InputError as error:
        raise InputError(f"{source}: {error}; pictures that lie in no subfolder have no classes") from None
    return Own(name, source, found, _channels(pictures), _twins(pictures))


def _source(real: Path) -> str:
    """Name a folder as params.yaml does: below the project by its path there, else by its absolute path."""
    project, outputs = Path.cwd().resolve(), Path.cwd().resolve() / Paths(FOLDER).root
    if project.is_relative_to(real) or real.is_relative_to(outputs):
        there = "this project lies in it" if project.is_relative_to(real) else f"{FOLDER}'s results are there"
        raise InputError(f"--source: expected a folder of pictures alone, {real}: {there}")
    text = real.relative_to(project).as_posix() if real.is_relative_to(project) else str(real)
    if not text.isprintable():
        raise InputError(f"--source: expected a path that can be printed, got {text}")
    return text


def _name(folder: str) -> str:
    """Make a name for a profile of a folder's: its letters and digits in ASCII, joined by "_"."""
    plain = unicodedata.normalize("NFKD", folder).encode("ascii", "ignore").decode()
    name = re.sub(r"[^A-Za-z0-9]+", "_", plain).strip("_")[:80]
    return name if name[:1].isalpha() else f"pictures_{name}".strip("_")


def _file(name: str) -> Path:
    return profiles.PROFILES / f"{name}.yaml"


def _made(source: str) -> str:
    return f"{MADE} {printable(source)}"


def _refuse_taken(name: str, source: str) -> None:
    """Refuse the name of a profile that is not of this folder, and of a published report of other pictures."""
    profiles.require_dataset(name, FOLDER, of_file=False)
    if kind_of(_file(name)) == "nothing":
        return
    first = read_text(_file(name)).partition("\n")[0]
    if first != _made(source):
        owner = f"that of {first.removeprefix(MADE).strip()}" if first.startswith(MADE) else "another one"
        raise InputError(
            f"{_file(name)}: expected none, or the one made for {source}, there is {owner}; give the folder another "
            "name, or name a link to it that has one"
        )


def _channels(pictures: Sequence[Path]) -> int:
    """Return 3 if a picture is in colour, else 1. Pictures are decoded for `SECONDS`, and on while all are grey."""
    start, channels = time.monotonic(), 1
    for path in pictures:
        if channels > 1 and time.monotonic() - start > SECONDS:
            break
        channels = max(channels, len(decode(path, str(path))))
    return channels


def _twins(pictures: Sequence[Path]) -> int:
    """Count the pictures that have the bytes of an earlier one; files of a size of their own are not read."""
    sizes = Counter(path.stat().st_size for path in pictures)
    alike = [path for path in pictures if sizes[path.stat().st_size] > 1]
    return len(alike) - len({sha256(path) for path in alike})


def _overrides(own: Own, pixels: int, seeds: list[int]) -> dict[str, Any]:
    """Choose the values of a profile; they set the keys that every profile sets."""
    total, by_class = len(own.survey.labels), own.survey.by_class
    reference, validation = min(total // 5, MOST["reference"]), min(total // 10, MOST["validation"])
    train = total - 2 * reference - validation
    batch = min(64, 1 << (train.bit_length() - 1))
    features = 16 if reference < 64 else 32 if reference < 128 else 64
    classified = len(by_class) > 1 and min(by_class) >= LEAST_OF_A_CLASS
    extractors = ["classifier", "random_conv"] if classified else ["random_conv"]
    operations = round(OPERATIONS * pixels**2)
    steps = max(100, min(500, 5 * train))
    return {
        "dataset": FOLDER,
        "enabled": list(_rows(own.channels * pixels**2)),
        "seeds": seeds,
        "extractors": extractors,
        "threads": 1,
        "hardware": HARDWARE,
        "data": {
            "source": own.source,
            "pixels": pixels,
            "channels": own.channels,
            "split": {"train": train, "validation": validation, "reference": reference, "held_out": reference},
            "seed": 0,
        },
        "train": {
            "operations": operations,
            "steps": None,
            "batch": batch,
            "ema": 0.99,
            "log_every": 50,
            "grid_every": 300,
        },
        "sampling": {"blocks": max(1, min(10, SAMPLES // reference)), "batch": min(100, reference), "weights": "ema"},
        "likelihood": {"draws": 4, "batch": min(100, reference)},
        "sweep": {"runs": [], "calls": CALLS, "images": reference, "extractor": extractors[0]},
        "extractor": {
            "classifier": {
                "weights": "train",
                "features": features,
                "steps": steps,
                "batch": batch,
                "lr": 0.001,
                "seed": 0,
            },
            "efficientnet_lite0": {"layers": []},
            "inception": {"weights": "download", "resize": "bicubic"},
            "pixels": {"pixels": None},
            "random_conv": {"pixels": 32, "features": features, "seed": 0},
        },
        "metrics": METRICS,
    }


def _rows(numbers: int) -> Iterator[str]:
    """Yield the rows that the catalogue has and that images of so many numbers allow."""
    catalogue = Catalogue(RUNS)
    for name in ROWS:
        if name in catalogue and (name != "pca_gaussian" or numbers <= WHOLE):
            yield name


def _seconds(p: Params, data: Known) -> float:
    """Estimate the seconds that a run of one seed takes on the cores of this machine."""
    side, images = min(p.data.pixels or 32, 32), p.sampling.blocks * (data.count("reference") or 0)
    larger = ((p.data.pixels or 32) / side) ** 2
    models = [runs.model(p.run(name).train, (p.data.channels or 3, side, side)).eval() for name in p.enabled]
    costs = [(name, model, _sample(p, name, model)) for name, model in zip(p.enabled, models, strict=True)]
    trained = [(name, model, operations) for name, model, operations in costs if model.groups()]
    name, model, operations = max(trained, key=lambda one: one[2])
    start = time.process_time()
    _draw(p, name, model, COUNTED)
    speed = COUNTED * operations / (time.process_time() - start)  # operations a second of one core
    ruler = "classifier" in p.extractors
    work = (len(trained) + RULER * ruler) * 1e9 * (p.train.operations or 0)
    work += 2 * images * larger * sum(operations for _, _, operations in trained)  # of final weights, and of the best
    stages = 3 + 2 * len(p.extractors) + len(p.enabled) * (3 + 2 * len(p.extractors))
    return (work / speed + STAGE * stages) / usable_cores()


def _sample(p: Params, name: str, model: Model) -> float:
    """Count the operations of drawing an image from a model that is trained; 0 of others."""
    return work_of_a_sample(model, lambda n: _draw(p, name, model, n)).operations if model.groups() else 0.0


def _draw(p: Params, name: str, model: Model, n: int) -> None:
    with torch.no_grad():
        model.sample(n, rng=torch_rng(0, "count"), **p.run(name).sample)


def _lines(own: Own, p: Params, data: Known, seconds: float) -> Iterator[str]:
    """Yield what was found and chosen, a line each."""
    pixels, reference, cores = p.data.pixels, data.count("reference"), usable_cores()
    yield f"{own.source}: {own.survey}"
    if own.twins:
        yield f"{own.twins} of the pictures have the bytes of another one; they count as pictures of their own"
    yield f"images: {'colour' if own.channels == 3 else 'grey'}, {pixels}×{pixels} pixels"
    yield "splits: " + ", ".join(f"{name} {count}" for name, count in (data.counts or {}).items())
    yield f"samples: {p.sampling.blocks} times {reference} images of each row and seed"
    why = "" if "classifier" in p.extractors else f" (a classifier needs 2 classes of {LEAST_OF_A_CLASS} pictures)"
    yield f"rulers: {', '.join(p.extractors)}{why}"
    yield f"rows: {', '.join(p.enabled)}; seeds: {', '.join(map(str, p.seeds))}"
    minutes = max(1, round(seconds / 60))
    yield (
        f"a run: about {minutes} minute{'s' * (minutes > 1)} on {cores} core{'s' * (cores > 1)} with nothing beside "
        "it, a rough figure from drawing a few images here"
    )
