"""Kernel inception distance: squared maximum mean discrepancy with the kernel (⟨x, y⟩ / D + 1)³.

Bińkowski et al., "Demystifying MMD GANs" (2018), section 4.3. Here it is the exact unbiased statistic over all pairs,
not an average over random subsets: nothing is drawn, and its expectation does not depend on the number of images, so
that it may be negative between equal distributions. The standard error is a jackknife over images.
"""

from __future__ import annotations

from genbench.data.features import Features
from genbench.metrics import Column
from genbench.metrics.numerics.estimates import require_three, squared_mmd
from genbench.metrics.numerics.neighbours import between, within

COLUMNS = {
    "kid": Column(
        label="KID",
        better="lower",
        fails="Sees three moments, and its scale depends on the extractor's; a few large features can rule it.",
        headline=False,
    ),
    "kid_se": Column(
        label="KID s.e.", better="none", low=0.0, fails="Too large between equal distributions.", headline=False
    ),
}
STANDARD = True


def compute(*, real: Features, fake: Features) -> dict[str, float]:
    """Compute `kid` of `real.vectors` (N, D) and `fake.vectors` (M, D), N and M at least 3."""
    require_three("kid", real=real, fake=fake)
    across = between(real=real.vectors, fake=fake.vectors)
    value, error = squared_mmd(
        real=within(real.vectors).kernel,
        fake=within(fake.vectors).kernel,
        real_to_fake=across.kernel_of_real,
        fake_to_real=across.kernel_of_fake,
    )
    return {"kid": value, "kid_se": error}
