"""The table of answers without names, human/<profile>.csv: what `genbench human export` writes and the stage reads.

One line is one answer of a block that was finished; practice is left out. Participants are numbers. An empty field
means that there is none. The columns are the fields of :class:`Answer`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from genbench.errors import InputError
from genbench.files.atomic import write_text
from genbench.files.section import Section, read_text
from genbench.human.design import FORMATS, Kind

FOLDER = Path("human")
Milliseconds = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
Whole = Annotated[int, Field(ge=0, le=10**9)]
Yes = Annotated[int, Field(ge=0, le=1)]
Mark = Literal["", "hidden", "slow"]


class Answer(Section):
    """One answer.

    run: the row of the session. real: 1 for a real image, or a check that asks for "real". seed, picture: the image in
    its cell, or in the split `reference`; -1 for a check. digest: of the pixels of that set. exposure_ms: as asked;
    shown_ms: as measured between two frames; frame_ms: between frames. marked: "hidden" where the page was not in view,
    "slow" where the exposure was missed by more than a frame. reaction_ms: from the first frame of the image.
    shown_px: side of the image in CSS pixels, pixel_ratio: device pixels in one; screen: "width×height" of the display.
    """

    participant: Whole
    session: Whole
    kind: Kind
    run: str
    block: Annotated[int, Field(ge=1, le=1000)]
    position: Whole
    real: Yes
    check: Yes
    seed: Annotated[int, Field(ge=-1)]
    picture: Annotated[int, Field(ge=-1)]
    digest: str
    says_real: Yes
    exposure_ms: Whole | None
    shown_ms: Milliseconds | None
    frame_ms: Milliseconds
    marked: Mark
    reaction_ms: Milliseconds
    shown_px: Whole
    pixel_ratio: Annotated[float, Field(gt=0, le=100)]
    screen: str

    @property
    def right(self) -> bool:
        """Correctness of the answer."""
        return self.says_real == self.real


COLUMNS = list(Answer.model_fields)
OPTIONAL = ("exposure_ms", "shown_ms")


def path(profile: str) -> Path:
    """Return the table of a profile."""
    return FOLDER / f"{profile}.csv"


def write(path: Path, answers: Iterable[Answer]) -> None:
    """Write the table; without answers it is its header alone."""
    file = io.StringIO()
    table = csv.writer(file, lineterminator="\n")
    table.writerow(COLUMNS)
    for answer in answers:
        table.writerow("" if value is None else value for value in answer.model_dump().values())
    write_text(path, file.getvalue())


def read(path: Path) -> list[Answer]:
    """Read a table; a fault is an InputError that names the file and the line."""
    lines = csv.DictReader(read_text(path).splitlines(), strict=True)
    found: list[Answer] = []
    try:
        if lines.fieldnames != COLUMNS:
            raise InputError(f"{path}: expected the columns {', '.join(COLUMNS)}")
        for line in lines:
            if None in line or None in line.values():
                raise InputError(f"{path}: line {lines.line_num}: expected {len(COLUMNS)} fields")
            values = {key: None if key in OPTIONAL and not text else text for key, text in line.items()}
            found.append(Answer.parse(values, f"{path}: line {lines.line_num}:"))
    except csv.Error as error:
        raise InputError(f"{path}: line {lines.line_num}: not readable as CSV: {error}") from None
    _require_whole_blocks(path, found)
    return found


def _require_whole_blocks(path: Path, answers: Iterable[Answer]) -> None:
    """Refuse a table in which a block has too few answers, or an answer stands twice."""
    blocks: dict[tuple[int, int, int], list[Answer]] = {}
    for answer in answers:
        blocks.setdefault((answer.participant, answer.session, answer.block), []).append(answer)
    for (participant, session, block), of_block in blocks.items():
        where = f"{path}: participant {participant}, session {session}, block {block}"
        if len({(answer.kind, answer.run) for answer in of_block}) > 1:
            raise InputError(f"{where}: expected one kind and one row")
        form, positions = FORMATS[of_block[0].kind], {answer.position for answer in of_block}
        if not len(positions) == len(of_block) == form.images + form.checks:
            raise InputError(f"{where}: expected {form.images + form.checks} answers, each once, got {len(of_block)}")
        images = [answer for answer in of_block if not answer.check]
        if len(images) != form.images or 2 * sum(answer.real for answer in images) != form.images:
            raise InputError(f"{where}: expected {form.images} images, one half of them real")
