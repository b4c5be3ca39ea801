"""Participants of `genbench human serve` at once: seconds a request, and that no answer is lost or doubled.

    python -m benchmarks.human [--participants 200] [--answers 40] [--pauses 0 1]

writes human.json, .csv and .md into reports/benchmarks. The server is a process of its own, over made-up images of
32×32 pixels; participants are tasks of one other process on the same machine. Each joins, and then loads an image,
pauses and answers, as often as asked; every tenth answer is sent twice, the second time as its opposite. What the
server acknowledged is then held against its database. A last round kills the server in the middle (SIGKILL) and opens
the database again.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp
import numpy as np

from benchmarks.machine import described
from genbench.data.images import Images
from genbench.data.paths import Paths
from genbench.files.atomic import read_json, write_json, write_text
from genbench.human.pictures import Pictures, study
from genbench.human.store import Store
from genbench.human.web import Application, serve
from genbench.report import frames

ROOT = Path(__file__).parents[1]
ROWS = ("first", "second", "third")
DATABASE = Path("human.sqlite")
TWICE = 10  # of so many answers one is sent a second time
SERVE = "import sys; from benchmarks.human import run_server; run_server(int(sys.argv[1]))"
QUANTILES = {"median": 0.5, "p95": 0.95, "p99": 0.99, "most": 1.0}
FIELDS = ("participants", "pause", "killed", "request", "requests", "per_second", *QUANTILES, "told", "lost", "doubled")
HEADS = ("participants", "pause, s", "request", "requests", "per second", "median ms", "95 %", "99 %", "most")


@dataclass
class Asked:
    """What participants noted: seconds of requests by kind, and acknowledged answers by the address of the image.

    sent: answers that the server may have taken, acknowledged or not.
    """

    seconds: dict[str, list[float]] = field(default_factory=dict)
    told: dict[str, bool] = field(default_factory=dict)
    sent: dict[str, bool] = field(default_factory=dict)


def main() -> None:
    options = _options()
    machine = described(["aiohttp"])
    records = [
        record
        for pause, killed in [*((pause, False) for pause in options.pauses), (0.0, True)]
        for record in measured(options.participants, options.answers, pause, killed=killed)
    ]
    write_json(options.out / "human.json", {"machine": machine, "answers": options.answers, "records": records})
    write(options.out)


def measured(participants: int, answers: int, pause: float, *, killed: bool) -> list[dict[str, Any]]:
    """Let participants answer at once; gives a record for each kind of request. killed: kill the server in between."""
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        images(folder)
        with serving(folder) as (server, url):
            started = time.perf_counter()
            asked = asyncio.run(_everybody(url, participants, answers, pause, server if killed else None))
            seconds = time.perf_counter() - started
        facts = {
            "participants": participants,
            "pause": pause,
            "killed": killed,
            "seconds": seconds,
            **_held(folder, asked),
        }
    return [facts | {"request": request, **_times(times, seconds)} for request, times in sorted(asked.seconds.items())]


def _times(seconds: list[float], whole: float) -> dict[str, float]:
    quantiles = {name: float(np.quantile(seconds, share)) for name, share in QUANTILES.items()}
    return {"requests": len(seconds), "per_second": len(seconds) / whole, **quantiles}


def _held(folder: Path, asked: Asked) -> dict[str, int]:
    """Count acknowledged answers, those of them that the database lacks or has otherwise, and answers nobody gave."""
    with closing(sqlite3.connect(folder / DATABASE)) as connection:
        sound = connection.execute("PRAGMA integrity_check").fetchone()[0]
        query = "SELECT address, says_real FROM answers JOIN trials USING (session, position)"
        kept = {address: bool(says_real) for address, says_real in connection.execute(query)}
    if sound != "ok":
        raise RuntimeError(f"the database is not sound: {sound}")
    lost = sum(kept.get(address) is not says_real for address, says_real in asked.told.items())
    doubled = sum(asked.sent.get(address) is not says_real for address, says_real in kept.items())
    return {"told": len(asked.told), "kept": len(kept), "lost": lost, "doubled": doubled}


async def _everybody(
    url: str, participants: int, answers: int, pause: float, victim: subprocess.Popen[bytes] | None
) -> Asked:
    """Run all participants; with a victim, kill it once half of the answers are acknowledged."""
    asked, connector = Asked(), aiohttp.TCPConnector(limit=0)
    people = [_person(url, connector, answers, pause, asked) for _ in range(participants)]
    if victim:
        people.append(_kill(victim, asked, participants * answers // 2))
    results = await asyncio.gather(*people, return_exceptions=True)
    await connector.close()
    faults = [result for result in results if isinstance(result, BaseException)]
    if faults and not (victim and all(isinstance(fault, aiohttp.ClientConnectionError) for fault in faults)):
        raise faults[0]
    return asked


async def _kill(server: subprocess.Popen[bytes], asked: Asked, answers: int) -> None:
    while len(asked.told) < answers:
        await asyncio.sleep(0.001)
    server.send_signal(signal.SIGKILL)


async def _person(url: str, connector: aiohttp.TCPConnector, answers: int, pause: float, asked: Asked) -> None:
    """Join, look and answer."""
    jar = aiohttp.CookieJar(unsafe=True)  # of a host that is an address
    async with aiohttp.ClientSession(url, connector=connector, connector_owner=False, cookie_jar=jar) as session:

        async def ask(kind: str, path: str, body: object = None) -> Any:
            started = time.perf_counter()
            sent = {"headers": {"Origin": url}, "json": body} if body else {}
            async with session.request("POST" if body else "GET", path, **sent) as response:  # type: ignore[arg-type]
                response.raise_for_status()
                content = await (response.json() if body else response.read())
            asked.seconds.setdefault(kind, []).append(time.perf_counter() - started)
            return content

        facts = {"agreed": True, "screen": "1920×1080", "pixel_ratio": 1, "frame_ms": 16.7}
        place = await ask("join", "/join", facts)
        for number in range(answers):
            if place["check"] is None:
                await ask("image", f"/picture/{place['trial']}")
            await asyncio.sleep(pause)
            address, says_real = place["trial"], number % 3 == 0
            reply = {"trial": address, "shown_ms": None, "marked": "", "reaction_ms": 400.0, "shown_px": 320}
            asked.sent[address] = says_real
            place = await ask("answer", "/answer", reply | {"says_real": says_real})
            asked.told[address] = says_real
            if number % TWICE == 0:
                again = await ask("answer", "/answer", reply | {"says_real": not says_real})
                assert again["trial"] == place["trial"]


def images(folder: Path) -> None:
    """Write random images of a benchmark's cells, and real ones."""
    rng, paths = np.random.default_rng(0), Paths("made")
    for place in (paths.images / "reference", *(paths.samples(run, 0) for run in ROWS)):
        pixels = rng.integers(256, size=(500, 3, 32, 32), dtype=np.uint8)
        Images(pixels, np.full(len(pixels), -1, np.int64)).save(folder / place)


