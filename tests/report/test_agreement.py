"""Kendall's τ between an exact order and one of samples, and its interval: known values, and how often it is right."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kendalltau

from genbench.human import analysis
from genbench.human.observers import Attentive
from genbench.report.agreement import agreement, interval
from genbench.report.leaderboard import HumanScore
from tests.human.support import session, study

NAMES = "abcdef"


def scores(*means: float, half: float | None = 0.5, n: int = 10) -> dict[str, HumanScore]:
    """Rows a, b, c … of these means, whose intervals reach so far to either side."""
    return {
        name: HumanScore(
            mean=mean, low=None if half is None else mean - half, high=None if half is None else mean + half, n=n
        )
        for name, mean in zip(NAMES, means, strict=False)
    }


def exact(*values: float) -> dict[str, float]:
    return dict(zip(NAMES, values, strict=False))


@pytest.mark.parametrize(
    ("metric", "people", "tau", "low", "high"),
    [
        (exact(1, 2, 3, 4), scores(10, 20, 30, 40), 1, 1, 1),
        (exact(4, 3, 2, 1), scores(10, 20, 30, 40), -1, -1, -1),
        # b and c are not told apart: 5 of 6 pairs agree, the last counts both ways
        (exact(1, 2, 3, 4), scores(10, 20, 20.1, 40), 1, 4 / 6, 1),
        (exact(1, 3, 2, 4), scores(10, 20, 20.1, 40), 4 / 6, 4 / 6, 1),
        (exact(1, 2, 3, 4), scores(10, 20, 30, 40, half=100), 1, -1, 1),
        (exact(1, 2, 3, 4), scores(10, 20, 30, 40, half=None, n=1), 1, -1, 1),
    ],
)
def test_pairs_that_are_not_told_apart_count_both_ways(
    metric: dict[str, float], people: dict[str, HumanScore], tau: float, low: float, high: float
) -> None:
    found = agreement(metric, people)
    assert found == pytest.approx({"tau": tau, "low": low, "high": high, "rows": 4})


def test_without_an_order_there_is_no_agreement() -> None:
    assert agreement(exact(1, 2), scores(1, 2, 3)) is None
    assert agreement(exact(1, 1, 1), scores(10, 20, 30)) is None
    found = agreement(exact(1, 2, 3, 4), scores(10, 20, 30))
    assert found and found["rows"] == 3


@pytest.mark.parametrize("gap", [0.0, 0.2, 1.0, 5.0])
def test_the_interval_holds_the_truth_at_its_rate(gap: float) -> None:
    """Rows at equal distances, in standard errors of their means; a metric that has two pairs of neighbours wrong."""
    rng, people, rows, held = np.random.default_rng(int(10 * gap)), 8, 6, []
    truth, metric = gap * np.arange(rows), np.array([1.0, 0, 2, 3, 5, 4])
    tau = kendalltau(truth, metric).statistic if gap else 0.0
    for _ in range(1000):
        drawn = truth[:, None] + np.sqrt(people) * rng.normal(size=(rows, people))
        errors = drawn.std(1, ddof=1) / np.sqrt(people)
        low, high = interval(metric, drawn.mean(1), errors, [people] * rows)
        held.append(low <= tau + 1e-9 and tau - 1e-9 <= high)
    assert np.mean(held) >= 0.95


def test_a_false_claim_between_equal_rows_is_made_at_most_at_its_rate() -> None:
    """An order whose every pair is a coin: an interval away from the ends needs a pair that is told apart."""
    rng, people, rows, claims = np.random.default_rng(1), 8, 5, 0
    for _ in range(2000):
        drawn = rng.normal(size=(rows, people))
        errors = drawn.std(1, ddof=1) / np.sqrt(people)
        claims += interval(np.arange(rows), drawn.mean(1), errors, [people] * rows) != (-1, 1)
    assert 0.005 < claims / 2000 <= 0.055  # Tamhane's T2 is careful, but not empty


def test_with_simulated_people_it_holds_the_agreement_with_their_true_order() -> None:
    """Rows with known rates of errors, two of them close, and a metric that swaps two others."""
    rates, rng, held, widths = [0.10, 0.18, 0.20, 0.35, 0.45], np.random.default_rng(2), 0, []
    metric = dict(zip(("row0", "row1", "row2", "row3", "row4"), (1.0, 2.0, 3.0, 5.0, 4.0), strict=True))
    truth = kendalltau(rates, list(metric.values())).statistic
    for simulation in range(20):
        of = study(rows=len(rates), seeds=1, count=60, seed=simulation)
        answers = [
            answer
            for row, rate in enumerate(rates)
            for person in range(4)
            for answer in session(
                4 * row + person, f"row{row}", "infinity", of, Attentive(errors_generated=rate, errors_real=rate), rng
            )
        ]
        people = {
            run: HumanScore(mean=found.all.value, low=found.all.low, high=found.all.high, n=found.all.n)
            for run, found in analysis.errors(answers, seed=simulation).items()
        }
        found = agreement(metric, people)
        assert found is not None
        held += found["low"] <= truth <= found["high"]
        widths.append(found["high"] - found["low"])
    assert held >= 17  # fewer has a chance of 1.6 % at 95 %
    assert np.mean(widths) < 1.6  # and it is not all that there is
