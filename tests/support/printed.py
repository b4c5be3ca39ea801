"""Commands that documents print, and a clone in which tests type them as they stand."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.clone import ROOT, Clone, environment

DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
#: What a command within a sentence begins with; a name alone, such as `make`, is none.
PROGRAM = re.compile(
    r"(\w+=\S+ )?(\S*/bin/)?(genbench|make|dvc|git|python3?|pip|pytest|ray|docker|mkdocs|time|eval|cd|pre-commit) "
)
#: A budget of seconds, in the place of that of a profile. People are asked about 100 images of a row.
SHORT: dict[str, Any] = {
    "data": {"split": {"train": 100, "validation": 20, "reference": 140, "held_out": 140}},
    "train": {"operations": None, "steps": 4, "batch": 16, "log_every": 2, "grid_every": 4},
    "sampling": {"blocks": 2, "batch": 70},
}


def printed(document: Path) -> list[str]:
    """Return the commands of the console blocks of a document, without comments."""
    blocks = re.findall(r"```console\n(.*?)```", document.read_text(encoding="utf-8"), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    found = [re.match(r"\w*\$ (.*?)(?:\s{2,}#.*)?$", line) for line in lines]
    return [match[1] for match in found if match]


def mentioned(document: Path) -> list[str]:
    """Return the commands within the sentences of a document."""
    text = re.sub(r"^```.*?^```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    spans = [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", text)]
    return list(dict.fromkeys(span for span in spans if PROGRAM.match(span)))


@dataclass(frozen=True)
class Reader(Clone):
    """A clone whose reader types what a document prints. Python finds the clone's own code, as after `make install`."""

    def types(
        self,
        command: str,
        *,
        put: Mapping[str, str] | None = None,
        within: str = ".",
        under: Mapping[str, str] | None = None,
    ) -> str:
        """Run a command as a document prints it, which must succeed, and give what it prints.

        put: what stands in the place of the document's placeholders. within: the folder where it is typed. under:
        variables of its environment.
        """
        for placeholder, text in (put or {}).items():
            assert placeholder in command, f"{command}: has no {placeholder}"
            command = command.replace(placeholder, text)
        return self.run(*self._words(f"cd {within}\n{command}", under or {}))

    @contextmanager
    def serves(self, command: str) -> Iterator[str]:
        """Run a server as a document prints it, at a free port, give its address once it answers, and press Ctrl+C."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        where = f"--port {port}" if command.startswith("genbench") else f"--dev-addr 127.0.0.1:{port}"
        process = subprocess.Popen(
            self._words(f"exec {command} {where}", {}),
            cwd=self.path,
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            # whatever started the tests may ignore Ctrl+C, as a shell does for what runs in its background
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        with process:
            try:
                _wait_for(f"http://127.0.0.1:{port}/", process)
                yield f"http://127.0.0.1:{port}/"
                process.send_signal(signal.SIGINT)
                process.wait(60)
            finally:
                process.kill()

    def _words(self, script: str, variables: Mapping[str, str]) -> list[str]:
        settings = {"PYTHONPATH": str(self.path), "XDG_CACHE_HOME": str(self.path.with_name("cache")), **variables}
        return ["env", *(f"{name}={value}" for name, value in settings.items()), "bash", "-c", script]


def wait_for_experiment(project: Clone, name: str) -> None:
    """Return once an experiment of a queue that was started has ended well; then, or in vain, stop the queue."""
    deadline = time.monotonic() + 400
    try:
        while name not in experiments(project):
            assert time.monotonic() < deadline, project.run("dvc", "queue", "status")
            time.sleep(2)
    finally:
        project.run("dvc", "queue", "stop", "--kill")


def experiments(project: Clone) -> set[str]:
    """Return the names of all experiments."""
    return set(project.run("dvc", "exp", "list", "--all-commits", "--name-only").split())


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    """Return once somebody answers there."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()[1].decode()
        try:
            with urllib.request.urlopen(url, timeout=60):
                return
        except urllib.error.HTTPError:
            return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
    raise AssertionError(f"{url}: no answer")
