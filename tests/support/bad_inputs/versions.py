"""environment.yaml, and the dvc.lock that a site's reports are held against."""

from __future__ import annotations

import os
from pathlib import Path

from tests.support.bad_inputs import add, bad, holding

for name, text, message in (
    ("empty", "", "environment.yaml: expected a mapping of computes, draws, code, got NoneType"),
    ("unfinished", "computes: [", "environment.yaml: not readable as YAML"),
    ("a_number", "computes: {torch: 2.13}\ndraws: {}", "environment.yaml: computes.torch"),
    ("a_misspelt_section", "compute: {torch: 2.13.0}\ndraws: {}", "environment.yaml: computes: missing"),
    ("nothing_computes", "computes: {}\ndraws: {}", "environment.yaml: computes"),
    ("a_path", "computes: {../x: 1.0.0}\ndraws: {}", "environment.yaml: computes"),
    (
        "of_nobody",
        "computes: {no-such-package: 1.0.0}\ndraws: {}",
        "computes.no-such-package is 1.0.0, installed is none",
    ),
    ("a_bomb", "computes: &a {torch: 2.13.0}\ndraws: *a", "expected no alias"),
    ("not_utf_8", b"computes: \xff", "environment.yaml: not readable as text"),
):
    add(f"versions-{name}", ("check",), message, holding("environment.yaml", text))


@bad("check", message="environment.yaml: expected a file, there is a FIFO")
def fifo(folder: Path) -> None:
    (folder / "environment.yaml").unlink()
    os.mkfifo(folder / "environment.yaml")


@bad("environment", "--write", message="environment.yaml: no such file")
def nowhere(folder: Path) -> None:
    (folder / "environment.yaml").unlink()


@bad("environment", "--write", message="environment.yaml: not installed: no-such-package")
def unknown_to_pip(folder: Path) -> None:
    holding("environment.yaml", "computes: {no-such-package: 1.0.0}\ndraws: {}")(folder)


for name, text, message in (
    ("empty", "", "dvc.lock: expected what `dvc repro` writes"),
    ("a_list", "stages: []", "dvc.lock: expected what `dvc repro` writes"),
    ("a_number", "stages: {report: 3}", "dvc.lock: expected what `dvc repro` writes"),
    ("a_bomb", "stages: &a {}\nreport: *a", "expected no alias"),
    ("brackets", "[" * 10_000, "dvc.lock: "),
):

    def locked(folder: Path, text: str = text) -> None:
        (folder / "reports/index.html").write_text("", encoding="utf-8")
        holding("dvc.lock", text)(folder)

    add(f"versions-lock_{name}", ("site",), message, locked)
