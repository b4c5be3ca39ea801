"""Locks: the processes that DVC's rwlock names, and those that hold the locks of genbench.

The kernel frees the locks of genbench when their process ends, however it ends. DVC notes readers and writers by their
process number in .dvc/tmp/rwlock, passes over those that are gone, and waits for the rest: also for an unrelated
process that was given the number of one that was killed.
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
    """Find the locks that stop a command. held: the kernel's list of locks."""
    for rwlock in RWLOCKS:
        yield from _rwlock(rwlock)
    holders = _holders(held)
    for lock in sorted(Path(".genbench").glob("**/*lock")):
        for pid in holders.get(lock.stat().st_ino, []):
            if _opened(pid, lock):
                message = f"{lock}: held by process {pid} ({command(pid)[:100]}), for which others wait"
                yield Finding("note", message, f"wait for it, or end it: kill {pid}")


def _rwlock(rwlock: Path) -> Iterator[Finding]:
    fix = f"rm {rwlock}, if no dvc or genbench is at work here"
    try:
        noted = json.loads(rwlock.read_text(encoding="utf-8"))
        owners = dict(_owners(noted))
    except FileNotFoundError:
        return
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        yield Finding("error", f"{rwlock}: half written or broken, DVC stops at it: {error}", fix)
        return
    for pid, noted_command in owners.items():
        if not alive(pid):
            message = f"{rwlock}: names process {pid} ({noted_command}), which is dead; DVC passes over it"
            yield Finding("note", message, fix)
        elif not _same(noted_command, command(pid)):
            now = command(pid)[:100]
            message = f"{rwlock}: names process {pid} as `{noted_command}`, which is now `{now}`: DVC waits for it"
            yield Finding("error", message, fix)


def _owners(noted: Any) -> Iterator[tuple[int, str]]:
    infos = [*noted.get("write", {}).values(), *(info for read in noted.get("read", {}).values() for info in read)]
    yield from ((int(info["pid"]), str(info["cmd"])) for info in infos if info)


def _same(noted: str, now: str) -> bool:
    """Return whether a process may be the noted one, by its arguments: `dvc` and `python -m dvc` are the same."""
    return not now or now.endswith(noted.partition(" ")[2])


def _holders(held: Path) -> dict[int, list[int]]:
    """Group the processes that hold a lock by the inode of the locked file."""
    holders: dict[int, list[int]] = {}
    for line in held.read_text(encoding="ascii").splitlines() if held.is_file() else []:
        words = line.replace("->", "").split()
        holders.setdefault(int(words[5].split(":")[2]), []).append(int(words[4]))
    return holders


def _opened(pid: int, lock: Path) -> bool:
    """Return whether a process has this very file open: inodes are unique in one file system only."""
    try:
        return any(entry.exists() and entry.samefile(lock) for entry in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return False
