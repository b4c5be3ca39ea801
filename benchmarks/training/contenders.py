"""The loops that are compared. Each is made once for a case, and then makes `case.steps` steps a call.

A call says when its first step begins, so that what a loop sets up before is not counted.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, softplus

from benchmarks.training import mimicry
from benchmarks.training.cases import Case
from genbench.data.pixels import scale
from genbench.engine.batches import Batches
from genbench.engine.device import Device
from genbench.engine.learner import Update
from genbench.engine.loop import optimiser, train
from genbench.engine.options import TrainOptions
from genbench.seeding import torch_rng

Begin = Callable[[], object]
Steps = Callable[[Begin], object]


def genbench(case: Case, device: Device) -> Steps:
    """genbench's loop with all that it does: averaged weights, curves, a checkpoint every 20 s"""

    options = TrainOptions(steps=case.steps, batch=case.batch, ema=0.999, log_every=50, grid_every=10**9)
    model, data = case.model(), case.data()
    updates = model.updates

    def run(begin: Begin) -> None:
        def first(*batch_rng_step: Any) -> Iterator[Update]:
            begin()
            model.updates = updates  # type: ignore[method-assign]
            return updates(*batch_rng_step)

        model.updates = first  # type: ignore[assignment,method-assign]
        with tempfile.TemporaryDirectory() as folder:
            train(model, data, options, seed=0, scratch=Path(folder), device=device)

    return run


def bare(case: Case, device: Device) -> Steps:
    """genbench's steps alone: no averaged weights, no curve, no checkpoint"""
    model = case.model()
    device.prepare(model)
    model.train()
    groups = model.groups()
    optimisers = {name: optimiser(group) for name, group in groups.items()}
    batches = Batches(case.data().train, case.batch, 0, device.torch_device)

    def run(begin: Begin) -> None:
        begin()
        for step in range(1, case.steps + 1):
            for update in device.updates(model, batches, torch_rng(0, "step", step), step):
                optimisers[update.group].zero_grad(set_to_none=True)
                torch.autograd.backward(update.loss, inputs=groups[update.group].parameters)
                optimisers[update.group].step()
                model.after_update(update.group, step)

    return run


def plain(case: Case, device: Device) -> Steps:
    """plain PyTorch: default layout and optimiser, generated images anew for each update, losses read at each step"""
    return _plain(case, device, anew=True)


def plain_one_pass(case: Case, device: Device) -> Steps:
    """the same, but the generator's update uses the images of the critic's last one again"""
    return _plain(case, device, anew=False)


def _plain(case: Case, device: Device, anew: bool) -> Steps:
    generator, critic = (network.to(device.torch_device).train() for network in case.built())
    of_generator = torch.optim.Adam(generator.parameters(), case.lr, case.betas)
    of_critic = torch.optim.Adam(critic.parameters(), case.lr, case.betas)
    pixels = torch.tensor(case.data().train.pixels, device=device.torch_device)

    def generate() -> Tensor:
        images: Tensor = generator(torch.randn(case.batch, case.latent, device=device.torch_device))
        return images

    def run(begin: Begin) -> None:
        begin()
        for _ in range(case.steps):
            for _ in range(case.critic_steps):
                real = scale(pixels[torch.randint(len(pixels), (case.batch,), device=device.torch_device)])
                fake = generate()
                loss = _critic_loss(case, critic, real, fake.detach())
                of_critic.zero_grad()
                torch.autograd.backward(loss)
                of_critic.step()
                loss.item()
            said = critic(generate() if anew else fake)
            loss = -said.mean() if case.gradient_penalty else softplus(-said).mean()
            of_generator.zero_grad()
            torch.autograd.backward(loss)
            of_generator.step()
            loss.item()

    return run


def _critic_loss(case: Case, critic: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
    on_real, on_fake = critic(real), critic(fake)
    if case.gradient_penalty is None:
        ones, zeros = torch.ones_like(on_real), torch.zeros_like(on_fake)
        return binary_cross_entropy_with_logits(on_real, ones) + binary_cross_entropy_with_logits(on_fake, zeros)
    share = torch.rand(len(real), 1, 1, 1, device=real.device)
    between = (share * real + (1 - share) * fake).requires_grad_()
    (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    penalty = (slope.flatten(1).norm(dim=1) - 1).square().mean()
    return on_fake.mean() - on_real.mean() + case.gradient_penalty * penalty


def torch_mimicry(case: Case, device: Device) -> Steps:
    """torch-mimicry's trainer, with its defaults"""
    networks = case.built()
    pixels = torch.from_numpy(case.data().train.pixels)

    def run(begin: Begin) -> None:
        with tempfile.TemporaryDirectory() as folder:
            mimicry.train(
                networks,
                pixels,
                begin,
                batch=case.batch,
                steps=case.steps,
                critic_steps=case.critic_steps,
                lr=case.lr,
                betas=case.betas,
                folder=Path(folder),
                device=device.torch_device,
            )

    return run
