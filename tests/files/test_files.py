"""Files come whole or not at all, and equal values are equal bytes."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from genbench.errors import InputError, unknown
from genbench.files.atomic import atomic, read_json, sha256, write_json, write_text

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(LEAVES, lambda v: st.lists(v) | st.dictionaries(st.text(), v), max_leaves=8)


@given(VALUES)
def test_json_comes_back(tmp_path_factory: pytest.TempPathFactory, value: object) -> None:
    path = tmp_path_factory.getbasetemp() / "value.json"
    try:
        write_json(path, value)
    except UnicodeEncodeError:
        return  # half of a surrogate pair is no text
    assert read_json(path) == value


@given(st.dictionaries(st.text("abc", max_size=3), st.integers(), min_size=2))
def test_equal_values_are_equal_bytes(tmp_path_factory: pytest.TempPathFactory, value: dict[str, int]) -> None:
    one, other = (tmp_path_factory.getbasetemp() / name for name in ("one.json", "other.json"))
    write_json(one, value)
    write_json(other, dict(reversed(value.items())))
    assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}], ids=str)
def test_what_json_cannot_say_leaves_the_earlier_file(tmp_path: Path, value: object) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"x": 1})
    with pytest.raises((ValueError, TypeError)):
        write_json(path, {"x": value})
    assert read_json(path) == {"x": 1}
    assert os.listdir(tmp_path) == ["a.json"]  # noqa: PTH208


def test_a_failure_while_writing_leaves_the_earlier_file_and_no_scraps(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "earlier")
    with pytest.raises(ZeroDivisionError), atomic(path) as scratch:
        scratch.write_text("half", encoding="utf-8")
        _ = 1 / 0
    assert {file.name: file.read_text(encoding="utf-8") for file in tmp_path.iterdir()} == {"a.txt": "earlier"}


def test_folders_are_made_and_newlines_are_plain(tmp_path: Path) -> None:
    write_text(tmp_path / "a/b/c.txt", "ä\nb\n")
    assert (tmp_path / "a/b/c.txt").read_bytes() == "ä\nb\n".encode()


def test_what_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="file/inside.txt: cannot be written: Not a directory|File exists"):
        write_text(tmp_path / "file" / "inside.txt", "x")


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="none.json: no such file"):
        read_json(tmp_path / "none.json")
    (tmp_path / "half.json").write_text('{"a": ', encoding="utf-8")
    with pytest.raises(InputError, match="half.json: not readable as JSON"):
        read_json(tmp_path / "half.json")
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="bytes.json: not readable as JSON"):
        read_json(tmp_path / "bytes.json")


def test_sha256_of_abc(tmp_path: Path) -> None:
    """FIPS 180-2, appendix B.1."""
    (tmp_path / "abc").write_bytes(b"abc")
    assert sha256(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_floats_keep_every_bit(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", [0.1, 1e-308, 2**53 + 1.0])
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8")) == [0.1, 1e-308, 2**53 + 1.0]
    assert hashlib.sha256((tmp_path / "a.json").read_bytes()).hexdigest() == sha256(tmp_path / "a.json")


@pytest.mark.parametrize(
    ("name", "hint"),
    [("wgan_pg", "; did you mean 'wgan_gp'?"), ("zzz", ""), (3, "")],
)
def test_an_unknown_name_lists_what_there_is(name: object, hint: str) -> None:
    assert str(unknown("run", name, ["wgan_gp", "vae"])) == f"unknown run {name!r}{hint} (there is: vae, wgan_gp)"
    assert str(unknown("run", name, [])) == f"unknown run {name!r} (there is: none)"
