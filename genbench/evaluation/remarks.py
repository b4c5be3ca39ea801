"""Sentences on what the numbers of an evaluation can say, and the refusal of sides that cannot be compared."""

from __future__ import annotations

from genbench.data.features import Features
from genbench.errors import InputError
from genbench.evaluation.features import Measured
from genbench.evaluation.stream import Shape
from genbench.metrics import require_comparable as comparable

FEW = 2000  # images, below which a FID compares with hardly any other


def require_comparable(measured: Measured) -> None:
    """Refuse sides that cannot be compared; if the sizes of their images differ, these are named too."""
    try:
        comparable(**measured.features)
    except InputError as error:
        listed = "".join(f"; {text}" for text in sizes(measured))
        raise InputError(f"{error}{listed}") from error


def sizes(measured: Measured) -> list[str]:
    """Name the sizes of the images of each side where they differ."""
    texts = {side: _sizes(notes.shapes) for side, notes in measured.notes.items()}
    if len({*texts.values()}) < 2:
        return []
    listed = ", ".join(f"{side} {text}" for side, text in texts.items())
    resize = next(iter(measured.features.values())).protocol.resize
    return [f"images differ in width × height × channels: {listed} (resize: {resize})"]


def _sizes(shapes: list[Shape]) -> str:
    """Write one size, or the least and the largest of several."""
    ends = [f"{width} × {height} × {channels}" for channels, height, width in (shapes[0], shapes[-1])]
    return ends[0] if len(shapes) == 1 else f"{len(shapes)} sizes from {ends[0]} to {ends[1]}"


def few(sides: dict[str, Features]) -> list[str]:
    """Warn of sides with so few images that a Fréchet distance is mostly bias."""
    counts = {side: len(features) for side, features in sides.items() if side in ("real", "fake")}
    dimensions = sides["fake"].vectors.shape[1]
    singular = {side: n for side, n in counts.items() if n < dimensions}
    others = {side: n for side, n in counts.items() if dimensions <= n < FEW}
    lines = []
    if singular:
        lines.append(
            f"warning: FID of fewer images ({_listed(singular)}) than the {dimensions} dimensions of their features: "
            f"covariances are singular, and bias can be most of the number"
        )
    if others:
        lines.append(
            f"warning: FID of fewer than {FEW} images ({_listed(others)}): it compares with numbers at the same N alone"
        )
    return lines


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{side} {n}" for side, n in counts.items())


def untold(sides: dict[str, Features]) -> list[str]:
    """Say which sides are features that nobody knows the extractor of, beside others of a known one."""
    without = [side for side, features in sides.items() if not features.protocol.extractor]
    known = [features.protocol.extractor for features in sides.values() if features.protocol.extractor]
    if not without or not known:
        return []
    return [
        f"{', '.join(without)}: features without a protocol; nothing says that they are of {known[0]} and its resizing"
    ]


def reference(location: str, features: Features | None, *, images: bool) -> list[str]:
    """Say what is known of a mean and covariance at a location. images: other metrics have the images beside them."""
    if features is None:
        return []
    lines = (
        [f"FID is against the mean and covariance in {location}, other metrics against its images"] if images else []
    )
    if not features.protocol.extractor:
        lines.append(
            f"{location} came without a protocol: nothing says of which extractor and resizing its mean and covariance "
            f"are, nor of how many images (endlessly many, for the bias)"
        )
    return lines
