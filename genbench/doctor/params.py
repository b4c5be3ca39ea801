"""params.yaml and the runs that it enables, read; `genbench check` looks at every option."""

from __future__ import annotations

from collections.abc import Iterator

from genbench.doctor import Finding
from genbench.errors import InputError
from genbench.pipeline import params


def find() -> Iterator[Finding]:
    """Find the first fault of params.yaml, and of each run's file."""
    try:
        p = params.load()
    except InputError as error:
        yield Finding("error", str(error), "edit params.yaml, or `genbench use NAME` after `git checkout params.yaml`")
        return
    for name in p.runs:
        try:
            p.run(name)
        except InputError as error:
            yield Finding("error", str(error), f"edit runs/{name}.yaml")
