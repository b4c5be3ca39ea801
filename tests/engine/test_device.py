"""Devices of a training and what they change: several processes, bfloat16, layouts, compiled networks."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from hypothesis import given, strategies as st

from genbench.engine import connect, loop
from genbench.engine.batches import Batches
from genbench.engine.device import Device, enough_memory
from genbench.engine.fabric import whole_batch
from genbench.engine.options import HardwareOptions
from genbench.errors import InputError
from genbench.per_image_random import integer_rows, normal_rows, share, uniform_rows
from genbench.seeding import torch_rng
from tests.engine.test_training import CPU, OPTIONS, catalogue_model, cell, data, images
from tests.support.clone import ROOT, environment

#: One of each kind: a game, a penalty, a bound, a density, a flow, a score, normalisation that is not across the batch.
SHARED = ("nsgan+mlp", "wgan_gp+mlp", "iwae+mlp", "pixelcnn", "realnvp", "ddpm_guided", "nsgan_virtual_batch_norm")
#: Those that one process trains, one with batch normalisation among them.
ALONE = ("nsgan", *SHARED)
#: And what each of these compares across a batch.
REFUSED = {
    "nsgan_minibatch_discrimination": "ClosenessHead",
    "nsgan_packing": "Pack",
    "nsgan_feature_matching": "feature matching",
    "nsgan_unrolled": "unrolled",
    "nsgan_experience_replay": "experience replay",
    "nsgan_adaptive_augment": "probability of augmentation",
    "vqvae": "codebook",
    "otcfm": "optimal transport",
    "vqgan": "codebook",
    "infovae": "mmd",
    "autoencoder": "Gaussian is fitted",
}


def together(folder: Path, devices: int, precision: str, runs: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Train runs in processes of their own; see the program."""
    folder.mkdir()
    words = ["-m", "tests.support.train_together", str(folder), str(devices), precision, ",".join(runs)]
    return subprocess.run([sys.executable, *words], env=environment(), cwd=ROOT, capture_output=True, text=True)


def curve(folder: Path, run: str) -> dict[tuple[str, str], tuple[float, float]]:
    """Loss and gradient norm by step and group."""
    with (folder / f"{run}.csv").open() as file:
        rows = list(csv.DictReader(file))
    return {(row["step"], row["group"]): (float(row["loss"]), float(row["grad_norm"])) for row in rows}


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runs trained by one process."""
    folder = tmp_path_factory.mktemp("device") / "alone"
    done = together(folder, 1, "float32", ALONE)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def by_two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same by two processes that talk through gloo."""
    folder = tmp_path_factory.mktemp("device") / "by_two"
    done = together(folder, 2, "float32", SHARED)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in folder.glob("process *")) == ["process 0", "process 1"]
    return folder


