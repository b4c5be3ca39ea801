"""The site of all reports in a real browser: its links lead somewhere, it asks for nothing, it fits a phone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urljoin

import pytest

from genbench.dag.locked import md5
from genbench.errors import InputError
from genbench.report.site.build import MARK, build
from genbench.report.site.chart import chart
from genbench.report.site.history import histories
from tests.support.clone import ROOT, Clone

BOARD = "reports/leaderboard.json"


def later(project: Clone, factor: float, **protocol: Any) -> None:
    """Commit the leaderboard with every mean scaled."""
    board = project.json(BOARD)
    for row in board["rows"]:
        one = row["scores"]["classifier"]["fid"]
        one["mean"] = one["mean"] and one["mean"] * factor
    board["protocols"]["classifier"] |= protocol
    (project.path / BOARD).write_text(json.dumps(board), encoding="utf-8")
    project.commit()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """The reports of this repository with a past: another format, then one protocol twice, then another one twice."""
    made = Clone(tmp_path_factory.mktemp("site") / "project")
    for folder in ("reports", "laboratory"):
        shutil.copytree(ROOT / folder, made.path / folder, ignore=shutil.ignore_patterns(".dvc", "data"))
    board = (made.path / BOARD).read_text(encoding="utf-8")
    (made.path / BOARD).write_text("{}", encoding="utf-8")
    made.run("git", "init", "--quiet")
    made.commit()
    (made.path / BOARD).write_text(board, encoding="utf-8")
    later(made, 1)
    later(made, 1.1)
    later(made, 2, n_fake=7)
    later(made, 0.9)
    locks = (ROOT / "dvc.lock").read_text(encoding="utf-8")
    locked_before, locked_now = md5(ROOT / BOARD), md5(made.path / BOARD)
    (made.path / "dvc.lock").write_text(locks.replace(locked_before, locked_now), encoding="utf-8")
    return made


@pytest.fixture
def inside(project: Clone, monkeypatch: pytest.MonkeyPatch) -> Clone:
    monkeypatch.chdir(project.path)
    return project


@pytest.fixture(scope="module")
def site(project: Clone) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project.path)
        return build(project.path / "build" / "site").parent.resolve()


def test_a_history_is_cut_where_the_protocol_changed(inside: Clone) -> None:
    history = histories()[inside.json(BOARD)["profile"]]
    assert [len(part) for part in history.parts()] == [2, 2]
    assert history.unread == 1
    drawn = chart(history)
    assert drawn is not None
    assert len(drawn.breaks) == 1
    for line in drawn.lines:
        # 1.1 times higher, then 0.9 times: up is a smaller y
        (first, second), (third, fourth) = line.pieces
        assert second[1] < first[1]
        assert fourth[1] > third[1]
    places = sorted(line.label for line in drawn.lines if line.label is not None)
    assert all(b - a >= 12.9 for a, b in zip(places, places[1:], strict=False))


def test_every_page_stands_alone_and_every_link_leads_to_one(site: Path, browser: Any) -> None:
    waiting, seen = [(site / "index.html").as_uri()], set()
    complaints: list[str] = []
    with browser.new_context(viewport={"width": 360, "height": 800}) as context:
        page = context.new_page()
        page.on("console", lambda message: complaints.append(f"{page.url}: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        page.on("request", lambda request: complaints.append(request.url) if _leaves(request.url, site) else None)
        while waiting:
            url = waiting.pop()
            if url in seen:
                continue
            seen.add(url)
            page.goto(url)
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, url
            for link in page.evaluate("[...document.querySelectorAll('a[href]')].map(a => a.getAttribute('href'))"):
                if link.startswith("https://"):
                    continue  # to a work that is cited, for the reader to follow
                target = urldefrag(urljoin(url, link)).url
                assert not _leaves(target, site), f"{url} links to {link}"
                assert Path(target.removeprefix("file://")).is_file(), f"{url} links to {link}"
                if target.endswith(".html"):
                    waiting.append(target)
    assert not complaints
    html = {file.as_uri() for file in site.rglob("*.html")}
    assert seen == html


def test_each_laboratory_has_its_page_among_the_reports(site: Path) -> None:
    index = (site / "index.html").read_text(encoding="utf-8")
    for study in ("divergences", "likelihood", "metrics", "tuning"):
        report = ROOT / "laboratory" / study / "report"
        copied = site / "reports" / study
        assert f'href="reports/{study}/index.html"' in index
        back = b'\n  <p class="back"><a href="../../index.html">All reports</a></p>'
        assert back in (copied / "index.html").read_bytes()
        assert {file.name: file.read_bytes() for file in report.iterdir()} == {
            file.name: file.read_bytes().replace(back, b"") for file in copied.iterdir()
        }


def test_each_board_leads_back_to_the_index(site: Path, browser: Any) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        for board in ("reports", "reports/published/known"):
            page.goto((site / board / "index.html").as_uri())
            page.get_by_role("link", name="All reports").click()
            assert page.url == (site / "index.html").as_uri()


def _leaves(url: str, site: Path) -> bool:
    return not url.startswith((f"{site.as_uri()}/", "data:"))


def test_the_history_shows_its_chart_and_numbers(site: Path, browser: Any) -> None:
    with browser.new_context(viewport={"width": 1200, "height": 800}) as context:
        page = context.new_page()
        page.goto((site / "index.html").as_uri())
        page.get_by_role("link", name="history").first.click()
        assert page.get_by_role("img").is_visible()
        assert page.locator("polyline.series").count() >= 2
        assert page.locator("table.history thead th").count() == 5
        assert "1 commit with a leaderboard of another format is left out" in page.locator("header").inner_text()


def test_only_an_earlier_site_is_replaced(inside: Clone, site: Path, tmp_path: Path) -> None:
    (site / "stale.html").write_text("", encoding="utf-8")
    build(site)
    assert not (site / "stale.html").exists()
    assert (site / MARK).exists()
    (tmp_path / "precious.txt").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="got a folder of other content"):
        build(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["precious.txt"]


def test_without_a_report_there_is_no_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="no such file; `dvc repro` makes it"):
        build(Path("site"))
    assert not Path("site").exists()
