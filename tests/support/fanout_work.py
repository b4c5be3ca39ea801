"""A stage of tests/support/fanout_project.py: `work.py NAME OUTPUT [INPUT ...]`, without libraries.

Its output is JSON that follows from the names and bytes of its inputs. In the folder $WORK, where there is one, it says
in files when it was at work, where, and with which GPU; it waits while there is `NAME.wait`, and takes as long as
`seconds` says. A file `failing` of the project names stages that fail.
"""

import hashlib
import json
import os
import sys
import time
from pathlib import Path
from uuid import uuid4


def main(name: str, output: str, *inputs: str) -> None:
    work = Path(os.environ["WORK"]) if "WORK" in os.environ else None
    said = {"stage": name, "begun": time.time(), "gpu": os.environ.get("CUDA_VISIBLE_DEVICES", "")}
    said["host"] = os.environ.get("RAY_RAYLET_PID", "")  # the process that stands for it
    if work:
        (work / f"{name}.begun").write_text(json.dumps(said), encoding="utf-8")
        while (work / f"{name}.wait").exists():
            time.sleep(0.05)
        if (work / "seconds").exists():
            time.sleep(float((work / "seconds").read_text(encoding="utf-8")))
    if Path("failing").exists() and name in Path("failing").read_text(encoding="utf-8").split():
        sys.exit(f"error: {name}: expected to succeed")
    digest = hashlib.sha256(name.encode())
    for file in sorted(
        file for given in map(Path, inputs) for file in ([given] if given.is_file() else given.rglob("*"))
    ):
        if file.is_file():
            digest.update(file.read_bytes())
    Path(output).parent.mkdir(parents=True, exist_ok=True)
    Path(output).write_text(json.dumps({"of": name, "number": digest.hexdigest()}) + "\n", encoding="utf-8")
    if work:
        (work / f"{uuid4().hex}.done").write_text(json.dumps(said | {"ended": time.time()}), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
