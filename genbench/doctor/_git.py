"""Git asked, without leave to write: it would refresh its index by the way."""

from __future__ import annotations

import subprocess


def git(*words: str) -> str | None:
    """What a git command prints; None where it fails, as it does where there is no repository, commit or git."""
    try:
        done = subprocess.run(["git", "--no-optional-locks", *words], capture_output=True, check=False)
    except OSError:
        return None
    return None if done.returncode else done.stdout.decode(errors="surrogateescape")