def run_server(port: int) -> None:
    """Serve HYPE-infinity over the images of the working directory."""
    with Store(DATABASE, study("made", ROWS, (0,), 0)) as store:
        serve(Application(store, Pictures("made"), "infinity"), "127.0.0.1", port)


@contextmanager
def serving(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Run the server, and yield its process and address once it listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    variables = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", SERVE, str(port)], cwd=folder, env=variables) as server:
        try:
            _wait(server, port)
            yield server, f"http://127.0.0.1:{port}"
        finally:
            server.kill()


def _wait(server: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(600):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        if server.poll() is not None:
            raise RuntimeError(f"the server ended with exit status {server.returncode}")
        time.sleep(0.05)
    raise RuntimeError("the server does not listen")


def write(folder: Path) -> None:
    """Write human.csv and human.md beside human.json."""
    said = read_json(folder / "human.json")
    rows = [[record[field] for field in FIELDS] for record in said["records"]]
    write_text(folder / "human.csv", frames.csv(frames.frame(FIELDS, rows)))
    write_text(folder / "human.md", markdown(said))


def markdown(said: dict[str, Any]) -> str:
    """Write the table of the document human.json, with what was measured."""
    machine, records = said["machine"], said["records"]
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    rows = [
        [str(r["participants"]), f"{r['pause']:g}", r["request"], str(r["requests"]), f"{r['per_second']:.0f}"]
        + [f"{1000 * r[name]:.0f}" for name in QUANTILES]
        for r in records
        if not r["killed"]
    ]
    parts = [
        "# Participants at once",
        f"{machine['processor']}, Python {machine['python']}, {versions}; load at the start {machine['load']:.1f}. "
        f"Made by `python -m benchmarks.human`: each participant gives {said['answers']} answers, with a pause before "
        "each; the participants are tasks of another process on the same machine.",
        frames.markdown(frames.frame(HEADS, rows), align="rrlrrrrrr"),
        *_kept(records),
    ]
    return "\n\n".join(parts) + "\n"


def _kept(records: list[dict[str, Any]]) -> Iterator[str]:
    """Yield what became of the answers, a sentence for each round."""
    for r in records:
        if r["request"] == "answer":
            how = "Killed in the middle" if r["killed"] else f"With a pause of {r['pause']:g} s"
            yield (
                f"{how}, the server acknowledged {r['told']} answers; its database has {r['kept']}. Of those "
                f"acknowledged {r['lost']} are lost or changed, and {r['doubled']} are of nobody."
            )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.human", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--participants", type=int, default=200)
    parser.add_argument("--answers", type=int, default=40, help="of each participant")
    parser.add_argument("--pauses", type=float, nargs="+", default=[0.0, 1.0], help="seconds before each answer")
    parser.add_argument("--out", type=Path, default=Path("reports/benchmarks"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
