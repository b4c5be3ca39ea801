"""The benchmark of reading pictures says what it measured."""

from __future__ import annotations

from pathlib import Path

from benchmarks import streaming
from genbench.files.atomic import write_json
from tests.support.clone import ROOT


def test_two_checkouts_are_measured_in_turns(tmp_path: Path) -> None:
    records = list(streaming.measured([42], [ROOT, ROOT], 1))
    assert [record["pictures"] for record in records] == [42, 42]
    assert records[0]["ratio"] == 1
    assert all(record["peak_bytes"] > 1 << 24 and record["processor_seconds"] > 0 for record in records)
    machine = {"processor": "one", "load": 0.0, "python": "3.11", "versions": {"pillow": "1"}}
    write_json(tmp_path / "streaming.json", {"machine": machine, "records": records})
    streaming.write(tmp_path)
    assert (tmp_path / "streaming.md").read_text(encoding="utf-8").count(" 42 |") == 2
    assert (tmp_path / "streaming.csv").read_text(encoding="utf-8").startswith("checkout,pictures,seconds")
