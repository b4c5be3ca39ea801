"""The notebooks of docs/notebooks run as they stand, and what they show is true."""

from __future__ import annotations

import json
import os
import re
import sys
import textwrap
from pathlib import Path

import nbclient
import nbformat
import pytest

from tests.support.clone import ROOT

NOTEBOOKS = sorted((ROOT / "docs/notebooks").glob("*.ipynb"))

#: What must hold after the last cell of each, in its own words.
TRUTHS = {
    "score_two_sets": """
        distances = [point["fid"] for point in points]
        assert distances == sorted(distances) and len(set(distances)) == len(distances)
        precisions = [point["precision"] for point in points]
        assert precisions[0] > 0.8 > precisions[-1]
        floor = found.floors["fid"]
        assert abs(genbench.fid(real, others, extractor="pixels") - floor.value) < 4 * floor.sd
        assert found.metrics["fid"] > floor.value + 10 * floor.sd
        assert any("fewer than 2000 images (real 800, fake 800)" in note for note in found.notes)
        assert genbench.fid(work / "real.npz", fake, extractor="pixels") == found.metrics["fid"]
    """,
    "train_and_sample": """
        scores = {
            run: genbench.evaluate(real=held_out, fake=fake, extractor="pixels").metrics for run, fake in drawn.items()
        }
        assert samples.shape == (400, 8, 8, 1)
        assert found.floors["fid"].value < scores["gaussian_mixture"]["fid"] < scores["noise"]["fid"]
        assert 5 * scores["vae"]["fid"] < scores["noise"]["fid"]
        assert scores["vae"]["precision"] > 0.8 > scores["vae"]["recall"] > scores["noise"]["recall"]
        assert not (images[:, None] == held_out[:5]).all(axis=(2, 3, 4)).any()
    """,
}


def test_each_has_its_truths() -> None:
    assert [path.stem for path in NOTEBOOKS] == sorted(TRUTHS)


@pytest.mark.pipeline
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_shows_what_is_true(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each cell after the other, in a folder of its own; then what must hold."""
    for name in ("XDG_CACHE_HOME", "IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "MPLCONFIGDIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("OMP_WAIT_POLICY", "PASSIVE")
    text = json.loads(path.read_text(encoding="utf-8"))
    truths = {"cell_type": "code", "metadata": {}, "outputs": [], "source": textwrap.dedent(TRUTHS[path.stem])}
    text["cells"].append({**truths, "id": "truths", "execution_count": None})
    notebook = nbformat.reads(json.dumps(text), as_version=4)  # type: ignore[no-untyped-call]
    nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert "image/png" in str(notebook.cells)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_without_outputs_and_states_no_measured_number(path: Path) -> None:
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"]) == ([], None)
        else:
            assert not re.search(r"\d\.\d", "".join(cell["source"]))
