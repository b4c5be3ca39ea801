"""Known vulnerabilities of the pinned packages, by pip-audit (PyPA); part of `make lint`.

A vulnerability is a failure. Where the service that knows them cannot be reached, one line says so and nothing is
wrong, unless GENBENCH_AUDIT=required, as a release should have it. One package is asked for first, so that a machine
without the service waits for one answer alone; a mirror of PyPI without vulnerabilities answers "not found", which
pip-audit by itself takes for well.

    python .ci/audit.py [options of pip-audit, such as --vulnerability-service osv]
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

REQUIREMENTS = Path(__file__).parents[1] / "requirements.txt"
FLAGS = ("--no-deps", "--disable-pip", "--progress-spinner=off", "--format=json", "--timeout=10")


class UnreachableError(Exception):
    """The service does not answer, or not for all packages."""


def main(options: Sequence[str]) -> None:
    """Ask, print one line or a line a vulnerability, and exit with 1 where there is one."""
    pins = [line for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines() if "==" in line]
    try:
        audit(pins[:1], options)
        found = audit(pins, options)
    except UnreachableError as error:
        said = f"audit: no vulnerability service can be reached, packages were not audited ({error})"
        sys.exit(said) if os.environ.get("GENBENCH_AUDIT") == "required" else sys.stdout.write(f"{said}\n")
        return
    if found:
        sys.exit("\n".join(found))
    sys.stdout.write(f"audit: {len(pins)} packages without a known vulnerability\n")


def audit(pins: Sequence[str], options: Sequence[str]) -> list[str]:
    """A line for each known vulnerability of pinned packages."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".txt") as file:
        file.write("\n".join(pins))
        file.flush()
        words = [sys.executable, "-m", "pip_audit", *FLAGS, *options, "--requirement", file.name]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except ValueError:
        raise UnreachableError(done.stderr.strip().rpartition("\n")[2]) from None
    skipped = [package["skip_reason"] for package in packages if "skip_reason" in package]
    if skipped:
        raise UnreachableError(f"{len(skipped)} of {len(pins)}: {skipped[0]}")
    return [
        f"{package['name']} {package['version']}: {one['id']}, "
        f"fixed in {', '.join(one['fix_versions']) or 'no version yet'}: {one['description'][:200]}"
        for package in packages
        for one in package["vulns"]
    ]


if __name__ == "__main__":
    main(sys.argv[1:])
