"""The training loop against hand-computed steps, and its promise that a killed training ends in the same bytes."""

from __future__ import annotations

import itertools
import json
import math
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st
from torch import Tensor, nn

from genbench.data.images import Images
from genbench.data.pixels import quantise, scale
from genbench.engine import checkpoint, loop, window
from genbench.engine.batches import Batches
from genbench.engine.learner import Batch, Data, Learner, ParameterGroup, Update
from genbench.engine.loop import averaging, optimiser, train
from genbench.engine.options import TrainOptions
from genbench.engine.progress import Point, Progress, curve_csv
from genbench.engine.trained import Trained
from genbench.errors import InputError
from genbench.files import scratch
from genbench.files.tensors import save_tensors
from genbench.models import Model
from genbench.pipeline import params, runs
from tests.support.clone import ROOT, environment

CPU = torch.device("cpu")
OPTIONS = TrainOptions(steps=7, batch=8, ema=0.9, log_every=2, grid_every=3)
#: Windows of two steps, and a grid in the middle of one.
LONG = TrainOptions(steps=107, batch=8, ema=0.9, log_every=5, grid_every=53)
RESUMED = ("wgan_gp", "vae")


def images(n: int = 24, shape: tuple[int, int, int] = (1, 8, 8)) -> Images:
    """Random pixels, labelled in turn with ten classes."""
    pixels = np.random.default_rng(0).integers(256, size=(n, *shape), dtype=np.uint8)
    return Images(pixels, np.arange(n, dtype=np.int64) % 10)


def data() -> Data:
    return Data(images(), images(), images(), 256, tuple("0123456789"))


L = TypeVar("L", bound=Learner)


class Line(Learner):
    """Minimises slope · w by gradient: its parameter is known after every step."""

    seen: Tensor

    def __init__(self, slope: float = 1.0) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.zeros(()))
        self.register_buffer("seen", torch.zeros((), dtype=torch.int64))
        self.slope = slope

    def groups(self) -> dict[str, ParameterGroup]:
        return {"line": ParameterGroup([self.w], lr=0.125, optimiser="rmsprop")}

    def updates(self, batches: Iterator[Batch], rng: torch.Generator, step: int) -> Iterator[Update]:
        next(batches)
        self.seen += 1
        yield Update("line", self.slope * self.w)


class Judged(Line):
    """A line that is best, of the steps at which it is asked, at step 6: closest to −0.75."""

    def validate(self, data: Data, rng: torch.Generator) -> float:
        return abs(float(self.w) + 0.75) if self.w < 0 else math.nan


class Bomb(Line):
    """A line whose loss or gradient is not finite from step 4 on."""

    def __init__(self, loss: bool) -> None:
        super().__init__()
        self.of_loss = loss

    def updates(self, batches: Iterator[Batch], rng: torch.Generator, step: int) -> Iterator[Update]:
        next(batches)
        if step < 4:
            yield Update("line", self.w)
        elif self.of_loss:
            yield Update("line", self.w * math.inf)
        else:
            yield Update("line", (self.w - self.w.detach()).abs().sqrt())  # 0, with an infinite slope


def trained(model: L, scratch: Path, options: TrainOptions = OPTIONS) -> Trained[L]:
    return train(model, data(), options, seed=0, scratch=scratch)


def test_rmsprop_and_the_average_follow_their_recurrences(tmp_path: Path) -> None:
    result = trained(Line(), tmp_path)
    w = average = square = 0.0
    for step in range(1, OPTIONS.steps + 1):
        square = 0.99 * square + 0.01  # the gradient is 1
        w -= 0.125 / (math.sqrt(square) + 1e-8)
        decay = min(OPTIONS.ema, (1 + step) / (10 + step))
        average = decay * average + (1 - decay) * w
    assert result.raw.w.item() == pytest.approx(w, rel=1e-6)
    assert result.ema.w.item() == pytest.approx(average, rel=1e-6)
    assert result.ema.seen == result.raw.seen == OPTIONS.steps, "buffers are copied"


@pytest.mark.parametrize(("step", "decay"), [(1, 2 / 11), (1200, 1201 / 1210), (8990, 0.999), (10**6, 0.999)])
def test_a_decay_that_the_warm_up_does_not_reach_is_not_the_decay(step: int, decay: float) -> None:
    assert OPTIONS.model_copy(update={"ema": 0.999}).decay(step) == pytest.approx(decay, abs=1e-6)


