"""The VQ-VAE's codebook, its gradient, its bound against the sum over all codes, and its two phases."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch

from genbench.data.images import Images, Shape
from genbench.engine.learner import Data, Facts
from genbench.engine.loop import train
from genbench.engine.options import TrainOptions
from genbench.errors import InputError
from genbench.models.vqvae import VQVAE, Codebook, build
from genbench.seeding import seeded_initialisation, torch_rng


def model(shape: Shape, codes: int, halvings: int = 0, autoencoder_steps: int = 1) -> VQVAE:
    with seeded_initialisation(0, "initialise"):
        made = build(
            shape,
            width=4,
            halvings=halvings,
            codes=codes,
            code_size=2,
            noise=0.3,
            autoencoder_steps=autoencoder_steps,
            prior_width=6,
            prior_layers=2,
            lr=0.01,
            prior_lr=0.01,
        )
    made.codebook.restart(torch.randn(4, 2, 2, 2, generator=torch_rng(0, "codebook")), torch_rng(1, "codebook"))
    return made


def data(shape: Shape, n: int = 20) -> Data:
    pixels = np.random.default_rng(0).integers(256, size=(n, *shape), dtype=np.uint8)
    images = Images(pixels, np.zeros(n, np.int64))
    return Data(images, images, images, 256, ("all",))


def codebook(vectors: list[list[float]], count: float = 1.0) -> Codebook:
    made = Codebook(len(vectors), len(vectors[0]))
    made.counts.fill_(count)
    made.sums.copy_(count * torch.tensor(vectors))
    return made


def test_the_nearest_code_is_the_nearest() -> None:
    rng = torch_rng(0, "grid")
    codes = torch.randn(7, 3, generator=rng)
    grid = torch.randn(5, 3, 2, 4, generator=rng)
    index = codebook(codes.tolist()).nearest(grid)
    distances = torch.cdist(grid.movedim(1, -1).reshape(-1, 3), codes)
    assert torch.equal(index.flatten(), distances.argmin(1))


def test_code_vectors_become_the_means_of_what_they_stand_for() -> None:
    """As in k-means: the running means of vectors that stay the same are those vectors' means."""
    made = codebook([[0.0, 0.0], [10.0, 10.0]])
    grid = torch.tensor([[1.0, 2.0], [3.0, 0.0], [8.0, 8.0], [9.0, 9.0], [10.0, 7.0]]).T[None, :, None]
    for _ in range(600):
        made.observe(grid, made.nearest(grid))
    torch.testing.assert_close(made.vectors, torch.tensor([[2.0, 1.0], [9.0, 8.0]]), atol=1e-4, rtol=0)
    torch.testing.assert_close(made.counts, torch.tensor([2.0, 3.0]), atol=1e-4, rtol=0)


def test_dead_codes_are_put_where_vectors_are_and_others_stay() -> None:
    made = codebook([[0.0, 0.0], [100.0, 100.0], [200.0, 200.0]], count=2.0)
    made.counts[1:], made.sums[1:] = 0.001, 0.001 * made.vectors[1:]
    grid = torch.randn(1, 2, 1, 6, generator=torch_rng(0, "grid"))
    made.restart(grid, torch_rng(1, "restart"))
    torch.testing.assert_close(made.vectors[0], torch.zeros(2))
    gap = torch.cdist(made.vectors[1:], grid[0, :, 0].T).min(1)
    assert (gap.values < 1e-5).all()
    assert gap.indices[0] != gap.indices[1]


def test_the_gradient_passes_the_code_as_if_it_were_the_encoders_output() -> None:
    of = model((1, 2, 2), codes=3)
    of.commitment = 0.0
    images = torch.rand(2, 1, 2, 2, generator=torch_rng(0, "images")) * 2 - 1
    grid = of.encoder(images).detach().requires_grad_()
    quantised = of.codebook.look_up(of.codebook.nearest(grid)).requires_grad_()
    (passed,) = torch.autograd.grad(of._loss(images, grid, of.codebook.nearest(grid)).sum(), grid)
    error = (images - of.decoder(quantised)).square().sum() / (2 * of.noise**2)
    torch.testing.assert_close(passed, torch.autograd.grad(error, quantised)[0])


