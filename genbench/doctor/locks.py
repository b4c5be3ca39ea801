"""Locks: what DVC's rwlock says of processes, and who holds those of genbench.

Locks of genbench are the kernel's, which frees them when their process ends, however it ends. DVC notes readers and
writers by their process number in .dvc/tmp/rwlock, passes over those that are gone, and waits for the rest: also for
a process that has nothing to do with it and was given the number of one that was killed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from genbench.data.paths import LABORATORY
from genbench.doctor import Finding
from genbench.doctor._processes import alive, command

RWLOCKS = [folder / ".dvc/tmp/rwlock" for folder in (Path(), LABORATORY)]
HELD = Path("/proc/locks")


def find(*, held: Path = HELD) -> Iterator[Finding]:
    """Locks that stop a command, or would. held: what the kernel says is locked."""
    for rwlock in RWLOCKS:
        yield from _rwlock(rwlock)
    holders = _holders(held)
    for lock in sorted(Path(".genbench").glob("**/*lock")):
        for pid in holders.get(lock.stat().st_ino, []):
            if _opened(pid, lock):
                what = f"{lock}: held by process {pid} ({command(pid)[:100]}), for which others wait"
                yield Finding("note", what, f"wait for it, or end it: kill {pid}")


def _rwlock(rwlock: Path) -> Iterator[Finding]:
    mend = f"rm {rwlock}, if no dvc or genbench is at work here"
    try:
        noted = json.loads(rwlock.read_text(encoding="utf-8"))
        owners = dict(_owners(noted))
    except FileNotFoundError:
        return
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        yield Finding("error", f"{rwlock}: half written or broken, DVC stops at it: {error}", mend)
        return
    for pid, noted_command in owners.items():
        if not alive(pid):
            what = f"{rwlock}: names process {pid} ({noted_command}), which is dead; DVC passes over it"
            yield Finding("note", what, mend)
        elif not _same(noted_command, command(pid)):
            now = command(pid)[:100]
            what = f"{rwlock}: names process {pid} as `{noted_command}`, which is now `{now}`: DVC waits for it"
            yield Finding("error", what, mend)


def _owners(noted: Any) -> Iterator[tuple[int, str]]:
    infos = [*noted.get("write", {}).values(), *(info for read in noted.get("read", {}).values() for info in read)]
    yield from ((int(info["pid"]), str(info["cmd"])) for info in infos if info)


def _same(noted: str, now: str) -> bool:
    """Whether a process may be the noted one: by its arguments, since `dvc` and `python -m dvc` are the same."""
    return not now or now.endswith(noted.partition(" ")[2])


def _holders(held: Path) -> dict[int, list[int]]:
    """Processes that hold a lock, by the number of the locked file in its file system."""
    found: dict[int, list[int]] = {}
    for line in held.read_text(encoding="ascii").splitlines() if held.is_file() else []:
        words = line.replace("->", "").split()
        found.setdefault(int(words[5].split(":")[2]), []).append(int(words[4]))
    return found


def _opened(pid: int, lock: Path) -> bool:
    """Whether a process has this very file open: numbers of files are unique in one file system only."""
    try:
        return any(entry.exists() and entry.samefile(lock) for entry in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return False
