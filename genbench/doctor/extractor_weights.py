"""Committed weights of extractors, against HEAD and against the report that was measured by them."""

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
    """Find each file whose bytes are not the committed ones, and a report that was measured by others."""
    for line in (git("ls-tree", "-r", "-z", "HEAD", f"./{FOLDER}/") or "").split("\0"):
        kind, _, name = line.partition("\t")
        if name and kind:
            yield from _changed(Path(name), kind.split()[2])
    yield from _reported()


def _changed(path: Path, committed: str) -> Iterator[Finding]:
    fix = f"git checkout HEAD -- {path}"
    if not path.is_file():
        yield Finding("error", f"{path}: missing: committed weights", fix)
    elif (now := (git("hash-object", "--no-filters", "--", str(path)) or "").strip()) != committed:
        message = f"{path}: git hash {now[:12]}, committed is {committed[:12]}: scores under it cannot be compared"
        yield Finding("error", message, fix)


def _reported() -> Iterator[Finding]:
    p, board = params.load(), REPORTS / "leaderboard.json"
    file = FOLDER / f"classifier-{p.dataset}.safetensors"
    if p.extractor.get("classifier", {}).get("weights") != "committed" or not (file.is_file() and board.is_file()):
        return
    try:
        report = read_json(board)
        measured = report["protocols"]["classifier"]["weights"] if report["dataset"]["name"] == p.dataset else None
    except (InputError, KeyError, TypeError):  # of another extractor, or one that dvc repro has to write anew
        return
    if measured not in (None, now := sha256(file)):
        message = f"{board}: was measured by classifier weights {measured[:12]}, {file} is {now[:12]}"
        yield Finding("warning", message, "dvc repro")
