"""Find objects in DVC's cache that do not fit their names; --remove deletes them, to be made again."""

from __future__ import annotations

import argparse
import sys

MANY = 20  # stages that a person would not name one by one


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flag that removes objects."""
    parser.add_argument(
        "--remove", action="store_true", help="delete corrupt objects, so that the next repro makes them again"
    )


def run(arguments: argparse.Namespace) -> None:
    """Hash the whole cache; exit with 1 if a corrupt object stays."""
    from pathlib import Path

    from genbench.dag import lock
    from genbench.dag.cache import corrupt, makers, with_dependents
    from genbench.dag.reproduce import dvc_in_one_line, opened
    from genbench.errors import InputError

    found: list[Path] = []
    with dvc_in_one_line(), opened(recover=False) as repo:
        cache = Path(repo.cache.local_cache_dir)
        made_by = makers(cache, lock.read(Path()))
        for path in corrupt(cache):
            found.append(path)
            if arguments.remove:
                path.unlink()
            verdict = "removed" if arguments.remove else "corrupt"
            sys.stdout.write(f"{verdict}: {path} ({made_by.get(path, 'of no stage in dvc.lock')})\n")
        affected = with_dependents(repo, {made_by[path] for path in found if path in made_by})
    if not found:
        sys.stdout.write("every object in DVC's cache fits its name\n")
        return
    if not arguments.remove:
        raise InputError(f"corrupt objects in DVC's cache: {len(found)}; next: genbench cache --remove")
    sys.stdout.write("next: dvc repro, which makes them again\n")
    if affected:
        stages = "" if len(affected) > MANY else f" -s {' '.join(affected)}"
        sys.stdout.write(f"if results may have been made from them while they were corrupt: dvc repro -f{stages}\n")
