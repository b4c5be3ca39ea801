"""The wheel, installed from its file outside any checkout: all of the package is in it, and a benchmark of one's own.

The environment has nothing but the wheel; its libraries are those of the running environment, by a path alone.
"""

from __future__ import annotations

import json
import os
import shutil
import site
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import filelock
import numpy as np
import pytest
from PIL import Image

from genbench.cli import main
from genbench.pipeline import layout
from tests.support.clone import ROOT, TINY, change, clone, environment, executed

PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")
FROM_PYTHON = """
import genbench

print(genbench.fid("real", "fake", extractor="pixels"))
print(genbench.evaluate(real="real", fake="fake", metrics=["fid"], extractor="pixels").metrics["fid"])
print(genbench.train("vae", "real", steps=2).sample(3).shape)
print(genbench.__file__)
"""


@dataclass(frozen=True)
class Installed:
    """The wheel, and a folder beside the environment that it is installed in."""

    wheel: Path
    folder: Path

    @property
    def package(self) -> Path:
        return next(self.folder.with_name("environment").glob("lib/*/site-packages/genbench"))

    def run(self, *words: str, within: str = ".") -> str:
        """Run a command of the environment, which must succeed, and give what it printed."""
        variables = {name: value for name, value in environment().items() if name != "PYTHONPATH"}
        variables["PATH"] = f"{self.folder.with_name('environment') / 'bin'}{os.pathsep}{variables['PATH']}"
        variables["XDG_CACHE_HOME"] = str(self.folder.with_name("cache"))
        done = subprocess.run(
            words, cwd=self.folder / within, env=variables, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{' '.join(words)}: exit status {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel of a copy of this checkout, in an environment of its own."""
    root = tmp_path_factory.mktemp("wheel")
    source, folder, made = clone(root / "source").path, root / "pictures", root / "environment"
    build = (*PIP, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(root), ".")
    subprocess.run(build, cwd=source, check=True)
    wheel = next(root.glob("*.whl"))
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(made)], check=True)
    packages = next(made.glob("lib/*/site-packages"))
    (packages / "libraries.pth").write_text("\n".join(site.getsitepackages()) + "\n", encoding="utf-8")
    # a library beside genbench, as pip puts it: its code is not followed
    shutil.copytree(Path(filelock.__file__).parent, packages / "filelock")
    python = str(made / "bin/python")
    subprocess.run([*PIP, "--python", python, "install", "--no-deps", "--no-index", str(wheel)], check=True)
    for seed, side in enumerate(("real", "fake")):
        (folder / side).mkdir(parents=True)
        for index, image in enumerate(np.random.default_rng(seed).integers(256, size=(20, 8, 8, 3), dtype=np.uint8)):
            Image.fromarray(image).save(folder / side / f"{index:02d}.png")
    return Installed(wheel, folder)


@pytest.mark.pipeline
def test_the_wheel_has_all_of_the_package_and_nothing_else(installed: Installed) -> None:
    words = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "genbench"]
    listed = subprocess.run(words, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    package = {name for name in listed if (ROOT / name).is_file()}
    project = {f"genbench/{layout.PACKED}/{file.as_posix()}" for file in layout.files()}
    packed = {name for name in zipfile.ZipFile(installed.wheel).namelist() if ".dist-info/" not in name}
    assert packed == package | project


@pytest.mark.pipeline
def test_two_folders_from_the_command_line_and_from_python(
    installed: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert installed.run("genbench", "--version").startswith("genbench ")
    words = ["evaluate", "--real", "real", "--fake", "fake", "--extractor", "pixels", "--json"]
    installed.run("genbench", *words, "scores.json")
    scores = json.loads((installed.folder / "scores.json").read_text(encoding="utf-8"))
    by_fid, by_evaluate, shape, package = installed.run("python", "-c", FROM_PYTHON).splitlines()
    assert (float(by_fid), float(by_evaluate)) == (scores["metrics"]["fid"],) * 2
    assert (shape, Path(package).parent) == ("(3, 8, 8, 3)", installed.package)
    monkeypatch.chdir(installed.folder)
    main([*words, "checkout.json", "--no-cache"])
    again = json.loads(Path("checkout.json").read_text(encoding="utf-8"))
    assert again["metrics"] == scores["metrics"]


@pytest.mark.pipeline
def test_a_benchmark_of_ones_own_follows_the_installed_package(installed: Installed) -> None:
    installed.run("genbench", "init", "mine")
    change(installed.folder / "mine", **{**TINY, "enabled": ["vae"]})
    repro = ("python", "-m", "dvc", "repro")
    cell = {f"{stage}@vae-0" for stage in ("train", "likelihood", "representation", "sample")}
    of_features = {f"{stage}@vae-0-classifier" for stage in ("features", "evaluate")}
    shared = {"fingerprint", "prepare", "extractor@classifier", "reference@classifier", "report"}
    shared |= {"representation_baselines", "human"}
    assert executed(installed.run("genbench", "repro", within="mine")) == shared | cell | of_features
    assert "vae" in installed.run("genbench", "table", within="mine")
    assert installed.run(*repro, within="mine").endswith("Data and pipelines are up to date.\n")

    module = installed.package / "models/vae.py"
    text = module.read_text(encoding="utf-8")
    module.write_text(f"{text}\n# a comment trains nothing\n", encoding="utf-8")
    assert executed(installed.run(*repro, within="mine")) == {"fingerprint"}
    module.write_text(f"{text}\nOTHER_CODE = True\n", encoding="utf-8")
    assert executed(installed.run(*repro, "train@vae-0", within="mine")) == {"fingerprint", "train@vae-0"}
