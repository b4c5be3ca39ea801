"""Real commands, killed or stopped at a named moment or after some time, with everything that they started."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.support.clone import ROOT, Clone, environment, executed

HOOK = ROOT / "tests/support/kill"


@dataclass(frozen=True)
class Moment:
    """Right before an event on a path that matches a pattern, when `passes` of its like have passed.

    at: one of Python's audit events that change the disk (os.rename, open, ...). pattern: of the path as it is called
    from the project, of the new one where there are two. cut: the file that is to be written anew is left with half of
    its bytes. See tests/support/kill/sitecustomize.py.
    """

    at: str
    pattern: str
    passes: int = 0
    cut: bool = False

    def __str__(self) -> str:
        return f"{self.pattern.replace('/', '_')}{'_cut' * self.cut}"


def begin(
    project: Clone, words: Sequence[str], moment: Moment | None = None, *, signal_name: str = "SIGKILL"
) -> subprocess.Popen[bytes]:
    """Start a command in a process group of its own, with what it prints in a file beside the project."""
    path = os.pathsep.join(filter(None, [str(HOOK), os.environ.get("PYTHONPATH", "")]))
    about = {"PYTHONPATH": path, "MOMENT": json.dumps({**asdict(moment), "signal_name": signal_name})} if moment else {}
    with log(project).open("wb") as file:
        return subprocess.Popen(
            words,
            cwd=project.path,
            env=environment() | about,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def killed_at(project: Clone, moment: Moment, *words: str) -> set[str]:
    """Run a command, which must come to that moment; gives the stages that it had begun."""
    status = begin(project, words, moment).wait()
    assert status == -signal.SIGKILL, f"{moment}: never came, exit status {status}\n{output(project)}"
    return executed(output(project))


def killed_after(project: Clone, seconds: float, *words: str) -> None:
    """Run a command for so long at most."""
    process = begin(project, words)
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    end(process)


@contextmanager
def stopped_at(project: Clone, moment: Moment, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command that stands still at that moment, alive, with all its locks; afterwards it is gone."""
    process = begin(project, words, moment, signal_name="SIGSTOP")
    try:
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status), f"{moment}: never came\n{output(project)}"
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a command and what is left of what it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def log(project: Clone) -> Path:
    """Return the file of what the last command printed."""
    return project.path.with_name("output.log")


def output(project: Clone) -> str:
    """Return what the last command printed."""
    return log(project).read_text(encoding="utf-8", errors="replace")