def test_commitment_pulls_the_encoder_to_the_code() -> None:
    of = model((1, 2, 2), codes=3)
    images = torch.zeros(1, 1, 2, 2)
    grid = of.encoder(images).detach().requires_grad_()
    slopes = []
    for commitment in (0.0, 1.0):
        of.commitment = commitment
        slopes.append(torch.autograd.grad(of._loss(images, grid, of.codebook.nearest(grid)).sum(), grid)[0])
    torch.testing.assert_close(
        slopes[1] - slopes[0], 2 * (grid.detach() - of.codebook.look_up(of.codebook.nearest(grid)))
    )


@torch.no_grad()
def test_the_likelihood_bounds_the_sum_over_all_grids_of_codes() -> None:
    """Every grid of four places and three codes; every image of four pixels and two levels."""
    of = model((1, 2, 2), codes=3).eval()
    of.levels.fill_(2)
    images = torch.tensor(list(product([-1.0, 1.0], repeat=4))).view(-1, 1, 2, 2)
    grids = torch.tensor(list(product(range(3), repeat=4))).view(-1, 2, 2)
    joint = torch.stack([of.log_joint(images, grid.expand(16, 2, 2)) for grid in grids]).double()
    exact = joint.logsumexp(0)
    assert float(exact.exp().sum()) == pytest.approx(1, abs=1e-5)
    bound = of.log_likelihood(images, draws=1, rng=torch_rng(0, "likelihood"))
    assert bound.kind == "lower bound"
    assert (bound.nats < exact).all()
    assert torch.isclose(joint, bound.nats.double(), atol=1e-5).any(0).all(), "one of the terms"


@torch.no_grad()
def test_codes_are_sampled_as_the_prior_has_them() -> None:
    of, n = model((1, 2, 2), codes=3).eval(), 10_000
    of.decoder = torch.nn.Identity()  # samples are then the code vectors themselves
    drawn = of.codebook.nearest(of.sample(n, rng=torch_rng(0, "sample"))).flatten(1)
    counts = (drawn * 3 ** torch.arange(3, -1, -1)).sum(1).bincount(minlength=81)
    grids = torch.tensor(list(product(range(3), repeat=4))).view(-1, 2, 2)
    expected = n * (-of._prior_nll(grids)).double().exp()
    assert float(((counts - expected).square() / expected).mean()) == pytest.approx(1, abs=0.5), "chi-squared a cell"


def test_after_its_steps_the_autoencoder_rests_and_the_prior_learns_on(tmp_path: Path) -> None:
    options = TrainOptions(steps=3, batch=8, ema=0.9, log_every=1, grid_every=3)
    ends = {}
    for steps in (2, 3):
        made = model((1, 4, 4), codes=4, halvings=1, autoencoder_steps=2)
        done = train(
            made, data((1, 4, 4)), options.model_copy(update={"steps": steps}), seed=0, scratch=tmp_path / str(steps)
        )
        ends[steps] = done.raw.state_dict()
        groups = [(point.step, point.group) for point in done.progress.curve]
    assert groups == [(1, "autoencoder"), (1, "prior"), (2, "autoencoder"), (2, "prior"), (3, "prior")]
    for name, value in ends[2].items():
        assert torch.equal(value, ends[3][name]) != name.startswith("prior."), name


def test_more_codes_than_data_are_refused() -> None:
    of = model((1, 4, 4), codes=81, halvings=1)
    with pytest.raises(InputError, match=r"expected at most 80 \(20 training images of 2×2 places\), got 81"):
        of.refuse(data((1, 4, 4)).facts)
    of.refuse(Facts())


def test_an_image_that_cannot_be_halved_so_often_is_refused() -> None:
    with pytest.raises(InputError, match="halvings: expected how often 28×28 pixels can be halved at most, got 3"):
        model((1, 28, 28), codes=4, halvings=3)
