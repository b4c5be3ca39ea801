"""Scores and intervals of simulated people whose truth is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from genbench.human import analysis
from genbench.human.design import Trial
from genbench.human.observers import Attentive, Clicker, Lazy
from tests.human.support import everybody, session, study

SIMULATIONS = 200


def test_attention_checks_find_the_clicker_and_the_lazy() -> None:
    rng, of = np.random.default_rng(0), study()
    kinds = [Attentive()] * 40 + [Clicker()] * 40 + [Lazy()] * 40
    passed = analysis.attentive(everybody(120, "time", of, lambda who: kinds[who], rng))
    assert len(passed & set(range(40))) >= 39
    assert len(passed & set(range(40, 80))) <= 1  # of 24 checks at least 20 right: 0.08 %
    assert len(passed & set(range(80, 120))) <= 5  # 65 % right on average: 8 % of them


def test_a_single_block_passes_a_clicker_at_the_stated_rate() -> None:
    rng = np.random.default_rng(1)
    passed = analysis.attentive(everybody(500, "infinity", study(), lambda who: Clicker(), rng))
    assert len(passed) / 500 == pytest.approx(9 / 256, abs=0.025)  # 7 or 8 of 8


def test_who_fails_the_checks_is_left_out() -> None:
    rng, of = np.random.default_rng(2), study()
    sound = everybody(4, "infinity", of, lambda who: Attentive(errors_generated=0.0, errors_real=0.0, lapse=0.0), rng)
    always = [
        answer.model_copy(update={"participant": 9, "says_real": 1}) for answer in sound if not answer.participant
    ]
    assert analysis.errors(sound + always)["row0"] == analysis.errors(sound)["row0"]
    assert analysis.errors(sound)["row0"].all.value == 0.0


def test_errors_on_both_kinds_of_images() -> None:
    rng = np.random.default_rng(3)
    observer = Attentive(errors_generated=0.6, errors_real=0.2)
    found = analysis.errors(everybody(40, "infinity", study(), lambda who: observer, rng))["row0"]
    assert found.generated == pytest.approx(0.6, abs=0.04) and found.real == pytest.approx(0.2, abs=0.04)
    assert found.all.value == pytest.approx((found.generated + found.real) / 2)


def test_no_errors_leave_an_interval() -> None:
    observer = Attentive(errors_generated=0.0, errors_real=0.0, lapse=0.0)
    found = analysis.errors(everybody(3, "infinity", study(), lambda who: observer, np.random.default_rng(4)))[
        "row0"
    ].all
    assert found.value == found.low == 0.0 and found.high is not None and 0.005 < found.high < 0.02


def test_one_participant_has_no_interval() -> None:
    answers = session(0, "row0", "infinity", study(), Attentive(lapse=0.0), np.random.default_rng(5))
    found = analysis.errors(answers)["row0"].all
    assert (found.low, found.high, found.n) == (None, None, 1)


@dataclass(frozen=True)
class Person:
    """An observer who errs in 30 % of trials, more or less by an amount of the person's and by one of each image."""

    person: float
    images: np.ndarray

    def says_real(self, trial: Trial, exposure: int | None, rng: np.random.Generator) -> bool:
        if trial.check:
            return trial.real
        wrong = bool(rng.random() < 0.3 + self.person + self.images[int(trial.real), trial.picture])
        return trial.real ^ wrong


def test_intervals_of_errors_cover_at_their_rate() -> None:
    rng, covered = np.random.default_rng(6), 0
    people, images = 8, 60
    for simulation in range(SIMULATIONS):
        of = study(rows=1, seeds=1, count=images, seed=simulation)
        effects, own = rng.uniform(-0.15, 0.15, (2, images)), rng.uniform(-0.12, 0.12, people)
        crowd = [Person(amount, effects) for amount in own]
        answers = everybody(people, "infinity", of, crowd.__getitem__, rng)
        found = analysis.errors(answers, seed=simulation)["row0"].all
        assert found.low is not None and found.high is not None
        covered += found.low <= 0.3 <= found.high
    assert 0.92 <= covered / SIMULATIONS <= 0.99  # 95 % ± 1.5 %


def test_intervals_of_thresholds_cover_at_their_rate() -> None:
    rng, covered = np.random.default_rng(7), 0
    blank = session(0, "row0", "time", study(), Attentive(lapse=0.0), rng)
    shown = [answer for answer in blank if not answer.check][:2]
    checks = [answer for answer in blank if answer.check]
    for simulation in range(SIMULATIONS):
        values = rng.normal(400, 60, 8)
        answers = [
            answer.model_copy(update={"participant": who, "exposure_ms": int(value)})
            for who, value in enumerate(values)
            for answer in (*shown, *checks[:1])
        ]
        found = analysis.thresholds(answers, seed=simulation)["row0"]
        assert found.low is not None and found.high is not None
        covered += found.low <= 399.5 <= found.high  # milliseconds are cut off
    assert 0.92 <= covered / SIMULATIONS <= 0.98
