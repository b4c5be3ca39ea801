"""A network as an extractor: images brought to its size and colour, a few at a time, on the GPU where there is one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from genbench.data.resize import METHOD, resize
from genbench.extractors import Output


@dataclass(frozen=True)
class Seen:
    """Outputs of a network for a batch: vectors (B, D), logits (B, K) or None, earlier layers (B, D_layer) by name."""

    vectors: Tensor
    logits: Tensor | None = None
    layers: dict[str, Tensor] = field(default_factory=dict)


class Ruler:
    """Extractor that is a network (:class:`genbench.extractors.Extractor`).

    network: takes float32 images (B, 3, size, size) with values 0 to 255, gives :class:`Seen`; fixed.
    layers: names of earlier layers to give. chunk: images in one pass on a CPU, where few at a time stay in its cache.
    resizing: what brings uint8 images (B, C, H, W) to (B, C, size, size), and its name in the protocol.
    """

    def __init__(
        self,
        network: nn.Module,
        *,
        weights: str,
        size: int,
        layers: Sequence[str] = (),
        chunk: int = 8,
        resizing: Callable[[np.ndarray, int], Tensor] | None = None,
        method: str = METHOD,
    ) -> None:
        self.weights, self.resize = weights, f"{method} to {size}×{size}"
        self.size, self._layers, self._resize = size, layers, resizing or to_size
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._chunk = 128 if self._device.type == "cuda" else chunk
        network = network.eval().requires_grad_(False)
        self.network = network.to(device=self._device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    @torch.inference_mode()
    def __call__(self, pixels: np.ndarray) -> Output:
        starts = range(0, max(len(pixels), 1), self._chunk)
        # In full precision on a GPU too: convolutions there round to 10 bits unless they are told not to.
        with torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False):
            parts = [self._see(pixels[start : start + self._chunk]) for start in starts]
        logits = [part.logits for part in parts if part.logits is not None]
        return Output(
            vectors=_joined([part.vectors for part in parts]).numpy(),
            probs=_joined(logits).double().softmax(1).float().numpy() if logits else None,
            layers={name: _joined([part.layers[name] for part in parts]).numpy() for name in self._layers},
        )

    def _see(self, pixels: np.ndarray) -> Seen:
        images = self._resize(pixels, self.size).to(self._device).float()
        images = images.expand(-1, 3, -1, -1).contiguous(memory_format=torch.channels_last)
        seen: Seen = self.network(images)
        return seen


def to_size(pixels: np.ndarray, size: int) -> Tensor:
    """Resize images (B, C, H, W) uint8 to (B, C, size, size) uint8 by the project's own resizing."""
    return torch.from_numpy(np.array(resize(pixels, size)))


def _joined(parts: list[Tensor]) -> Tensor:
    return torch.cat(parts).float().cpu()


def fold(network: nn.Module) -> nn.Module:
    """Merge each batch normalisation into the convolution before it; what is left in its place does nothing."""
    for module in network.modules():
        previous = ""
        for name, child in list(module.named_children()):
            if isinstance(child, nn.BatchNorm2d):
                convolution = module.get_submodule(previous)
                assert isinstance(convolution, nn.Conv2d), "a normalisation follows its convolution"
                setattr(module, previous, fuse_conv_bn_eval(convolution.eval(), child.eval()))
                setattr(module, name, nn.Identity())
            previous = name
    return network
