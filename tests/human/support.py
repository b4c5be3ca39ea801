"""A study of made-up rows, and people who take part in it, in memory or in a file."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from genbench.human.answers import Answer
from genbench.human.design import FORMATS, REAL, Kind, Source, Study
from genbench.human.observers import FRAME, Observer
from genbench.human.staircase import HYPE

SCREEN = "1920×1080"


def study(rows: int = 3, seeds: int = 2, count: int = 400, seed: int = 0) -> Study:
    """Make a study of rows row0, row1, ..., each of several seeds with `count` images."""
    names = [f"row{index}" for index in range(rows)]
    return Study(
        seed,
        Source(REAL, 0, count, "real"),
        {name: [Source(name, each, count, f"{name}{each}") for each in range(seeds)] for name in names},
    )


def session(who: int, run: str, kind: Kind, of: Study, observer: Observer, rng: np.random.Generator) -> list[Answer]:
    """Answer a session without a database, by the same design and staircase."""
    found: list[Answer] = []
    right: dict[int, list[bool]] = {}
    digests = {(source.run, source.seed): source.digest for source in of.sources()}
    for position, trial in enumerate(of.session(who, kind, run, practice=False)):
        limited = kind == "time" and not trial.check
        exposure = HYPE.next(right.get(trial.block, [])) if limited else None
        says_real = observer.says_real(trial, exposure, rng)
        if not trial.check:
            right.setdefault(trial.block, []).append(says_real == trial.real)
        found.append(
            Answer.model_construct(  # unchecked, which is fast
                participant=who,
                session=who,
                kind=kind,
                run=run,
                block=trial.block,
                position=position,
                real=int(trial.real),
                check=int(trial.check),
                seed=trial.seed,
                picture=trial.picture,
                digest=digests.get((trial.run, trial.seed), ""),
                says_real=int(says_real),
                exposure_ms=exposure,
                shown_ms=exposure,
                frame_ms=FRAME,
                marked="",
                reaction_ms=500.0,
                shown_px=320,
                pixel_ratio=1.0,
                screen=SCREEN,
            )
        )
    return found


def everybody(
    people: int, kind: Kind, of: Study, observer: Callable[[int], Observer], rng: np.random.Generator, run: str = "row0"
) -> list[Answer]:
    """Let several people answer a session of one row. observer: of a participant's number."""
    return [answer for who in range(people) for answer in session(who, run, kind, of, observer(who), rng)]


def length(kind: Kind) -> int:
    """Count the trials of a session without practice."""
    form = FORMATS[kind]
    return form.blocks * (form.images + form.checks)
