"""The page in a real browser: sorting, opening, keyboard, dark mode, a phone, and nothing that leaves it."""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from report_tree import Tree, write_tree

from genbench.files import read_json, write_json
from genbench.report import likelihood
from genbench.report.leaderboard import headline, score
from genbench.report.printed import mean_sd

IN_CI = bool(os.environ.get("CI"))  # where nothing may be skipped
sync_api = importlib.import_module("playwright.sync_api") if IN_CI else pytest.importorskip("playwright.sync_api")

CHROMIUM = Path("/usr/bin/chromium")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
NASTY = "<script>alert(1)|&_"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """Seven runs: one of a hostile name, one diverged, one without its recall."""
    tree = write_tree(
        tmp_path_factory.mktemp("page"), ("held_out", "noise", "wgan_gp", "vae", "gan", "fgan_kl", NASTY), points=120
    )
    for seed in tree.seeds:
        record = read_json(tree.record("fgan_kl", seed))
        record |= {"metrics": {}, "diverged": {"step": 120, "reason": "loss of critic is nan"}}
        write_json(tree.record("fgan_kl", seed), record)
    record = read_json(tree.record("gan", 1))
    del record["metrics"]["recall"]
    write_json(tree.record("gan", 1), record)
    tree.report()
    return tree


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if not CHROMIUM.exists() and not IN_CI:
        pytest.skip(f"needs {CHROMIUM}, which the package chromium installs")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@contextmanager
def opened(browser: Any, tree: Tree, fragment: str = "", width: int = 1280, **context: Any) -> Iterator[Any]:
    """The page, which must neither ask for anything, nor say anything on the console, nor open a dialog."""
    complaints: list[str] = []
    with browser.new_context(viewport={"width": width, "height": 900}, **context) as context:
        page = context.new_page()
        page.set_default_timeout(5_000)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{(tree.reports / 'index.html').as_uri()}{fragment}")
        yield page
        assert complaints == []
        assert [url for url in asked if not url.startswith(("data:", "file:"))] == []
        assert len([url for url in asked if url.startswith("file:")]) == 1


def names(page: Any, kind: str) -> list[str]:
    return page.locator(f"tbody.{kind} > tr > th button").all_inner_texts()


def heading(page: Any, label: str) -> Any:
    return page.locator("#scores thead button").filter(has_text=re.compile(rf"^\s*{label}\b"))


def test_it_opens_sorted_with_calibration_apart(browser: Any, tree: Tree) -> None:
    with opened(browser, tree) as page:
        assert names(page, "trained") == ["wgan_gp", "vae", "gan", NASTY, "fgan_kl"]
        assert names(page, "calibration") == ["held_out", "noise"]
        order = page.locator("#scores > tbody").evaluate_all(
            "bodies => bodies.map(body => body.classList[body.classList.length - 1])"
        )
        assert order == ["trained"] * 5 + ["divider"] + ["calibration"] * 2
        assert page.locator("#scores > tbody", has_text="diverged at step 120 (loss of critic is nan)").count() == 1


def test_a_heading_sorts_each_part_best_first_then_worst_first(browser: Any, tree: Tree) -> None:
    with opened(browser, tree) as page:
        heading(page, "Precision").click()
        assert names(page, "trained") == ["vae", "wgan_gp", "gan", NASTY, "fgan_kl"]
        assert page.locator("th[aria-sort]").get_attribute("aria-sort") == "descending"
        heading(page, "Precision").click()
        assert names(page, "trained") == [NASTY, "gan", "wgan_gp", "vae", "fgan_kl"]  # without a number: last
        assert names(page, "calibration") == ["noise", "held_out"]
        heading(page, "Recall").click()
        assert names(page, "trained")[-2:] == ["gan", "fgan_kl"]
        heading(page, "Run").click()
        assert names(page, "trained") == [NASTY, "fgan_kl", "gan", "vae", "wgan_gp"]
        assert page.locator("th[aria-sort]").inner_text() == "Run"
        assert page.locator("#scores > tbody").nth(5).get_attribute("class") == "divider"


def test_numbers_and_marks_are_those_of_the_json(browser: Any, tree: Tree) -> None:
    board = read_json(tree.reports / "leaderboard.json")
    with opened(browser, tree) as page:
        for row in board["rows"]:
            body = page.locator(f'tbody[data-family="{row["model"]}"]').filter(
                has=page.locator("th button", has_text=re.compile(f"^{re.escape(row['run'])}$"))
            )
            texts = [text.replace("best", "").split() for text in body.locator("td .score").all_text_contents()]
            numbers = [*(mean_sd(row, column) for column in headline(board)), likelihood.text(row)]
            shown = [] if row["run"] == "fgan_kl" else [number.split() for number in numbers]
            assert [[word for word in words if word not in "↓↑"] for words in texts] == shown
            best = [
                column["label"]
                for column in headline(board)
                if row["run"] in board["best"]["classifier"][column["metric"]]
            ]
            marked = body.locator("td.best").evaluate_all("cells => cells.map(cell => cell.dataset.label)")
            assert [label.split()[0] for label in marked] == best
        floor = page.locator("tbody.run").first.locator("td small").first.inner_text()
        assert floor == f"{score(board['rows'][0], board['columns'][0])['per_floor']:.1f} × floor"


