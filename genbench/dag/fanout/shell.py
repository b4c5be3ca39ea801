"""The shell that DVC runs a worker's stages by: hands them to :mod:`genbench.dag.fanout.warm`, all else to /bin/sh.

Run as a file, by a Python without site-packages: it imports little, so that it costs a hundredth of a second.
"""

import json
import os
import shlex
import socket
import sys


def main() -> int:
    """`SHELL -c COMMAND`, in the worker's clone."""
    command = sys.argv[-1]
    words = shlex.split(command)
    if words[:2] != ["python", "-m"] or not words[2:] or not words[2].startswith("stages."):
        os.execv("/bin/sh", ["/bin/sh", *sys.argv[1:]])
    with socket.socket(socket.AF_UNIX) as server:
        try:
            server.connect(".genbench/warm.sock")
        except OSError:  # nobody there
            os.execv("/bin/sh", ["/bin/sh", *sys.argv[1:]])
        asked = json.dumps({"words": words[2:], "environment": dict(os.environ)}).encode()
        socket.send_fds(server, [asked], [1, 2])
        status = server.recv(1)
    return status[0] if status else 137  # it died, of a lack of memory for one


if __name__ == "__main__":
    sys.exit(main())