@pytest.mark.parametrize("run", SHARED)
def test_two_processes_give_the_curve_of_one(run: str, alone: Path, by_two: Path) -> None:
    one, two = curve(alone, run), curve(by_two, run)
    assert one.keys() == two.keys()
    for point, values in one.items():
        assert two[point] == pytest.approx(values, rel=1e-5, abs=1e-5), point


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same in mixed precision."""
    folder = tmp_path_factory.mktemp("device") / "mixed"
    done = together(folder, 1, "bfloat16", ALONE)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize("run", ALONE)
def test_bfloat16_is_close_and_not_the_same(run: str, alone: Path, mixed: Path) -> None:
    one, half = curve(alone, run), curve(mixed, run)
    first = {point: values for point, values in one.items() if point[0] == "2"}
    assert any(half[point] != values for point, values in first.items())
    for point, (loss, _) in first.items():
        assert half[point][0] == pytest.approx(loss, rel=0.05, abs=0.05), point


@pytest.mark.soak
def test_what_compares_the_images_of_a_batch_is_refused_by_two_processes(tmp_path: Path) -> None:
    done = together(tmp_path / "refused", 2, "float32", ["nsgan_minibatch_discrimination"])
    assert done.returncode == 1
    line = "hardware.devices: expected 1, got 2 processes: ClosenessHead compares the images of a batch with each other"
    assert f"error: {line}" in done.stderr
    assert "Traceback" not in done.stderr


def test_batch_normalisation_is_refused_by_two_processes_on_cpus(tmp_path: Path) -> None:
    done = together(tmp_path / "refused", 2, "float32", ["nsgan"])
    assert done.returncode == 1
    reason = "batch normalisation in generator is shared by processes on GPUs only"
    assert f"error: hardware.devices: expected 1, got 2 processes: {reason}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("run", REFUSED)
def test_why_a_batch_cannot_be_shared(run: str) -> None:
    assert REFUSED[run] in whole_batch(catalogue_model(run))


def test_a_gpu_that_is_not_there_is_named() -> None:
    options = {"devices": 99, "hosts": 1, "precision": "float32", "compile": False, "channels_last": True}
    with pytest.raises(InputError, match=r"hardware.devices: .* GPUs here, got 99"):
        connect(HardwareOptions.model_validate({"accelerator": "gpu", **options}))


def test_one_process_does_not_wait_for_fabric() -> None:
    program = "import sys, stages.train; print('lightning_fabric' in sys.modules)"
    words = [sys.executable, "-c", program]
    done = subprocess.run(words, env=environment(), cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


# Parts of a batch


@given(
    shape=st.lists(st.integers(1, 5), min_size=1, max_size=3),
    world=st.integers(1, 4),
    seed=st.integers(0, 99),
    kind=st.sampled_from(["normal", "uniform", "integers"]),
)
def test_the_rows_of_all_processes_are_those_of_one(shape: list[int], world: int, seed: int, kind: str) -> None:
    def draw(rows: int, rng: torch.Generator) -> torch.Tensor:
        if kind == "integers":
            return integer_rows(3, 9, rows, rng)
        return (normal_rows if kind == "normal" else uniform_rows)(rows, *shape[1:], rng=rng)

    whole = torch_rng(seed, "rows")
    parts = [share(torch_rng(seed, "rows"), rank, world, CPU) for rank in range(world)]
    for _ in range(2):
        assert torch.equal(torch.cat([draw(shape[0], part) for part in parts]), draw(shape[0] * world, whole))


@given(world=st.integers(1, 4), part=st.integers(1, 3), drawn=st.integers(0, 20))
def test_the_batches_of_all_processes_are_those_of_one(world: int, part: int, drawn: int) -> None:
    some = images(13, (1, 2, 2))
    whole = Batches(some, world * part, 0, CPU)
    parts = [Batches(some, world * part, 0, CPU, rank=rank, world=world) for rank in range(world)]
    for stream in (whole, *parts):
        stream.drawn = drawn
    drawn_by_parts = [next(stream) for stream in parts]
    assert torch.equal(torch.cat([batch.labels for batch in drawn_by_parts]), (one := next(whole)).labels)
    assert torch.equal(torch.cat([batch.images for batch in drawn_by_parts]), one.images)


def test_a_batch_that_cannot_be_shared_evenly_is_refused() -> None:
    with pytest.raises(InputError, match="train.batch: expected a multiple of the 3 processes that share it, got 8"):
        Batches(images(), 8, 0, CPU, rank=0, world=3)


# Layout and compilation


def test_kernels_are_channels_last_where_that_is_faster() -> None:
    model, plain, normalised = catalogue_model("nsgan"), catalogue_model("nsgan"), catalogue_model("ddpm")
    Device().prepare(model)
    Device(channels_last=False).prepare(plain)
    Device().prepare(normalised)
    kernel = "generator.body.2.weight"
    assert model.get_parameter(kernel).is_contiguous(memory_format=torch.channels_last)
    assert plain.get_parameter(kernel).is_contiguous()
    assert all(parameter.is_contiguous() for parameter in normalised.parameters()), "it has group normalisation"


@pytest.mark.parametrize("run", ["nsgan", "wgan_gp", "realnvp"])
def test_the_layout_changes_nothing_but_rounding(run: str, tmp_path: Path) -> None:
    curves = []
    for channels_last in (False, True):
        device = Device(channels_last=channels_last)
        scratch = tmp_path / str(channels_last)
        done = loop.train(catalogue_model(run), data(), OPTIONS, seed=0, scratch=scratch, device=device)
        curves.append([(point.loss, point.grad_norm) for point in done.progress.curve])
    # Later points drift apart: Adam's first updates make ±lr of gradients that are all rounding.
    for points, rtol in ((2, 1e-4), (4, 1e-2)):
        one, other = (torch.tensor(curve[:points]) for curve in curves)
        torch.testing.assert_close(one, other, rtol=rtol, atol=1e-5)


@pytest.mark.soak
@pytest.mark.parametrize("run", ["wgan_gp", "vae"])
def test_compiled_networks_give_the_same_curve(run: str, tmp_path: Path) -> None:
    device = Device(compile=True)
    done = loop.train(catalogue_model(run), data(), OPTIONS, seed=0, scratch=tmp_path / "compiled", device=device)
    plain = cell(run, tmp_path / "plain")
    for one, other in zip(done.progress.curve, plain.progress.curve, strict=True):
        assert one.loss == pytest.approx(other.loss, rel=1e-4, abs=1e-5)


# Memory


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB"),
        RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory: you tried 9 bytes"),
        MemoryError(),
    ],
    ids=["gpu", "cpu", "numpy"],
)
def test_out_of_memory_names_the_setting_to_lower(error: Exception) -> None:
    with pytest.raises(InputError, match="^train.batch: 64: out of memory; lower it"), enough_memory("train.batch: 64"):
        raise error


def test_memory_that_a_real_step_does_not_get_is_one_line() -> None:
    with pytest.raises(InputError, match="train.batch"), enough_memory("train.batch: 64"):
        torch.empty(2**50)


def test_other_errors_pass() -> None:
    with pytest.raises(RuntimeError, match="shape"), enough_memory("train.batch"):
        raise RuntimeError("shape mismatch")
