"""The record of the stage human: scores of rows from a table of answers, and the images that they are of."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from genbench.errors import InputError
from genbench.files.section import Section
from genbench.human import analysis
from genbench.human.analysis import Errors, Estimate
from genbench.human.answers import Answer
from genbench.human.design import REAL


class Score(Section):
    """A number with its interval at 95 % over n participants; low, high: None with a single one."""

    mean: float
    low: float | None
    high: float | None
    n: int


class Shares(Score):
    """HYPE-infinity in percent, and its parts of generated and of real images."""

    generated: float
    real: float


class Scores(Section):
    """Scores of a row. images: by seed, digests of its samples. time: HYPE-time in milliseconds. None without answers.

    people: participants who count.
    """

    images: dict[str, str]
    people: int
    infinity: Shares | None
    time: Score | None


class Record(Section):
    """The whole. real: digest of the real images. attentive, inattentive: participants. rows: by run."""

    real: str
    attentive: int
    inattentive: int
    rows: dict[str, Scores]


def record(answers: Sequence[Answer], path: Path) -> Record | None:
    """Make the record of a table; None where it has no answers. path: of the table, for messages.

    Two sets of images of one row and seed are an InputError, for they are of two databases.
    """
    if not answers:
        return None
    images = _images(answers, path)
    counting = analysis.attentive(answers)
    errors, thresholds = analysis.errors(answers), analysis.thresholds(answers)
    rows = {
        run: Scores(
            images=by_seed,
            people=len({answer.participant for answer in answers if answer.run == run} & counting),
            infinity=_shares(errors.get(run)),
            time=_score(thresholds.get(run)),
        )
        for run, by_seed in sorted(images.items())
        if run != REAL
    }
    everybody = {answer.participant for answer in answers}
    return Record(real=images[REAL]["0"], attentive=len(counting), inattentive=len(everybody - counting), rows=rows)


def _images(answers: Sequence[Answer], path: Path) -> dict[str, dict[str, str]]:
    """List the sets of images by run and seed, real ones under the run REAL."""
    found: dict[str, dict[str, str]] = {}
    for answer in answers:
        if answer.check:
            continue
        run, seed = (REAL, "0") if answer.real else (answer.run, str(answer.seed))
        if found.setdefault(run, {}).setdefault(seed, answer.digest) != answer.digest:
            images = "the split reference" if run == REAL else f"row {run}, seed {seed}"
            raise InputError(f"{path}: expected answers of one database, there are two sets of images of {images}")
    return found


def _score(found: Estimate | None) -> Score | None:
    return None if found is None else Score(mean=found.value, low=found.low, high=found.high, n=found.n)


def _shares(found: Errors | None) -> Shares | None:
    if found is None:
        return None
    percent = {"mean": found.all.value, "low": found.all.low, "high": found.all.high}
    percent |= {"generated": found.generated, "real": found.real}
    return Shares(n=found.all.n, **{name: None if share is None else 100 * share for name, share in percent.items()})
