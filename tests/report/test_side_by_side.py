"""Two rows of the page side by side, in a real browser."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from scipy.stats import t as student

from genbench.files.atomic import read_json, write_json
from genbench.report.compare import noise
from tests.report.test_page import NASTY, opened
from tests.support.browser import needed
from tests.support.report_tree import Tree, write_tree

axe = needed("axe_playwright_python.sync_playwright")
PAIR = "#compare=vae&compare=wgan_gp"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """Five runs of three seeds: wgan_gp better than vae by FID, but not by IS; one seed alone of gan finished."""
    tree = write_tree(
        tmp_path_factory.mktemp("side"), ("held_out", "wgan_gp", "vae", "gan", NASTY), (0, 1, 2), points=40
    )
    for seed in tree.seeds:
        record = read_json(tree.record("vae", seed))
        record["metrics"]["inception_score"] = read_json(tree.record("wgan_gp", (seed + 1) % 3))["metrics"][
            "inception_score"
        ]
        write_json(tree.record("vae", seed), record)
    for seed in (1, 2):
        record = read_json(tree.record("gan", seed))
        write_json(tree.record("gan", seed), record | {"metrics": {}, "diverged": {"step": 9, "reason": "loss is nan"}})
    tree.runs["vae"] |= {"model": "vae", "train": {"model": "vae", "latent": 8, "lr": 0.0002}, "sample": {}}
    tree.report()
    return tree


def values(tree: Tree, run: str, metric: str) -> list[float]:
    return [read_json(tree.record(run, seed))["metrics"][metric] for seed in tree.seeds]


def lines(page: Any, name: str) -> dict[str, list[str]]:
    """Read a table of the section: by the text of a line's heading, those of its cells."""
    rows = (
        page.get_by_role("region", name=name)
        .locator("tbody tr")
        .evaluate_all("rows => rows.map(row => [...row.cells].map(cell => cell.innerText))")
    )
    return {head: cells for head, *cells in rows}


def tick(page: Any, run: str) -> None:
    page.get_by_role("checkbox", name=f"Compare {run}", exact=True).press(" ")


def test_the_quantile_is_students(browser: Any, tree: Tree) -> None:
    freedoms = [1, 1.37, 2, 4, 9.5, 29.9, 31, 200]
    with opened(browser, tree) as page:
        found = page.evaluate("freedoms => freedoms.map(quantile)", freedoms)
    assert found == pytest.approx(student.ppf(0.975, freedoms).tolist(), rel=1e-5)


def test_the_difference_is_that_of_the_comparison_of_boards(browser: Any, tree: Tree) -> None:
    rng = np.random.default_rng(0)
    sides = [
        rng.normal(mean, sd, n).tolist() for mean, sd, n in ((5, 1, 3), (6, 0.1, 5), (4, 2, 2), (7, 1, 1), (1, 9, 10))
    ]
    sides.append([2.0, 2.0, 2.0])
    with opened(browser, tree) as page:
        for first, second in itertools.product(sides, repeat=2):
            known = [
                [np.mean(side), np.var(side, ddof=1) if len(side) > 1 else 0, len(side)] for side in (first, second)
            ]
            found = page.evaluate(
                "([first, second]) => difference(first, second)", [list(map(float, one)) for one in known]
            )
            expected = noise.difference(second, first)
            if expected is None:
                assert found is None
                continue
            assert found == pytest.approx(
                {"value": expected.value, "low": expected.low, "high": expected.high}, rel=1e-5
            )


def test_two_ticked_rows_stand_side_by_side(browser: Any, tree: Tree) -> None:
    with opened(browser, tree) as page:
        section = page.get_by_role("region", name="Two rows side by side")
        tick(page, "vae")
        assert page.get_by_role("status").filter(has_text="vae is ticked").is_visible()
        assert not section.is_visible()
        tick(page, "wgan_gp")
        assert section.is_visible()
        assert not page.locator(".detail:visible").count()  # a tick opens no row
        assert page.locator("#side-title").evaluate("title => title === document.activeElement")
        assert page.evaluate("location.hash") == PAIR
        assert section.locator("figure.grid img").evaluate_all("images => images.map(one => one.naturalWidth)") == [
            71,
            71,
        ]
        numbers = lines(page, "Numbers side by side")
        first, second = (values(tree, run, "fid") for run in ("vae", "wgan_gp"))
        apart = noise.difference(second, first)
        assert apart is not None
        half = student.ppf(0.975, 2) * np.std(first, ddof=1) / np.sqrt(3)
        assert numbers["FID"][0] == f"{np.mean(first):.2f}\n[{np.mean(first) - half:.2f}, {np.mean(first) + half:.2f}]"
        said = f"{apart.value:.2f}\n[{apart.low:.2f}, {apart.high:.2f}]\nbeyond noise: wgan_gp is better"
        assert numbers["FID"][2] == said
        assert numbers["IS"][2].endswith("within noise")
        assert numbers["bits/dim ↓"][2].endswith("numbers of two kinds")
        costs = lines(page, "Costs side by side")
        assert costs["training time"] == ["1 min 1 s"] * 2
        assert costs["training, operations"] == ["2.00e+11"] * 2


