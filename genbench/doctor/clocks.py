"""Clocks: files of the checkout that were written in the future.

DVC, make and Python tell what changed by times of files. What a clock that was set back, or another host's, has dated
ahead looks unchanged after an edit, or changed for ever. A clock that jumped and came back leaves no such trace: only
its log, or NTP, would tell.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from genbench.doctor import Finding, _files

TOLERANCE = 5.0  # seconds by which the clocks of a file server and its clients may differ
SHOWN = 3


def find() -> Iterator[Finding]:
    """All of them in one line."""
    now = time.time()
    ahead = {entry.path: entry.stat(follow_symlinks=False).st_mtime - now for entry in _files.files()}
    late = [path.removeprefix("./") for path, seconds in ahead.items() if seconds > TOLERANCE]
    if late:
        more = f" and {len(late) - SHOWN} more" if len(late) > SHOWN else ""
        longest = max(ahead.values())
        what = f"{', '.join(late[:SHOWN])}{more}: written up to {longest:.0f} s in the future"
        yield Finding("warning", what, f"set the clock, then `touch` them, such as {late[0]}")
