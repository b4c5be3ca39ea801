"""`make lint` fails on a known vulnerability, and says where nobody can be asked: pip-audit and a real server."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support.clone import ROOT, environment

HOLE = {
    "id": "PYSEC-0000-1",
    "summary": "everybody gets in",
    "affected": [
        {
            "package": {"name": "numpy", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99.1"}]}],
        }
    ],
}


@contextmanager
def service(holes: dict[str, object], status: int = 200) -> Iterator[str]:
    """Make a service with the interface of osv.dev that knows the vulnerabilities of `holes`, by package."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            hole = holes.get(asked["package"]["name"])
            content = json.dumps({"vulns": [hole]} if hole else {}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1/query"
    server.shutdown()
    server.server_close()


def audit(address: str, cache: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    options = ["--vulnerability-service", "osv", "--osv-url", address, "--cache-dir", str(cache)]
    env = {**environment(), "NO_PROXY": "127.0.0.1", "GENBENCH_AUDIT": "", **variables}
    words = [sys.executable, str(ROOT / ".ci/audit.py"), *options]
    return subprocess.run(words, env=env, capture_output=True, text=True, check=False)


def test_every_pinned_package_is_asked_for(tmp_path: Path) -> None:
    with service({}) as address:
        done = audit(address, tmp_path)
    pins = [line for line in (ROOT / "requirements.txt").read_text().splitlines() if line]
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"audit: {len(pins)} packages without a known vulnerability\n"


def test_a_known_vulnerability_is_a_failure_that_names_it(tmp_path: Path) -> None:
    with service({"numpy": HOLE}) as address:
        done = audit(address, tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("numpy ")
    assert done.stderr.endswith(": PYSEC-0000-1, fixed in 99.1: everybody gets in\n")


@pytest.mark.parametrize("status", [None, 404, 500], ids=["nobody", "not found", "broken"])
def test_without_a_service_one_line_says_so_and_fails_a_release_alone(tmp_path: Path, status: int | None) -> None:
    with service({}, status or 200) as address:
        url = address if status else "http://127.0.0.1:9/v1/query"  # nothing listens there
        required = {"GENBENCH_AUDIT": "required"} if status is None else {}
        done = audit(url, tmp_path, **required)
    assert done.returncode == bool(required)
    output = done.stderr if required else done.stdout
    assert output.startswith("audit: no vulnerability service can be reached, packages were not audited (")
    assert output.count("\n") == 1
