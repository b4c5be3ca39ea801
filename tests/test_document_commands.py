"""Commands that documents print: the ways in are run as they stand, and all others are ones that there are."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from genbench.cli import parser
from genbench.files.yaml import overridden
from tests.support.clone import ROOT, Clone, change, clone

DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMANDS = {path.stem for path in (ROOT / "genbench/commands").glob("[a-z]*.py")}
#: A budget of seconds, in the place of that of a profile.
SHORT: dict[str, Any] = {
    "data": {"split": {"train": 100, "validation": 20, "reference": 40, "held_out": 40}},
    "train": {"operations": None, "steps": 4, "batch": 16, "log_every": 2, "grid_every": 4},
    "sampling": {"blocks": 2, "batch": 20},
}
#: What a reader does before the commands of a page, and the tests' clone has behind it.
BEFORE = ("git clone ", "cd ", "make install", ". .venv/bin/activate")


def printed(document: Path) -> list[str]:
    """Return the commands of the console blocks of a document, without comments."""
    blocks = re.findall(r"```console\n(.*?)```", document.read_text(encoding="utf-8"), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    found = [re.match(r"\w*\$ (.*?)(?:\s{2,}#.*)?$", line) for line in lines]
    return [match[1] for match in found if match]


def commands(name: str) -> list[str]:
    """Return the commands of a page that are run, in their order."""
    return [command for command in printed(ROOT / "docs" / name) if not command.startswith(BEFORE)]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_commands_of_genbench_and_make_are_ones_that_there_are(document: Path) -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    text = document.read_text(encoding="utf-8")
    inline = re.findall(r"`((?:genbench|make) [a-z][^`\n]*)`", text)
    for command in [*printed(document), *inline]:
        for part in re.split(r"; |&& ", command):
            words = shlex.split(part.replace("…", "").replace("...", ""))
            if words[0] == "make":
                assert [word for word in words[1:] if "=" not in word and word not in targets] == [], command
            elif words[0].endswith("genbench") and command not in inline:
                parser().parse_args(words[1:])
            elif words[0] == "genbench":
                assert words[1] in COMMANDS, command


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    """A checkout in which `make` finds its environment, and whose profile `quick` has a budget of seconds."""
    made = clone(tmp_path_factory.mktemp("documents") / "genbench")
    (made.path / "dvc.lock").unlink()  # DVC reads and writes all of it after each stage, here for rows that are not
    quick = made.path / "profiles/quick.yaml"
    quick.write_text(overridden(quick.read_text(encoding="utf-8"), SHORT), encoding="utf-8")
    made.commit()
    (made.path / ".venv").mkdir()
    for part in ("bin", "lib", "pyvenv.cfg"):
        (made.path / ".venv" / part).symlink_to(Path(sys.prefix) / part)
    (made.path / ".venv/ready").touch()  # so that make installs nothing
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(made.path))  # where `pip install --editable` leads
        yield made


@pytest.mark.pipeline
def test_five_minutes_to_start(project: Clone) -> None:
    make, table, plan, evaluate = commands("start.md")
    assert make == "make quick"
    first = project.run("bash", "-c", make)
    assert all(re.search(rf"^ *{row}\b", first, re.MULTILINE) for row in ("held_out", "noise", "nsgan", "vae"))
    page = (project.path / "reports/index.html").stat().st_mtime_ns
    assert "nsgan" in project.run("bash", "-c", make)
    assert (project.path / "reports/index.html").stat().st_mtime_ns == page
    assert project.run("bash", "-c", table) in first
    project.commit()

    run = project.path / "runs/vae.yaml"
    before = run.read_text(encoding="utf-8")
    run.write_text(re.sub(r"lr: \S+", "lr: 0.003", before), encoding="utf-8")
    changed = project.run("bash", "-c", plan)
    assert "train@vae-0" in changed and "report" in changed
    assert "nsgan" not in changed
    project.run("git", "checkout", "runs/vae.yaml")

    assert re.search(r"FID \(pixels\) ↓ +[\d.]+\n +real against real", project.run("bash", "-c", evaluate))
    code = re.findall(r"```python\n(.*?)```", (ROOT / "docs/start.md").read_text(encoding="utf-8"), re.DOTALL)
    said = project.run(sys.executable, "-c", "\n".join(code))
    numbers = re.fullmatch(r"([\d.]+) where real images have ([\d.]+)\n", said)
    assert numbers and float(numbers[1]) > float(numbers[2])


@pytest.mark.soak
@pytest.mark.pipeline
def test_a_model_of_ones_own(project: Clone) -> None:
    text = (ROOT / "docs/own_model.md").read_text(encoding="utf-8")
    files = dict(re.findall(r'^```\w+ title="(\S+)"\n(.*?)^```', text, re.DOTALL | re.MULTILINE))
    assert list(files) == ["genbench/models/moment_matching.py", "runs/moment_matching.yaml"]
    project.run("genbench", "use", "quick")
    for name, content in files.items():
        assert not (ROOT / name).exists()
        (project.path / name).write_text(content, encoding="utf-8")
    project.replace("params.yaml", "enabled:\n", "enabled:\n  - moment_matching\n")
    check, contract, fanout, table = commands("own_model.md")
    project.run("bash", "-c", check)
    passed = re.search(r"(\d+) passed", project.run("bash", "-c", contract))
    assert passed and int(passed[1]) >= 5
    project.run("bash", "-c", fanout)
    assert "moment_matching" in project.run("bash", "-c", table)
    assert "moment_matching" in project.json("reports/summary.json")


@pytest.mark.soak
@pytest.mark.pipeline
def test_pictures_of_ones_own(project: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    rng = np.random.default_rng(0)
    for index in range(60):
        path = tmp_path / "pictures" / "ab"[index % 2] / f"{index}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(256, size=(9, 11, 3), dtype=np.uint8)).save(path)
    use, bench = commands("own_pictures.md")
    assert "60 pictures, 2 classes: a 30, b 30" in project.run("bash", "-c", use)
    few: dict[str, Any] = {"enabled": ["vae"], "seeds": [0], "extractors": ["random_conv"], "data": {"pixels": 8}}
    change(project.path, **few, train=SHORT["train"], sampling={"blocks": 1})
    assert "vae" in project.run("bash", "-c", bench)
    assert project.json("reports/leaderboard.json")["dataset"]["name"] == "image_folder"
