"""Weights of networks as safetensors files, a format that cannot run code."""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from genbench.errors import InputError
from genbench.files.atomic import atomic
from genbench.files.require_file import require_file


def save_state(module: nn.Module, path: Path, about: dict[str, str] | None = None) -> None:
    """Write a module's state, with text metadata if given; equal states are equal bytes."""
    save_tensors({name: tensor.cpu() for name, tensor in module.state_dict().items()}, path, about)


def save_tensors(tensors: dict[str, Tensor], path: Path, about: dict[str, str] | None = None) -> None:
    """Write tensors by name atomically, with text metadata if given."""
    with atomic(path) as scratch:
        try:
            save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, scratch, metadata=about)
        except SafetensorError as error:  # which is no OSError, even where the disk is full
            raise OSError(str(error)) from error


def load_state(module: nn.Module, path: Path) -> None:
    """Read a module's state in place; what is missing, broken or of another network is one InputError line."""
    require_file(path)
    try:
        module.load_state_dict(load_file(path))
    except (OSError, SafetensorError, RuntimeError) as error:
        raise InputError(f"{path}: not the weights of this network: {' '.join(str(error).split())}") from error


def read_about(path: Path) -> dict[str, str]:
    """Read the text metadata of a file written by :func:`save_state`."""
    require_file(path)
    try:
        with safe_open(path, framework="pt") as file:
            return file.metadata() or {}
    except (OSError, SafetensorError) as error:
        raise InputError(f"{path}: not readable as safetensors: {error}") from error
