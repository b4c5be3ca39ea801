"""Tables read back from every format that they are written in."""

from __future__ import annotations

import csv
import io

from hypothesis import given, strategies as st
from markdown_it import MarkdownIt

from genbench.report import frames

TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"])).map(lambda text: " ".join(text.split()))


def cells(markdown: str) -> list[str]:
    """The cells of a table as a reader of Markdown sees them."""
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
    assert [token.type for token in tokens].count("table_open") == 1
    inline = [token.children or [] for token in tokens if token.type == "inline"]
    return ["".join(child.content for child in children) for children in inline]


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=4))
def test_any_text_is_read_back_from_markdown(rows: list[tuple[str, str]]) -> None:
    assert cells(frames.markdown(frames.frame(["a_b", "*"], rows))) == [
        "a_b",
        "*",
        *(text for row in rows for text in row),
    ]


@given(st.lists(st.tuples(st.floats(allow_nan=False), st.none() | st.integers()), max_size=4))
def test_any_number_is_read_back_from_csv(rows: list[tuple[float, int | None]]) -> None:
    text = frames.csv(frames.frame(["x", "x"], rows))
    header, *lines = csv.reader(io.StringIO(text))
    assert header == ["x", "x"]
    assert [(float(value), int(count) if count else None) for value, count in lines] == rows


def test_counts_with_a_gap_stay_whole_and_floats_are_rounded_on_demand() -> None:
    table = frames.frame(["run", "n", "x"], [["a", 3, 0.1 + 0.2], ["b"], ["c", None, 1234567.0]])
    assert frames.csv(table) == "run,n,x\na,3,0.30000000000000004\nb,,\nc,,1234567.0\n"
    assert frames.csv(table, digits=6) == "run,n,x\na,3,0.3\nb,,\nc,,1.23457e+06\n"


def test_plain_text_is_aligned_and_has_no_space_at_the_end() -> None:
    table = frames.frame(["run", "FID", "why"], [["vae", "9.50", ""], ["wgan_gp", "10.00", "x"]])
    assert frames.plain(table, "lrl").split("\n") == ["run        FID  why", "vae       9.50", "wgan_gp  10.00  x"]
