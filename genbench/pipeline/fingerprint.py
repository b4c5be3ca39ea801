"""Code that each stage, dataset, extractor, metric and run depends on: dependencies of the stages in the DAG.

Imports are followed by :mod:`genbench.files.code`. What is found by name at run time, members of collections, is found
by what the options of params.yaml and of runs/ name (:func:`genbench.find.named_members`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from genbench.errors import InputError
from genbench.files.code import closure, word
from genbench.find import dotted, members, named_members
from genbench.pipeline.catalogue import Run
from genbench.pipeline.params import Params

#: The folders that the stage fingerprint depends on, whose modules alone may therefore run in a stage.
FOLDERS = ("genbench", "stages")
TRUTH = "genbench.metrics._truth"  # what a metric imports that is given the dataset's teacher


def fingerprints(root: Path, params: Params) -> dict[str, dict[str, Any]]:
    """Give what is to be written below code/: <kind>/<name>.json, hashes by module, and two tables.

    metrics.json: the hashes by module of each enabled metric. catalogue.json: what the report says of the enabled runs,
    and the order of the metrics. root: the folder of the packages genbench and stages.
    """
    code: dict[str, dict[str, Any]] = {}
    metrics = [f"genbench.metrics.{name}" for name in params.metrics]
    stages = {file.stem for file in (root / "stages").glob("*.py")} - {"__init__", "fingerprint"}
    # the report takes the headings of its columns from the metrics; sources are made when images are prepared
    more = {"report": metrics, "prepare": list(named_members({"pairing": params.data.pairing}))}
    for stage in sorted(stages):
        code[f"stages/{stage}.json"] = closure([f"stages.{stage}", *more.get(stage, [])], root)
    for name in members("datasets"):
        code[f"datasets/{name}.json"] = closure([f"genbench.data.datasets.{name}"], root)
    for name in members("extractors"):
        used = [f"genbench.extractors.{name}"]
        code[f"extractors/{name}.json"] = closure(used, root)
        obtained = [*used, *named_members(params.extractor.get(name, {}))]
        code[f"extractors/{name}.obtain.json"] = closure(obtained, root)
    for name, halves in params.runs.items():
        # apart, so that a sampler that the `sample:` half names never retrains
        code[f"runs/{name}.train.json"] = closure(named_members(halves.train), root)
        code[f"runs/{name}.sample.json"] = closure(named_members(halves.sample), root)
    _require_known_folders(code)
    code["metrics.json"] = {name: _metric(name, params.dataset, root) for name in metrics}
    code["catalogue.json"] = {
        "runs": {name: _entry(params.run(name), root) for name in params.enabled},
        "metrics": list(params.metrics),
    }
    return code


def _metric(name: str, dataset: str, root: Path) -> dict[str, str]:
    """Give the code of a metric; a truth is given the teacher, which the dataset's module imports."""
    code = closure([name], root)
    return closure([name, f"genbench.data.datasets.{dataset}"], root) if TRUTH in code else code


def _entry(run: Run, root: Path) -> dict[str, Any]:
    return {**run.model_dump(), "family": family(run.train, root)}


def family(train: Mapping[str, Any], root: Path) -> str:
    """Read the family of a run: FAMILY of its objective, or else of its model, or else its model's name."""
    model = str(train.get("model"))
    modules = [*named_members({"objective": train.get("objective")}), dotted("models", model)]
    return next((text for module in modules if (text := word(module, "FAMILY", root))), model)


def _require_known_folders(code: dict[str, dict[str, Any]]) -> None:
    """Refuse code of other folders, such as a module at the root: DVC would not look whether it changed."""
    for file, hashes in code.items():
        for name in hashes:
            if name.replace("/", ".").partition(".")[0] not in FOLDERS:
                raise InputError(
                    f"{name}: expected code in {' or '.join(f'{folder}/' for folder in FOLDERS)}, the folders that the "
                    f"stage fingerprint depends on; code/{file} would need it"
                )
