"""params.yaml."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from tests.support.bad_inputs import add, bad
from tests.support.clone import change


def replaced(before: str, after: str) -> Any:
    """Write params.yaml with one text in the place of another."""

    def make(folder: Path) -> None:
        text = (folder / "params.yaml").read_text(encoding="utf-8")
        assert before in text
        (folder / "params.yaml").write_text(text.replace(before, after, 1), encoding="utf-8")

    return make


def whole(content: bytes) -> Any:
    """Write params.yaml anew."""
    return lambda folder: (folder / "params.yaml").write_bytes(content)


LIST = ", ".join(["x"] * 9)
BOMB = f"a: &a [{LIST}]\n" + "".join(
    f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefg", "bcdefgh", strict=True)
)

for name, content, message in (
    ("empty", b"", "params.yaml: expected a mapping"),
    ("a_list", b"- 1\n", "expected a mapping of profile, note, dataset"),
    ("a_number", b"3\n", "expected a mapping"),
    ("a_nul", b"profile: \x00\n", "params.yaml: not readable as YAML"),
    ("unfinished", b"runs: [", "params.yaml: not readable as YAML"),
    ("tabs", b"data:\n\tsource: x\n", "params.yaml: not readable as YAML"),
    ("a_key_twice", b"seeds: [0]\nseeds: [1]\n", "duplicate key"),
    ("two_documents", b"---\nseeds: [0]\n---\nseeds: [1]\n", "expected a single document"),
    ("bomb_of_aliases", BOMB.encode(), "expected no alias (*a), write the values out"),
    ("an_alias_of_itself", b"a: &a [*a]\n", "expected no alias"),
    ("bomb_of_brackets", b"[" * 100_000, "expected at most 50 levels"),
    ("bomb_of_mappings", b"{a: " * 100_000, "expected at most 50 levels"),
    ("too_long", b"# " + b"x" * (1 << 20), "expected at most 1048576 characters"),
    ("latin_1", b"profile: caf\xe9\n", "params.yaml: not readable as text"),
    ("utf_16", "profile: digits\n".encode("utf-16"), "params.yaml: not readable as text"),
    ("a_python_object", b'a: !!python/object/apply:os.system ["touch ran"]\n', "not readable as YAML"),
    ("a_python_name", b"a: !!python/name:os.system ''\n", "not readable as YAML"),
    ("a_tag_of_anybody", b"!mine {a: 1}\n", "not readable as YAML"),
    ("a_key_that_is_a_list", b"? [a, b]\n: 1\n", "params.yaml"),
    ("a_date_that_is_none", b"seeds: [2001-99-99]\n", "not readable as YAML: month must be in 1..12"),
    ("a_number_of_5000_digits", b"threads: " + b"9" * 5000, "expected at most 1000 characters"),
    ("a_hexadecimal_of_9000_digits", b"threads: 0x" + b"f" * 9000, "expected at most 1000 characters"),
):
    add(f"params-{name}", ("check",), message, whole(content))

for name, before, after, message in (
    (
        "lr_as_text",
        "lr: 0.001",
        'lr: "1e-3"',
        "extractor.classifier.lr: should be a valid number, got '1e-3'; text to YAML: write 0.001",
    ),
    ("steps_as_text", "steps: null", "steps: '1200'", "train.steps"),
    ("steps_of_infinity", "steps: null", "steps: .inf", "train.steps"),
    (
        "steps_and_operations_of_nothing",
        "operations: 400",
        "operations:",
        "train: operations and steps: expected a number",
    ),
    ("operations_of_zero", "operations: 400", "operations: 0", "train.operations: should be greater than 0, got 0"),
    ("operations_of_infinity", "operations: 400", "operations: .inf", "train.operations"),
    ("operations_as_text", "operations: 400", "operations: many", "train.operations: should be a valid number"),
    ("blocks_of_zero", "blocks: 10", "blocks: 0", "sampling.blocks: should be greater than or equal to 1, got 0"),
    ("blocks_of_a_half", "blocks: 10", "blocks: 0.5", "sampling.blocks"),
    ("blocks_beyond_reason", "blocks: 10", "blocks: 1000000000000", "sampling.blocks"),
    ("images_in_place_of_blocks", "blocks: 10", "images: 3600", "sampling"),
    ("draws_of_zero", "draws: 4", "draws: 0", "likelihood.draws"),
    ("steps_beyond_reason", "steps: null", "steps: 1e30", "train.steps"),
    ("steps_beyond_64_bits", "steps: null", "steps: 99999999999999999999999", "train.steps"),
    ("seed_beyond_64_bits", "seeds: [0, 1, 2]", "seeds: [99999999999999999999999]", "seeds.0"),
    ("seeds_as_a_mapping", "seeds: [0, 1, 2]", "seeds: {a: 1}", "seeds"),
    ("size_beyond_memory", "pixels: 8", "pixels: 999999999", "data.pixels"),
    ("a_name_that_dvc_ignores", "pixels: 8", "size: 8", "params.yaml: data.size: DVC would not see it change"),
    ("a_deep_name_that_dvc_ignores", "fid: {}", "fid: {of: [{nfiles: 2}]}", "metrics.fid.of[0].nfiles: DVC would not"),
    ("channels_of_two", "channels: null", "channels: 2", "data.channels"),
    ("an_unknown_pairing", "channels: null", "channels: null\n  pairing: edge", "unknown data.pairing: pairing 'edge'"),
    (
        "a_pairing_without_name",
        "channels: null",
        "channels: null\n  pairing: {threshold: 0}",
        "data.pairing: should be",
    ),
    (
        "a_pairing_s_unknown_option",
        "channels: null",
        "channels: null\n  pairing: {name: edges, width: 3}",
        "unknown data.pairing: option 'width'",
    ),
    (
        "a_pairing_for_colour_of_grey",
        "channels: null",
        "channels: 1\n  pairing: grey_to_colour",
        "data.pairing: grey_to_colour: expected images of 3 channels, got 1",
    ),
    (
        "unpaired_without_a_pairing",
        "channels: null",
        "channels: null\n  paired: false",
        "data.paired: false: expected a pairing",
    ),
    ("paired_as_text", "channels: null", "channels: null\n  pairing: edges\n  paired: maybe", "data.paired"),
    ("share_of_nan", "train: 897", "train: .nan", "data.split"),
    ("share_below_nothing", "train: 897", "train: -5", "data.split"),
    ("threads_of_none", "threads: 1", "threads: 0", "threads"),
    ("threads_as_yes", "threads: 1", "threads: true", "threads"),
    ("source_of_a_file", "source: data/source", "source: params.yaml", "data.source: expected a folder"),
    ("source_of_an_endless_name", "source: data/source", f"source: {'x' * 300}", "name too long"),
    ("metric_as_a_list", "fid: {}", "fid: []", "metrics.fid"),
    ("metric_that_is_a_path", "fid: {}", "../fid: {}", "metrics"),
    ("extractor_that_is_a_path", "extractors: [classifier, pixels]", "extractors: [../classifier]", "extractors.0"),
):
    add(f"params-{name}", ("check",), message, replaced(before, after))

for name, text in {
    "a_path_up": "../x",
    "a_path_down": "a/b",
    "absolute": "/etc/passwd",
    "empty_text": "",
    "a_dot": ".",
    "dots": "..",
    "a_nul_inside": "a\0b",
    "a_dash": "-x",
    "of_another_alphabet": "νae",
    "a_line_break": "vae\nvae",
    "very_long": "x" * 300,
    "very_very_long": "x" * 5000,
}.items():

    def enabled(folder: Path, text: str = text) -> None:
        change(folder, enabled=[text])

    add(f"params-run_whose_name_is_{name}", ("check",), "params.yaml: ", enabled)


@bad("check", message="data.pairing: expected none, for the dataset emoji has pairs of its own")
def a_pairing_of_pairs(folder: Path) -> None:
    change(folder, dataset="emoji", data={"pairing": "edges"})


@bad(
    "stage",
    "prepare",
    message="data/source: no folder emoji-datasource-google (data.source names the folder that it is",
)
def emoji_that_are_not_there(folder: Path) -> None:
    change(folder, dataset="emoji")


@bad("check", message="params.yaml: expected a file, there is a folder")
def folder_in_its_place(folder: Path) -> None:
    (folder / "params.yaml").unlink()
    (folder / "params.yaml").mkdir()


@bad("check", message="params.yaml: expected a file, there is a FIFO")
def fifo_in_its_place(folder: Path) -> None:
    (folder / "params.yaml").unlink()
    os.mkfifo(folder / "params.yaml")


@bad("check", message="params.yaml: expected a file, there is a device")
def device_in_its_place(folder: Path) -> None:
    (folder / "params.yaml").unlink()
    (folder / "params.yaml").symlink_to("/dev/zero")


@bad("check", message="params.yaml: not readable: Too many levels of symbolic links")
def link_to_itself(folder: Path) -> None:
    (folder / "params.yaml").unlink()
    (folder / "params.yaml").symlink_to("params.yaml")


@bad("check", message="params.yaml: no such file")
def link_to_nothing(folder: Path) -> None:
    (folder / "params.yaml").unlink()
    (folder / "params.yaml").symlink_to("nowhere")


@bad("stage", "prepare", message="train.steps")
def bad_params_of_a_stage(folder: Path) -> None:
    change(folder, train={"steps": -1})
