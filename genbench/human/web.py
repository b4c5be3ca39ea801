"""The web application: pages of the package, one question at a time, answers into the store.

aiohttp (Apache-2.0, kept by aio-libs) serves it: DVC needs it anyway, so that nothing is added to an installation, and
its server is made for production, which that of the standard library is not.

    GET  /                 the page; with ?token=... where one is asked for, which becomes a cookie
    GET  /state            the participant's place
    POST /join             consent, and facts of the display; sets the cookie with the participant's code
    POST /next             begin a session with another row
    POST /answer           the answer to a question; doubled it changes nothing
    GET  /picture/ADDRESS  the image of the question that the participant is at
    GET  /mask/NUMBER      a mask

Nothing that is sent says what an image is, before it is answered in the practice. A body of more than LIMIT bytes, one
from another origin, and a host by another name than the own one are refused.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlsplit

from aiohttp import web
from pydantic import Field

from genbench.errors import InputError
from genbench.files.section import Section
from genbench.human.answers import Mark, Milliseconds
from genbench.human.design import PRACTICE, Kind
from genbench.human.pictures import MASKS, Pictures
from genbench.human.staircase import frames
from genbench.human.store import Question, Refused, Reply, Standing, Store
from genbench.options import Flag

PAGE = Path(__file__).parent / "page"
FILES = {"/": "index.html", "/app.js": "app.js", "/style.css": "style.css"}
LIMIT = 4096  # bytes of a request's body
MASK = 30.0  # milliseconds of each mask
MONTH = 30 * 24 * 3600  # seconds that a browser keeps a code
LOOPBACK = ("localhost", "127.0.0.1", "::1")
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; img-src 'self' data:; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
T = TypeVar("T")
S = TypeVar("S", bound=Section)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Joining(Section):
    """Body of /join. frame_ms: between two frames of the display, as measured."""

    agreed: Literal[True]
    screen: Annotated[str, Field(pattern=r"^\d{1,5}×\d{1,5}$")]
    pixel_ratio: Annotated[float, Field(gt=0, le=100)]
    frame_ms: Annotated[float, Field(ge=1, le=200)]


class Going(Section):
    """Body of /next."""

    frame_ms: Annotated[float, Field(ge=1, le=200)]


class Answering(Section):
    """Body of /answer. trial: the question's address; the others as in :class:`genbench.human.answers.Answer`."""

    trial: Annotated[str, Field(max_length=100)]
    says_real: Flag
    shown_ms: Milliseconds | None
    marked: Mark
    reaction_ms: Milliseconds
    shown_px: Annotated[int, Field(ge=1, le=100_000)]


