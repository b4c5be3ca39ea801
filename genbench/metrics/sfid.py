"""FID of an earlier layer, where features still have a place in the image.

Nash et al., "Generating images with sparse representations" (2021), section 5.1: the Fréchet distance on spatial
features notices wrong composition that pooled ones do not. Which layer it is belongs to the protocol: it is named.

It comes without a standard error: that of :mod:`genbench.metrics.fid_infinity` asks for more images than dimensions,
which the layers of a network with places in the image do not leave.
"""

from __future__ import annotations

from genbench.data.features import Features
from genbench.metrics import Column
from genbench.metrics._layers import require_layers
from genbench.metrics.numerics.gaussians import frechet_distance, gaussian

COLUMNS = {
    "sfid": Column(
        label="sFID",
        better="lower",
        low=0.0,
        fails="As FID: two moments, biased by the number of images; early layers see texture and place, not content.",
        headline=False,
    )
}
DEFAULTS = {"layer": "spatial"}


def compute(*, real: Features, fake: Features, layer: str) -> dict[str, float]:
    """Compute `sfid` of `real.layers[layer]` (N, D) and `fake.layers[layer]` (M, D)."""
    require_layers("sfid", [layer], real=real, fake=fake)
    return {"sfid": frechet_distance(gaussian(real.layers[layer]), gaussian(fake.layers[layer]))}