def test_a_row_opens_by_keyboard_to_everything_about_it(browser: Any, tree: Tree) -> None:
    with opened(browser, tree) as page:
        row = page.locator("tbody.run").first
        assert not row.locator(".detail").is_visible()
        row.locator("th button").focus()
        page.keyboard.press("Enter")
        assert row.locator("th button").get_attribute("aria-expanded") == "true"
        detail = row.locator(".detail")
        assert detail.is_visible()
        assert detail.locator("img").evaluate("image => image.complete && image.naturalWidth") == 8 * 9 - 1
        assert detail.locator("polyline").count() == 4  # two players, two seeds
        text = detail.inner_text()
        for part in ("train.objective", "0.0002", "51\u202f234", "1 min 1 s", "768 MiB", "critic loss"):
            assert part in text
        assert detail.locator("code").inner_text() == "dvc repro -f train@wgan_gp-0 train@wgan_gp-1 && dvc repro"
        assert detail.locator(".seeds tbody tr").count() == 2
        page.keyboard.press(" ")
        assert not detail.is_visible()
        row.locator("td").first.click()
        assert detail.is_visible()


def test_a_hostile_name_is_text_and_its_command_is_quoted(browser: Any, tree: Tree) -> None:
    with opened(browser, tree) as page:
        row = page.locator("tbody.trained").nth(3)
        row.locator("th button").click()
        assert row.locator("th button").inner_text() == NASTY
        assert f"'train@{NASTY}-0'" in row.locator("code").inner_text()
        assert page.locator("script").count() == 1


def test_a_point_of_the_scatter_leads_to_its_row(browser: Any, tree: Tree) -> None:
    with opened(browser, tree) as page:
        scatter = page.locator(".scatter").first
        scatter.locator("a", has_text="vae").click()
        assert page.locator("#run-vae .detail").is_visible()
        scatter.locator("a[href*='script']").click()
        assert page.locator("tbody.trained").nth(3).locator(".detail").is_visible()
        assert scatter.locator("a").count() == 5  # not the diverged one, nor the one without recall
    with opened(browser, tree, fragment="#run-gan") as page:
        assert page.locator("#run-gan .detail").is_visible()


def test_quality_stands_against_likelihood_and_training_time(browser: Any, tree: Tree) -> None:
    board = read_json(tree.reports / "leaderboard.json")
    with opened(browser, tree) as page:
        of_bits = page.locator("section", has=page.locator("h2", has_text="against likelihood"))
        named = of_bits.locator("a").evaluate_all("points => points.map(point => point.getAttribute('aria-label'))")
        said = {row["run"]: likelihood.text(row) for row in board["rows"] if row["likelihood"]}
        assert len(named) == len(said) == 3
        assert all(
            any(label.startswith(f"{run}: FID") and bits in label for label in named) for run, bits in said.items()
        )
        of_time = page.locator("section", has=page.locator("h2", has_text="training time"))
        assert "1 min 1 s of training" in of_time.locator("a").first.get_attribute("aria-label")


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_contrasts_with_its_ground_in_both_schemes(browser: Any, tree: Tree, scheme: str) -> None:
    colour = "(element, name) => getComputedStyle(element)[name]"
    with opened(browser, tree, color_scheme=scheme) as page:
        paper = luminance(page.locator("body").evaluate(colour, "backgroundColor"))
        assert (paper < 0.1) == (scheme == "dark")
        for selector in ("body", "small", ".lost", ".mark", "figcaption"):
            ink = luminance(page.locator(selector).first.evaluate(colour, "color"))
            assert (max(ink, paper) + 0.05) / (min(ink, paper) + 0.05) >= 4.5, selector
        for selector in ("svg .tick", "svg .axis", ".scatter .calibration text"):
            ink = luminance(page.locator(selector).first.evaluate(colour, "fill"))
            assert (max(ink, paper) + 0.05) / (min(ink, paper) + 0.05) >= 4.5, selector


@pytest.mark.parametrize("width", [360, 760, 900, 1280])
def test_nothing_sticks_out_at_any_width(browser: Any, tree: Tree, width: int) -> None:
    with opened(browser, tree, width=width) as page:
        page.locator("tbody.run th button").first.click()
        wide = "element => element.scrollWidth - element.clientWidth"
        assert page.locator("html").evaluate(wide) == 0
        assert page.locator("main > section").first.evaluate(wide) == 0
        heading(page, "IS").click()
        assert names(page, "trained")[0] == "wgan_gp"


def test_without_scripts_every_row_is_open(browser: Any, tree: Tree) -> None:
    with opened(browser, tree, java_script_enabled=False) as page:
        assert page.locator(".detail").count() == 7
        assert all(detail.is_visible() for detail in page.locator(".detail").all())


def test_pictures_have_words_sizes_and_ids_are_unique(browser: Any, tree: Tree) -> None:
    with opened(browser, tree) as page:
        attributes = (
            "elements => elements.map(e => [e.getAttribute('alt'), e.getAttribute('width'), e.getAttribute('height')])"
        )
        images = page.locator("img").evaluate_all(attributes)
        assert images
        assert all(None not in image for image in images)
        details = page.locator(".detail img, .real img").evaluate_all("images => images.map(image => image.alt)")
        assert all(details)
        labels = page.locator("svg[role]").evaluate_all(
            "charts => charts.map(chart => chart.getAttribute('aria-label'))"
        )
        assert labels
        assert all(labels)
        ids = page.locator("[id]").evaluate_all("elements => elements.map(element => element.id)")
        assert len(ids) == len(set(ids))


def test_nothing_moves_while_it_loads(browser: Any, tree: Tree) -> None:
    shifts = """() => new Promise(done => {
      new PerformanceObserver(list => done(list.getEntries().length)).observe({type: "layout-shift", buffered: true});
      setTimeout(() => done(0), 300);
    })"""
    with opened(browser, tree) as page:
        assert page.evaluate(shifts) == 0