@given(decay=st.floats(0, 0.999), values=st.lists(st.floats(-10, 10), min_size=1, max_size=8))
def test_average_of_one_step_is_the_weighted_mean(decay: float, values: list[float]) -> None:
    average, model = nn.Linear(len(values), 1), nn.Linear(len(values), 1)
    before = average.weight.detach().double().clone()
    with torch.no_grad():
        model.weight.copy_(torch.tensor([values]))
    averaging(average, model)(decay)
    expected = decay * before + (1 - decay) * torch.tensor([values], dtype=torch.float64)
    torch.testing.assert_close(average.weight.double(), expected, rtol=1e-5, atol=1e-5)


# The curve


class Told(Line):
    """Two groups that take turns at random, with known losses and slopes: of an update both are one random number."""

    def __init__(self) -> None:
        super().__init__()
        self.v = nn.Parameter(torch.zeros(()))
        self.made: list[tuple[int, str, float]] = []

    def groups(self) -> dict[str, ParameterGroup]:
        return {"early": ParameterGroup([self.w], lr=0.1), "late": ParameterGroup([self.v], lr=0.1)}

    def updates(self, batches: Iterator[Batch], rng: torch.Generator, step: int) -> Iterator[Update]:
        next(batches)
        for _ in range(int(torch.randint(4, (), generator=rng))):
            group = "late" if torch.rand((), generator=rng) < step / 300 else "early"
            parameter, value = (self.v if group == "late" else self.w), torch.randn((), generator=rng)
            self.made.append((step, group, float(value)))
            yield Update(group, value + value * (parameter - parameter.detach()))


def means(updates: list[tuple[int, str, float]], ends: list[int]) -> list[Point]:
    """Compute the curve that is expected, by numpy, from all updates of each window."""
    points = []
    for begin, end in itertools.pairwise([0, *ends]):
        for name in ("early", "late"):
            values = np.array([value for step, group, value in updates if begin < step <= end and group == name])
            if len(values):
                points.append(Point(end, name, float(values.mean()), float(np.abs(values).mean())))
    return points


def assert_close(curve: list[Point], expected: list[Point]) -> None:
    assert [(point.step, point.group) for point in curve] == [(point.step, point.group) for point in expected]
    for quantity in ("loss", "grad_norm"):
        one, other = ([getattr(point, quantity) for point in points] for points in (curve, expected))
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)


@given(steps=st.integers(1, 10**9))
def test_a_training_has_at_most_a_hundred_windows_and_no_shorter_ones_would_do(steps: int) -> None:
    length = window.length(steps)
    assert -(-steps // length) <= window.POINTS == 100
    assert length == 1 or -(-steps // (length - 1)) > window.POINTS


@settings(max_examples=15)
@given(steps=st.integers(1, 320))
def test_each_point_is_the_mean_of_all_updates_of_a_group_in_its_window(steps: int) -> None:
    with TemporaryDirectory() as folder:
        model = Told()
        progress = trained(model, Path(folder), OPTIONS.model_copy(update={"steps": steps})).progress
    ends = [*range(length := window.length(steps), steps, length), steps]
    assert_close(progress.curve, means(model.made, ends))


def test_an_update_is_added_without_reading_anything_from_the_device() -> None:
    """Tensors on the device `meta` have no values: whoever reads one fails."""
    meta = torch.device("meta")
    open_window = window.Window(["line"], meta, {"line": (1.0, 2.0, 3.0)})
    open_window.add("line", torch.zeros((), device=meta), [torch.zeros(3, device=meta), torch.zeros(2, 2, device=meta)])
    open_window.begin()
    with pytest.raises((NotImplementedError, RuntimeError)):
        open_window.points(1)


@pytest.mark.parametrize("log_every", [1, 4, 10**9])
def test_how_often_a_curve_is_logged_changes_no_byte_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log_every: int
) -> None:
    monkeypatch.setattr(loop, "LOG_SECONDS", -1.0)
    plain = trained(Told(), tmp_path / "plain", LONG)
    options = LONG.model_copy(update={"log_every": log_every})
    logged: list[list[Point]] = []
    model = Told()
    result = train(model, data(), options, seed=0, scratch=tmp_path / "logged", each_log=logged.append)
    assert curve_csv(result.progress.curve) == curve_csv(plain.progress.curve)
    assert states(result) == states(plain)
    steps = range(log_every, LONG.steps + 1, log_every)
    assert len(logged) == len(steps)
    for step, curve in zip(steps, logged, strict=True):
        ends = [*range(2, step, 2), step]
        assert_close(curve, means([update for update in model.made if update[0] <= step], ends))


def test_a_curve_is_not_logged_more_often_than_a_reader_sees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "LOG_SECONDS", 0.05)
    options, begun = LONG.model_copy(update={"steps": 2000, "log_every": 1}), time.monotonic()
    calls: list[list[Point]] = []
    train(Line(), data(), options, seed=0, scratch=tmp_path, each_log=calls.append)
    assert 1 <= len(calls) <= (time.monotonic() - begun) / 0.05


