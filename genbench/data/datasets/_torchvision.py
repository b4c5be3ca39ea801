"""torchvision, also where its compiled part cannot be loaded: import it from here.

A torchvision built for CUDA stops at `import` beside a CPU build of torch, because it gives Python versions of two
operators (non-maximum suppression) whose declarations are in the compiled part. Declaring them first lets
everything that is written in Python work: datasets, transforms, models, utilities. The operators themselves stay
undefined, and say so when they are called. Where torchvision is whole, nothing is declared.
"""

from __future__ import annotations

import importlib.util
from importlib.machinery import PathFinder

import torch

OPERATORS = ("nms", "qnms")


def _compiled_part_loads() -> bool:
    package = importlib.util.find_spec("torchvision")
    if package is None or package.submodule_search_locations is None:
        return True  # there is no torchvision, and the import below says so
    library = PathFinder.find_spec("_C", package.submodule_search_locations)
    if library is None or library.origin is None:
        return False
    try:
        torch.ops.load_library(library.origin)  # type: ignore[no-untyped-call]
    except OSError:
        return False
    return True


if not _compiled_part_loads():
    # What it declares lasts for as long as it is referenced.
    declarations = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
    for operator in OPERATORS:
        schema = f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
        declarations.define(schema)  # type: ignore[no-untyped-call]

import torchvision  # noqa: E402

__all__ = ["torchvision"]
