"""The `python` that stages are run with: DVC takes the first on the path, which need not be the one that runs DVC."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from genbench.doctor import Finding


def find(*, path: str | None = None) -> Iterator[Finding]:
    """That it is another one, or none. path: as in $PATH, by default this process's."""
    found = shutil.which("python", path=path)
    mend = f"export PATH={Path(sys.executable).parent}{os.pathsep}$PATH, as activating the environment does"
    if found is None:
        yield Finding("error", "python: no such command on the path, and stages are run with it", mend)
        return
    words = [found, "-I", "-c", "import sys; print(sys.prefix)"]
    said = subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()
    if not said or not Path(said).exists() or not Path(said).samefile(sys.prefix):
        what = f"python is {found} (of {said or 'nothing that runs'}), genbench runs on that of {sys.prefix}: "
        yield Finding("warning", f"{what}stages would be run with other packages by dvc repro", mend)