def test_grids_are_drawn_every_few_steps_and_after_the_last(tmp_path: Path) -> None:
    steps: list[int] = []
    train(Line(), data(), OPTIONS, seed=0, scratch=tmp_path, each_grid=lambda step, model: steps.append(step))
    assert steps == [3, 6, 7]


@pytest.mark.parametrize("loss", [True, False], ids=["loss", "gradient"])
def test_divergence_ends_the_training_and_is_recorded(tmp_path: Path, loss: bool) -> None:
    progress = trained(Bomb(loss), tmp_path).progress
    assert progress.diverged is not None
    assert progress.diverged["step"] == progress.step == 4, "at the end of the window in which it happened"
    assert ("loss" if loss else "gradient") in progress.diverged["reason"]
    assert progress.curve[-1].step == 4


def test_weights_that_diverged_in_an_open_window_are_asked_for_no_grid(tmp_path: Path) -> None:
    options, grids = TrainOptions(steps=1000, batch=8, ema=0.9, log_every=1, grid_every=3), []
    result = train(
        Bomb(loss=True), data(), options, seed=0, scratch=tmp_path, each_grid=lambda step, model: grids.append(step)
    )
    assert grids == [3]
    assert result.progress.diverged == {"step": 6, "reason": "loss of line is nan"}
    assert [point.step for point in result.progress.curve] == [6], "the window of ten steps ends there"


class Phases(Line):
    """Two groups, of which the second waits until step 5."""

    def __init__(self) -> None:
        super().__init__()
        self.v = nn.Parameter(torch.zeros(()))

    def groups(self) -> dict[str, ParameterGroup]:
        return {"early": ParameterGroup([self.w], lr=0.1), "late": ParameterGroup([self.v], lr=0.1)}

    def updates(self, batches: Iterator[Batch], rng: torch.Generator, step: int) -> Iterator[Update]:
        next(batches)
        yield Update("early", self.w) if step < 5 else Update("late", self.v)


def test_a_group_that_waits_has_no_points_and_has_not_diverged(tmp_path: Path) -> None:
    progress = trained(Phases(), tmp_path).progress
    assert [(point.step, point.group) for point in progress.curve] == [
        *((step, "early") for step in (1, 2, 3, 4)),
        *((step, "late") for step in (5, 6, 7)),
    ]
    assert progress.diverged is None


def test_a_model_without_players_is_not_trained(tmp_path: Path) -> None:
    result = trained(Learner(), tmp_path)
    assert (result.progress.step, result.progress.drawn, result.progress.curve) == (0, 0, [])


# Resuming


def catalogue_model(run: str, seed: int = 0) -> Model:
    """Build the model of a run; "<run>+mlp" has fully connected networks without batch normalisation."""
    name, _, network = run.partition("+")
    half = params.load(ROOT / "params.yaml").run(name).train
    if network:
        half = {**half, "network": {"name": network, "width": 16, "depth": 2, "norm": "none"}}
    return runs.model(half, (1, 8, 8), seed=seed)


def states(result: Trained[Any]) -> list[dict[str, bytes]]:
    """Return all weights as bytes."""
    return [
        {name: tensor.numpy().tobytes() for name, tensor in model.state_dict().items()}
        for model in (result.raw, result.ema, result.best)
        if model is not None
    ]


