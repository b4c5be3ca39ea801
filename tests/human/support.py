"""A study of made-up rows, and people who take part in it, in memory or in a file."""

from __future__ import annotations

import asyncio
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from aiohttp import web

from genbench.data.images import Images
from genbench.data.paths import Paths
from genbench.human.answers import Answer
from genbench.human.design import FORMATS, REAL, Kind, Source, Study
from genbench.human.observers import FRAME, Observer
from genbench.human.pictures import Pictures
from genbench.human.staircase import HYPE
from genbench.human.store import Store
from genbench.human.web import Application
from tests.support.clone import change, copy_params

SCREEN = "1920×1080"


def study(rows: int = 3, seeds: int = 2, count: int = 400, seed: int = 0) -> Study:
    """Make a study of rows row0, row1, ..., each of several seeds with `count` images."""
    names = [f"row{index}" for index in range(rows)]
    return Study(
        seed,
        Source(REAL, 0, count, "real"),
        {name: [Source(name, each, count, f"{name}{each}") for each in range(seeds)] for name in names},
    )


def session(who: int, run: str, kind: Kind, of: Study, observer: Observer, rng: np.random.Generator) -> list[Answer]:
    """Answer a session without a database, by the same design and staircase."""
    found: list[Answer] = []
    right: dict[int, list[bool]] = {}
    digests = {(source.run, source.seed): source.digest for source in of.sources()}
    for position, trial in enumerate(of.session(who, kind, run, practice=False)):
        limited = kind == "time" and not trial.check
        exposure = HYPE.next(right.get(trial.block, [])) if limited else None
        says_real = observer.says_real(trial, exposure, rng)
        if not trial.check:
            right.setdefault(trial.block, []).append(says_real == trial.real)
        found.append(
            Answer.model_construct(  # unchecked, which is fast
                participant=who,
                session=who,
                kind=kind,
                run=run,
                block=trial.block,
                position=position,
                real=int(trial.real),
                check=int(trial.check),
                seed=trial.seed,
                picture=trial.picture,
                digest=digests.get((trial.run, trial.seed), ""),
                says_real=int(says_real),
                exposure_ms=exposure,
                shown_ms=exposure,
                frame_ms=FRAME,
                marked="",
                reaction_ms=500.0,
                shown_px=320,
                pixel_ratio=1.0,
                screen=SCREEN,
            )
        )
    return found


def everybody(
    people: int, kind: Kind, of: Study, observer: Callable[[int], Observer], rng: np.random.Generator, run: str = "row0"
) -> list[Answer]:
    """Let several people answer a session of one row. observer: of a participant's number."""
    return [answer for who in range(people) for answer in session(who, run, kind, of, observer(who), rng)]


def length(kind: Kind) -> int:
    """Count the trials of a session without practice."""
    form = FORMATS[kind]
    return form.blocks * (form.images + form.checks)


def project(folder: Path, runs: Sequence[str] = ("vae", "wgan_gp"), count: int = 130) -> None:
    """Write params.yaml and random images of enabled cells, as the stages before would leave them."""
    copy_params(folder)
    change(folder, dataset="digits", profile="digits", enabled=list(runs), seeds=[0])
    rng, paths = np.random.default_rng(0), Paths("digits")
    for place in (paths.images / "reference", *(paths.samples(run, 0) for run in runs)):
        pixels = rng.integers(256, size=(count, 1, 8, 8), dtype=np.uint8)
        Images(pixels, np.full(count, -1, np.int64)).save(folder / place)


class Running:
    """A server of a study in a thread, at a free port."""

    def __init__(self, store: Store, kind: Kind, token: str | None = None) -> None:
        self._application = Application(store, Pictures("digits"), kind, token)
        self._started, self._loop, self.url = threading.Event(), asyncio.new_event_loop(), ""
        self._thread = threading.Thread(target=self._serve)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        runner = web.AppRunner(self._application.build(), access_log=None)
        self._loop.run_until_complete(runner.setup())
        site = web.TCPSite(runner, "127.0.0.1", 0)
        self._loop.run_until_complete(site.start())
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        self._started.set()
        self._loop.run_forever()
        self._loop.run_until_complete(runner.cleanup())
        self._loop.close()

    def __enter__(self) -> Running:
        self._thread.start()
        assert self._started.wait(30)
        return self

    def __exit__(self, *error: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()


class Browser:
    """A participant's browser without a page: it keeps cookies, and says where it comes from."""

    def __init__(self, url: str) -> None:
        self.url, self.cookies = url, dict[str, str]()

    def ask(
        self, path: str, body: object = None, *, raw: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        """Send a request, a POST where there is a body; return the status and the JSON or bytes of the answer."""
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        sent = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        sent |= {"Origin": self.url, "Content-Type": "application/json"} if data is not None else {}
        request = urllib.request.Request(self.url + path, data, sent | (headers or {}))
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                for text in response.headers.get_all("Set-Cookie", []):
                    name, _, value = text.partition(";")[0].partition("=")
                    self.cookies[name] = value
                return response.status, _content(response.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, _content(error.read())

    def join(self) -> Any:
        return self.ask("/join", {"agreed": True, "screen": SCREEN, "pixel_ratio": 1, "frame_ms": FRAME})[1]

    def answer(self, trial: str, says_real: bool = True) -> tuple[int, Any]:
        reply = {"trial": trial, "says_real": says_real, "shown_ms": None, "marked": ""}
        return self.ask("/answer", {**reply, "reaction_ms": 400.0, "shown_px": 320})


def _content(content: bytes) -> Any:
    return json.loads(content) if content.startswith(b"{") else content
