"""Pictures of codes, of a model whose decoder is linear and known."""

from __future__ import annotations

import torch
from torch import Tensor

from genbench.seeding import torch_rng
from laboratory.likelihood.latent_pictures import interpolation, plane, reconstructions, traversal


class Linear:
    """Codes are the pixels doubled, images half the codes; what is beyond ±1 is cut, as a decoder's tanh would."""

    def encode(self, images: Tensor) -> Tensor:
        return 2 * images.flatten(1)

    def decode(self, codes: Tensor) -> Tensor:
        return (codes / 2).clamp(-1, 1).view(-1, 1, 1, codes.shape[1])


def images(n: int, size: int = 2) -> Tensor:
    return torch.rand(n, 1, 1, size, generator=torch_rng(n, "images")) * 2 - 1


def test_reconstructions_stand_below_their_images() -> None:
    rows = reconstructions(Linear(), images(5))
    assert rows.shape == (2, 5, 1, 1, 2)
    torch.testing.assert_close(rows[0], images(5))
    torch.testing.assert_close(rows[1], images(5))


def test_an_interpolation_is_straight_between_reconstructions() -> None:
    first, last = images(3), images(4)[:3]
    rows = interpolation(Linear(), first, last, 5)
    assert rows.shape == (3, 5, 1, 1, 2)
    torch.testing.assert_close(rows[:, 0], first)
    torch.testing.assert_close(rows[:, -1], last)
    torch.testing.assert_close(rows[:, 2], (first + last) / 2)


def test_a_traversal_moves_one_coordinate_a_row() -> None:
    (image,) = images(1, size=3)
    rows = traversal(Linear(), image, [-2.0, 0.0, 1.0, 2.0])
    assert rows.shape == (3, 4, 1, 1, 3)
    for row in range(3):
        torch.testing.assert_close(rows[row, :, 0, 0, row], torch.tensor([-1.0, 0.0, 0.5, 1.0]))
        for other in {0, 1, 2} - {row}:
            torch.testing.assert_close(rows[row, :, 0, 0, other], image[0, 0, other].expand(4))


def test_the_plane_goes_by_equal_shares_of_the_prior() -> None:
    base = torch.tensor([9.0, 0.3, 9.0])
    rows = plane(Linear(), base, 4, dimensions=(2, 0))
    assert rows.shape == (4, 4, 1, 1, 3)
    quantiles = torch.distributions.Normal(0.0, 1.0).icdf(torch.tensor([0.125, 0.375, 0.625, 0.875])) / 2  # type: ignore[no-untyped-call]
    torch.testing.assert_close(rows[:, 0, 0, 0, 2], quantiles)
    torch.testing.assert_close(rows[0, :, 0, 0, 0], quantiles)
    torch.testing.assert_close(rows[..., 1], torch.full((4, 4, 1, 1), 0.15))
    torch.testing.assert_close(rows[:, :, 0, 0, 2], -rows.flip(0)[:, :, 0, 0, 2])
