"""Scores of rows from answers, with 95 % intervals.

HYPE-infinity: the share of wrong answers e over all images of a row's sessions. Answers of one participant are alike,
and so are those to one image; an interval over participants alone would hold for these images, and one over images
alone for these people. Both are drawn anew, in the manner of two-way clustered errors (Cameron, Gelbach & Miller,
"Robust inference with multiway clustering", Journal of Business & Economic Statistics 2011), by the bootstrap:

    V = V(participants) + V(images) − V(answers),

each the variance of e when whole participants, whole images or single answers are drawn with replacement. The last is
in both of the others. V is never below either. The interval is e ± t √V with as many degrees of freedom as there are
participants but one, and no narrower than Wilson's for independent answers, which is not empty where nobody errs.

HYPE-time: a participant's threshold is the mean over blocks of the modal exposure; the score is the mean over
participants, with Student's interval by the bootstrap over them. Each block has other images, so that their part is
in it.

A participant counts who answers at least 80 % of the attention checks of finished blocks rightly. Of 8 checks a random
clicker gets that far in 3.5 % of sessions, somebody who always presses one key never, and somebody who fails 1 % of
checks in 99.7 %. Trials that were not shown as asked (`marked`) do not count for a threshold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean

import numpy as np
from scipy import stats

from genbench.human.answers import Answer
from genbench.human.staircase import threshold
from genbench.seeding import numpy_rng

LEVEL = 0.95
RESAMPLES = 1000
CHECKED = 0.8  # share of attention checks that have to be right


@dataclass(frozen=True)
class Estimate:
    """A number with its interval at LEVEL; n: participants. low, high: None with a single participant."""

    value: float
    low: float | None
    high: float | None
    n: int

    def printed(self, times: float, unit: str) -> str:
        """Print the number and its interval in a unit of which it has `times` as many."""
        if self.low is None or self.high is None:
            return f"{times * self.value:.1f}{unit} (n = {self.n})"
        return f"{times * self.value:.1f}{unit} [{times * self.low:.1f}, {times * self.high:.1f}] (n = {self.n})"


@dataclass(frozen=True)
class Errors:
    """HYPE-infinity of a row: the share of errors, and its parts of generated and of real images."""

    all: Estimate
    generated: float
    real: float


def attentive(answers: Iterable[Answer]) -> set[int]:
    """Return the participants who count."""
    checks: dict[int, list[bool]] = {}
    for answer in answers:
        if answer.check:
            checks.setdefault(answer.participant, []).append(answer.right)
    return {participant for participant, right in checks.items() if fmean(right) >= CHECKED}


def by_row(answers: Sequence[Answer], kind: str) -> dict[str, list[Answer]]:
    """Sort the answers to images of one kind of session by row, those of attentive participants alone."""
    counting, rows = attentive(answers), dict[str, list[Answer]]()
    for answer in answers:
        if answer.kind == kind and answer.participant in counting and not answer.check:
            rows.setdefault(answer.run, []).append(answer)
    return rows


def errors(answers: Sequence[Answer], seed: int = 0) -> dict[str, Errors]:
    """Estimate HYPE-infinity by row. seed: of the bootstrap."""
    found = {}
    for run, of_row in sorted(by_row(answers, "infinity").items()):
        shares = {real: fmean(not a.right for a in of_row if a.real == real) for real in (0, 1)}
        found[run] = Errors(_share(of_row, numpy_rng(seed, f"human errors {run}")), shares[0], shares[1])
    return found


def _share(answers: Sequence[Answer], rng: np.random.Generator) -> Estimate:
    wrong = np.array([not answer.right for answer in answers], dtype=float)
    people = _indices([answer.participant for answer in answers])
    images = _indices([(answer.digest, answer.picture) for answer in answers])
    share, n = float(wrong.mean()), int(people.max()) + 1
    if n < 2:
        return Estimate(share, None, None, n)
    parts = [_variance(wrong, groups, rng) for groups in (people, images)]
    both = sum(parts) - share * (1 - share) / len(wrong)  # of single answers, which has a closed form
    half = float(stats.t.ppf((1 + LEVEL) / 2, n - 1)) * sqrt(max(*parts, both))
    wilson = stats.binomtest(int(wrong.sum()), len(wrong)).proportion_ci(LEVEL, method="wilson")
    return Estimate(share, max(0.0, min(share - half, wilson.low)), min(1.0, max(share + half, wilson.high)), n)


def _indices(keys: Sequence[object]) -> np.ndarray:
    number: dict[object, int] = {}
    return np.array([number.setdefault(key, len(number)) for key in keys])


def _variance(values: np.ndarray, groups: np.ndarray, rng: np.random.Generator) -> float:
    """Compute the variance of the mean when groups are drawn with replacement; unbiased where they are of one size."""
    sums, counts = np.bincount(groups, values), np.bincount(groups)
    n = len(counts)
    drawn = rng.multinomial(n, np.full(n, 1 / n), size=RESAMPLES)
    means = (drawn @ sums) / (drawn @ counts)
    return float(means.var()) * n / (n - 1)


def thresholds(answers: Sequence[Answer], seed: int = 0) -> dict[str, Estimate]:
    """Estimate HYPE-time by row, in milliseconds. seed: of the bootstrap."""
    found = {}
    for run, of_row in sorted(by_row(answers, "time").items()):
        own = list(participant_thresholds(of_row).values())
        if own:
            found[run] = _mean(np.array(own), numpy_rng(seed, f"human thresholds {run}"))
    return found


def participant_thresholds(answers: Iterable[Answer]) -> Mapping[int, float]:
    """Compute each participant's threshold: the mean over blocks of the modal exposure, of trials without a mark."""
    blocks: dict[int, dict[tuple[int, int], list[int]]] = {}
    for answer in answers:
        if answer.exposure_ms is not None and not answer.marked:
            own = blocks.setdefault(answer.participant, {})
            own.setdefault((answer.session, answer.block), []).append(answer.exposure_ms)
    return {who: fmean(threshold(exposures) for exposures in own.values()) for who, own in blocks.items()}


def _mean(values: np.ndarray, rng: np.random.Generator) -> Estimate:
    mean, n = float(values.mean()), len(values)
    if n < 2:
        return Estimate(mean, None, None, n)
    half = float(stats.t.ppf((1 + LEVEL) / 2, n - 1)) * sqrt(_variance(values, np.arange(n), rng))
    return Estimate(mean, max(0.0, mean - half), mean + half, n)
