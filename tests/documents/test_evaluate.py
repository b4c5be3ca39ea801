"""docs/evaluate.md: samples are scored without the pipeline."""

from __future__ import annotations

import re

import numpy as np
import pytest

from tests.support.clone import ROOT
from tests.support.printed import Reader

pytestmark = [pytest.mark.soak, pytest.mark.pipeline]


def shape(text: str) -> list[str]:
    """Return lines without their numbers, and without the gaps between columns."""
    return [re.sub(r"\s+", " ", re.sub(r"-?\d[\d.e-]*", "N", line)).strip() for line in text.splitlines()]


def test_the_output_has_the_lines_that_are_printed(project: Reader) -> None:
    said = project.types(
        "genbench evaluate --real digits/reference --fake digits/held_out --extractor pixels --json scores.json"
    )
    text = (ROOT / "docs/evaluate.md").read_text(encoding="utf-8")
    shown = re.search(r"```console\n\$ genbench evaluate .*?\n(.*?)```", text, re.DOTALL)
    assert shown
    *lines, omission = shape(shown[1])
    assert omission == "…" and shape(said)[: len(lines)] == lines
    assert "140 images of digits/held_out against 140 real ones of digits/reference" in said
    fid = re.search(r"^FID \(pixels\) ↓ +(\S+)", said, re.MULTILINE)
    assert fid and float(fid[1]) == pytest.approx(project.json("scores.json")["metrics"]["fid"], rel=1e-4)


def test_published_statistics_give_the_same_fid(project: Reader) -> None:
    said = project.types("genbench features --statistics digits/reference --extractor pixels --out real.npz")
    assert said == "real.npz: mean and covariance of 64 features of 140 images\n"
    with np.load(project.path / "real.npz") as kept:
        assert (kept["mu"].shape, kept["sigma"].shape) == ((64,), (64, 64))
    words = ["genbench", "evaluate", "--fake", "digits/held_out", "--extractor", "pixels", "--real"]
    fids = [
        re.search(r"FID \(pixels\) ↓ +(\S+)", project.run(*words, real)) for real in ("digits/reference", "real.npz")
    ]
    assert fids[0] and fids[1] and fids[0][1] == fids[1][1]


def test_two_sets_under_an_extractor_without_a_download(project: Reader) -> None:
    said = project.types(
        "genbench evaluate --real A --fake B --extractor random_conv",
        put={" A ": " digits/reference ", " B ": " digits/held_out "},
    )
    assert "FID (random_conv) ↓" in said
