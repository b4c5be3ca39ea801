"""docs/install.md: the wheel in an environment of its own, without a checkout.

The environment has nothing but pip and the wheel; its libraries are those of the running one, by a path alone.
"""

from __future__ import annotations

import shutil
import site
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support.clone import ROOT, change, executed
from tests.support.printed import Reader, wait_for_experiment

pytestmark = [pytest.mark.soak, pytest.mark.pipeline]
OFFLINE = {"PIP_NO_DEPS": "1", "PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


class Outside(Reader):
    """A folder outside any checkout, whose shell has activated the environment beside it."""

    def _words(self, script: str, variables: Mapping[str, str]) -> list[str]:
        made = self.path.with_name("environment")
        own = {**OFFLINE, "XDG_CACHE_HOME": str(self.path.with_name("cache")), **variables}
        settings = [f"{name}={value}" for name, value in own.items()]
        return ["env", "-u", "PYTHONPATH", *settings, "bash", "-c", f"PATH={made / 'bin'}:$PATH\n{script}"]


@pytest.fixture(scope="module")
def outside(project: Reader, tmp_path_factory: pytest.TempPathFactory) -> Outside:
    """A folder with the wheel and two folders of pictures."""
    root = tmp_path_factory.mktemp("outside")
    made, folder = root / "environment", root / "folder"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(made)], check=True)
    packages = next(made.glob("lib/*/site-packages"))
    (packages / "libraries.pth").write_text("\n".join(site.getsitepackages()) + "\n", encoding="utf-8")
    pip = made / "bin/pip"
    pip.write_text(f'#!/bin/sh\nexec {sys.executable} -m pip --python {made / "bin/python"} "$@"\n', encoding="utf-8")
    pip.chmod(0o755)
    for seed, side in enumerate(("photographs", "samples")):
        (folder / side).mkdir(parents=True)
        for index, image in enumerate(np.random.default_rng(seed).integers(256, size=(20, 8, 8, 3), dtype=np.uint8)):
            Image.fromarray(image).save(folder / side / f"{index:02d}.png")
    project.types("make wheel")
    (wheel,) = (project.path / "dist").glob("genbench-*-py3-none-any.whl")
    shutil.copy(wheel, folder)
    return Outside(folder)


def test_from_the_wheel_to_a_number_are_two_commands(outside: Outside) -> None:
    outside.types("pip install genbench-0.1.0-py3-none-any.whl")
    made = outside.types("python -c 'import genbench; print(genbench.__file__)'")
    assert Path(made.strip()).is_relative_to(outside.path.with_name("environment"))
    said = outside.types("genbench evaluate --real photographs --fake samples --extractor random_conv")
    assert "FID (random_conv) ↓" in said
    assert "20 images of samples against 20 real ones of photographs" in said


def test_a_benchmark_of_ones_own_by_what_init_says(outside: Outside) -> None:
    said = outside.types("genbench init mine")
    assert f"$ genbench init mine\n{said}```" in (ROOT / "docs/install.md").read_text(encoding="utf-8")
    assert "git add -A && git commit -m start" in said
    outside.run("bash", "-c", "cd mine && git add -A && git commit --quiet -m start")
    outside.types("genbench use quick", within="mine")
    change(outside.path / "mine", enabled=["vae"])
    ran = executed(outside.types("genbench repro", within="mine"))
    assert {"train@vae-0", "report"} <= ran
    assert "vae" in outside.types("genbench table", within="mine")

    outside.types("genbench environment --write", within="mine")
    outside.types("genbench check", within="mine")
    assert executed(outside.types("dvc repro", within="mine")) == set()


def test_a_queue_takes_the_link_along(outside: Outside) -> None:
    mine = Reader(outside.path / "mine")
    mine.commit()
    outside.types("dvc exp run --queue --copy-paths genbench -S runs/vae.yaml:train.lr=0.003 -n queued", within="mine")
    outside.types("dvc queue start", within="mine")
    wait_for_experiment(mine, "queued")
