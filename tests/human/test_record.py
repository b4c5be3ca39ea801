"""The record of the stage human: scores in the units of their columns, and the images that they are of."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from genbench.errors import InputError
from genbench.human import analysis, answers as table
from genbench.human.observers import Attentive, Clicker
from genbench.human.record import Record, record
from stages import human
from tests.human.support import everybody, project, session, study

PATH = Path("human/digits.csv")


def test_scores_are_those_of_the_analysis_in_percent_and_milliseconds() -> None:
    rng, of = np.random.default_rng(0), study()
    free = everybody(3, "infinity", of, lambda who: Attentive(), rng)
    limited = [answer.model_copy(update={"participant": 7, "session": 7}) for answer in
               session(7, "row1", "time", of, Attentive(), rng)]  # fmt: skip
    found = record([*free, *limited], PATH)
    assert found and found.rows.keys() == {"row0", "row1"} and (found.attentive, found.inattentive) == (4, 0)
    errors, times = analysis.errors(free)["row0"], analysis.thresholds(limited)["row1"]
    row, other = found.rows["row0"], found.rows["row1"]
    assert row.infinity and row.infinity.mean == pytest.approx(100 * errors.all.value)
    assert (row.infinity.n, row.people, row.time, other.infinity) == (3, 3, None, None)
    assert row.infinity.generated == pytest.approx(100 * errors.generated)
    assert other.time and (other.time.mean, other.time.low, other.time.n) == (times.value, None, 1)
    assert (found.real, row.images) == ("real", {"0": "row00", "1": "row01"})
    assert Record.parse(json.loads(json.dumps(found.model_dump())), "") == found


def test_who_does_not_count_is_counted() -> None:
    rng = np.random.default_rng(1)
    kinds = [Attentive(lapse=0.0)] * 2 + [Clicker()] * 3
    found = record(everybody(5, "infinity", study(), lambda who: kinds[who], rng), PATH)
    assert found and found.attentive == found.rows["row0"].people == 2 and found.inattentive == 3


def test_answers_of_two_databases_are_refused() -> None:
    found = everybody(2, "infinity", study(), lambda who: Attentive(), np.random.default_rng(2))
    image = next(index for index, answer in enumerate(found) if not answer.check and not answer.real)
    changed = found[image].model_copy(update={"digest": "other"})
    where = f"human/digits.csv: expected answers of one database.*row row0, seed {changed.seed}"
    with pytest.raises(InputError, match=where):
        record([*found[:image], changed, *found[image + 1 :]], PATH)


def test_the_stage_writes_null_without_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project(tmp_path)
    monkeypatch.chdir(tmp_path)
    written = Path("data/digits/human.json")
    human.main()
    assert json.loads(written.read_text(encoding="utf-8")) is None
    table.write(PATH, [])
    human.main()
    assert json.loads(written.read_text(encoding="utf-8")) is None
    table.write(PATH, everybody(2, "infinity", study(), lambda who: Attentive(), np.random.default_rng(3)))
    human.main()
    assert json.loads(written.read_text(encoding="utf-8"))["rows"].keys() == {"row0"}
