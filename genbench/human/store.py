"""The answers of a study in one SQLite file: each answer is one transaction, on the disk before the next question.

A file beside it, the write-ahead log, belongs to it while a server runs. `synchronous` is FULL: what was answered to
the participant survives a power cut, so that at most the answer in flight is lost. Deleted content is overwritten.

    study          key, value: the schema's number, the seed, the sets of images with the digests of their
                   pixels, and the token of a server that is open to other machines
    participants   number; code, the only name there is; joined, UTC; screen, "width×height" of the display; pixel_ratio
    sessions       number; participant; kind; run, the row; started, UTC; frame_ms, between two frames of the display
    trials         session, position; address, by which the page asks for the image; block, 0 for practice; run, '' for
                   real images and checks; seed and picture, -1 for checks; digest of the image's set; real; is_check
    answers        session, position; says_real; exposure_ms as asked; shown_ms as measured; marked, '', 'hidden' or
                   'slow'; reaction_ms; shown_px, side of the image in CSS pixels; answered, UTC
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from genbench.errors import InputError
from genbench.human.answers import Answer, Mark
from genbench.human.design import PRACTICE, Kind, Study, Trial
from genbench.human.staircase import HYPE
from genbench.seeding import numpy_rng

SCHEMA = "1"
CODE = 9  # random bytes of a participant's code
WAIT = 10.0  # seconds for another process that writes
TABLES = """
CREATE TABLE IF NOT EXISTS study (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS participants (
    number INTEGER PRIMARY KEY AUTOINCREMENT, code TEXT NOT NULL UNIQUE, joined TEXT NOT NULL, screen TEXT NOT NULL,
    pixel_ratio REAL NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS sessions (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    participant INTEGER NOT NULL REFERENCES participants ON DELETE CASCADE,
    kind TEXT NOT NULL, run TEXT NOT NULL, started TEXT NOT NULL, frame_ms REAL NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS sessions_of ON sessions (participant);
CREATE TABLE IF NOT EXISTS trials (
    session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE, position INTEGER NOT NULL,
    address TEXT NOT NULL UNIQUE, block INTEGER NOT NULL, run TEXT NOT NULL, seed INTEGER NOT NULL,
    picture INTEGER NOT NULL, digest TEXT NOT NULL, real INTEGER NOT NULL, is_check INTEGER NOT NULL,
    PRIMARY KEY (session, position)
) STRICT;
CREATE TABLE IF NOT EXISTS answers (
    session INTEGER NOT NULL, position INTEGER NOT NULL, says_real INTEGER NOT NULL, exposure_ms INTEGER,
    shown_ms REAL, marked TEXT NOT NULL, reaction_ms REAL NOT NULL, shown_px INTEGER NOT NULL, answered TEXT NOT NULL,
    PRIMARY KEY (session, position),
    FOREIGN KEY (session, position) REFERENCES trials ON DELETE CASCADE
) STRICT;
"""
EXPORT = """
SELECT participant, session, kind, sessions.run, block, position, real, is_check AS "check", seed, picture, digest,
    says_real, exposure_ms, shown_ms, frame_ms, marked, reaction_ms, shown_px, pixel_ratio, screen
FROM answers JOIN trials USING (session, position) JOIN sessions ON sessions.number = session
    JOIN participants ON participants.number = participant
WHERE block > 0 AND (session, block) NOT IN (
    SELECT session, block FROM trials LEFT JOIN answers USING (session, position) WHERE answered IS NULL
)
ORDER BY participant, session, position
"""


class Refused(ValueError):
    """An answer that is not taken. unknown: there is no such trial of this participant; else it is not its turn."""

    def __init__(self, text: str, *, unknown: bool) -> None:
        super().__init__(text)
        self.unknown = unknown


@dataclass(frozen=True)
class Reply:
    """An answer to a trial, and how it was shown: the fields are those of the table `answers`."""

    says_real: bool
    shown_ms: float | None
    marked: Mark
    reaction_ms: float
    shown_px: int


@dataclass(frozen=True)
class Question:
    """The trial that a participant is at. exposure: milliseconds, None without limit. frame: between two frames."""

    session: int
    position: int
    address: str
    trial: Trial
    exposure: int | None
    frame: float


@dataclass(frozen=True)
class Standing:
    """A participant's place. question: None between sessions. answered, total: of the session. rows: had so far.

    real_left: the side of the answer "real" on the page, for one half of the participants on average.
    """

    question: Question | None
    answered: int
    total: int
    rows: tuple[str, ...]
    real_left: bool


@dataclass(frozen=True)
class Progress:
    """A row's numbers in one kind of session: begun, finished, and their answers without practice."""

    run: str
    kind: Kind
    begun: int
    finished: int
    answers: int


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class Store:
    """The open file; one thread at a time may use it, any number of processes."""

    def __init__(self, path: Path, study: Study | None = None) -> None:
        """Open the file, or with a study make it; one of another study or schema is an InputError."""
        self.path, self.study = path, study
        if study is None and not path.is_file():
            raise InputError(f"{path}: expected the database of `genbench human serve`, there is none")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path, timeout=WAIT, isolation_level=None, check_same_thread=False)
            self._connection.row_factory = sqlite3.Row
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
                self._connection.execute(f"PRAGMA {pragma}")
            self._connection.executescript(TABLES)
        except (OSError, sqlite3.Error) as error:
            raise InputError(f"{path}: not usable as the database of human answers: {error}") from None
        self._require_study(study)

    def close(self) -> None:
        """Close the file and end the write-ahead log."""
        self._connection.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def _require_study(self, study: Study | None) -> None:
        """Record the study in a new file; refuse other images, whose answers would be of something else."""
        given = {"schema": SCHEMA}
        if study:
            images = [asdict(source) for source in sorted(study.sources(), key=lambda s: (s.run, s.seed))]
            given |= {"seed": str(study.seed), "images": json.dumps(images, sort_keys=True)}
        with self._transaction() as connection:
            known = dict(connection.execute("SELECT key, value FROM study").fetchall())
            if not known:
                connection.executemany("INSERT INTO study VALUES (?, ?)", given.items())
        for key, value in given.items():
            if known and known.get(key) != value:
                raise InputError(
                    f"{self.path}: its answers are of another {key if key != 'images' else 'set of images'} than those "
                    "of now; next: genbench human export, then serve with another --database"
                )

    def token(self) -> str:
        """Return the word that lets browsers in, made at the first call; it stays, so that nobody is shut out."""
        with self._transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO study VALUES ('token', ?)", (secrets.token_urlsafe(2 * CODE),))
            return connection.execute("SELECT value FROM study WHERE key = 'token'").fetchone()[0]

    def join(self, screen: str, pixel_ratio: float) -> str:
        """Add a participant, and return the code."""
        code = secrets.token_urlsafe(CODE)
        with self._transaction() as connection:
            connection.execute(
                "INSERT INTO participants (code, joined, screen, pixel_ratio) VALUES (?, ?, ?, ?)",
                (code, _now(), screen, pixel_ratio),
            )
        return code

    def _participant(self, code: str) -> int | None:
        row = self._connection.execute("SELECT number FROM participants WHERE code = ?", (code,)).fetchone()
        return None if row is None else row["number"]

    def knows(self, code: str) -> bool:
        """Return whether there is such a participant."""
        return self._participant(code) is not None

    def begin(self, code: str, kind: Kind, frame: float) -> bool:
        """Begin a session with a row that the participant has not had; nothing while one is unfinished or none left.

        frame: milliseconds between two frames of the display. The first session has the practice before it.
        """
        assert self.study, "a file that is opened without a study begins no session"
        with self._transaction() as connection:
            participant, standing = self._participant(code), self.standing(code)
            if participant is None or standing.question:
                return False
            counts = dict(
                connection.execute("SELECT run, count(*) FROM sessions WHERE kind = ? GROUP BY run", (kind,)).fetchall()
            )
            run = self.study.next_row(counts, standing.rows)
            if run is None:
                return False
            added = connection.execute(
                "INSERT INTO sessions (participant, kind, run, started, frame_ms) VALUES (?, ?, ?, ?, ?)",
                (participant, kind, run, _now(), frame),
            )
            number = added.lastrowid or 0
            trials = self.study.session(number, kind, run, practice=not standing.rows)
            digests = {(source.run, source.seed): source.digest for source in self.study.sources()}
            connection.executemany(
                "INSERT INTO trials VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (number, position, secrets.token_urlsafe(CODE), t.block, t.run, t.seed, t.picture)
                    + (digests.get((t.run, t.seed), ""), t.real, t.check)
                    for position, t in enumerate(trials)
                ],
            )
        return True

    def standing(self, code: str) -> Standing:
        """Return a participant's place; an unknown code is one who has not begun."""
        sessions = self._connection.execute(
            """SELECT sessions.number, kind, sessions.run, frame_ms, count(*) AS total, count(answered) AS answered
            FROM sessions JOIN participants ON participants.number = participant
                JOIN trials ON session = sessions.number LEFT JOIN answers USING (session, position)
            WHERE code = ? GROUP BY sessions.number ORDER BY sessions.number""",
            (code,),
        ).fetchall()
        rows = tuple(session["run"] for session in sessions)
        real_left = bool(numpy_rng(self.study.seed if self.study else 0, f"human sides {code}").integers(2))
        if not sessions:
            return Standing(None, 0, 0, rows, real_left)
        last = sessions[-1]
        question = self._question(last) if last["answered"] < last["total"] else None
        return Standing(question, last["answered"], last["total"], rows, real_left)

    def _question(self, session: sqlite3.Row) -> Question:
        number, position = session["number"], session["answered"]
        row = self._connection.execute(
            "SELECT * FROM trials WHERE session = ? AND position = ?", (number, position)
        ).fetchone()
        trial = _trial(row)
        limited = session["kind"] == "time" and not trial.check
        exposure = self._exposure(number, trial.block) if limited else None
        return Question(number, position, row["address"], trial, exposure, session["frame_ms"])

    def _exposure(self, session: int, block: int) -> int:
        """Compute the exposure of the next trial of a block; in the practice it stays at that of the start."""
        if block == PRACTICE:
            return HYPE.start
        right = self._connection.execute(
            """SELECT says_real = real FROM trials JOIN answers USING (session, position)
            WHERE session = ? AND block = ? AND NOT is_check ORDER BY position""",
            (session, block),
        )
        return HYPE.next([bool(answer) for (answer,) in right])

    def answer(self, code: str, address: str, reply: Reply) -> bool:
        """Take the answer to the question that the participant is at.

        False for a trial that has its answer, which stays; Refused for one of somebody else, or whose turn is later.
        """
        with self._transaction() as connection:
            question = self.standing(code).question
            if question is None or question.address != address:
                return self._repeated(code, address)
            connection.execute(
                "INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (question.session, question.position, reply.says_real, question.exposure, reply.shown_ms)
                + (reply.marked, reply.reaction_ms, reply.shown_px, _now()),
            )
        return True

    def _repeated(self, code: str, address: str) -> Literal[False]:
        row = self._connection.execute(
            """SELECT answered FROM trials JOIN sessions ON sessions.number = session
                JOIN participants ON participants.number = participant LEFT JOIN answers USING (session, position)
            WHERE code = ? AND address = ?""",
            (code, address),
        ).fetchone()
        if row is None:
            raise Refused("This question is not one of yours.", unknown=True)
        if row["answered"] is None:
            raise Refused("This question comes later.", unknown=False)
        return False

    def delete(self, code: str) -> bool:
        """Delete a participant with all answers; return whether there was one."""
        with self._transaction() as connection:
            deleted = connection.execute("DELETE FROM participants WHERE code = ?", (code,)).rowcount
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # or the log would keep what it had
        return deleted > 0

    def answers(self) -> Iterator[Answer]:
        """Yield the answers of all finished blocks, without codes."""
        for row in self._connection.execute(EXPORT):
            yield Answer.model_validate(dict(row))

    def participants(self) -> int:
        """Count the participants."""
        return self._connection.execute("SELECT count(*) FROM participants").fetchone()[0]

    def progress(self) -> list[Progress]:
        """Count sessions and answers by row and kind."""
        rows: list[Any] = self._connection.execute(
            """SELECT run, kind, count(*) AS begun, sum(total = answered) AS finished, sum(judged) AS answers FROM (
                SELECT sessions.run, kind, count(*) AS total, count(answered) AS answered,
                    count(CASE WHEN block > 0 THEN answered END) AS judged
                FROM sessions JOIN trials ON session = sessions.number LEFT JOIN answers USING (session, position)
                GROUP BY sessions.number
            ) GROUP BY run, kind ORDER BY kind, run"""
        ).fetchall()
        return [Progress(**{field.name: row[field.name] for field in fields(Progress)}) for row in rows]


def _trial(row: sqlite3.Row) -> Trial:
    real, check = bool(row["real"]), bool(row["is_check"])
    return Trial(row["block"], row["run"], row["seed"], row["picture"], real, check)
