"""The standalone command on a folder of 10,000 pictures in mixed formats, as people have them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.support.clone import ROOT, environment

MANY = 10_000
FORMATS = ("png", "jpg", "bmp", "webp", "tiff", "gif", "ppm")
MODES = ("RGB", "L", "P")
BROKEN = "pictures/3/4523.jpg"

pytestmark = pytest.mark.soak


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where commands run: `pictures`, in ten folders, of several formats, modes and sizes, one of them cut off."""
    there = tmp_path_factory.mktemp("many")
    rng = np.random.default_rng(0)
    for index in range(MANY):
        kind, mode = FORMATS[index % len(FORMATS)], MODES[index % len(MODES)]
        side = 12 + index % 5
        picture = Image.fromarray(rng.integers(256, size=(side, side, 3), dtype=np.uint8)).convert(mode)
        path = there / f"pictures/{index % 10}/{index:04d}.{kind}"
        path.parent.mkdir(parents=True, exist_ok=True)
        (picture.convert("RGB") if (kind, mode) in (("jpg", "P"), ("ppm", "P")) else picture).save(path)
    (there / BROKEN).write_bytes((there / BROKEN).read_bytes()[:40])
    return there


def started(folder: Path, *words: str) -> subprocess.Popen[str]:
    """The command on the folder against itself, by an extractor that needs no weights."""
    sides = ("--real", "pictures", "--fake", "pictures", "--extractor", "random_conv", "--metrics", "fid", "kid")
    return subprocess.Popen(
        [sys.executable, "-c", "from genbench.cli import main; main()", "evaluate", *sides, *words],
        cwd=folder,
        env={**environment(), "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(folder / "cache")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def files(folder: Path) -> set[Path]:
    """All files but the pictures."""
    return {path for path in folder.rglob("*") if path.is_file() and "pictures" not in path.parts}


def test_one_broken_file_is_fatal_and_named(folder: Path) -> None:
    child = started(folder, "--json", "out.json")
    said = child.communicate()[1].splitlines()
    assert child.returncode == 1
    assert said[-1].startswith(f"error: {BROKEN}: not")
    assert files(folder) == set()


def test_ctrl_c_leaves_nothing_half_written(folder: Path) -> None:
    child = started(folder, "--skip-broken", "--json", "out.json")
    assert child.stderr is not None
    seen = child.stderr.read(20)  # the progress bar has begun
    time.sleep(0.5)
    child.send_signal(signal.SIGINT)
    said = seen + child.communicate(timeout=60)[1]
    assert child.returncode == 1
    assert said.strip().endswith("stopped")
    assert "Traceback" not in said
    assert files(folder) == set()


def test_or_it_is_skipped_and_a_second_run_computes_nothing(folder: Path) -> None:
    written: list[dict[str, Any]] = []
    seconds = []
    for _ in range(2):
        start = time.monotonic()
        child = started(folder, "--skip-broken", "--json", "out.json")
        printed, said = child.communicate()
        seconds.append(time.monotonic() - start)
        assert child.returncode == 0, said
        assert f"1 left out: {BROKEN}" in printed
        written.append(json.loads((folder / "out.json").read_text(encoding="utf-8")))
    assert written[0] == written[1]
    assert written[0]["protocol"]["n_real"] == written[0]["protocol"]["n_fake"] == MANY - 1
    assert [text.partition(":")[0] for text in written[0]["skipped"]["real"]] == [BROKEN]
    assert written[0]["metrics"]["fid"] == pytest.approx(0, abs=1e-9)
    assert "features taken from" in said
    assert len(list((folder / "cache").rglob("*.npz"))) == 1, "both sides are the same pictures"
    assert seconds[1] < seconds[0]
