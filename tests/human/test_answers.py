"""The table of answers: written and read again, and every fault named with its line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from genbench.errors import InputError
from genbench.human import answers as table
from genbench.human.observers import Attentive
from tests.human.support import everybody, study


def test_a_table_is_read_as_it_was_written(tmp_path: Path) -> None:
    rng, path = np.random.default_rng(0), tmp_path / "digits.csv"
    found = everybody(2, "time", study(), lambda who: Attentive(), rng)
    table.write(path, found)
    assert table.read(path) == [table.Answer.model_validate(answer.model_dump()) for answer in found]


def test_without_answers_it_is_a_header(tmp_path: Path) -> None:
    path = tmp_path / "digits.csv"
    table.write(path, [])
    assert path.read_text(encoding="utf-8") == ",".join(table.COLUMNS) + "\n"
    assert table.read(path) == []


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("participant,", "who,", "expected the columns participant, session"),
        (",infinity,row0,", ",often,row0,", "line 2: kind"),
        (",500.0,", ",-1,", "line 2: reaction_ms"),
        (",500.0,", ",500.0,7,", "line 2: expected 20 fields"),
        (",500.0,", ",", "line 2: expected 20 fields"),
    ],
)
def test_a_fault_is_named(tmp_path: Path, before: str, after: str, message: str) -> None:
    path = tmp_path / "digits.csv"
    table.write(path, everybody(1, "infinity", study(), lambda who: Attentive(), np.random.default_rng(0)))
    path.write_text(path.read_text(encoding="utf-8").replace(before, after, 1), encoding="utf-8")
    with pytest.raises(InputError, match=f"digits.csv: {message}"):
        table.read(path)


def test_a_block_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "digits.csv"
    found = everybody(1, "infinity", study(), lambda who: Attentive(), np.random.default_rng(0))
    for wrong in (found[1:], [*found, found[0]], [*found[:-1], found[0]]):
        table.write(path, wrong)
        with pytest.raises(InputError, match=r"participant 0, session 0, block 1: expected 108 answers"):
            table.read(path)
