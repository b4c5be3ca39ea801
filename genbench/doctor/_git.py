"""Questions to git that write nothing; git would refresh its index otherwise."""

from __future__ import annotations

import subprocess


def git(*words: str) -> str | None:
    """Return what a git command prints; None where it fails, for want of a repository, a commit or git."""
    try:
        done = subprocess.run(["git", "--no-optional-locks", *words], capture_output=True, check=False)
    except OSError:
        return None
    return None if done.returncode else done.stdout.decode(errors="surrogateescape")
