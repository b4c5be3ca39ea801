"""Batch normalisation of averaged weights has the statistics of those weights, as its closed form and a count say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from genbench.engine import batch_norm
from genbench.engine.learner import Batch, Data, Learner, ParameterGroup, Update
from genbench.engine.loop import train
from genbench.engine.options import TrainOptions
from genbench.models import Model
from genbench.seeding import torch_rng
from tests.engine.test_training import OPTIONS, catalogue_model, images


def some(n: int) -> Data:
    return Data(images(n), images(), images(), 256, tuple("0123456789"))


class Jump(Learner):
    """A generator w · z and batch normalisation, whose weight goes from 1 to 3 in one step; codes are −1 and 1."""

    def __init__(self) -> None:
        super().__init__()
        self.linear, self.norm = nn.Linear(1, 1, bias=False), nn.BatchNorm1d(1)
        nn.init.ones_(self.linear.weight)

    def groups(self) -> dict[str, ParameterGroup]:
        return {"generator": ParameterGroup(list(self.linear.parameters()), lr=2.0)}

    def updates(self, batches: Iterator[Batch], rng: torch.Generator, step: int) -> Iterator[Update]:
        self.pass_batch(next(batches), rng)
        yield Update("generator", -self.linear.weight.sum())

    def pass_batch(self, batch: Batch, rng: torch.Generator) -> None:
        self.norm(self.linear((torch.arange(len(batch.images)) % 2 * 2.0 - 1)[:, None]))


class Nameless(Jump):
    """A model that does not say what passes through its networks."""

    pass_batch = Learner.pass_batch

    def updates(self, batches: Iterator[Batch], rng: torch.Generator, step: int) -> Iterator[Update]:
        yield Update("generator", -self.linear.weight.sum())


def test_a_weight_that_jumps_has_the_variance_of_its_average(tmp_path: Path) -> None:
    options = OPTIONS.model_copy(update={"steps": 1})
    ema = train(Jump(), some(8), options, seed=0, scratch=tmp_path).ema
    norm = ema.norm
    assert norm.running_var is not None and norm.running_mean is not None
    average = 1 + 2 * (1 - 2 / 11)  # the decay of the first step
    assert ema.linear.weight.item() == pytest.approx(average, rel=1e-6)
    assert norm.running_var.item() == pytest.approx(average**2 * 8 / 7, rel=1e-5), "and neither 1 nor 9"
    assert norm.running_mean.item() == pytest.approx(0, abs=1e-6)
    assert norm.momentum == 0.1 and not norm.training
    assert norm.num_batches_tracked == batch_norm.BATCHES


def test_a_model_that_does_not_say_what_passes_is_no_silent_fault(tmp_path: Path) -> None:
    with pytest.raises(NotImplementedError, match="Nameless.*pass_batch"):
        train(Nameless(), some(8), OPTIONS, seed=0, scratch=tmp_path)


@pytest.mark.parametrize(
    "run", ["nsgan", *(pytest.param(name, marks=pytest.mark.soak) for name in ("vae", "autoencoder"))]
)
def test_each_layer_has_the_mean_and_variance_of_its_inputs(run: str, tmp_path: Path) -> None:
    """On 4,096 codes of one draw, with the averaged weights in evaluation mode."""
    data = some(64)
    options = TrainOptions(steps=60, batch=64, ema=0.999, log_every=60, grid_every=60)
    result = train(catalogue_model(run), data, options, seed=0, scratch=tmp_path)
    stale = max(shift(result.ema, result.raw, name) for name in norms(result.ema))
    off = [departure(result.ema, name, data) for name in norms(result.ema)]
    assert max(mean for mean, _ in off) < 0.02
    assert max(spread for _, spread in off) < 0.03
    assert stale > 0.08, "the latest weights' variances would have been far off"


def norms(model: nn.Module) -> list[str]:
    return [name for name, module in model.named_modules() if isinstance(module, _BatchNorm)]


def shift(model: nn.Module, other: nn.Module, name: str) -> float:
    """The largest |log| of the ratio of two models' running variances."""
    one, two = (m.get_submodule(name).running_var for m in (model, other))
    assert isinstance(one, Tensor) and isinstance(two, Tensor)
    return float((one / two).log().abs().max())


def departure(model: Model, name: str, data: Data) -> tuple[float, float]:
    """|running mean − mean| / sd and |log(running variance / variance)|, the largest of a layer's channels."""
    seen: list[Tensor] = []
    layer = model.get_submodule(name)
    handle = layer.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    rng = torch_rng(0, "codes")
    batch = Batch(torch.from_numpy(data.train.pixels / 127.5 - 1).float(), torch.full((64,), -1))
    for _ in range(64):
        model.pass_batch(batch, rng)
    handle.remove()
    inputs = torch.cat(seen).movedim(1, 0).flatten(1).double()
    mean, variance = inputs.mean(1), inputs.var(1)
    return (
        float(((layer.get_buffer("running_mean") - mean).abs() / variance.sqrt()).max()),
        float((layer.get_buffer("running_var") / variance).log().abs().max()),
    )
