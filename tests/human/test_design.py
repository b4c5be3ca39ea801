"""Designs: equal numbers of everything that is compared, no image twice, the same again from the same seed."""

from __future__ import annotations

from collections import Counter

import pytest

from genbench.errors import InputError
from genbench.human.design import FORMATS, KINDS, PRACTICE, PRACTICES, REAL, Kind, Source, Study
from tests.human.support import study


@pytest.mark.parametrize("kind", KINDS)
def test_every_block_is_half_real_and_of_all_seeds_equally(kind: Kind) -> None:
    of, form = study(seeds=3), FORMATS[kind]
    trials = of.session(7, kind, "row1", practice=False)
    for block in range(1, form.blocks + 1):
        shown = [trial for trial in trials if trial.block == block and not trial.check]
        assert len(shown) == form.images and sum(trial.real for trial in shown) == form.images // 2
        generated = [trial for trial in shown if not trial.real]
        assert {trial.run for trial in generated} == {"row1"}
        numbers = Counter(trial.seed for trial in generated).values()
        assert len(numbers) == 3 and max(numbers) - min(numbers) <= 1
        checks = [trial for trial in trials if trial.block == block and trial.check]
        assert Counter(trial.real for trial in checks) == {True: form.checks // 2, False: form.checks // 2}


@pytest.mark.parametrize("kind", KINDS)
def test_no_image_comes_twice(kind: Kind) -> None:
    shown = [t for t in study().session(1, kind, "row0", practice=False) if not t.check]
    assert len({(trial.run, trial.seed, trial.picture) for trial in shown}) == len(shown)


def test_few_images_come_again_only_when_all_have_been_seen() -> None:
    trials = study(count=40).session(1, "infinity", "row0", practice=False)
    numbers = Counter(trial.picture for trial in trials if trial.real and not trial.check)
    assert sorted(numbers.values()) == [1] * 30 + [2] * 10


def test_the_order_is_random_and_the_same_again() -> None:
    first, again, other = (study(seed=seed).session(3, "infinity", "row0", practice=True) for seed in (0, 0, 1))
    assert first == again != other
    assert study().session(4, "infinity", "row0", practice=True) != first
    sides = [trial.real for trial in first if trial.block > PRACTICE]
    assert 30 < sum(a != b for a, b in zip(sides, sides[1:], strict=False)) < 78  # 54 of 107 by chance, sd 5.2


def test_practice_comes_first_without_checks() -> None:
    trials = study().session(1, "time", "row0", practice=True)
    practice = trials[:PRACTICES]
    assert {trial.block for trial in practice} == {PRACTICE} and not any(trial.check for trial in practice)
    assert sum(trial.real for trial in practice) == PRACTICES // 2
    assert all(trial.block > PRACTICE for trial in trials[PRACTICES:])


def test_rows_get_equal_numbers_of_sessions() -> None:
    of, numbers = study(rows=5), Counter[str]()
    for _ in range(23):
        run = of.next_row(numbers, had=())
        assert run
        numbers[run] += 1
        assert max(numbers.values()) - min(numbers[row] for row in of.rows) <= 1


def test_nobody_gets_a_row_again() -> None:
    of, had = study(rows=3), list[str]()
    while run := of.next_row({}, had):
        had.append(run)
    assert sorted(had) == ["row0", "row1", "row2"]


def test_a_study_needs_rows_and_images() -> None:
    real = Source(REAL, 0, 10, "real")
    with pytest.raises(InputError, match="expected a row"):
        Study(0, real, {})
    with pytest.raises(InputError, match="there is none of vae"):
        Study(0, real, {"vae": [Source("vae", 0, 0, "")]})
