"""The committed weights of extractors, the rulers: whether they are those of HEAD and of the published report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from genbench.data.paths import REPORTS
from genbench.doctor import Finding
from genbench.doctor._git import git
from genbench.errors import InputError
from genbench.files.atomic import read_json, sha256
from genbench.pipeline import params

FOLDER = Path("genbench/extractors/weights")


def find() -> Iterator[Finding]:
    """Each file whose bytes are not the committed ones, and a report that another ruler measured."""
    for line in (git("ls-tree", "-r", "-z", "HEAD", f"./{FOLDER}/") or "").split("\0"):
        kind, _, name = line.partition("\t")
        if name and kind:
            yield from _changed(Path(name), kind.split()[2])
    yield from _reported()


def _changed(path: Path, committed: str) -> Iterator[Finding]:
    mend = f"git checkout HEAD -- {path}"
    if not path.is_file():
        yield Finding("error", f"{path}: missing: a committed ruler", mend)
    elif (now := (git("hash-object", "--no-filters", "--", str(path)) or "").strip()) != committed:
        what = f"{path}: git hash {now[:12]}, committed is {committed[:12]}: scores under it cannot be compared"
        yield Finding("error", what, mend)


def _reported() -> Iterator[Finding]:
    p, board = params.load(), REPORTS / "leaderboard.json"
    file = FOLDER / f"classifier-{p.dataset}.safetensors"
    if p.extractor.get("classifier", {}).get("weights") != "committed" or not (file.is_file() and board.is_file()):
        return
    try:
        found = read_json(board)
        measured = found["protocols"]["classifier"]["weights"] if found["dataset"]["name"] == p.dataset else None
    except (InputError, KeyError, TypeError):  # another extractor's, or one that dvc repro has to write anew
        return
    if measured not in (None, now := sha256(file)):
        what = f"{board}: was measured by classifier weights {measured[:12]}, {file} is {now[:12]}"
        yield Finding("warning", what, "dvc repro")
