"""Mean and covariance of features, in the .npz that publications have: all that FID asks of its reference.

The arrays are `mu` (D,) and `sigma` (D, D), as pytorch-fid, TTUR, EDM and clean-fid write them. ADM's reference batches
have `mu_s` and `sigma_s` of another layer and images beside them: its evaluation takes FID from the statistics, which
are of the whole dataset, and the rest from the images, which are some of it; so does ours. Files of this project hold a
protocol, as files of features do; published ones do not say whose features they are of.
"""

from __future__ import annotations

import json
import zipfile
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from scipy import linalg

from genbench.data.features import FAULTS, FeatureProtocol, Features, read_protocol
from genbench.data.sources.arrays import array_names, holds_images, is_npz, read_headers
from genbench.errors import InputError
from genbench.files.atomic import atomic
from genbench.files.npy import read_header, require_numbers, require_room
from genbench.files.require_file import kind_of
from genbench.metrics.numerics.gaussians import gaussian

MEAN, COVARIANCE = "mu", "sigma"
TOLERANCE = 1e-4  # of an asymmetry or a negative eigenvalue, relative to the largest variance


@dataclass(frozen=True, eq=False)
class Statistics:
    """Mean (D,) and covariance (D, D) of features, of a floating type.

    protocol: without an extractor and with n = 0 where nothing is known.
    """

    mean: np.ndarray
    covariance: np.ndarray
    protocol: FeatureProtocol

    @cached_property
    def stand_in(self) -> Features:
        """D + 1 vectors that have this mean and this covariance (divisor D), for a metric that sees nothing else.

        With RᵀR = Σ, they are the reflection that :func:`genbench.metrics.numerics.gaussians._without_mean` undoes.
        """
        root = _root(self.covariance)
        n = len(root) + 1
        first = root.sum(axis=0) / np.sqrt(n)
        centred = np.concatenate([first[None], root - first / (np.sqrt(n) - 1)])
        vectors = self.mean.astype(np.float64) + np.sqrt(n - 1) * centred
        return Features(vectors, protocol=self.protocol)

    def save(self, path: Path) -> None:
        """Write `mu` and `sigma` as float64, and the protocol as JSON text."""
        arrays = {
            MEAN: self.mean.astype(np.float64),
            COVARIANCE: self.covariance.astype(np.float64),
            "protocol": np.array(json.dumps(asdict(self.protocol), sort_keys=True)),
        }
        with atomic(path) as scratch, scratch.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)


def statistics(features: Features) -> Statistics:
    """Compute the statistics of features (N, D), N ≥ 2, with the divisor N − 1."""
    if len(features) < 2:
        raise InputError(f"{features.protocol.source}: a covariance needs at least 2 images, got {len(features)}")
    fitted = gaussian(features.vectors)
    return Statistics(fitted.mean, fitted.covariance, replace(features.protocol, n=len(features)))


def holds_statistics(location: str) -> bool:
    """Return whether a location is an .npz with a mean and a covariance, and without the features themselves."""
    path = Path(location)
    if kind_of(path) != "a file" or not is_npz(path):
        return False
    names = array_names(path)
    return MEAN in names and COVARIANCE in names and "vectors" not in names


def has_images(location: str) -> bool:
    """Return whether an .npz has images as well."""
    return any(map(holds_images, read_headers(Path(location)).values()))


def load(location: str) -> Statistics:
    """Read somebody's statistics; what is no mean with a covariance is an InputError that names the array."""
    path = Path(location)
    headers = read_headers(path)
    mean, covariance = headers[MEAN], headers[COVARIANCE]
    if len(mean.shape) != 1 or not mean.shape[0] or mean.dtype.kind != "f":
        raise InputError(f"{location}: {MEAN}: expected floating numbers of shape (D,), got {mean}")
    if covariance.shape != mean.shape * 2 or covariance.dtype.kind != "f":
        expected = f"({mean.shape[0]}, {mean.shape[0]}), as {MEAN} has {mean.shape[0]}"
        raise InputError(f"{location}: {COVARIANCE}: expected floating numbers of shape {expected}; got {covariance}")
    names = [name for name in (MEAN, COVARIANCE, "protocol") if name in headers]
    require_room(sum(headers[name].nbytes for name in names), location)
    try:
        for name in names:
            _require_whole(path, name)
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in names}
    except InputError:
        raise
    except FAULTS as error:
        raise InputError(f"{location}: not readable as statistics: {' '.join(str(error).split())}") from error
    for name in (MEAN, COVARIANCE):
        if not np.isfinite(arrays[name]).all():
            raise InputError(f"{location}: {name}: expected finite numbers, it holds NaN or infinity")
    _require_covariance(arrays[COVARIANCE], location)
    return Statistics(arrays[MEAN], arrays[COVARIANCE], read_protocol(path, arrays.get("protocol")))


def _require_whole(path: Path, name: str) -> None:
    """Refuse an array of other bytes than its head promises."""
    with zipfile.ZipFile(path) as archive, archive.open(f"{name}.npy") as file:
        header = read_header(file, f"{path}: {name}")
        require_numbers(header, archive.getinfo(f"{name}.npy").file_size - file.tell(), f"{path}: {name}")


def _require_covariance(covariance: np.ndarray, location: str) -> None:
    """Refuse a matrix that is not symmetric, or that has a negative eigenvalue, beyond rounding."""
    matrix = covariance.astype(np.float64)
    margin = TOLERANCE * np.abs(matrix.diagonal()).max()
    if (difference := np.abs(matrix - matrix.T).max()) > margin:
        raise InputError(
            f"{location}: {COVARIANCE}: expected a symmetric matrix, two of its numbers differ by {difference:.3g}"
        )
    if matrix.any():
        try:
            linalg.cholesky(matrix + margin * np.eye(len(matrix)), check_finite=False)
        except linalg.LinAlgError as error:
            raise InputError(
                f"{location}: {COVARIANCE}: expected a covariance, it has a negative eigenvalue"
            ) from error


def _root(covariance: np.ndarray) -> np.ndarray:
    """Compute R, (D, D), with RᵀR the covariance; directions whose variance may be rounding alone have none."""
    matrix = (covariance.astype(np.float64) + covariance.T) / 2
    try:
        factor: np.ndarray = linalg.cholesky(matrix, check_finite=False)
        return factor
    except linalg.LinAlgError:
        values, axes = linalg.eigh(matrix, check_finite=False)
        values[values < len(values) * np.finfo(covariance.dtype).eps * values[-1]] = 0
        return np.sqrt(values)[:, None] * axes.T
