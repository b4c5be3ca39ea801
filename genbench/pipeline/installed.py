"""Make environment.yaml name the versions that are installed, and a benchmark of one's own lead to the package."""

from __future__ import annotations

from pathlib import Path

from genbench.errors import InputError
from genbench.files.atomic import write_text
from genbench.files.section import read_text
from genbench.files.yaml import overridden
from genbench.find import PACKAGE
from genbench.pipeline.environment import FILE, LINK, Difference, differences, leads_to_package, load


def write(folder: Path = Path()) -> list[Difference]:
    """Write the installed versions into a project's environment.yaml, comments kept, and return what differed before.

    A benchmark of one's own gets the link to the package, too. A package that is not installed is an InputError, and
    nothing is written.
    """
    changed = {kind: differences(versions) for kind, versions in load(folder).model_dump().items()}
    everything = [difference for kind in changed.values() for difference in kind]
    if missing := [difference.name for difference in everything if difference.installed == "none"]:
        raise InputError(f"{FILE}: not installed: {', '.join(missing)}; pip install {' '.join(missing)}")
    if everything:
        values = {kind: {name: now for name, _, now in differing} for kind, differing in changed.items() if differing}
        write_text(folder / FILE, overridden(read_text(folder / FILE), values))
    if load(folder).code and not leads_to_package(folder):
        _link(folder / LINK)
    return everything


def _link(link: Path) -> None:
    """Make the link to the package that runs now, in the place of another link."""
    if link.exists() and not link.is_symlink():
        raise InputError(f"{link}: expected a link to the installed {PACKAGE}, it is a folder of its own")
    link.unlink(missing_ok=True)
    link.symlink_to(PACKAGE.resolve())
