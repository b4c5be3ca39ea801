"""The one error that a user's mistake raises: a single clear line, no traceback."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class InputError(ValueError):
    """Something that the user gave is not usable.

    Its text is one line that names the file or key, what was expected and what there is. Commands and stages
    print it and exit with status 1 (see :func:`one_line_exit`); every other exception is a bug and keeps
    its traceback. What cannot be printed (line breaks, codes that steer a terminal, marks that turn text around, a
    file's name that is no text) is escaped, for a text may repeat what a stranger's file says.
    """

    def __init__(self, text: str) -> None:
        super().__init__("".join(c if c.isprintable() else ascii(c)[1:-1] for c in text))


def unknown(kind: str, name: object, known: Iterable[str]) -> InputError:
    """Make the error for a name that does not exist: it names what there is, and the nearest of it."""
    choices = sorted(known)
    near = difflib.get_close_matches(str(name), choices, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return InputError(f"unknown {kind} {name!r}{hint} (there is: {', '.join(choices) or 'none'})")


@contextmanager
def one_line_exit() -> Iterator[None]:
    """End with one line and status 1 where the user or the machine's memory is the cause."""
    try:
        yield
    except InputError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("stopped")
    except (MemoryError, RuntimeError) as error:
        if not out_of_memory(error):
            raise
        sys.exit(f"error: out of memory: {InputError(str(error).strip().partition(chr(10))[0] or 'no more to be had')}")


def out_of_memory(error: BaseException) -> bool:
    """Tell whether memory ran out, the machine's or a GPU's: PyTorch says so by a plain RuntimeError on a CPU."""
    gpu = type(error).__name__ == "OutOfMemoryError"  # torch's; it is not imported here for its name
    return isinstance(error, MemoryError) or gpu or "allocate memory" in str(error)
