"""No stage of a dvc.yaml switches DVC's run-cache off, as `persist`, `always_changed` and uncached outputs do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.support.clone import ROOT

FILES = [ROOT / "dvc.yaml", *sorted(ROOT.glob("laboratory/*/dvc.yaml"))]
PAGES = ("reports/", "report/")  # in git, of the last stages, which take seconds


def outputs(stage: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Kind, path and options of everything that a stage writes."""
    found = []
    for kind in ("outs", "metrics", "plots"):
        for out in stage.get(kind) or []:
            pairs = out.items() if isinstance(out, dict) else [(out, None)]
            found += [(kind, str(path), options or {}) for path, options in pairs]
    return found


@pytest.mark.parametrize("file", FILES, ids=[str(file.relative_to(ROOT)) for file in FILES])
def test_every_stage_can_be_restored(file: Path) -> None:
    stages = YAML(typ="safe").load(file.read_text(encoding="utf-8"))["stages"]
    assert stages
    for name, stage in stages.items():
        assert not stage.get("frozen"), name
        assert not (stage.get("always_changed") and stage.get("deps")), name  # without deps there is no key to keep
        for kind, path, options in outputs(stage):
            assert not options.get("persist"), (name, path)
            if kind == "outs" and options.get("cache") is False:
                assert path.startswith(PAGES), (name, path)
