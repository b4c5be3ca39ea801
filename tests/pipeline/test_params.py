"""params.yaml is read as DVC reads it, into values that cannot change, and options are checked by their annotations."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from dvc.utils.serialize import load_yaml
from hypothesis import given, settings, strategies as st
from pydantic import ValidationError

from genbench.errors import InputError
from genbench.files.section import read
from genbench.options import Betas, Count, Flag, Fraction, Positive, Reference, build, checked
from genbench.pipeline import params
from genbench.pipeline.runs import budget
from tests.support.clone import ROOT


def test_the_file_is_what_dvc_reads() -> None:
    assert read(ROOT / "params.yaml") == load_yaml(ROOT / "params.yaml")


@pytest.mark.parametrize("number", ["1e-3", "1E3", "1e+30", ".5", "0x10", "1_000", "010", "-0.0", ".inf", "1."])
def test_numbers_are_what_dvc_reads(tmp_path: Path, number: str) -> None:
    file = tmp_path / "params.yaml"
    file.write_text(f"lr: {number}\n", encoding="utf-8")
    ours, theirs = read(file)["lr"], load_yaml(file)["lr"]
    assert (type(ours), ours) == (type(theirs), theirs)


def test_a_float_with_an_exponent_is_a_number(tmp_path: Path) -> None:
    """PyYAML reads text."""
    file = tmp_path / "params.yaml"
    file.write_text("lr: 1e-3\n", encoding="utf-8")
    assert read(file) == {"lr": 0.001}


def test_sections_cannot_be_changed() -> None:
    loaded = params.load(ROOT / "params.yaml")
    with pytest.raises(ValidationError, match="frozen"):
        loaded.train.steps = 1  # type: ignore[misc]


def test_every_run_of_the_catalogue_can_be_looked_up() -> None:
    loaded = params.load(ROOT / "params.yaml")
    assert [loaded.run(name) for name in loaded.runs] == list(loaded.runs.values())
    with pytest.raises(InputError, match="unknown run 'vea'; did you mean 'vae'"):
        loaded.run("vea")


def test_the_lowest_limit_of_steps_counts_and_a_run_has_its_own_batch() -> None:
    shared = params.load(ROOT / "params.yaml").train.model_copy(update={"steps": 9})
    own = budget({"model": "vae", "steps": 7, "batch": 5, "lr": 0.1}, shared)
    assert (own.steps, own.batch, own.ema) == (7, 5, shared.ema)
    assert budget({"model": "vae", "steps": 11}, shared).steps == 9
    assert budget({"model": "vae", "steps": 11}, shared, affordable=8).steps == 8
    assert budget({"model": "vae"}, shared.model_copy(update={"steps": None}), affordable=8).steps == 8


# Options


def example(
    shape: tuple[int, int, int],
    *,
    width: Count,
    lr: Positive = 0.1,
    betas: Betas = (0.5, 0.9),
    share: Fraction = 0.0,
    flag: Flag = False,
    kind: Literal["a", "b"] = "a",
    network: Reference = "conv",
) -> None:
    """Make a function with options of every kind; `shape` is none."""


def test_defaults_fill_what_is_not_given() -> None:
    assert checked(example, {"width": 3, "lr": 1}, "here") == {
        "width": 3,
        "lr": 1,
        "betas": (0.5, 0.9),
        "share": 0.0,
        "flag": False,
        "kind": "a",
        "network": "conv",
    }


BAD = [
    ({}, "here.width: missing"),
    ({"width": 3, "shape": 1}, "unknown here: option 'shape'"),
    ({"width": 3, "wdith": 4}, "unknown here: option 'wdith'; did you mean 'width'"),
    ({"width": 0}, "here.width: .*greater than or equal to 1, got 0"),
    ({"width": 2.0}, "here.width: .*integer.*2.0"),
    ({"width": "3"}, "here.width: .*'3'; text to YAML: write 3 as a plain number"),
    ({"width": True}, "here.width: .*True"),
    ({"width": 3, "lr": 0}, "here.lr: .*greater than 0, got 0"),
    ({"width": 3, "lr": float("inf")}, "here.lr: .*finite.*inf"),
    ({"width": 3, "lr": "1e-3"}, "here.lr: .*write 0.001 as a plain number"),
    ({"width": 3, "betas": [0.5]}, "here.betas.1: missing"),
    ({"width": 3, "betas": [0.5, 1.0]}, "here.betas.1: .*less than 1, got 1.0"),
    ({"width": 3, "flag": "yes"}, "here.flag: .*boolean.*'yes'"),
    ({"width": 3, "kind": "c"}, "here.kind: .*'a' or 'b'.*'c'"),
    ({"width": 3, "network": {"width": 8}}, "here.network: .*a name"),
    ({"width": 3, "network": 5}, "here.network"),
]


@pytest.mark.parametrize(("options", "message"), BAD, ids=[message for _, message in BAD])
def test_what_does_not_fit_is_one_line_that_names_the_key(options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=f"^{message}") as error:
        checked(example, options, "here")
    assert "\n" not in str(error.value)


def test_what_the_caller_gives_is_no_option() -> None:
    assert "width" not in checked(example, {}, "here", given=["width"])
    with pytest.raises(InputError, match="unknown here: option 'width'"):
        checked(example, {"width": 3}, "here", given=["width"])


@settings(derandomize=True, deadline=None)
@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3), st.lists, max_leaves=5)
)
def test_any_value_is_taken_or_refused_in_one_line(value: object) -> None:
    for key in ("width", "lr", "betas", "share", "flag", "kind", "network"):
        try:
            taken = checked(example, {"width": 1, key: value}, "here")[key]
        except InputError as error:
            assert "\n" not in str(error)
        else:
            assert taken == value or list(taken) == value


def test_a_member_is_built_by_name_and_by_mapping() -> None:
    divergence = build("divergences", "pearson")
    assert divergence.slope == build("divergences", {"name": "pearson"}).slope
    with pytest.raises(InputError, match="unknown here: divergence 'pearsn'; did you mean 'pearson'"):
        build("divergences", "pearsn", key="here")


@pytest.mark.parametrize("name", ["../models/vae", "models.vae", "_stable", "__init__", "", "pearson.py"])
def test_a_name_is_never_a_path_or_a_private_module(name: str) -> None:
    with pytest.raises(InputError, match="unknown divergence"):
        build("divergences", name)
