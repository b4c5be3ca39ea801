"""Several games of one objective trained at once: their networks side by side in wider tensors.

On networks as small as those for points, most of the time goes into calling operations, whatever their size. Here
block s of S computes as network s would, on its own share of the batch. Losses are means over all points: each
block's gradient is 1/S of what it would be alone, which Adam and RMSprop do not see.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from genbench.networks import Critic


class StackedLinear(nn.Module):
    """Linear layers of equal sizes; row block s of the input (S·B, in) goes through layer s."""

    def __init__(self, layers: Sequence[nn.Linear]) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.stack([layer.weight.detach().T for layer in layers]))
        self.bias = nn.Parameter(torch.stack([layer.bias.detach() for layer in layers]).unsqueeze(1))

    def forward(self, inputs: Tensor) -> Tensor:
        blocks = inputs.view(len(self.weight), -1, inputs.shape[1])
        return torch.baddbmm(self.bias, blocks, self.weight).flatten(0, 1)


def stacked(modules: Sequence[nn.Module]) -> nn.Module:
    """Join networks of one shape in one; of layers that have parameters, linear ones only."""
    first = modules[0]
    if isinstance(first, nn.Linear):
        return StackedLinear([module for module in modules if isinstance(module, nn.Linear)])
    for name in [name for name, _ in first.named_children()]:
        setattr(first, name, stacked([module.get_submodule(name) for module in modules]))
    assert isinstance(first, nn.Linear) or not first._parameters
    return first


def pair(pairs: Sequence[tuple[nn.Module, Critic]]) -> tuple[nn.Module, Critic]:
    """Join the generators and critics of several games in one generator and one critic. The first pair is used up."""
    critic = stacked([critic for _, critic in pairs])
    assert isinstance(critic, Critic)
    return stacked([generator for generator, _ in pairs]), critic
