"""A benchmark of one's own: the files of this one in a new folder, which runs the installed package.

The files are those that `project` in pyproject.toml lists; the build puts them into the wheel, below genbench/_project.
The folder's `genbench` is a link to the installed package. Python runs stages from it, and DVC, which looks at what is
behind it, runs the stage fingerprint after an upgrade or an edit, and then what depends on the changed code, as in a
checkout. environment.yaml names the version that the folder was made with, and stages refuse another one until
`genbench environment --write` takes it. git does not keep the link, for it is another one on each machine.
"""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory

from genbench.errors import InputError
from genbench.files.section import read_text
from genbench.find import PACKAGE
from genbench.pipeline import environment, installed, repository

PACKED = "_project"  # in the package, where a wheel has the files
#: What a folder may have in it before.
ALLOWED = {".git", ".venv"}
VERSION = f"""
# the package whose code stages run, by the link {environment.LINK}; DVC looks whether that code changed
code:
  genbench: none
"""
IGNORED = f"""
# the link to the installed package: `genbench environment --write` makes it
/{environment.LINK}
"""


def root() -> Path:
    """Return the folder that has the files: in the package of a wheel, else the checkout."""
    package = PACKAGE.resolve()  # it may itself be reached by a link
    return package / PACKED if (package / PACKED).is_dir() else package.parent


def files() -> list[Path]:
    """List the files that a benchmark is made of, by their paths in it, sorted."""
    folder, patterns = root(), ["**/*"]
    if folder.name != PACKED:
        project = folder / "pyproject.toml"
        patterns = tomllib.loads(read_text(project))["tool"]["genbench"]["project"]
    found = {file for pattern in patterns for file in folder.glob(pattern) if file.is_file()}
    return sorted(file.relative_to(folder) for file in found if "__pycache__" not in file.parts)


def init(folder: Path) -> None:
    """Lay out a benchmark in a folder that is empty or does not exist, and make it a git repository if it is in none.

    Another folder, or one that cannot be written, is an InputError; nothing is left behind then.
    """
    made = not folder.exists()
    _require_empty(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".init-", dir=folder) as scratch:
            _write(Path(scratch))
            for entry in sorted(Path(scratch).iterdir()):
                entry.rename(folder / entry.name)
        _be_repository(folder)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written: {error.strerror or error}") from error
    finally:
        if made and not (folder / "dvc.yaml").exists():
            shutil.rmtree(folder, ignore_errors=True)


def _require_empty(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: expected a new or an empty folder, it is a file")
    if folder.exists() and (there := sorted({entry.name for entry in folder.iterdir()} - ALLOWED)):
        raise InputError(f"{folder}: expected a new or an empty folder, there is {', '.join(there[:3])} in it")


def _write(folder: Path) -> None:
    """Copy the files, and add what makes them a benchmark of the installed package, in its versions."""
    for file in files():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root() / file, folder / file)
    for name, text in {str(environment.FILE): VERSION, ".gitignore": IGNORED}.items():
        with (folder / name).open("a", encoding="utf-8") as ended:
            ended.write(text)
    installed.write(folder)


def _be_repository(folder: Path) -> None:
    """Make a git repository unless the folder lies in one, or there is no git."""
    if repository.is_none(folder):
        repository.git("init", "--quiet", folder=folder)
