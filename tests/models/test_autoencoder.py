"""The autoencoder's Gaussian over codes: that of the codes it has seen, kept with the weights."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from genbench.models.autoencoder import Autoencoder
from genbench.seeding import torch_rng


class Identity(nn.Module):
    """Two pixels are two numbers."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.shape = shape

    def forward(self, given: Tensor) -> Tensor:
        return given.view(-1, *self.shape)


def model() -> Autoencoder:
    return Autoencoder((1, 1, 2), Identity((1, 1, 2)), Identity((2,)), latent=2, lr=0.1)


def correlated(n: int) -> Tensor:
    """Codes with mean (1, −2) and covariance ((1, 1), (1, 2))."""
    noise = torch.randn(n, 2, generator=torch_rng(0, "codes"), dtype=torch.float64)
    return torch.stack([noise[:, 0] + 1, noise[:, 0] + noise[:, 1] - 2], dim=1)


def test_the_fit_has_no_bias_of_the_start() -> None:
    codes, of = correlated(50), model()
    for _ in range(3):
        of.observe(codes)
        mean, root = of.fitted()
        torch.testing.assert_close(mean, codes.mean(0))
        torch.testing.assert_close(root @ root.T, torch.cov(codes.T, correction=0))


def test_the_fit_forgets_where_the_codes_were() -> None:
    codes, of = correlated(50), model()
    of.observe(codes + 1000)
    for _ in range(3000):
        of.observe(codes)
    torch.testing.assert_close(of.fitted()[0], codes.mean(0), atol=1e-3, rtol=0)


def test_samples_have_the_moments_of_the_codes_also_after_saving() -> None:
    codes, of, loaded = correlated(1000), model(), model()
    of.observe(codes)
    loaded.load_state_dict(of.state_dict())
    drawn = loaded.sample(100_000, rng=torch_rng(0, "sample")).flatten(1).double()
    torch.testing.assert_close(drawn.mean(0), codes.mean(0), atol=0.02, rtol=0)
    torch.testing.assert_close(torch.cov(drawn.T), torch.cov(codes.T), atol=0.04, rtol=0)


def test_a_code_that_never_varies_is_drawn_as_it_is() -> None:
    of = model()
    of.observe(torch.tensor([[0.5, 3.0], [-0.5, 3.0]], dtype=torch.float64))
    drawn = of.sample(100, rng=torch_rng(0, "sample")).flatten(1)
    torch.testing.assert_close(drawn[:, 1], torch.full((100,), 3.0), atol=1e-4, rtol=0)
    assert drawn[:, 0].std() > 0.3