def test_options_that_differ_come_first(browser: Any, tree: Tree) -> None:
    with opened(browser, tree, fragment=PAIR) as page:
        assert page.get_by_role("heading", name="Options: 6 of 7 differ").is_visible()
        options = lines(page, "Options side by side")
        assert list(options)[-1] == "train.lr"
        assert options["train.lr"] == ["0.0002", "0.0002"]
        assert options["≠ train.latent"] == ["8", "–"]
        assert sum(name.startswith("≠ ") for name in options) == 6


def test_curves_of_both_share_a_chart_over_operations(browser: Any, tree: Tree) -> None:
    with opened(browser, tree, fragment=PAIR) as page:
        charts = page.locator("#sides .losses")
        assert charts.locator("figcaption").all_inner_texts() == [
            f"Loss of {group} over operations: vae, wgan_gp (dashed)" for group in ("critic", "generator")
        ]
        assert charts.first.locator("polyline").count() == 6
        assert charts.first.locator("polyline.side1").count() == 3
        # both have one budget and spans of their own: the points of a line are where its own chart has them, rescaled
        spans = [page.locator(f"#run-{run} .losses").first.get_attribute("data-spans") for run in ("vae", "wgan_gp")]
        (end, low, high), (_, other_low, other_high) = [[float(one) for one in span.split()] for span in spans]
        least, most = min(low, other_low), max(high, other_high)
        own = page.locator("#run-vae .losses polyline").first.get_attribute("points").split()[-1]
        drawn = charts.first.locator("polyline").first.get_attribute("points").split()[-1]
        x, y = (float(part) for part in own.split(","))
        loss = high - y / 130 * (high - low)
        assert [float(part) for part in drawn.split(",")] == pytest.approx(
            [x, (most - loss) / (most - least) * 130], abs=0.06
        )
        assert end == 1.95e11


def test_the_address_brings_the_pair_back_and_a_third_row_takes_the_place_of_the_first(
    browser: Any, tree: Tree
) -> None:
    with opened(browser, tree, fragment=f"{PAIR}&compare=nobody") as page:
        heads = page.get_by_role("region", name="Numbers side by side").locator("thead th").all_inner_texts()
        assert heads == ["", "vae", "wgan_gp", "difference"]
        tick(page, NASTY)
        assert page.locator("tbody.run input:checked").count() == 2
        assert page.locator("#sides .two h3").all_inner_texts() == ["wgan_gp", NASTY]
        link = page.evaluate("location.hash")
        page.get_by_role("button", name="Close and untick both").press("Enter")
        assert not page.locator("#side-by-side").is_visible()
        assert page.locator("tbody.run input:checked").count() == 0
        assert page.evaluate("document.activeElement.getAttribute('aria-label')") == f"Compare {NASTY}"
    with opened(browser, tree, fragment=link) as page:
        assert page.locator("#sides .two h3").all_inner_texts() == ["wgan_gp", NASTY]


def test_a_row_of_one_seed_says_so(browser: Any, tree: Tree) -> None:
    with opened(browser, tree, fragment="#compare=gan&compare=held_out") as page:
        numbers = lines(page, "Numbers side by side")
        assert numbers["FID"][0].endswith("\none seed")
        assert "Loss of critic over operations: gan" in page.locator("#sides .losses figcaption").all_inner_texts()
        between = noise.difference(values(tree, "held_out", "fid"), [read_json(tree.record("gan"))["metrics"]["fid"]])
        assert between is not None
        assert f"[{between.low:.2f}, {between.high:.2f}]" in numbers["FID"][2].replace("−", "-")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_axe_finds_nothing_serious_and_nothing_sticks_out(browser: Any, tree: Tree, scheme: str, width: int) -> None:
    with opened(browser, tree, fragment=PAIR, width=width, color_scheme=scheme) as page:
        assert page.locator("html").evaluate("element => element.scrollWidth - element.clientWidth") == 0
        found = axe.Axe().run(page).response
        faults = [one["id"] for one in found["violations"] if one["impact"] in ("serious", "critical")]
        assert faults == []
        page.emulate_media(media="print")
        assert page.locator("#side-by-side").is_visible()
        assert not page.locator(".ticking:visible, #untick:visible").count()
        assert page.locator("#sides .losses .tick").first.is_visible()
