"""Fresh and spoilt draws of one seed: images, the truth about them, and what the truths as metrics say of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from genbench.data.images import Images
from genbench.data.teachers import Teacher
from genbench.seeding import numpy_rng
from laboratory.truth import spoilt
from laboratory.truth.options import SpoilingOptions

Record = dict[str, Any]

FRESH = "fresh"


def cases(teacher: Teacher, options: SpoilingOptions, seed: int) -> Iterator[tuple[str, float]]:
    """Yield (kind, strength) of a seed; fresh draws, of kind "" and strength 0, come first."""
    yield "", 0.0
    if seed in options.seeds[: options.spoilt]:
        known = spoilt.kinds(teacher)
        for kind, strengths in options.strengths.items():
            yield from ((kind, strength) for strength in strengths if kind in known)


def folder(draws: Path, kind: str, strength: float) -> Path:
    """Give where the images of a case lie; copies are among the fresh ones."""
    return draws / (f"{kind}-{strength:g}" if kind in spoilt.SPOILT else FRESH)


def draw(teacher: Teacher, options: SpoilingOptions, counts: Sequence[int], seed: int, to: Path) -> Record:
    """Draw the cases of a seed into folders and give their record.

    rows: {kind, strength, n, repeat, metrics} of the truths as metrics, by number of images. truths: {kind, strength, n
    and numbers with their standard errors}; n is None where it does not depend on it. KL None: infinite.
    """
    most = max(counts)
    own = spoilt.fresh(teacher, most, numpy_rng(seed, "fresh draws"))
    own.images.save(to / FRESH)
    rows, truths = [], []
    for kind, strength in tqdm(list(cases(teacher, options, seed)), desc=f"draws, seed {seed}", unit="case"):
        q = own
        if kind in spoilt.SPOILT:
            q = spoilt.SPOILT[kind](teacher, own, strength, numpy_rng(seed, f"draws {kind}"))
            q.images.save(folder(to, kind, strength))
        named = {"kind": kind, "strength": strength}
        if kind == "copies":
            truths += [{**named, "n": n, **spoilt.truth_of_copies(teacher, own, n, strength)} for n in counts]
        elif kind:
            truths.append({**named, "n": None, **spoilt.truth(teacher, own, q, min(options.images, most))})
        for n in counts:
            found = spoilt.of_images(teacher, q.joint[spoilt.places(kind, strength, n)])
            numbers = {key: each.value for key, each in found.items()}
            rows.append({**named, "n": n, "repeat": seed, "metrics": numbers})
    return {"rows": rows, "truths": truths}


def images(draws: Path, kind: str, strength: float) -> Images:
    """Read the images that the sets of a case are made of."""
    return Images.load(folder(draws, kind, strength), mmap=True)
