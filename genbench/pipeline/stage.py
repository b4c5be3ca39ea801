"""Start and end of a stage: arguments from its command line, and one clear line for a user's mistake."""

from __future__ import annotations

import inspect
import logging
import os
import sys
from collections.abc import Callable, Sequence

from threadpoolctl import threadpool_limits

from genbench.errors import InputError, one_line_exit
from genbench.pipeline import environment

#: What OpenMP, OpenBLAS and MKL read when they are loaded.
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def run(main: Callable[..., None], *, requires: Sequence[environment.Kind] = ("computes",)) -> None:
    """Call `main` with the words of the command line; exit with 1 and one line if the user's input is at fault.

    A parameter that `main` annotates as int is converted; everything else stays text. requires: the parts of
    environment.yaml that must be installed as they are written, for DVC records them as what the results are of.
    """
    logging.basicConfig(format="%(levelname)s: %(message)s", level=logging.INFO)
    parameters = list(inspect.signature(main).parameters.values())
    words = sys.argv[1:]
    if len(words) != len(parameters):
        sys.exit(f"error: expected the arguments {', '.join(p.name for p in parameters) or '(none)'}, got {words}")
    with one_line_exit():
        if requires:
            environment.require(*requires)
        main(*(_argument(p, word) for p, word in zip(parameters, words, strict=True)))


def _argument(parameter: inspect.Parameter, word: str) -> int | str:
    if parameter.annotation not in (int, "int"):
        return word
    if not word.isdecimal():
        raise InputError(f"argument {parameter.name}: expected a whole number, got {word!r}")
    return int(word)


def use_threads(threads: int) -> None:
    """Fix the number of threads of every numerical library: float sums depend on it.

    Bytes are then the same whether stages run one by one or side by side. Libraries that are loaded later read the
    environment.
    """
    os.environ.update(dict.fromkeys(_THREADS, str(threads)))
    threadpool_limits(threads)
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(threads)
