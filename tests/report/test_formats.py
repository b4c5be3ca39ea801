"""LaTeX, BibTeX, JSON Schema and costs: each read back, against the one document that all formats are made of."""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st
from pydantic import TypeAdapter

from genbench.files import yaml
from genbench.files.atomic import read_json, write_json
from genbench.find import find, members
from genbench.pipeline.catalogue import RUNS, Catalogue
from genbench.report.bibtex import entry
from genbench.report.latex import SIGNS, escape
from genbench.report.layout import cells, heads
from genbench.report.leaderboard import Leaderboard, headline, score
from genbench.report.publish import KEPT
from genbench.report.references import cited, named, works
from genbench.report.schema import json_schema
from genbench.report.tables import markdown
from tests.report.test_report import NASTY, csv_rows, diverge, markdown_rows
from tests.support.clone import ROOT
from tests.support.report_tree import Tree, write_tree

NAMES = [NASTY, "a_b", "R&D", "50%", "#1", "~x^y", "{a}", "\\input{b}", "[x]", "*", "a--b", "Ångström", "数"]
ENDLASTFOOT = r"\endlastfoot"  # the end of the head and foot of a longtable
CLEARED = re.compile(r"\\cite\{[^}]*\}|\\textbf\{")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """Rows of every kind: one whose name breaks what can be broken, one lost, one that never finished."""
    made = write_tree(tmp_path_factory.mktemp("formats"), ("held_out", "vae", "gan", NASTY, "lost", "gone"), count=12)
    penalties = [{"name": "gradient_penalty", "weight": 10}]
    train = {"model": "gan", "objective": "wgan", "penalties": penalties, "network": "conv", "lr": 0.1}
    made.runs["gan"] = {"model": "gan", "train": train, "sample": {"psi": 0.7}}
    diverge(made, "lost", 1)
    for seed in made.seeds:
        diverge(made, "gone", seed)
    return made


@pytest.fixture(scope="module")
def board(tree: Tree) -> Leaderboard:
    return tree.report()


def plain(text: str) -> str:
    """LaTeX as `escape` writes it, back to text."""
    for sign, code in sorted(SIGNS.items(), key=lambda pair: -len(pair[1])):
        text = text.replace(code, {"{": "\x01", "}": "\x02", "\\": "\x03"}.get(sign, sign))
    return text.replace("-{}", "-").replace("\x01", "{").replace("\x02", "}").replace("\x03", "\\")


def latex_rows(tree: Tree) -> dict[str, list[str]]:
    """The LaTeX table's cells by run."""
    text = (tree.reports / "leaderboard.tex").read_text()
    body = text[text.index(ENDLASTFOOT) + len(ENDLASTFOOT) : text.index(r"\end{longtable}")]
    lines = [line.removesuffix(r" \\") for line in body.splitlines() if line.endswith(r" \\")]
    rows = [[re.sub(r"\}$", "", cell) if r"\textbf{" in cell else cell for cell in line.split(" & ")] for line in lines]
    return {
        plain(CLEARED.sub("", row[0]).rstrip("~")): [plain(CLEARED.sub("", cell)) for cell in row[1:]] for row in rows
    }


def test_latex_and_markdown_have_the_cells_of_the_document(tree: Tree, board: Leaderboard) -> None:
    printed, typeset = markdown_rows(tree), latex_rows(tree)
    assert set(typeset) == {row["run"] for row in board["rows"]}
    for row in board["rows"]:
        texts = [cell.text for cell in cells(board, row)]
        if row["run"] == "gone":
            assert printed["gone"][0] == "diverged at step 120 (loss of critic is nan)"
            assert printed["gone"][0] in typeset["gone"][0]
            continue
        assert len(texts) == len(heads(board)) - 1
        assert typeset[row["run"]] == texts
        assert printed[row["run"]][: len(texts)] == texts or row["run"] == "lost"  # which has a note too
        for column in headline(board):
            mean = score(row, column)["mean"]
            assert any(f"{mean:.{column['decimals']}f}" in text for text in typeset[row["run"]])


@given(st.text(min_size=1) | st.sampled_from(NAMES))
def test_any_name_is_plain_ascii_in_latex(name: str) -> None:
    text = escape(name)
    assert text.isascii()
    assert text.count("{") - text.count(r"\{") == text.count("}") - text.count(r"\}")
    bare = re.sub(r"\$\\?[a-z]+\$|\$-\$|\$[\^_]2\$", "", text)
    assert not re.search(r"(?<!\\)[$&#%_]|[~^<>|\"`\n]", re.sub(r"\{\\[`^~=\"']\{\w\}\}", "", bare)), text


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1) | st.sampled_from(NAMES[:-2]))
def test_a_name_in_ascii_is_read_back_from_latex(name: str) -> None:
    assert plain(escape(name)) == name


