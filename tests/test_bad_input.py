"""Every mistake that a user can make is one clear line and exit status 1, and costs nothing that was there before."""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from ruamel.yaml import YAML

from genbench import cli
from genbench.files.atomic import write_json
from genbench.files.section import read
from tests.support.clone import ROOT, change, copy_params, environment

Words = tuple[str, ...]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the project's params.yaml and its catalogue, in which commands run."""
    copy_params(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refusal(*words: str) -> str:
    """Return the message of `genbench` when it refuses."""
    with pytest.raises(SystemExit) as stop:
        cli.main(words)
    assert isinstance(stop.value.code, str), "a text is printed, and the exit status is 1"
    return one_line(stop.value.code)


def stage(*words: str, code: int = 1, limit: int = resource.RLIM_INFINITY) -> str:
    """Return the last line that a stage prints, an error if it fails; no file can grow beyond `limit` bytes."""
    done = subprocess.run(
        [sys.executable, "-m", f"stages.{words[0]}", *words[1:]],
        env={**environment(), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return one_line(done.stderr.splitlines()[-1]) if code else ""


def one_line(output: str) -> str:
    """Return the text of an error, which must be one line."""
    assert output.startswith("error: ")
    assert "\n" not in output
    return output


def train_half(run: str, **options: object) -> dict[str, Any]:
    """Return the sections for an option in the `train:` half of a run."""
    return {"runs": {run: {"train": options}}}


NAMES = {
    "run": ({"enabled": ["wgan_gpp"]}, ["enabled", "'wgan_gpp'", "did you mean 'wgan_gp'?", "vae"]),
    "model": (train_half("vae", model="vea"), ["runs/vae.yaml: train", "'vea'", "did you mean 'vae'?", "noise"]),
    "objective": (train_half("nsgan", objective="minmax"), ["objective", "'minmax'", "did you mean 'minimax'?"]),
    "network": (train_half("vae", network={"name": "cnov", "width": 8}), ["network", "did you mean 'conv'?", "mlp"]),
    "divergence": (
        train_half("fgan_kl", objective={"name": "fgan", "divergence": "pearsen", "update": "minimax"}),
        ["divergence", "did you mean 'pearson'?", "kullback_leibler"],
    ),
    "dataset": ({"dataset": "digit"}, ["dataset", "'digit'", "did you mean 'digits'?", "cifar10"]),
    "extractor": ({"extractors": ["clasifier"]}, ["extractor", "'clasifier'", "did you mean 'classifier'?"]),
    "metric": ({"metrics": {"fdi": {}}}, ["metric", "'fdi'", "did you mean 'fid'?", "precision_recall"]),
    "split": ({"data": {"split": {"tests": 5}}}, ["data.split", "'tests'", "held_out"]),
    "section": ({"metric": {}}, ["'metric'", "did you mean 'metrics'?", "profile"]),
    "shared option": ({"train": {"step": 5}}, ["train: option 'step'", "did you mean 'steps'?", "grid_every"]),
    "model's option": (train_half("nsgan", latnet=4), ["runs/nsgan.yaml: train", "'latnet'", "did you mean 'latent'?"]),
    "objective's option": (
        train_half("nsgan", objective={"name": "wgan", "clip": 0.1, "clop": 1}),
        ["'clop'", "did you mean 'clip'?"],
    ),
    "sampling option": ({"runs": {"vae": {"sample": {"truncation": 0.5}}}}, ["runs/vae.yaml: sample", "'truncation'"]),
    "metric's option": ({"metrics": {"precision_recall": {"n": 3}}}, ["metrics.precision_recall", "'n'", "k"]),
    "extractor's option": ({"extractor": {"classifier": {"widht": 3}}}, ["extractor.classifier", "'widht'"]),
}


@pytest.mark.parametrize(("sections", "parts"), NAMES.values(), ids=NAMES.keys())
def test_an_unknown_name_is_refused_with_what_there_is(
    project: Path, sections: dict[str, Any], parts: list[str]
) -> None:
    change(project, **sections)
    message = refusal("check")
    assert "unknown" in message and "there is: " in message
    for part in parts:
        assert part in message


VALUES = {
    "text for a number": (train_half("vae", lr="fast"), ["runs/vae.yaml: train.lr", "number", "'fast'"]),
    "number as text": (train_half("vae", lr="1e-3"), ["runs/vae.yaml: train.lr", "'1e-3'", "write 0.001"]),
    "number for a list": ({"seeds": 3}, ["seeds", "list", "3"]),
    "fraction of a step": ({"train": {"steps": 1.5}}, ["train.steps", "1.5"]),
    "true for a number": ({"train": {"steps": True}}, ["train.steps", "True"]),
    "negative steps": ({"train": {"steps": -1}}, ["train.steps", "greater than or equal to 1", "-1"]),
    "negative steps of a run": (train_half("vae", steps=-1), ["runs/vae.yaml: train", "steps", "at least 1"]),
    "no seeds": ({"seeds": []}, ["seeds", "at least 1", "[]"]),
    "a seed twice": ({"seeds": [0, 0]}, ["seeds", "once", "[0, 0]"]),
    "a negative seed": ({"seeds": [-1]}, ["seeds.0", "-1"]),
    "no runs": ({"enabled": []}, ["enabled", "at least 1"]),
    "a run twice": ({"enabled": ["vae", "vae"]}, ["enabled", "once"]),
    "a path for a name": ({"profile": "../up"}, ["profile", "'../up'"]),
    "rate that is not finite": (train_half("vae", lr=float("nan")), ["runs/vae.yaml: train.lr", "finite", "nan"]),
    "decay of one": ({"train": {"ema": 1.0}}, ["train.ema", "less than 1"]),
    "no block": ({"sampling": {"blocks": 0}}, ["sampling.blocks", "1"]),
    "unknown weights": ({"sampling": {"weights": "first"}}, ["sampling.weights", "'ema' or 'raw'", "'first'"]),
    "no model": ({"runs": {"vae": {"train": {"model": None}}}}, ["runs/vae.yaml: train.model", "None"]),
    "k of zero": ({"metrics": {"precision_recall": {"k": "three"}}}, ["metrics.precision_recall.k", "'three'"]),
    "no source": ({"data": {"source": "nowhere"}}, ["data.source", "nowhere"]),
}


@pytest.mark.parametrize(("sections", "parts"), VALUES.values(), ids=VALUES.keys())
def test_a_wrong_value_is_refused_by_its_key(project: Path, sections: dict[str, Any], parts: list[str]) -> None:
    change(project, **sections)
    message = refusal("check")
    for part in parts:
        assert part in message


def test_a_missing_option_is_named(project: Path) -> None:
    values = read(project / "runs/vae.yaml")
    del values["train"]["lr"]
    YAML().dump(values, project / "runs/vae.yaml")
    assert "runs/vae.yaml: train.lr: missing" in refusal("check")


@pytest.mark.parametrize(
    "text", ["train: [", "a: 1\na: 2\n", "- 1\n", "", "train: {}\ntrian: 1\n", "sample: {}"], ids=repr
)
def test_a_run_that_is_none_is_refused_by_its_file(project: Path, text: str) -> None:
    (project / "runs/mine.yaml").write_text(text, encoding="utf-8")
    assert "runs/mine.yaml" in refusal("check")


def test_runs_in_params_are_refused(project: Path) -> None:
    change(project, metrics={})
    with (project / "params.yaml").open("a", encoding="utf-8") as file:
        file.write("runs: {}\n")
    assert "params.yaml: runs: expected no such section" in refusal("check")


@pytest.mark.parametrize("text", ["runs: [", "a: 1\na: 2\n", "\x00", "- 1\n", ""], ids=repr)
def test_a_params_file_that_is_no_mapping_is_refused(project: Path, text: str) -> None:
    (project / "params.yaml").write_text(text, encoding="utf-8")
    assert "params.yaml" in refusal("check")


def test_no_params_file_is_refused(project: Path) -> None:
    (project / "params.yaml").unlink()
    assert "params.yaml: no such file" in refusal("check")


def test_an_unknown_profile_is_refused_and_params_stay(project: Path) -> None:
    shutil.copytree(ROOT / "profiles", project / "profiles")
    before = (project / "params.yaml").read_bytes()
    message = refusal("use", "digit")
    assert "unknown profile 'digit'; did you mean 'digits'?" in message
    assert (project / "params.yaml").read_bytes() == before


def test_a_table_before_any_report_is_refused(project: Path) -> None:
    assert "reports/leaderboard.json: no such file" in refusal("table")


def test_a_table_of_another_version_is_refused(project: Path) -> None:
    write_json(project / "reports" / "leaderboard.json", {"schema": 1, "rows": []})
    assert "expected schema 3, got 1" in refusal("table")


def test_the_real_command_prints_one_line_and_fails(project: Path) -> None:
    change(project, seeds=[])
    done = subprocess.run(["genbench", "check"], env=environment(), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: params.yaml: seeds")
    assert done.stderr.count("\n") == 1


# Stages check what they are given themselves, for DVC can be started without `genbench check`.


def test_a_stage_refuses_bad_params(project: Path) -> None:
    change(project, train={"steps": 0})
    assert "train.steps" in stage("prepare")


def test_a_stage_refuses_a_run_that_is_not_there(project: Path) -> None:
    assert "unknown run 'vea'; did you mean 'vae'?" in stage("train", "vea", "0")


@pytest.mark.parametrize("words", [("train", "vae"), ("train", "vae", "zero"), ("prepare", "digits")], ids=" ".join)
def test_a_stage_refuses_wrong_arguments(project: Path, words: Words) -> None:
    assert "expected" in stage(*words)


SPLIT = {"train": 6, "validation": 2, "reference": 2, "held_out": 2}


def pictures(folder: Path, n: int = 12) -> list[Path]:
    """Make a folder of small grey pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    paths = [folder / f"{k:02d}.png" for k in range(n)]
    for path in paths:
        Image.fromarray(rng.integers(256, size=(16, 16), dtype=np.uint8)).save(path)
    return paths


@pytest.mark.parametrize("keep", [0.5, 0.0], ids=["truncated", "empty"])
def test_a_broken_picture_is_named(project: Path, keep: float) -> None:
    broken = pictures(project / "data/source")[3]
    content = broken.read_bytes()
    broken.write_bytes(content[: int(keep * len(content))])
    change(project, dataset="image_folder", data={"split": SPLIT})
    assert "data/source/03.png" in stage("prepare")
    assert not (project / "data/image_folder").exists()


def test_a_text_called_a_picture_is_named(project: Path) -> None:
    pictures(project / "data/source")
    (project / "data/source/notes.jpg").write_text("not a picture", encoding="utf-8")
    change(project, dataset="image_folder")
    assert "data/source/notes.jpg" in stage("prepare")


def test_a_dataset_that_cannot_be_downloaded_says_what_to_supply(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nothing listens there
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(project / "cache"))
    change(project, dataset="mnist")
    message = stage("prepare")
    assert "mnist" in message and "data.source" in message and "train-images-idx3-ubyte" in message
    assert not (project / "data/mnist").exists()


# A disk that is full: no file can grow beyond a limit.


def test_a_stage_on_a_full_disk_leaves_the_earlier_images(project: Path) -> None:
    data = project / "data/image_folder"
    pictures(project / "data/source")
    change(project, dataset="image_folder", data={"split": SPLIT})
    stage("prepare", code=0)
    before = files(data)
    change(project, data={"pixels": 64})
    message = stage("prepare", limit=4096)
    assert "data/image_folder/images/train/pixels.npy: cannot be written" in message
    after = files(data)
    assert after.keys() == before.keys(), "no scraps"
    assert after["images/train/pixels.npy"] == before["images/train/pixels.npy"]


FULL = """
import resource
import sys
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from genbench.data.features import Features; from genbench.data.images import save_array
from genbench.errors import InputError
from genbench.files.atomic import write_json
from genbench.data.grid import save_grid
from genbench.files.tensors import save_state

rng = np.random.default_rng(0)
pixels = rng.integers(256, size=(64, 3, 16, 16), dtype=np.uint8)
writers = {
    "a.json": lambda path: write_json(path, list(range(5000))),
    "a.npy": lambda path: save_array(path, np.zeros(5000)),
    "a.npz": lambda path: Features(rng.normal(size=(500, 64))).save(path),
    "a.png": lambda path: save_grid(path, pixels),
    "a.safetensors": lambda path: save_state(nn.Linear(100, 100), path),
}
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
for name, write in writers.items():
    Path(name).write_text("earlier")
    try:
        write(Path(name))
    except InputError as error:
        print(error)
"""


def test_every_writer_on_a_full_disk_says_so_and_leaves_the_earlier_file(tmp_path: Path) -> None:
    words = [sys.executable, "-c", FULL]
    done = subprocess.run(words, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=True)
    lines = [line.split(": ")[:2] for line in done.stdout.splitlines()]
    assert lines == [[f"a.{kind}", "cannot be written"] for kind in ("json", "npy", "npz", "png", "safetensors")]
    assert files(tmp_path) == {name: b"earlier" for name, _ in lines}


def files(folder: Path) -> dict[str, bytes]:
    """Read all files below a folder."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
