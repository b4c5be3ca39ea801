"""The pages in a real browser: a session of each kind by keyboard and by taps; nothing leaves the host.

axe-core (Deque Systems, MPL-2.0) looks for faults of accessibility.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from genbench.human import design
from genbench.human.design import FORMATS, Format
from genbench.human.store import Store
from tests.human.support import Running
from tests.support.browser import needed

axe = needed("axe_playwright_python.sync_playwright")

PRACTICES = 2
SHORT = {"infinity": Format(blocks=1, images=8, checks=2), "time": Format(blocks=2, images=4, checks=2)}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions of seconds."""
    monkeypatch.setattr(design, "PRACTICES", PRACTICES)
    formats: Any = FORMATS  # of which the type says that nobody changes it
    for kind, form in SHORT.items():
        monkeypatch.setitem(formats, kind, form)


@contextmanager
def opened(browser: Any, url: str, **options: Any) -> Iterator[Any]:
    """Yield a page of its own cookies; anything that it asks of another host fails the test, as any error does."""
    context, asked, errors = browser.new_context(**options), list[str](), list[str]()
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(url)
    yield page
    assert [address for address in asked if not address.startswith((f"{url}/", "data:"))] == []
    assert errors == [] and not page.locator("#message").is_visible()
    context.close()


def agree(page: Any) -> None:
    page.locator("#agreed").check()
    page.locator("#join").click()
    page.locator("#go").wait_for()


def settled(page: Any, answered: int) -> str:
    """Wait until the page asks for the next answer, announces a block or is done; return which."""
    return page.wait_for_function(
        """(answered) => {
            const visible = (id) => !document.getElementById(id).hidden;
            if (visible("done")) return "done";
            if (visible("ready")) return "ready";
            const next = document.getElementById("counter").textContent.startsWith(`Question ${answered + 1} `);
            return visible("trial") && next && !document.querySelector(".answer").disabled && "trial";
        }""",
        arg=answered,
    ).json_value()


def by_keys(page: Any, answered: int, until: int | None = None) -> int:
    """Answer by the keyboard alone, to the end or to a number of answers; return how many were given by then."""
    while (phase := settled(page, answered)) != "done" and answered != until:
        if phase == "ready":
            page.keyboard.press("Space")
        else:
            page.keyboard.press("ArrowLeft")
            answered += 1
    return answered


def by_taps(page: Any) -> None:
    answered = 0
    while (phase := settled(page, answered)) != "done":
        if phase == "ready":
            page.locator("#go").tap()
        else:
            page.locator(".answer").nth(1).tap()
            answered += 1


def total(kind: str) -> int:
    return PRACTICES + SHORT[kind].blocks * (SHORT[kind].images + SHORT[kind].checks)


def content(store: Store) -> list[dict[str, Any]]:
    query = "SELECT * FROM answers JOIN trials USING (session, position) ORDER BY session, position"
    return [dict(row) for row in store._connection.execute(query)]


def test_a_session_without_limit_by_keyboard(browser: Any, served: Store) -> None:
    with Running(served, "infinity") as server, opened(browser, server.url) as page:
        agree(page)
        assert by_keys(page, 0) == total("infinity")
        assert (
            page.locator("#code").inner_text()
            == served._connection.execute("SELECT code FROM participants").fetchone()["code"]
        )
    answers = content(served)
    assert len(answers) == total("infinity") and {answer["marked"] for answer in answers} == {""}
    # both answers of the left key's side are one: it stays where it is
    assert len({answer["says_real"] for answer in answers}) == 1
    # 8 pixels, enlarged a whole number of times
    assert {answer["shown_px"] % 8 for answer in answers if not answer["is_check"]} == {0}


def test_a_session_of_exposures_by_keyboard(browser: Any, served: Store, record_property: Any) -> None:
    with Running(served, "time") as server, opened(browser, server.url) as page:
        agree(page)
        assert by_keys(page, 0) == total("time")
    shown = [answer for answer in content(served) if not answer["is_check"]]
    frame = served._connection.execute("SELECT frame_ms FROM sessions").fetchone()["frame_ms"]
    record_property("exposures", [(answer["exposure_ms"], round(answer["shown_ms"], 1)) for answer in shown])
    assert len(shown) == PRACTICES + 8
    for answer in shown:
        missed = abs(answer["shown_ms"] - answer["exposure_ms"])
        assert missed <= 1.5 * frame + 0.1 or answer["marked"] == "slow"
    assert sum(answer["marked"] == "" for answer in shown) > len(shown) / 2


def test_a_session_on_a_phone_by_taps(browser: Any, served: Store) -> None:
    with Running(served, "infinity") as server, opened(browser, server.url, **PHONE) as page:
        agree(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        by_taps(page)
    assert len(content(served)) == total("infinity")


def test_a_reload_goes_on_and_two_browsers_do_not_mix(browser: Any, served: Store) -> None:
    with Running(served, "infinity") as server, opened(browser, server.url) as one, opened(browser, server.url) as two:
        agree(one)
        agree(two)
        assert by_keys(one, 0, until=3) == by_keys(two, 0, until=2) + 1 == 3
        before = one.locator("#picture").get_attribute("src")
        one.reload()
        one.locator("#go").click()
        assert settled(one, 3) == "trial" and one.locator("#picture").get_attribute("src") == before
        assert by_keys(one, 3) == by_keys(two, 2) == total("infinity")
    assert len(content(served)) == 2 * total("infinity") and served.participants() == 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault(browser: Any, served: Store, scheme: str) -> None:
    def check(page: Any) -> None:
        found = axe.Axe().run(page)
        assert found.violations_count == 0, found.generate_report()

    with Running(served, "infinity") as server, opened(browser, server.url, color_scheme=scheme) as page:
        page.locator("#agreed").wait_for()
        check(page)
        agree(page)
        check(page)
        page.keyboard.press("Space")
        settled(page, 0)
        check(page)
        by_keys(page, 0)
        check(page)


def test_the_page_says_when_the_server_is_gone(browser: Any, served: Store, tmp_path: Path) -> None:
    context = browser.new_context()
    page = context.new_page()
    with Running(served, "infinity") as server:
        page.goto(server.url)
        agree(page)
        by_keys(page, 0, until=1)
    page.keyboard.press("ArrowLeft")
    page.locator("#message").wait_for()
    assert "is kept" in page.locator("#message").inner_text()
    context.close()
