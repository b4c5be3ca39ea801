"""Headers of .npy files, read before any memory is taken for what follows them.

A header may promise more than any machine holds, hold types that stand for Python objects, or be no header at all.
"""

from __future__ import annotations

import math
import os
import warnings
from dataclasses import dataclass
from typing import IO

import numpy as np
from numpy.lib import format as npy

from genbench.errors import InputError


@dataclass(frozen=True)
class Header:
    """Shape and type of an array, and whether its columns lie one after another instead of its rows."""

    shape: tuple[int, ...]
    dtype: np.dtype
    column_major: bool

    def __str__(self) -> str:
        return f"{self.dtype} {self.shape}"

    @property
    def nbytes(self) -> int:
        """Bytes that the numbers take."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_header(file: IO[bytes], name: str) -> Header:
    """Read the head of an .npy, up to its first number; what is no header is an InputError that starts with `name`."""
    try:
        version = npy.read_magic(file)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of heads that Python 2 wrote
            if version == (1, 0):
                shape, column_major, dtype = npy.read_array_header_1_0(file)
            elif version == (2, 0):
                shape, column_major, dtype = npy.read_array_header_2_0(file)
            else:
                raise ValueError(f"version {version}")
        if any(isinstance(length, bool) or length < 0 for length in shape):
            raise ValueError(f"shape is not valid: {shape}")
    except Exception as error:  # the head is Python's syntax: its faults are of many types
        raise InputError(f"{name}: not readable as .npy: {' '.join(str(error).split())[:200]}") from error
    return Header(shape, dtype, column_major)


def require_numbers(header: Header, available: int, name: str) -> None:
    """Refuse an array of Python objects, of more or fewer bytes than are `available`, or of items without bytes."""
    if header.dtype.hasobject:
        raise InputError(f"{name}: expected numbers, it holds Python objects, which are never unpickled")
    if not header.dtype.itemsize:
        raise InputError(f"{name}: expected numbers, got {header}, which take no bytes")
    if available != header.nbytes:
        raise InputError(f"{name}: expected {header.nbytes} bytes for {header}, got {available}")


def require_room(nbytes: int, name: str) -> None:
    """Refuse numbers that would not fit into the memory of this machine."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if nbytes > memory:
        raise InputError(f"{name}: {nbytes} bytes, expected at most the {memory} that this machine's memory has")
