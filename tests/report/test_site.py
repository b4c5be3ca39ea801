"""The site of all reports in a real browser: its links lead somewhere, it asks for nothing, it fits a phone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urljoin

import pytest

from genbench.cli import parser
from genbench.dag.locked import md5
from genbench.errors import InputError
from genbench.report.leaderboard import Leaderboard, trained
from genbench.report.site.build import MARK, build
from genbench.report.site.chart import COLOURS, HEIGHT, chart
from genbench.report.site.findings import finding, study
from genbench.report.site.history import histories
from genbench.report.site.reports import FRONT, Board, front
from genbench.report.stored import parse
from tests.support.browser import needed
from tests.support.clone import ROOT, Clone

axe = needed("axe_playwright_python.sync_playwright")

BOARD = "reports/leaderboard.json"
HISTORY = "history/digits.html"


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
    assert len(drawn.breaks) == 1
    for line in drawn.lines:
        # 1.1 times higher, then 0.9 times: up is a smaller y
        (first, second), (third, fourth) = line.pieces
        assert second[1] < first[1]
        assert fourth[1] > third[1]
    places = sorted(line.label for line in drawn.lines if line.label is not None)
    assert all(b - a >= 12.9 for a, b in zip(places, places[1:], strict=False))
    assert len(places) == len(drawn.lines) > 5
    assert places[0] >= 0 and places[-1] <= HEIGHT, "names run into the dates below"
    assert len({line.colour for line in drawn.lines}) == min(COLOURS, len(drawn.lines))


def test_names_of_lines_that_end_together_stay_inside_the_chart(inside: Clone) -> None:
    history = histories()["digits"]
    for revision in history.revisions:
        for row in trained(revision.board)[1:]:
            row["scores"]["classifier"]["fid"]["mean"] = 20.0  # the lowest, where all names would go further down
    drawn = chart(history)
    places = sorted(line.label for line in drawn.lines if line.label is not None)
    assert places[-1] <= HEIGHT and len(places) == len(trained(history.revisions[-1].board))
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
    for name in ("divergences", "likelihood", "metrics", "tuning"):
        report = ROOT / "laboratory" / name / "report"
        copied = site / "reports" / name
        assert f'href="reports/{name}/index.html"' in index
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


def test_a_history_of_one_commit_is_no_page(site: Path) -> None:
    assert [file.name for file in (site / "history").iterdir()] == [Path(HISTORY).name]
    assert (site / "index.html").read_text(encoding="utf-8").count(">history</a>") == 1


QUESTIONS = ["What is it?", "What did it find?", "Can I trust it?", "How do I run it?", "How do I add mine?"]


def test_five_questions_are_answered_on_the_first_screen(site: Path, browser: Any) -> None:
    with browser.new_context(viewport={"width": 1280, "height": 800}) as context:
        page = context.new_page()
        page.goto((site / "index.html").as_uri())
        assert page.locator(".front dt").all_inner_texts() == QUESTIONS
        answers = page.locator(".front dd")
        assert answers.count() == len(QUESTIONS)
        last = answers.last.bounding_box()
        assert last["y"] + last["height"] <= 800
        assert page.locator(".front img").evaluate("image => image.naturalWidth") > 500
        path = f"reports/published/{FRONT}/leaderboard.json"
        assert finding(parse((site / path).read_text(encoding="utf-8"), path)) in answers.nth(1).inner_text()


def test_the_current_leaderboard_leads_where_the_one_of_the_front_is_not_published() -> None:
    mine, known, first = (Board(Path(name), name, name == "mine", None) for name in ("mine", "known", FRONT))
    assert front([mine, known]) is mine
    assert front([mine, known, first]) is first


def test_the_answers_can_be_read_on_a_phone(site: Path, browser: Any) -> None:
    with browser.new_context(viewport={"width": 390, "height": 844}) as context:
        page = context.new_page()
        page.goto((site / "index.html").as_uri())
        for part in page.locator(".front :is(dt, dd, code)").all():
            box, size = part.bounding_box(), part.evaluate("part => parseFloat(getComputedStyle(part).fontSize)")
            assert box["x"] >= 0 and box["x"] + box["width"] <= 390
            assert size >= 13


def test_the_commands_of_the_first_screen_are_there(site: Path, browser: Any) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    with browser.new_context() as context:
        page = context.new_page()
        page.goto((site / "index.html").as_uri())
        commands = [text.split() for text in page.locator(".front code").all_inner_texts()]
    assert len(commands) == 5
    for program, *words in commands:
        if program == "make":
            assert f"\n{words[0]}: " in makefile
        else:
            assert program == "genbench" and parser().parse_args(words)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)])
@pytest.mark.parametrize("name", ["index.html", HISTORY])
def test_axe_finds_no_fault(site: Path, browser: Any, name: str, scheme: str, width: int) -> None:
    with browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme) as context:
        page = context.new_page()
        page.goto((site / name).as_uri())
        found = axe.Axe().run(page).response
        assert len(found["passes"]) > 10
        assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []


def board_of(means: dict[str, float]) -> Leaderboard:
    """The committed board with other numbers in its first column for some rows."""
    board = parse((ROOT / BOARD).read_text(encoding="utf-8"), BOARD)
    for row in board["rows"]:
        own = row["scores"]["classifier"]["fid"]
        own["mean"], own["draw"] = means.get(row["run"], 500.0), None
    return board


@pytest.mark.parametrize(
    ("means", "said"),
    [
        (
            {"vae": 70, "gaussian_mixture": 60.0, "held_out": 1},
            ["vae is the best of 9", "70.00. None reaches", "60.00"],
        ),
        ({"vae": 50.0, "edm": 55, "gaussian_mixture": 60}, ["vae is the best", "2 do better than the simple baseline"]),
        ({"cgan_projection": 1, "vae": 5}, ["vae is the best of 9", "1 do better"]),  # told the class: no rival
    ],
)
def test_a_finding_names_the_leader_and_the_baseline(means: dict[str, float], said: list[str]) -> None:
    sentence = finding(board_of(means))
    for part in said:
        assert part in sentence


def test_a_finding_says_when_the_test_of_ranks_ties_the_first() -> None:
    board = board_of({"vae": 50, "edm": 55})
    for row in board["rows"]:
        row["ranks"]["classifier.fid"] = 1 if row["run"] in ("vae", "edm") else 3
    assert "the test of ranks puts 2 rows first together" in finding(board)


def test_a_finding_says_which_row_another_ruler_has_first() -> None:
    """Of the ruler pixels, where it has another row first, with the place of the one that leads here."""
    board = board_of({"vae": 50})
    for place, row in enumerate(trained(board)):
        row["scores"]["pixels"]["fid"]["mean"] = {"vae": 0.5, "edm": 0.25}.get(row["run"], 1.0 + place)
    assert finding(board).endswith(" By pixels edm is first, and vae has place 2.")
    row = next(row for row in board["rows"] if row["run"] == "edm")
    row["scores"]["pixels"]["fid"]["mean"] = 0.75
    assert "By pixels" not in finding(board)


CLAIMS = """<header><h1>When  do they lie?</h1><p>A lead &amp; more.</p></header>
<table class="texts claims"><tr><th scope="row">Copies score well.</th><td class="holds">✓ yes</td></tr>
<tr><th scope="row">FID sees <i>all</i>.</th><td class="fails">✗ no</td></tr></table>"""


def test_a_study_says_its_finding_else_its_claims_else_what_it_asks() -> None:
    said = study(CLAIMS)
    assert said.title == "When do they lie?"
    assert said.sentence == "Of 2 claims of theory and papers 1 held here. One that did not: “FID sees all.”"
    assert study(CLAIMS.replace("<p>", '<p class="finding">')).sentence == "A lead & more."
    assert study(CLAIMS.replace("<p>", '<p class="finding">All 3 fell.</p><p>')).sentence == "All 3 fell."
    assert study(CLAIMS.partition("<table")[0]).sentence == "A lead & more."
