"""The staircase finds the 75 % point of an observer whose psychometric function is known."""

from __future__ import annotations

from statistics import fmean

import numpy as np
import pytest

from genbench.human.analysis import participant_thresholds
from genbench.human.observers import FRAME, Attentive, Clicker
from genbench.human.staircase import HYPE, frames, threshold
from tests.human.support import everybody, study


def test_steps_and_bounds() -> None:
    assert HYPE.next([]) == 500
    assert HYPE.next([True]) == 490 and HYPE.next([False]) == 530
    assert HYPE.next([True, True, False]) == 510
    assert HYPE.next([True] * 100) == 100 and HYPE.next([False] * 100) == 1000
    assert HYPE.next([True] * 100 + [False]) == 130  # the bound is no debt


def test_it_stands_still_at_three_right_answers_in_four() -> None:
    assert HYPE.next([True, True, True, False]) == HYPE.start


@pytest.mark.parametrize("known", [200.0, 350.0, 500.0, 700.0])
def test_it_finds_a_known_threshold(known: float) -> None:
    observer = Attentive(threshold=known, spread=30.0, lapse=0.0)
    assert observer.right(study().session(0, "time", "row0", practice=True)[0], int(known)) == 0.75
    found = participant_thresholds(everybody(40, "time", study(), lambda who: observer, np.random.default_rng(0)))
    assert fmean(found.values()) == pytest.approx(known, abs=15.0)


def test_who_never_errs_is_at_the_floor_and_who_guesses_at_the_ceiling() -> None:
    rng = np.random.default_rng(0)
    best = participant_thresholds(
        everybody(3, "time", study(), lambda who: Attentive(threshold=0, spread=1, lapse=0), rng)
    )
    assert set(best.values()) == {100.0}
    assert fmean(participant_thresholds(everybody(5, "time", study(), lambda who: Clicker(), rng)).values()) > 900


def test_the_threshold_is_the_mode() -> None:
    assert threshold([500, 490, 490, 480]) == 490
    assert threshold([500, 490, 500, 490]) == 495


def test_exposures_are_whole_frames() -> None:
    assert [frames(exposure, FRAME) for exposure in (100, 110, 490, 500, 1000)] == [6, 7, 29, 30, 60]
    assert frames(100, 1000 / 144) == 14 and frames(1, FRAME) == 1
    for exposure in range(100, 1001, 10):
        assert abs(frames(exposure, FRAME) * FRAME - exposure) <= FRAME / 2 + 1e-9
