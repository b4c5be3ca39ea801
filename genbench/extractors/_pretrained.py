"""Published weights: found or downloaded, verified by their SHA-256, and kept as safetensors.

Published files are pickles. They are read only after their hash is the known one, and then by torch's reader of
weights, which runs no code. Downloads go where torch.hub keeps them ($TORCH_HOME/hub/checkpoints), so that a file
that another tool has fetched is found there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from genbench.errors import InputError, unknown
from genbench.files.atomic import sha256
from genbench.files.download import download
from genbench.files.require_file import kind_of
from genbench.files.tensors import load_state, read_about, save_state

DOWNLOAD = "download"  # the value of an option `weights` that is not a path
N = TypeVar("N", bound=nn.Module)


@dataclass(frozen=True)
class Published:
    """A published file."""

    address: str
    sha256: str

    @property
    def name(self) -> str:
        return self.address.rpartition("/")[2]


def obtain(published: Published, weights: str) -> Path:
    """Return the file that `weights` names (a path, or "download"), verified. A broken earlier download is replaced."""
    if weights == DOWNLOAD:
        path = _downloaded(published)
        try:
            download([published.address], f"sha256:{published.sha256}", path)
        except InputError as error:
            raise InputError(
                f"{path}: no such file, or not the published {published.name}, and no download ({error}); "
                "get it elsewhere and name its path in the extractor's option weights"
            ) from error
        return path
    path = Path(weights)
    if kind_of(path) != "a file":
        raise InputError(
            f"extractor: weights: expected {DOWNLOAD!r} or the path of {published.name}; there is no file {path}"
        )
    verify(path, published)
    return path


def at_hand(published: Published) -> bool:
    """Return whether a published file lies where downloads go; :func:`obtain` verifies it."""
    return kind_of(_downloaded(published)) == "a file"


def _downloaded(published: Published) -> Path:
    return Path(torch.hub.get_dir()) / "checkpoints" / published.name


def verify(path: Path, published: Published) -> None:
    """Refuse a file whose hash is not that of the published one."""
    digest = sha256(path)
    if digest != published.sha256:
        raise InputError(
            f"{path}: broken, or not the published {published.name}: "
            f"its SHA-256 is {digest}, expected {published.sha256}"
        )


def read(path: Path) -> dict[str, Tensor]:
    """Read the tensors of a published file, by name."""
    try:
        state: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a broken pickle's faults are of many types
        raise InputError(f"{path}: not readable as weights: {' '.join(str(error).split())}") from error
    return state


def empty(build: Callable[..., N], *args: Any) -> N:
    """Build a network whose weights are not initialised, so that no random number is drawn only to be overwritten."""
    with torch.device("meta"):
        network = build(*args)
    return network.to_empty(device="cpu")


def keep(network: nn.Module, state: dict[str, Tensor], folder: Path, about: dict[str, Any]) -> None:
    """Write the weights of a network into `folder`, with what :func:`kept` gives back; they must fit the network."""
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        raise InputError(f"weights: not those of this network: {' '.join(str(error).split())}") from error
    save_state(network, folder / "weights.safetensors", {"about": json.dumps(about, sort_keys=True)})


def kept(folder: Path) -> dict[str, Any]:
    """Read what :func:`keep` was told of the weights in a folder."""
    path = folder / "weights.safetensors"
    try:
        about: dict[str, Any] = json.loads(read_about(path)["about"])
    except (KeyError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: not the weights of an extractor") from error
    return about


def load(network: nn.Module, folder: Path) -> nn.Module:
    """Fill a network with the weights of a folder."""
    load_state(network, folder / "weights.safetensors")
    return network


def known_layers(names: Sequence[str], there: Sequence[str]) -> list[str]:
    """Return the names of the layers asked for; one that the network does not have is refused."""
    for name in names:
        if name not in there:
            raise unknown("layers: layer", name, there)
    return list(names)
