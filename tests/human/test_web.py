"""The server: what it refuses, what it says, and that no answer is lost or doubled."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from PIL import Image

from genbench.data import attribution
from genbench.data.images import load_array
from genbench.data.paths import Paths
from genbench.human.design import PRACTICES
from genbench.human.store import Store
from genbench.human.web import LIMIT
from tests.human.support import Browser, Running, length


@pytest.fixture
def server(served: Store) -> Iterator[Running]:
    with Running(served, "infinity") as running:
        yield running


def test_a_session_from_consent_to_the_code(server: Running, served: Store) -> None:
    browser = Browser(server.url)
    assert browser.ask("/state")[1] == {"phase": "welcome", "kind": "infinity", "attribution": ""}
    place = browser.join()
    told = 0
    while place["phase"] == "trial":
        status, after = browser.answer(place["trial"])
        assert status == 200 and ("right" in after) == (place["block"] == 0)
        told, place = told + ("right" in after), after
    assert place["phase"] == "done" and place["more"] and told == PRACTICES
    assert place["code"] == browser.cookies["participant"]
    assert len(list(served.answers())) == length("infinity")
    assert browser.ask("/next", {"frame_ms": 16})[1]["phase"] == "trial"


def test_the_images_are_those_of_the_design_and_nothing_tells_which(server: Running, served: Store) -> None:
    browser = Browser(server.url)
    place = browser.join()
    for _ in range(PRACTICES):
        question = served.standing(place["code"]).question
        assert question
        trial = question.trial
        folder = Paths("digits").samples(trial.run, trial.seed) if trial.run else Paths("digits").images / "reference"
        status, png = browser.ask(f"/picture/{place['trial']}")
        picture = np.asarray(Image.open(io.BytesIO(png)))
        assert status == 200 and (picture == load_array(folder / "pixels.npy")[trial.picture, 0]).all()
        assert not re.search(r"vae|wgan|reference|digits|\d/", json.dumps(place))
        place = browser.answer(place["trial"])[1]


def test_what_must_be_said_of_images_is_said_beside_them(served: Store) -> None:
    attribution.save(Paths("digits").images, "Drawn by Ada.")
    with Running(served, "infinity") as running:
        browser = Browser(running.url)
        assert browser.ask("/state")[1]["attribution"] == browser.join()["attribution"] == "Drawn by Ada."


def test_doubled_answers_are_one(server: Running, served: Store) -> None:
    browser = Browser(server.url)
    first = browser.join()["trial"]
    after = browser.answer(first)[1]
    status, again = browser.answer(first, says_real=False)
    assert status == 200 and again["answered"] == after["answered"] == 1 and again["trial"] == after["trial"]
    assert "right" not in again  # a second try does not tell


def test_joining_twice_is_joining_once(server: Running, served: Store) -> None:
    browser = Browser(server.url)
    assert browser.join() == browser.join()
    assert served.participants() == 1


def test_forged_answers_and_pictures_are_refused(server: Running, served: Store) -> None:
    browser, other = Browser(server.url), Browser(server.url)
    own, foreign = browser.join()["trial"], other.join()["trial"]
    later = served._connection.execute("SELECT address FROM trials WHERE position = 4 ORDER BY session").fetchone()[0]
    assert browser.answer("forged")[0] == browser.answer(foreign)[0] == 404
    assert browser.answer(later) == (409, {"error": "This question comes later."})
    for address in ("forged", foreign, later, "..%2F..%2Fparams.yaml"):
        assert browser.ask(f"/picture/{address}")[0] == 404
    assert Browser(server.url).ask(f"/picture/{own}")[0] == 404  # without the cookie
    assert browser.ask("/mask/4")[0] == browser.ask("/nothing")[0] == 404
    assert browser.ask("/state")[1]["answered"] == other.ask("/state")[1]["answered"] == 0


def test_other_origins_hosts_and_kinds_of_bodies_are_refused(server: Running, served: Store) -> None:
    browser, body = Browser(server.url), {"agreed": True}
    for origin in ("http://evil.example", "null", ""):
        assert browser.ask("/join", body, headers={"Origin": origin})[0] == 403
    assert browser.ask("/state", headers={"Host": "evil.example"})[0] == 403
    assert browser.ask("/join", body, headers={"Content-Type": "text/plain"})[0] == 415
    assert browser.ask("/join", raw=b"x" * (LIMIT + 1))[0] == 413
    assert served.participants() == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"agreed": False}, "agreed"),
        ({"screen": "<script>"}, "screen"),
        ({"frame_ms": 0}, "frame_ms"),
        ({"pixel_ratio": "wide"}, "pixel_ratio"),
        ({"name": "Ada"}, "name"),
    ],
)
def test_a_fault_of_a_body_is_named(server: Running, change: dict[str, Any], message: str) -> None:
    body = {"agreed": True, "screen": "1×1", "pixel_ratio": 1, "frame_ms": 16} | change
    status, said = Browser(server.url).ask("/join", body)
    assert status == 400 and message in said["error"]


def test_what_is_no_json_is_refused(server: Running) -> None:
    assert Browser(server.url).ask("/join", raw=b"\xff{")[0] == 400


def test_with_a_token_nobody_comes_in_without(served: Store) -> None:
    with Running(served, "infinity", served.token()) as server:
        browser = Browser(server.url)
        for path in ("/", "/state", "/app.js", "/?token=wrong", "/mask/0"):
            assert browser.ask(path)[0] == 403
        assert browser.ask(f"/?token={served.token()}")[0] == 200
        assert browser.ask("/state")[0] == 200 and browser.join()["phase"] == "trial"


def test_twenty_at_once_lose_and_double_nothing(server: Running, served: Store) -> None:
    def person(number: int) -> int:
        browser = Browser(server.url)
        place = browser.join()
        for answered in range(6):
            doubled, place = browser.answer(place["trial"]), browser.answer(place["trial"])[1]
            assert doubled[0] == 200 and place["answered"] == answered + 1
        return place["answered"]

    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(person, range(20))) == [6] * 20
    rows = served._connection.execute("SELECT session, count(*) FROM answers GROUP BY session").fetchall()
    assert [tuple(row) for row in rows] == [(session, 6) for session in range(1, 21)]
