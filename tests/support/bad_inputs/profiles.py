"""Profiles, and the leaderboards that are read back."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.bad_inputs import add, bad, holding


def profile(text: str | bytes) -> Callable[[Path], object]:
    """Write profiles/mine.yaml."""
    content = text if isinstance(text, bytes) else text.encode()
    return lambda folder: (folder / "profiles/mine.yaml").write_bytes(content)


for name, text, message in (
    ("empty", "", "profiles/mine.yaml: expected a mapping of overrides, got NoneType"),
    ("a_list", "- 1", "profiles/mine.yaml: expected a mapping of overrides, got list"),
    ("unfinished", "train: [", "profiles/mine.yaml: not readable as YAML"),
    ("an_unknown_section", "trian: {steps: 3}", "profiles/mine.yaml: option 'trian'; did you mean 'train'?"),
    ("an_unknown_key", "train: {step: 3}", "did you mean 'steps'?"),
    ("a_wrong_type", "train: {steps: many}", "profiles/mine.yaml: train.steps"),
    ("a_section_that_is_a_number", "train: 3", "profiles/mine.yaml: train"),
    ("a_run_of_nobody", "enabled: [vea]", "unknown enabled: run 'vea'; did you mean 'vae'?"),
    ("a_run_that_is_a_path", "enabled: [../x]", "profiles/mine.yaml: enabled.0"),
    ("no_runs", "enabled: []", "profiles/mine.yaml: enabled"),
    ("a_name_that_is_a_path", "profile: ../x", "profiles/mine.yaml: profile"),
    ("an_alias", "seeds: &a [0]\nextractors: *a", "expected no alias"),
    ("a_python_object", "seeds: !!python/object/apply:os.system [touch ran]", "not readable as YAML"),
    ("a_number_of_5000_digits", "threads: " + "9" * 5000, "expected at most 1000 characters"),
    ("not_utf_8", b"profile: \xff", "profiles/mine.yaml: not readable as text"),
):
    add(f"profiles-{name}", ("use", "mine"), message, profile(text))


@bad("use", "mine", message="profiles/mine.yaml: expected a file, there is a FIFO")
def fifo(folder: Path) -> None:
    os.mkfifo(folder / "profiles/mine.yaml")


@bad("use", "digits", message="params.yaml: not readable as YAML")
def over_broken_params(folder: Path) -> None:
    (folder / "params.yaml").write_text("a: [")


def lock(folder: Path) -> Path:
    """Return the path of the published dvc.lock of the profile digits."""
    place = folder / "reports/published/digits"
    place.mkdir(parents=True)
    for run in ("held_out", "memoriser", "mode_drop"):  # what the profile enables need not be in this catalogue
        (folder / f"runs/{run}.yaml").write_text("train: {model: noise}")
    return place / "dvc.lock"


@bad("use", "mine", message="dvc.lock: expected a file, there is a folder")
def lock_that_is_a_folder(folder: Path) -> None:
    profile("seeds: [5]")(folder)
    lock(folder).parent.rename(folder / "reports/published/mine")
    (folder / "reports/published/mine/dvc.lock").mkdir()


@bad("use", "mine", message="dvc.lock: expected a file, there is a FIFO")
def lock_that_is_a_fifo(folder: Path) -> None:
    profile("seeds: [5]")(folder)
    lock(folder).parent.rename(folder / "reports/published/mine")
    os.mkfifo(folder / "reports/published/mine/dvc.lock")


# reports/leaderboard.json


def board(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    """Change the leaderboard."""

    def make(folder: Path) -> None:
        path = folder / "reports/leaderboard.json"
        values = json.loads(path.read_text(encoding="utf-8"))
        change(values)
        path.write_text(json.dumps(values), encoding="utf-8")

    return make


for name, change, message in (
    ("of_another_schema", lambda b: b.update(schema=1), "expected schema 3, got 1"),
    ("without_rows", lambda b: b.pop("rows"), "reports/leaderboard.json: rows: missing"),
    ("of_rows_that_are_text", lambda b: b.update(rows="x"), "reports/leaderboard.json: rows"),
    ("of_a_row_that_is_a_number", lambda b: b.update(rows=[3]), "reports/leaderboard.json: rows.0"),
    ("without_columns", lambda b: b.update(columns=[]), "expected at least one extractor and one column"),
    ("of_no_extractor", lambda b: b.update(protocols={}), "expected at least one extractor and one column"),
    ("of_a_column_of_nobody", lambda b: b["columns"][0].update(metric="x"), "column x of classifier: not in every row"),
    ("of_a_mean_that_is_text", lambda b: b["rows"][0].update(scores={"classifier": {"fid": "x"}}), "scores"),
    ("of_cells_that_are_none", lambda b: b["rows"][0].update(cells=None), "reports/leaderboard.json: rows.0.cells"),
    ("of_escape_codes", lambda b: b["rows"][0].update(run="\x1b[31m"), "expected texts that can be printed"),
    (
        "of_digits_beyond_reason",
        lambda b: b["columns"][0].update(decimals=1 << 40),
        "expected 0 to 17 decimals, got 1099511627776",
    ),
):
    add(f"profiles-leaderboard_{name}", ("table",), message, board(change))

for name, content, message in (
    ("of_brackets", b"[" * 100_000, "not readable as JSON"),
    ("of_a_list", b"[]", "expected schema 3, got None"),
    ("that_is_empty", b"", "not readable as JSON"),
    ("that_is_no_text", b"\xff\xfe", "not readable as text"),
    ("with_a_mark_of_byte_order", b"\xef\xbb\xbf{}", "leaderboard.json"),
):
    add(
        f"profiles-leaderboard_{name}",
        ("table",),
        message,
        holding("reports/leaderboard.json", content),
    )
