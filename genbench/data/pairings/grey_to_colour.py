"""Grey → colour: the source is the luma of the target (ITU-R BT.601).

Zhang, Isola, Efros, "Colorful image colorization" (2016), set the task. Many colourings fit one grey image.
"""

from __future__ import annotations

from genbench.data.datasets._fit import luma
from genbench.data.images import Shape
from genbench.data.pairings import Pairing, require_colours


def build(shape: Shape) -> Pairing:
    """Build the pairing of colour images; sources have 1 channel. It has no options."""
    require_colours("grey_to_colour", shape, 3)
    return Pairing((1, *shape[1:]), luma)
