"""The database: each answer once, in its turn, of the one who was asked; it outlives a kill and can forget."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from genbench.errors import InputError
from genbench.human import answers as table, store as module
from genbench.human.design import PRACTICES
from genbench.human.observers import FRAME, Attentive, Clicker, take_part
from genbench.human.staircase import HYPE
from genbench.human.store import TABLES, Refused, Reply, Store
from tests.human.support import SCREEN, length, study

REPLY = Reply(says_real=True, shown_ms=None, marked="", reaction_ms=400.0, shown_px=320)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "human.sqlite", study()) as store:
        yield store


def joined(store: Store) -> str:
    code = store.join(SCREEN, 2.0)
    store.begin(code, "infinity", FRAME)
    return code


def address(store: Store, code: str) -> str:
    question = store.standing(code).question
    assert question
    return question.address


def content(store: Store) -> list[tuple[object, ...]]:
    """Return all answers as they lie in the file."""
    with sqlite3.connect(store.path) as connection:
        return connection.execute("SELECT * FROM answers ORDER BY session, position").fetchall()


def test_a_doubled_answer_changes_nothing(store: Store) -> None:
    code = joined(store)
    first = address(store, code)
    assert store.answer(code, first, REPLY)
    before, place = content(store), store.standing(code)
    assert not store.answer(code, first, REPLY)
    assert not store.answer(code, first, Reply(False, None, "hidden", 1.0, 1))
    assert content(store) == before and store.standing(code) == place and place.answered == 1


def test_an_answer_before_its_turn_changes_nothing(store: Store) -> None:
    code, later = joined(store), ""
    with sqlite3.connect(store.path) as connection:
        (later,) = connection.execute("SELECT address FROM trials WHERE position = 5").fetchone()
    with pytest.raises(Refused, match="comes later") as refused:
        store.answer(code, later, REPLY)
    assert not refused.value.unknown and content(store) == []


def test_answers_of_others_and_forged_ones_change_nothing(store: Store) -> None:
    code, other = joined(store), joined(store)
    for who, where in ((code, address(store, other)), (code, "forged"), ("nobody", address(store, code))):
        with pytest.raises(Refused, match="not one of yours") as refused:
            store.answer(who, where, REPLY)
        assert refused.value.unknown
    assert content(store) == []


def test_addresses_say_nothing_of_the_images(store: Store) -> None:
    joined(store)
    joined(store)
    with sqlite3.connect(store.path) as connection:
        found = [text for (text,) in connection.execute("SELECT address FROM trials")]
    assert len(set(found)) == len(found) == 2 * (PRACTICES + length("infinity"))
    assert {len(text) for text in found} == {12}


def test_a_session_goes_on_where_it_was_after_reopening(store: Store) -> None:
    code = joined(store)
    for _ in range(3):
        store.answer(code, address(store, code), REPLY)
    place = store.standing(code)
    with Store(store.path, study()) as again:
        assert again.standing(code) == place and place.answered == 3
        assert not again.begin(code, "infinity", FRAME)  # one is open
        assert again.standing(code) == place


def test_the_staircase_follows_the_answers_to_images_alone(store: Store) -> None:
    code, rng = store.join(SCREEN, 1.0), np.random.default_rng(0)
    store.begin(code, "time", FRAME)
    right: dict[int, list[bool]] = {}
    while question := store.standing(code).question:
        trial = question.trial
        if trial.check:
            assert question.exposure is None
        elif trial.block:
            assert question.exposure == HYPE.next(right.setdefault(trial.block, []))
        says_real = Clicker().says_real(trial, question.exposure, rng)
        if not trial.check:
            right.setdefault(trial.block, []).append(says_real == trial.real)
        store.answer(code, question.address, Reply(says_real, 1.0, "", 1.0, 1))
    assert {block: len(answers) for block, answers in right.items()} == {0: PRACTICES, 1: 150, 2: 150, 3: 150}


def test_only_finished_blocks_are_exported_without_codes(store: Store, tmp_path: Path) -> None:
    done = take_part(store, Attentive(), "infinity", np.random.default_rng(0))
    code = joined(store)
    for _ in range(PRACTICES + 5):
        store.answer(code, address(store, code), REPLY)
    path = tmp_path / "out.csv"
    table.write(path, store.answers())
    found = table.read(path)
    assert found == list(store.answers())
    assert [answer.participant for answer in found] == [1] * length("infinity")
    assert done not in path.read_text(encoding="utf-8")


def test_rows_take_turns_and_nobody_gets_one_twice(store: Store) -> None:
    code, runs = store.join(SCREEN, 1.0), list[str]()
    while store.begin(code, "infinity", FRAME):
        while question := store.standing(code).question:
            store.answer(code, question.address, REPLY)
        runs = list(store.standing(code).rows)
    assert sorted(runs) == ["row0", "row1", "row2"]
    for _ in range(4):
        joined(store)
    begun = {line.run: line.begun for line in store.progress()}
    assert max(begun.values()) - min(begun.values()) <= 1 and sum(begun.values()) == 7


def test_progress_counts(store: Store) -> None:
    take_part(store, Attentive(), "infinity", np.random.default_rng(0))
    code = joined(store)
    for _ in range(PRACTICES + 2):
        store.answer(code, address(store, code), REPLY)
    lines = store.progress()
    assert sum(line.begun for line in lines) == 2 and sum(line.finished for line in lines) == 1
    assert sum(line.answers for line in lines) == length("infinity") + 2 and store.participants() == 2


def test_a_deleted_participant_is_gone_from_the_disk(store: Store) -> None:
    kept, code = joined(store), joined(store)
    for who in (kept, code):
        store.answer(who, address(store, who), REPLY)
    assert store.delete(code) and not store.delete(code)
    assert not store.knows(code) and store.knows(kept) and len(content(store)) == 1
    for path in store.path.parent.iterdir():
        assert code.encode() not in path.read_bytes() and (kept.encode() in path.read_bytes()) == (path == store.path)


def test_a_file_of_other_images_is_refused(store: Store, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="another set of images"):
        Store(store.path, study(rows=2))
    with pytest.raises(InputError, match="another seed"):
        Store(store.path, study(seed=1))
    with pytest.raises(InputError, match="there is none"):
        Store(tmp_path / "none.sqlite")
    (tmp_path / "text.sqlite").write_text(
        "no database at all, but long enough to be taken for one" * 9, encoding="utf-8"
    )
    with pytest.raises(InputError, match="not usable"):
        Store(tmp_path / "text.sqlite", study())


def test_every_column_is_documented() -> None:
    with sqlite3.connect(":memory:") as connection:
        connection.executescript(TABLES)
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        words = set(re.findall(r"\w+", module.__doc__ or ""))
        for name in tables:
            columns = {column[1] for column in connection.execute(f"PRAGMA table_info({name})")}
            assert name == "sqlite_sequence" or columns | {name} <= words


def test_twenty_at_once_lose_and_double_nothing(tmp_path: Path) -> None:
    path = tmp_path / "human.sqlite"
    Store(path, study()).close()

    def person(number: int) -> int:
        with Store(path, study()) as own:
            code = joined(own)
            for _ in range(8):
                where = address(own, code)
                assert own.answer(code, where, REPLY) and not own.answer(code, where, REPLY)
            return own.standing(code).answered

    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(person, range(20))) == [8] * 20
    with Store(path) as store:
        rows = content(store)
        assert Counter(session for session, *_ in rows) == dict.fromkeys(range(1, 21), 8)


KILLED = """
import sys
from pathlib import Path
from genbench.human.store import Reply, Store
from tests.human.support import study

store = Store(Path(sys.argv[1]), study())
code = store.join("1x1", 1.0)
store.begin(code, "infinity", 16.0)
while question := store.standing(code).question:
    store.answer(code, question.address, Reply(True, None, "", 1.0, 1))
    print(question.position, flush=True)
"""


def test_a_kill_loses_no_answer_that_was_told(tmp_path: Path) -> None:
    path = tmp_path / "human.sqlite"
    words = [sys.executable, "-c", KILLED, str(path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=dict(os.environ)) as server:
        assert server.stdout
        told = [int(server.stdout.readline()) for _ in range(25)]
        time.sleep(0.005)
        server.send_signal(signal.SIGKILL)
        told += [int(line) for line in server.stdout]
    with Store(path, study()) as store:
        positions = [position for _, position, *_ in content(store)]
        assert positions == list(range(len(positions))) and len(positions) - len(told) in (0, 1)
        assert store._connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
