"""torch-mimicry 0.1.16, its own networks and trainer, for comparison: Lee and Town (2020).

    pip install --no-deps torch-mimicry==0.1.16

Its package imports TensorFlow for metrics and TensorBoard for curves, which training does not need: the package is
entered past its first file, and the writer of curves is one that writes nothing, in its favour. What it saves at the
end is left out of its time as well.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import genbench.data.datasets._torchvision  # noqa: F401 - torchvision's own extension may not load
from genbench.data.pixels import scale

VERSION = "0.1.16"


class _SilentWriter:
    """A TensorBoard writer that writes nothing."""

    def __init__(self, **options: object) -> None:
        del options

    def __getattr__(self, name: str) -> Any:
        return lambda *values, **options: None


def available() -> bool:
    """Whether the package is installed."""
    # once it is in use, a module without a spec stands for it
    return "torch_mimicry" in sys.modules or importlib.util.find_spec("torch_mimicry") is not None


def _module(name: str) -> Any:
    """A module of the package."""
    if "torch_mimicry" not in sys.modules:
        spec = importlib.util.find_spec("torch_mimicry")
        assert spec is not None and spec.origin is not None
        for stand_in, content in (
            ("torch_mimicry", {"__path__": [str(Path(spec.origin).parent)]}),
            ("torch.utils.tensorboard", {"SummaryWriter": _SilentWriter}),
            ("skimage", {"io": None}),
        ):
            module = ModuleType(stand_in)
            module.__dict__.update(content)
            sys.modules.setdefault(stand_in, module)
    return importlib.import_module(f"torch_mimicry.{name}")


def dcgan(width: int) -> tuple[nn.Module, nn.Module]:
    """Its DCGAN for 32×32 pixels, `width` features in both networks (256 and 128 by default)."""
    nets = _module("nets.dcgan.dcgan_32")
    return nets.DCGANGenerator32(ngf=width), nets.DCGANDiscriminator32(ndf=width)


def wgan_gp(width: int) -> tuple[nn.Module, nn.Module]:
    """Its WGAN-GP for 32×32 pixels."""
    nets = _module("nets.wgan_gp.wgan_gp_32")
    return nets.WGANGPGenerator32(ngf=width), nets.WGANGPDiscriminator32(ndf=width)


def train(
    networks: tuple[nn.Module, nn.Module],
    pixels: torch.Tensor,
    begin: Callable[[], object],
    *,
    batch: int,
    steps: int,
    critic_steps: int,
    lr: float,
    betas: tuple[float, float],
    folder: Path,
    device: torch.device,
) -> None:
    """Its trainer with its own defaults, on uint8 pixels; `begin` is called before its first step."""
    generator, critic = networks
    images = scale(pixels)
    data = TensorDataset(images, torch.zeros(len(images), dtype=torch.int64))

    class Trainer(_module("training.trainer").Trainer):  # type: ignore[misc]
        def _save_model_checkpoints(self, global_step: int) -> None:
            del global_step

    with redirect_stdout(StringIO()):
        trainer = Trainer(
            netD=critic,
            netG=generator,
            optD=torch.optim.Adam(critic.parameters(), lr, betas),
            optG=torch.optim.Adam(generator.parameters(), lr, betas),
            dataloader=DataLoader(data, batch, shuffle=True, drop_last=True),
            num_steps=steps,
            n_dis=critic_steps,
            log_dir=str(folder),
            device=device,
            vis_steps=10**9,
        )
        begin()
        trainer.train()