def cell(run: str, scratch: Path, options: TrainOptions = OPTIONS) -> Trained[Model]:
    """A training of a run of the catalogue, on one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return train(catalogue_model(run), data(), options, seed=0, scratch=scratch)
    finally:
        torch.set_num_threads(threads)


@pytest.fixture(scope="module", params=RESUMED)
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Trained[Model]]:
    """A run and its training without interruption."""
    return request.param, cell(request.param, tmp_path_factory.mktemp("whole"), LONG)


def test_two_trainings_are_the_same_bytes(whole: tuple[str, Trained[Model]], tmp_path: Path) -> None:
    run, result = whole
    torch.rand(3)  # the global generator stands elsewhere now, and must not matter
    again = cell(run, tmp_path, LONG)
    assert states(again) == states(result)
    assert again.progress.curve == result.progress.curve


def test_seeds_give_different_weights() -> None:
    one, other = (catalogue_model("vae", seed).state_dict() for seed in (0, 1))
    assert any(not torch.equal(one[name], other[name]) for name in one)


KILLED = """
import os
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from tests.engine import test_training
from genbench.engine import loop as training
from genbench.engine.loop import train

torch.set_num_threads(1)
training.SECONDS = 0.0  # a checkpoint at each step


def kill(step, model):
    if step == 106:
        os.kill(os.getpid(), signal.SIGKILL)


