"""Names and paths that commands write to or look up."""

from __future__ import annotations

import os
from pathlib import Path

from tests.support.bad_inputs import add, bad


def nothing(folder: Path) -> None:
    """Leave the folder as it is."""


FEATURES = ("features", "images.npy", "--no-cache", "--extractor", "pixels", "--out")
EVALUATE = ("evaluate", "--real", "images.npy", "--fake", "images.npy", "--no-cache", "--extractor", "pixels", "--json")

for name, words, message in (
    ("another_ending", (*FEATURES, "out.npy"), "--out out.npy: expected a file that ends in .npz"),
    ("no_name", (*FEATURES, ""), "expected a file that ends in .npz"),
    ("folder_for_an_output", (*EVALUATE, "runs"), "--json runs: expected a file to write, there is a folder"),
    ("nothing_for_an_output", (*EVALUATE, ""), "--json .: expected a file to write, there is a folder"),
    ("nul_in_an_output", (*EVALUATE, "a\0b"), "embedded null byte"),
    (
        "output_below_a_file",
        (*EVALUATE, "params.yaml/out.json"),
        "params.yaml/out.json: cannot be written, for params.yaml is a file",
    ),
    ("output_of_a_very_long_name", (*EVALUATE, "x" * 300), "File name too long"),
    ("output_to_a_device", (*EVALUATE, "/dev/null"), "--json /dev/null: expected a file to write, there is a device"),
    ("output_of_lone_surrogates", (*EVALUATE, "\ud800"), r"\ud800"),
    ("site_over_a_file", ("site", "--out", "params.yaml"), "expected a folder to write, there is a file"),
    (
        "site_over_other_things",
        ("site", "--out", "runs"),
        "runs: expected no such folder, an empty one or an earlier site",
    ),
    ("site_over_the_project", ("site", "--out", ""), "--out .: expected a folder by its name"),
    ("page_over_a_folder", ("compare", "--html", "runs"), "--html runs: expected a file to write, there is a folder"),
    ("profile_of_nobody", ("use", "digit"), "unknown profile 'digit'; did you mean 'digits'?"),
    ("profile_that_is_a_path", ("use", "../params"), "unknown profile '../params'"),
    ("profile_with_its_ending", ("use", "digits.yaml"), "unknown profile 'digits.yaml'; did you mean 'digits'?"),
    ("profile_of_nothing", ("use", ""), "unknown profile ''"),
    ("profile_with_a_nul", ("use", "a\0b"), r"unknown profile 'a\x00b'"),
    ("profile_of_a_very_long_name", ("use", "x" * 5000), "unknown profile"),
    ("table_of_nothing", ("table",), "reports/leaderboard.json: no such file"),
):
    make = nothing if name != "table_of_nothing" else lambda folder: (folder / "reports/leaderboard.json").unlink()
    add(f"names-{name}", words, message, make)


@bad(*EVALUATE, "pipe", message="--json pipe: expected a file to write, there is a FIFO")
def output_to_a_fifo(folder: Path) -> None:
    os.mkfifo(folder / "pipe")


@bad(*EVALUATE, "loop", message="loop: not readable: Too many levels of symbolic links")
def output_to_a_link_to_itself(folder: Path) -> None:
    (folder / "loop").symlink_to("loop")