@dataclass
class Application:
    """The handlers. token: what a browser must have, None on a loopback address."""

    store: Store
    pictures: Pictures
    kind: Kind
    token: str | None = None
    _thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))

    def build(self) -> web.Application:
        """Make the application for a server."""
        application = web.Application(client_max_size=LIMIT, middlewares=[self._guard])
        application.add_routes([web.get(path, self._file) for path in FILES])
        application.add_routes(
            [
                web.get("/state", self._state),
                web.post("/join", self._join),
                web.post("/next", self._next),
                web.post("/answer", self._answer),
                web.get("/picture/{address}", self._picture),
                web.get("/mask/{number}", self._mask),
            ]
        )
        return application

    async def _do(self, function: Callable[..., T], *values: Any) -> T:
        """Call the store in its one thread, for it waits until an answer is on the disk."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: function(*values))

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let in who may, and put every refusal into one line of JSON."""
        try:
            self._require_allowed(request)
            response = await handler(request)
        except InputError as error:
            response = _refusal(400, str(error))
        except Refused as error:
            response = _refusal(404 if error.unknown else 409, str(error))
        except web.HTTPException as error:
            if error.status < 400:
                raise
            response = _refusal(error.status, error.text or error.reason)
        response.headers.update(HEADERS)
        return response

    def _require_allowed(self, request: web.Request) -> None:
        if self.token is None:
            if urlsplit(f"//{request.host}").hostname not in LOOPBACK:
                raise web.HTTPForbidden(text="This server is asked by a name that is not its own.")
        elif not any(
            hmac.compare_digest(given.encode(), self.token.encode())
            for given in (request.query.get("token", ""), request.cookies.get("token", ""))
        ):
            raise web.HTTPForbidden(text="Open the address with the token that whoever invited you has.")
        if request.method == "POST":
            if urlsplit(request.headers.get("Origin", "")).netloc != request.host:
                raise web.HTTPForbidden(text="Answers are taken from this server's own page alone.")
            if request.content_type != "application/json":
                raise web.HTTPUnsupportedMediaType(text="Expected JSON.")

    async def _file(self, request: web.Request) -> web.StreamResponse:
        response = web.FileResponse(PAGE / FILES[request.path])
        if self.token and "token" in request.query:
            response.set_cookie("token", self.token, max_age=MONTH, httponly=True, samesite="Strict")
        return response

    async def _state(self, request: web.Request) -> web.Response:
        return web.json_response(await self._place(_code(request)))

    async def _place(self, code: str, **more: object) -> dict[str, Any]:
        always = {"kind": self.kind, "attribution": self.pictures.attribution}
        if not await self._do(self.store.knows, code):
            return {"phase": "welcome", **always}
        standing = await self._do(self.store.standing, code)
        return {**self._said(standing, code), **always, **more}

    def _said(self, standing: Standing, code: str) -> dict[str, Any]:
        """Give what the page may know of a participant's place."""
        assert self.store.study
        counts = {"answered": standing.answered, "total": standing.total, "code": code}
        if standing.question is None:
            return {"phase": "done", "more": len(set(standing.rows)) < len(self.store.study.rows), **counts}
        return {"phase": "trial", **_question(standing.question), "real_left": standing.real_left, **counts}

    async def _join(self, request: web.Request) -> web.Response:
        body = await _body(request, Joining)
        code = _code(request)
        if not await self._do(self.store.knows, code):  # else the browser sent it twice
            code = await self._do(self.store.join, body.screen, body.pixel_ratio)
            await self._do(self.store.begin, code, self.kind, body.frame_ms)
        response = web.json_response(await self._place(code))
        response.set_cookie("participant", code, max_age=MONTH, httponly=True, samesite="Strict")
        return response

    async def _next(self, request: web.Request) -> web.Response:
        body, code = await _body(request, Going), _code(request)
        await self._do(self.store.begin, code, self.kind, body.frame_ms)
        return web.json_response(await self._place(code))

    async def _answer(self, request: web.Request) -> web.Response:
        body, code = await _body(request, Answering), _code(request)
        question = (await self._do(self.store.standing, code)).question
        reply = Reply(body.says_real, body.shown_ms, body.marked, body.reaction_ms, body.shown_px)
        taken = await self._do(self.store.answer, code, body.trial, reply)
        practised = taken and question is not None and question.trial.block == PRACTICE
        told = {"right": body.says_real == question.trial.real} if practised and question else {}
        return web.json_response(await self._place(code, **told))

    async def _picture(self, request: web.Request) -> web.Response:
        question = (await self._do(self.store.standing, _code(request))).question
        if question is None or question.address != request.match_info["address"] or question.trial.check:
            raise web.HTTPNotFound(text="There is no such image for you now.")
        trial = question.trial
        return web.Response(body=self.pictures.png(trial.run, trial.seed, trial.picture), content_type="image/png")

    async def _mask(self, request: web.Request) -> web.Response:
        number = request.match_info["number"]
        if number not in map(str, range(MASKS)):
            raise web.HTTPNotFound(text="There is no such mask.")
        return web.Response(body=self.pictures.mask(int(number)), content_type="image/png")


def _question(question: Question) -> dict[str, Any]:
    trial, limited = question.trial, question.exposure is not None
    return {
        "trial": question.address,
        "block": trial.block,
        "check": ("real" if trial.real else "generated") if trial.check else None,
        "frames": frames(question.exposure, question.frame) if question.exposure is not None else None,
        "frame_ms": question.frame,
        "masks": MASKS if limited else 0,
        "mask_frames": frames(MASK, question.frame),
    }


def _code(request: web.Request) -> str:
    return request.cookies.get("participant", "")


async def _body(request: web.Request, section: type[S]) -> S:
    try:
        values = await request.json()
    except ValueError:
        raise InputError("The request is not JSON.") from None
    return section.parse(values, "request:")


def _refusal(status: int, text: str) -> web.Response:
    return web.json_response({"error": text}, status=status)


def serve(application: Application, host: str, port: int) -> None:
    """Serve until a signal stops it; a port that is taken is an InputError."""
    try:
        web.run_app(application.build(), host=host, port=port, print=None, access_log=None)
    except OSError as error:
        raise InputError(f"--host {host} --port {port}: cannot be served: {error.strerror or error}") from None