@given(st.lists(st.text(min_size=1).filter(str.strip), min_size=1, max_size=3, unique=True))
def test_no_name_of_a_run_breaks_a_table(names: list[str]) -> None:
    whole = read_json(ROOT / "reports/leaderboard.json")
    for row, name in zip(whole["rows"], names, strict=False):
        row["run"] = name
    lines = markdown(whole).partition("## Sizes and budgets")[0].splitlines()
    table = [line for line in lines if line.startswith("|")]
    groups = {(row["calibration"], row["conditional"]) for row in whole["rows"]}
    assert len(table) == len(whole["rows"]) + 2 * len(groups)
    assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table}) == 1
    assert not any("<" in line for line in lines)


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="needs pdflatex, of Debian's texlive-latex-recommended")
def test_latex_compiles_with_hostile_names(tmp_path: Path) -> None:
    made = write_tree(tmp_path, tuple(NAMES[:1]) + ("vae", "held_out"), count=12)
    board = made.report()
    text = (made.reports / "leaderboard.tex").read_text()
    rows = "".join(f"{escape(name)} & 1 " + r"\\" + "\n" for name in NAMES)
    (tmp_path / "t.tex").write_text(text.replace(ENDLASTFOOT, f"{ENDLASTFOOT}\n{rows}"))
    (tmp_path / "leaderboard.bib").write_text((made.reports / "leaderboard.bib").read_text())
    assert board["references"]
    for command in (["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "t.tex"], ["bibtex", "t"]):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-2000:]
    assert "warning" not in done.stdout.lower()
    assert (tmp_path / "t.pdf").stat().st_size > 10_000


def bib_entries(text: str) -> dict[str, dict[str, str]]:
    entries = re.findall(r"^@\w+\{(\w+),\n(.*?)\n\}$", text, re.MULTILINE | re.DOTALL)
    return {key: dict(re.findall(r"^  (\w+) = \{(.*)\},$", body, re.MULTILINE)) for key, body in entries}


def test_bibtex_has_an_entry_for_every_key_that_is_cited(tree: Tree, board: Leaderboard) -> None:
    entries = bib_entries((tree.reports / "leaderboard.bib").read_text())
    cites = {row["run"]: row["cites"] for row in board["rows"]}
    assert cites["gan"] == ["goodfellow2014", "arjovsky2017", "gulrajani2017", "radford2016", "brock2019"]
    assert cites["held_out"] == []
    assert {"heusel2017", "salimans2016", "kynkaanniemi2019", "alpaydin1998"} <= set(board["cites"])
    sources = {one["source"] for one in board["published"]}
    assert (
        set(entries)
        == set(board["references"])
        == {key for keys in cites.values() for key in keys}.union(board["cites"], sources)
    )
    for key, work in board["references"].items():
        assert entries[key]["title"] == f"{{{escape(work['title'])}}}"
        assert entries[key]["year"] == str(work["year"])
        assert entries[key]["author"].count(" and ") == len(work["authors"]) - 1
        assert entries[key].get("eprint", "") == work["arxiv"]
    text = (tree.reports / "leaderboard.tex").read_text()
    assert {key for keys in re.findall(r"\\cite\{([^}]*)\}", text) for key in keys.split(",")} <= set(entries)
    assert r"\nocite{*}" in text


def test_accents_are_spelt_in_bibtex() -> None:
    text = entry("kynkaanniemi2019", works()["kynkaanniemi2019"].reference())
    assert r"Tuomas Kynk{\"{a}}{\"{a}}nniemi and" in text
    assert text.startswith("@inproceedings{kynkaanniemi2019,")
    assert r"Miko{\l}aj Bi{\'{n}}kowski" in entry("binkowski2018", works()["binkowski2018"].reference())


CITED = (
    *("models", "objectives", "divergences", "penalties", "tricks", "conditionings", "networks"),
    *("metrics", "datasets", "extractors"),
)


@pytest.mark.parametrize("name", [f"{kind}/{name}" for kind in CITED for name in members(kind)])
def test_a_work_that_a_member_opens_with_is_cited(name: str) -> None:
    named = re.search(r"\b(19|20)\d\d\b", find(*name.split("/")).__doc__ or "")  # the year of a work
    assert bool(cited([name])) == bool(named), f"{name}: expected its work in genbench/report/facts/references.yaml"


def test_works_are_of_things_that_there_are() -> None:
    catalogue = Catalogue(RUNS)
    used = {
        part
        for run in catalogue.values()
        for part in named(f"models/{run.train['model']}", {**run.train, **run.sample})
    }
    for key, work in works().items():
        assert re.fullmatch(r"[a-z]+\d{4}[a-z]*", key)
        assert str(work.year) in key
        assert work.arxiv == "" or re.fullmatch(r"\d{4}\.\d{4,5}", work.arxiv)
        assert sum(map(bool, (work.booktitle, work.journal, work.howpublished))) <= 1
        assert work.booktitle or work.journal or work.howpublished or work.arxiv
        for name in work.of:
            kind, _, member = name.partition(":")[0].partition("/")
            assert name in ("ranks", "likelihood", "human") or member in members(kind), f"{key}: {name}"
    values = {name for work in works().values() for name in work.of if "=" in name}
    assert values <= used, f"no run of the catalogue has {values - used}"


def test_what_options_choose_is_cited() -> None:
    catalogue = Catalogue(RUNS)

    def of(run: str) -> list[str]:
        halves = {**catalogue[run].train, **catalogue[run].sample}
        return cited(named(f"models/{halves['model']}", halves))

    assert "song2021ddim" in of("ddpm_ddim")
    assert "song2021ddim" not in of("ddpm")
    assert {"lu2022", "ho2022", "nichol2021"} <= set(of("ddpm_guided"))
    assert {"higgins2017"} == set(of("beta_vae")) - set(of("vae"))
    assert "miyato2018" in of("sngan")
    assert "heusel2017" in of("nsgan_two_time_scales")
    assert "huang2024" in of("r3gan")
    assert {"brock2019", "miyato2018projection", "zhang2019attention", "heusel2017"} <= set(of("biggan"))
    assert "odena2017" in of("acgan")


def test_the_document_is_valid_by_its_schema(tree: Tree, board: Leaderboard) -> None:
    schema = read_json(tree.reports / "leaderboard.schema.json")
    assert schema == json_schema()
    document = (tree.reports / "leaderboard.json").read_text()
    TypeAdapter(Leaderboard).validate_json(document, strict=True)
    assert list(strangers(board, schema, schema)) == []
    assert list(strangers(board | {"extra": 1}, schema, schema)) == ["extra"]
    assert all("description" in part for part in schema["$defs"].values())


def strangers(value: Any, part: dict[str, Any], schema: dict[str, Any]) -> Iterator[str]:
    """Keys of a document that its schema does not name, or that it asks for in vain."""
    if "$ref" in part:
        part = schema["$defs"][part["$ref"].rpartition("/")[2]]
    if "anyOf" in part and value is not None:
        part = next(one for one in part["anyOf"] if one.get("type") != "null")
        yield from strangers(value, part, schema)
    elif isinstance(value, dict) and "properties" in part:
        yield from value.keys() ^ part["properties"].keys()
        for key in value.keys() & part["properties"].keys():
            yield from strangers(value[key], part["properties"][key], schema)
    elif isinstance(value, dict) and isinstance(part.get("additionalProperties"), dict):
        for one in value.values():
            yield from strangers(one, part["additionalProperties"], schema)
    elif isinstance(value, list):
        for one in value:
            yield from strangers(one, part.get("items", {}), schema)


def test_costs_are_a_line_a_cell(tree: Tree, board: Leaderboard) -> None:
    write_json(tree.data / "costs" / "gan" / "0-sample.json", {"sample_seconds": 0.0, "sampled_images": 12})
    tree.report()
    lines = list(csv.DictReader(io.StringIO((tree.reports / "costs.csv").read_text())))
    assert [(line["run"], line["seed"]) for line in lines] == [
        (row["run"], str(cell["seed"])) for row in board["rows"] for cell in row["cells"]
    ]
    vae = next(line for line in lines if line["run"] == "vae")
    assert {key: float(value) for key, value in vae.items() if key != "run"} == {
        "seed": 0,
        "parameters": 51_234,
        "images_seen": 64_000,
        "train_operations": 5e11,
        "sample_operations": 6.4e5,
        "sample_network_calls": 1,
        "train_seconds": 61.2,
        "sample_seconds": 0.4,
        "sampled_images_per_second": 30.0,  # 12 images
        "peak_memory_bytes": 3 * 2**28,
    }
    assert next(line for line in lines if line["run"] == "gan")["sampled_images_per_second"] == ""
    assert csv_rows(tree).keys() == {line["run"] for line in lines}


def test_dvc_and_publish_know_every_file_of_a_report(tree: Tree) -> None:
    tree.report()
    written = {path.name for path in tree.reports.iterdir()}
    stage = yaml.parse((ROOT / "dvc.yaml").read_text(), "dvc.yaml")["stages"]["report"]
    outs = [next(iter(out)) if isinstance(out, dict) else out for key in ("outs", "metrics") for out in stage[key]]
    assert {Path(out).parts[1] for out in outs if out.startswith("reports/")} == written
    assert set(KEPT) == written - {"summary.json", "plots"}  # which are DVC's own formats
