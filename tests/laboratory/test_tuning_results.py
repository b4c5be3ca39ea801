"""Fair tuning: what comes of its searches, as documents, claims, a page and rows of the catalogue."""

from __future__ import annotations

import csv
import io
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from genbench.errors import InputError
from genbench.files.atomic import write_json
from genbench.files.section import read
from genbench.pipeline import params
from genbench.pipeline.catalogue import Run
from genbench.pipeline.params import Params
from genbench.report import frames
from laboratory.tuning import space
from laboratory.tuning.apply import COMPARISONS, apply
from laboratory.tuning.claims import claims, finding
from laboratory.tuning.page import Scale, page
from laboratory.tuning.results import Results, best_of, budget, by_family, gains, gather, trials
from laboratory.tuning.space import chosen, draw, resolved
from tests.support.clone import ROOT, change

SPACE = space.load(ROOT / "laboratory/tuning/params.yaml").space
RUNS = params.load(ROOT / "params.yaml").runs
FAMILIES = {"gan": "GAN", "wgan": "WGAN", "r3gan": "GAN", "vae": "VAE"}
FAMILIES |= dict.fromkeys(("nsgan", "hinge", "fgan_gan", "fgan_js"), "GAN")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Params:
    """The params, profiles and catalogue, in a folder of their own."""
    shutil.copy(ROOT / "params.yaml", tmp_path)
    for folder in ("profiles", "runs"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    monkeypatch.chdir(tmp_path)
    return params.load()


def half(run: str, trial: int) -> dict[str, Any]:
    return draw(RUNS[run].train, SPACE, seed=1000, trial=trial, batch=64)


def results(folder: Path, kids: dict[str, list[float | None]], **changed: dict[str, Any]) -> Results:
    """Made-up searches: the KID of every trial by run, None for one that diverged."""
    for run, values in kids.items():
        trials = [
            {
                "options": half(run, trial),
                "chosen": chosen(resolved(half(run, trial), 64), SPACE),
                "steps": 50 if kid is None else 100,
                "operations": 6e11,
                "kid": kid,
                "kid_se": None if kid is None else 0.01,
                "diverged": 50 if kid is None else None,
            }
            for trial, kid in enumerate(values)
        ]
        said = {**PROTOCOL, "space": SPACE, **changed.get(run, {})}
        write_json(folder / f"{run}.json", {"run": run, "protocol": said, "trials": trials})
    return gather(folder, {run: FAMILIES[run] for run in kids})


PROTOCOL = {
    "extractor": "random_conv",
    "weights": "ab",
    "resize": "none",
    "dataset": "digits",
    "n_real": 40,
    "n_fake": 20,
    "trials": 2,
    "operations": 600.0,
    "batch": 64,
    "seed": 1000,
}
KIDS: dict[str, list[float | None]] = {
    "gan": [0.2, None, 0.25],
    "wgan": [0.3, 0.15, 0.17],
    "r3gan": [None, 0.4, 0.18],
    "vae": [0.5, -0.01, 0.6],
}


def test_runs_stand_by_the_best_that_they_found_family_by_family(tmp_path: Path) -> None:
    made = results(tmp_path, KIDS)
    assert [(search["run"], search["best"], best_of(search)["kid"]) for search in made["runs"]] == [
        ("vae", 1, -0.01),
        ("wgan", 1, 0.15),
        ("r3gan", 2, 0.18),
        ("gan", 0, 0.2),
    ]
    groups = {name: [search["run"] for search in searches] for name, searches in by_family(made).items()}
    assert groups == {"VAE": ["vae"], "WGAN": ["wgan"], "GAN": ["r3gan", "gan"]}
    assert list(groups) == ["VAE", "WGAN", "GAN"]


def test_two_budgets_make_no_table(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="operations is 600.0 in gan and 60.0 in wgan"):
        results(tmp_path, KIDS, wgan={"operations": 60.0})


def test_tables_hold_every_trial(tmp_path: Path) -> None:
    made = results(tmp_path, KIDS)
    lines = list(csv.DictReader(io.StringIO(frames.csv(trials(made)))))
    kids = {run: [float(row["kid"]) if row["kid"] else None for row in lines if row["run"] == run] for run in KIDS}
    assert kids == KIDS
    best = {row["run"]: int(row["trial"]) for row in lines if row["best"] == "1"}
    assert best == {"wgan": 1, "r3gan": 2, "gan": 0, "vae": 1}
    assert {row["diverged"] for row in lines if not row["kid"]} == {"50"}
    rows = {row[1]: [row[0], *row[2:]] for row in gains(made).values.tolist()}
    assert rows["gan"] == ["GAN", "0.2000 ± 0.0100", "0.2000 ± 0.0100", "the default"]
    assert rows["r3gan"][1:3] == ["diverged at step 50", "0.1800 ± 0.0100"]
    assert rows["r3gan"][3].startswith("batch ")
    assert rows["vae"][2] == "−0.0100 ± 0.0100"


def test_the_protocol_stands_in_plain_words(tmp_path: Path) -> None:
    said = budget(results(tmp_path, KIDS))
    for part in ("4 runs of 3 families", "2 random draws", "600·10⁹", "20 samples", "40 images", "random_conv"):
        assert part in said


def test_claims_on_tuning_follow_the_searches(tmp_path: Path) -> None:
    made = claims(results(tmp_path, KIDS))
    assert [claim.holds for claim in made] == [False, True, True, False]
    assert made[0].measured == "This is so for 3 of 4, not for gan; the gain is above twice the standard error for 3."
    assert made[1].measured == (
        "With default options 0.2000 (gan) to 0.3000 (wgan), 0.1000 apart; with the best found 0.1500 (wgan) to 0.2000 "
        "(gan), 0.0500 apart."
    ), "of the adversarial runs alone"
    assert made[2].measured == "τ is −1.00 over 3 runs."
    assert made[3].measured == "2 of 12 trials diverged: r3gan (1) and gan (1)."
    (tmp_path / "other").mkdir()
    made = claims(results(tmp_path / "other", {"gan": [0.2, 0.1, 0.25], "wgan": [0.3, 0.29, 0.295]}))
    assert [claim.holds for claim in made] == [True, False, False, True]
    assert made[0].measured.endswith("for 2 of 2; the gain is above twice the standard error for 1."), (
        "0.01 is one of it"
    )


def test_the_finding_counts_gains_beyond_the_noise_and_names_the_largest(tmp_path: Path) -> None:
    (tmp_path / "others").mkdir()
    assert finding(results(tmp_path, KIDS)) == (
        "Of 4 runs, 3 gain by the best of 2 random draws of options more than twice the standard error of KID; "
        "vae gains most, from 0.5000 to −0.0100."
    )
    assert finding(results(tmp_path / "others", {"gan": [0.2, 0.19], "wgan": [0.3, 0.31]})) == (
        "Of 2 runs, none gains by the best of 2 random draws of options more than twice the standard error of KID."
    )


def test_the_axis_is_even_in_the_root_and_puts_a_negative_estimate_at_its_end() -> None:
    scale = Scale(4.0)
    assert scale.at(1.0) == scale.at(4.0) / 2
    assert scale.at(-0.1) == scale.at(0.0) == 0
    assert scale.ticks()[0] == (0.0, "0")


def test_the_page_draws_every_trial_that_finished_and_asks_for_nothing(tmp_path: Path) -> None:
    made = results(tmp_path, KIDS)
    html = page(made)
    places = [float(x) for x in re.findall(r'<circle cx="([^"]+)"', html)]
    assert len(places) == sum(kid is not None for kids in KIDS.values() for kid in kids)
    assert 0 == min(places) < max(places) <= 560
    assert html.count('class="best"') == 3
    assert html.count('class="default best"') == 1  # of gan; r3gan's default diverged
    assert html.count('class="default"') == 2
    assert html.count("diverged at step 50") == 3  # the default of the gains, and both in their own tables
    heads = re.findall(r'<th scope="rowgroup" colspan="4">(\w+)</th>', html)
    assert heads == ["VAE", "WGAN", "GAN"]
    assert all(f"<dt>{option}</dt>" in html for option in SPACE)
    assert not re.search(r"(src|href)=\"(?!data:|#)", html)


def others(loaded: Params, names: list[str]) -> dict[str, Run]:
    """The catalogue without some rows."""
    return {name: run for name, run in loaded.runs.items() if name not in names}


def test_what_was_found_becomes_rows_beside_the_defaults(project: Params, tmp_path: Path) -> None:
    made = results(tmp_path / "found", KIDS)
    before = params.PARAMS.read_text(encoding="utf-8")
    enabled = read(COMPARISONS["digits"])["enabled"]
    names = apply(made)
    assert names == ["vae_tuned", "wgan_tuned", "r3gan_tuned"]
    after = params.load()
    assert others(after, [*names, "gan_tuned"]) == others(project, [*names, "gan_tuned"])
    assert "gan_tuned" not in after.runs, "its default was best: the row of an earlier search is gone"
    assert after.runs["wgan_tuned"].train == half("wgan", 1)
    assert after.runs["vae_tuned"].sample == RUNS["vae"].sample
    assert {after.runs[name].tuned_on for name in names} == {"digits"}
    for part in ("trial 1", "2 trials of 600·10⁹ operations", "validation of digits", "KID (random_conv)"):
        assert part in after.runs["wgan_tuned"].note
    assert read(COMPARISONS["digits"])["enabled"] == [name for name in enabled if name != "gan_tuned"], (
        "adversarial rows alone"
    )
    written = {name: Path(f"runs/{name}.yaml").read_text(encoding="utf-8") for name in names}
    assert apply(made) == names
    assert {name: Path(f"runs/{name}.yaml").read_text(encoding="utf-8") for name in names} == written
    assert params.PARAMS.read_text(encoding="utf-8") == before


def test_rows_tuned_on_another_dataset_have_its_name_and_its_profile(project: Params, tmp_path: Path) -> None:
    before = Path("runs/hinge_tuned.yaml").read_bytes(), COMPARISONS["digits"].read_bytes()
    known = {"dataset": "known_digits"}
    made = results(tmp_path / "found", {"hinge": [0.3, 0.1], "gan": [0.3, 0.1]}, hinge=known, gan=known)
    assert set(apply(made)) == {"hinge_tuned_known_digits", "gan_tuned_known_digits"}
    assert params.load().runs["hinge_tuned_known_digits"].tuned_on == "known_digits"
    enabled = read(COMPARISONS["known_digits"])["enabled"]
    assert enabled[-1] == "hinge_tuned_known_digits" and "gan_tuned_known_digits" not in enabled, "gan is no row of it"
    assert before == (Path("runs/hinge_tuned.yaml").read_bytes(), COMPARISONS["digits"].read_bytes())


def test_tuned_rows_of_one_game_name_each_other_where_they_found_the_same(project: Params, tmp_path: Path) -> None:
    apply(results(tmp_path / "found", {"nsgan": [0.3, 0.1], "fgan_gan": [0.3, 0.1], "fgan_js": [0.3, 0.4, 0.2]}))
    after = params.load().runs
    assert after["nsgan_tuned"].note.endswith(". The same game as fgan_gan_tuned, whose gradients are equal")
    assert after["fgan_gan_tuned"].note.endswith(". The same game as nsgan_tuned, whose gradients are equal")
    assert "same game" not in after["fgan_js_tuned"].note


def test_options_of_a_run_that_was_changed_since_are_not_taken(project: Params, tmp_path: Path) -> None:
    made = results(tmp_path / "found", KIDS)
    change(Path(), runs={"wgan": {"train": {"objective": {"clip": 0.5}}}})
    before = {file: file.read_bytes() for file in Path("runs").iterdir()}
    with pytest.raises(InputError, match="runs/wgan.yaml: train: was changed since it was tuned"):
        apply(made)
    assert {file: file.read_bytes() for file in Path("runs").iterdir()} == before
