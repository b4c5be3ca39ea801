"""Find objects in DVC's cache that are not what their name says; --remove deletes them, to be made again."""

from __future__ import annotations

import argparse
import sys


def arguments(parser: argparse.ArgumentParser) -> None:
    """Whether to remove what is found."""
    parser.add_argument(
        "--remove", action="store_true", help="delete what is corrupt, so that the next repro makes it again"
    )


def run(arguments: argparse.Namespace) -> None:
    """Hash the whole cache; exit with 1 if anything is corrupt and stays."""
    from pathlib import Path

    from dvc.exceptions import DvcException
    from dvc.repo import Repo, lock_repo

    from genbench.cache_check import corrupt, makers
    from genbench.errors import InputError
    from genbench.fanout import lock

    bad: list[Path] = []
    try:
        with Repo() as repo, lock_repo(repo):
            cache = Path(repo.cache.local_cache_dir)
            made = makers(cache, lock.read(Path()))
            for path in corrupt(cache):
                bad.append(path)
                if arguments.remove:
                    path.unlink()
                verdict = "removed" if arguments.remove else "corrupt"
                sys.stdout.write(f"{verdict}: {path} ({made.get(path, 'of no stage in dvc.lock')})\n")
    except DvcException as error:
        raise InputError(" ".join(str(error).split())) from error
    if not bad:
        sys.stdout.write("every object in DVC's cache is what its name says\n")
        return
    if not arguments.remove:
        raise InputError(f"corrupt objects in DVC's cache: {len(bad)}; next: genbench cache --remove")
    sys.stdout.write("next: dvc repro, which makes them again\n")
    if stages := sorted({made[path] for path in bad if path in made}):
        sys.stdout.write(f"and what was made from them while corrupt: dvc repro -f --downstream {' '.join(stages)}\n")