model = test_training.catalogue_model(sys.argv[1])
train(model, test_training.data(), test_training.LONG, seed=0, scratch=Path(sys.argv[2]), each_grid=kill)
"""


def test_a_killed_training_resumes_to_the_same_bytes(whole: tuple[str, Trained[Model]], tmp_path: Path) -> None:
    run, result = whole
    words = [sys.executable, "-c", KILLED, run, str(tmp_path)]
    done = subprocess.run(words, env=environment(), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    models = {copy: catalogue_model(run) for copy in ("raw", "ema")}
    optimisers = {name: optimiser(group) for name, group in models["raw"].groups().items()}
    reached = checkpoint.load(tmp_path, models, optimisers)
    assert reached.step == 105, "the first of the two steps of a window"
    assert reached.window.keys() == optimisers.keys()
    assert set(models) == {"raw", "ema", "best"}, "the best weights so far are in the checkpoint"
    resumed = cell(run, tmp_path, LONG.model_copy(update={"log_every": 1}))
    assert states(resumed) == states(result)
    assert curve_csv(resumed.progress.curve) == curve_csv(result.progress.curve)
    assert resumed.progress.drawn == result.progress.drawn


@pytest.mark.parametrize("reached", [1, 2, 3, 7])
def test_a_curve_goes_on_from_any_step_of_a_window_to_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reached: int
) -> None:
    options = OPTIONS.model_copy(update={"steps": 250, "grid_every": 250})  # windows of three steps

    class Ending(Told):
        def updates(self, batches: Iterator[Batch], rng: torch.Generator, step: int) -> Iterator[Update]:
            if step > reached:
                raise KeyboardInterrupt
            return super().updates(batches, rng, step)

    whole = trained(Told(), tmp_path / "whole", options)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(loop, "SECONDS", -1.0)  # a checkpoint at each step
        trained(Ending(), tmp_path / "parts", options)
    rest = Told()
    resumed = trained(rest, tmp_path / "parts", options)
    assert min(step for step, _, _ in rest.made) > reached
    assert curve_csv(resumed.progress.curve) == curve_csv(whole.progress.curve)


def test_the_weights_that_are_best_on_the_validation_split_are_kept(tmp_path: Path) -> None:
    result = trained(Judged(), tmp_path)
    asked = {step: abs(float(w) + 0.75) for step, w in averages(tmp_path / "again").items() if step in (3, 6, 7)}
    step = min(asked, key=lambda step: asked[step])
    assert result.best is not None
    assert result.progress.best == {"step": step, "value": asked[step]}
    assert abs(float(result.best.w) + 0.75) == asked[step]
    assert trained(Line(), tmp_path / "plain").best is None


def averages(scratch: Path) -> dict[int, Tensor]:
    """The averaged parameter of a line at each step that a grid is drawn at."""
    seen: dict[int, Tensor] = {}

    def look(step: int, line: Line) -> None:
        seen[step] = line.w.clone()

    train(Line(), data(), OPTIONS, seed=0, scratch=scratch, each_grid=look)
    return seen


def test_a_broken_checkpoint_starts_anew(tmp_path: Path) -> None:
    (tmp_path / "checkpoint.safetensors").write_bytes(b"half a fi")
    assert trained(Line(), tmp_path).raw.seen == OPTIONS.steps


@pytest.mark.parametrize(
    ("progress", "tensors"),
    [
        ({"step": 1}, {}),
        (asdict(Progress(step=1)) | {"more": 1}, {}),
        (asdict(Progress(step=1)), {"raw/w": torch.zeros(9), "ema/w": torch.zeros(9)}),
        (asdict(Progress(step=1)) | {"window": {"line": [1.0, 2.0]}}, {}),
    ],
    ids=["half a progress", "too much of it", "other shapes", "half a window"],
)
def test_a_checkpoint_of_something_else_is_refused(
    tmp_path: Path, progress: dict[str, Any], tensors: dict[str, Tensor]
) -> None:
    save_tensors(tensors, tmp_path / "checkpoint.safetensors", {"progress": json.dumps(progress)})
    with pytest.raises(InputError, match=r"checkpoint.safetensors: not a checkpoint of this training .*; delete it"):
        trained(Line(), tmp_path)


def test_a_scratch_folder_goes_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    gone: list[Path] = []
    monkeypatch.setattr(shutil, "rmtree", lambda path, **_: gone.append(path))
    with scratch.folder({"seed": 0}) as folder:
        (folder / "kept").touch()
    assert not folder.exists(), "a kill while it is deleted leaves none of it in its place"
    assert (gone[-1] / "kept").exists()


def test_a_scratch_folder_is_of_one_configuration_and_goes_when_it_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with scratch.folder({"lr": 0.1, "seed": 0}) as one:
        with scratch.folder({"lr": 0.2, "seed": 0}) as other:
            assert one != other
        assert one.exists() and not other.exists()
    assert not list(scratch.SCRATCH.iterdir()), "nor does its lock stay"
    with pytest.raises(ZeroDivisionError), scratch.folder({"seed": 0, "lr": 0.1}) as again:
        assert again == one
        (again / "kept").touch()
        _ = 1 / 0
    assert (again / "kept").exists()


# Batches


@given(
    n=st.integers(1, 20),
    size=st.integers(1, 20),
    seed=st.integers(0, 2**32),
    drawn=st.integers(0, 50),
    count=st.integers(1, 6),
)
@settings(max_examples=60)
def test_batches_go_on_from_any_position(n: int, size: int, seed: int, drawn: int, count: int) -> None:
    some = images(n, (1, 1, 1))
    if size > n:
        with pytest.raises(InputError, match=f"train.batch: .*{n} training images.*{size}"):
            Batches(some, size, seed, CPU)
        return
    straight, moved = Batches(some, size, seed, CPU), Batches(some, size, seed, CPU)
    for _ in range(drawn):
        next(straight)
    moved.drawn = drawn
    for _ in range(count):
        one, other = next(straight), next(moved)
        assert torch.equal(one.images, other.images)
        assert torch.equal(one.labels, other.labels)


@given(n=st.integers(1, 30), size=st.integers(1, 10), seed=st.integers(0, 99))
def test_an_epoch_shows_no_image_twice(n: int, size: int, seed: int) -> None:
    some = Images(np.zeros((n, 1, 1, 1), np.uint8), np.arange(n))
    if size > n:
        return
    batches = Batches(some, size, seed, CPU)
    for _ in range(2):
        labels = torch.cat([next(batches).labels for _ in range(n // size)]).tolist()
        assert len(set(labels)) == len(labels) == n // size * size


def test_epochs_are_in_different_orders() -> None:
    batches = Batches(Images(np.zeros((50, 1, 1, 1), np.uint8), np.arange(50)), 50, 0, CPU)
    assert next(batches).labels.tolist() != next(batches).labels.tolist()


def test_pixels_span_minus_one_to_one() -> None:
    assert scale(torch.tensor([0, 255], dtype=torch.uint8)).tolist() == [-1.0, 1.0]


@pytest.mark.parametrize("levels", [2, 17, 256])
def test_quantise_is_the_inverse_of_scale_on_the_grey_levels(levels: int) -> None:
    pixels = torch.tensor([round(255 * k / (levels - 1)) for k in range(levels)], dtype=torch.uint8)
    assert torch.equal(quantise(scale(pixels), levels), pixels)


@given(value=st.floats(-3, 3), levels=st.integers(2, 256))
def test_quantise_takes_the_nearest_level(value: float, levels: int) -> None:
    pixel = int(quantise(torch.tensor([value], dtype=torch.float64), levels))
    grey = [round(255 * k / (levels - 1)) for k in range(levels)]
    assert pixel in grey
    position = (min(max(value, -1), 1) + 1) / 2 * (levels - 1)
    assert abs(grey.index(pixel) - position) <= 0.5 + 1e-6
