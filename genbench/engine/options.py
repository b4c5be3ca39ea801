"""Options of training and of the hardware that it runs on."""

from __future__ import annotations

from typing import Literal

from genbench.files.section import Section
from genbench.options import Count, Flag, Fraction


class TrainOptions(Section):
    """Length and bookkeeping of one training.

    steps: updates of the generator, or of the only group. batch: images in one. ema: decay of the averaged weights.
    log_every: steps between two writings of a running training's curve (:mod:`genbench.pipeline.live`); it reruns
    nothing, for the stored curve has windows of its own (:mod:`genbench.engine.window`). grid_every: steps between
    sample grids.
    """

    steps: Count
    batch: Count
    ema: Fraction
    log_every: Count
    grid_every: Count

    def decay(self, step: int) -> float:
        """Decay of the averaged weights at a step: `ema`, or (1 + step) / (10 + step) while that is less."""
        return min(self.ema, (1 + step) / (10 + step))


class HardwareOptions(Section):
    """Device and precision of training; all but the defaults may change results in the last digits.

    devices: processes on each of `hosts`, which share each batch; `accelerator` says of what. precision: of products
    and convolutions, weights stay float32. compile: networks through torch.compile. channels_last: memory layout.
    """

    accelerator: Literal["cpu", "gpu"]
    devices: Count
    hosts: Count
    precision: Literal["float32", "bfloat16"]
    compile: Flag
    channels_last: Flag
