"""Twenty participants at once with a real server, also one that is killed: no answer is lost or doubled."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import human
from genbench.files.atomic import write_json

PEOPLE, ANSWERS = 20, 6


@pytest.mark.parametrize("killed", [False, True])
def test_twenty_at_once_lose_and_double_no_answer(killed: bool, tmp_path: Path) -> None:
    records = human.measured(PEOPLE, ANSWERS, 0.0, killed=killed)
    assert {record["request"] for record in records} == {"answer", "image", "join"}
    assert all(0 < record["median"] <= record["p95"] <= record["most"] for record in records)
    (record,) = [record for record in records if record["request"] == "answer"]
    assert (record["lost"], record["doubled"]) == (0, 0)
    if killed:
        assert PEOPLE * ANSWERS / 2 <= record["told"] < PEOPLE * ANSWERS, "it was killed in the middle"
        assert 0 <= record["kept"] - record["told"] <= PEOPLE, "at most the answers in flight"
    else:
        assert record["told"] == record["kept"] == PEOPLE * ANSWERS
        assert record["requests"] == PEOPLE * (ANSWERS + 1)  # the first answer is sent twice
    machine = {"processor": "one", "load": 0.0, "python": "3.11", "versions": {"aiohttp": "3"}}
    write_json(tmp_path / "human.json", {"machine": machine, "answers": ANSWERS, "records": records})
    human.write(tmp_path)
    assert "0 are lost or changed" in (tmp_path / "human.md").read_text(encoding="utf-8")
    assert (tmp_path / "human.csv").read_text(encoding="utf-8").count("\n20,0.0,") == 3
