"""Stages that start at once: a server that has imported their libraries forks for each stage.

Importing torch takes a stage of a second as long as the stage itself. DVC runs a stage's command by `$SHELL -c`; the
shell of a worker is :mod:`genbench.dag.fanout.shell`, which hands `python -m stages.…` to the server here, over a
socket in the worker's clone, with its output and its environment. The server forks, and the child is that stage: same
code, same bytes, its own memory. Any other command goes to the system's shell.
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
import signal
import socket
import sys
import threading
from contextlib import suppress
from pathlib import Path

from genbench.dag.fanout import parent_death

SOCKET = Path(".genbench/warm.sock")

#: Modules whose imports most stages share; one that cannot be imported, for want of an extra, is left out.
MODULES = tuple(
    f"stages.{stage}" for stage in ("train", "sample", "features", "evaluate", "likelihood", "representation", "sweep")
)


def serve() -> None:
    """Answer until the process is ended, with one child for each connection."""
    for module in MODULES:
        with suppress(ImportError):
            importlib.import_module(module)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children report for themselves
    SOCKET.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(SOCKET))
        server.listen()
        while True:
            connection, _ = server.accept()
            if os.fork() == 0:
                server.close()
                _become_stage(connection)
            connection.close()


def _become_stage(connection: socket.socket) -> None:
    """Run the stage that the connection asks for, send its exit status, and end the process."""
    message, outputs, _, _ = socket.recv_fds(connection, 1 << 20, 2)
    request = json.loads(message)
    for output, descriptor in zip(outputs, (1, 2), strict=True):
        os.dup2(output, descriptor)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    threading.Thread(target=_end_with, args=(connection,), daemon=True).start()
    os.environ.clear()
    os.environ.update(request["environment"])
    module, *sys.argv[1:] = request["words"]
    for name in [name for name in sys.modules if name.partition(".")[0] == "stages"]:
        del sys.modules[name]  # so that the stage is the main module, as in a Python of its own
    status = 0
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as stop:
        if isinstance(stop.code, str):
            sys.stderr.write(stop.code + "\n")
        status = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    connection.send(bytes([status]))
    os._exit(status)


def _end_with(connection: socket.socket) -> None:
    """End this process when the shell that asked for the stage is gone."""
    with suppress(OSError):
        connection.recv(1)
    os._exit(143)


if __name__ == "__main__":
    parent_death.end_with_parent()
    serve()
