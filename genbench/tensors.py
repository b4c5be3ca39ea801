"""Weights of networks as safetensors files, a format that cannot run code."""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import nn

from genbench.errors import InputError
from genbench.files import atomic


def save_state(module: nn.Module, path: Path, about: dict[str, str] | None = None) -> None:
    """Write a module's state, with text metadata if given; equal states are equal bytes."""
    tensors = {name: tensor.contiguous().cpu() for name, tensor in module.state_dict().items()}
    with atomic(path) as scratch:
        save_file(tensors, scratch, metadata=about)


def load_state(module: nn.Module, path: Path) -> None:
    """Read a module's state in place; what is missing, broken or of another network is one InputError line."""
    try:
        module.load_state_dict(load_file(path))
    except (OSError, SafetensorError, RuntimeError) as error:
        raise InputError(f"{path}: not the weights of this network: {' '.join(str(error).split())}") from error


def read_about(path: Path) -> dict[str, str]:
    """The text metadata of a file written by :func:`save_state`."""
    try:
        with safe_open(path, framework="pt") as file:
            return file.metadata() or {}
    except (OSError, SafetensorError) as error:
        raise InputError(f"{path}: not readable as safetensors: {error}") from error
