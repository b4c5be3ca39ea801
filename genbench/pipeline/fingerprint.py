"""What code each stage, dataset, extractor, metric and run depends on, for the stages of the DAG to depend on.

Imports are followed by :mod:`genbench.files.code`. What is found by name at run time, members of collections, is found
by what the options of params.yaml and of runs/ name (:func:`genbench.find.named_members`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from genbench.errors import InputError
from genbench.files.code import closure
from genbench.find import members, named_members
from genbench.pipeline.params import Params

#: The folders that the stage fingerprint depends on, whose modules alone may therefore run in a stage.
FOLDERS = ("genbench", "stages")


def fingerprints(root: Path, params: Params) -> dict[str, dict[str, Any]]:
    """Give what is to be written below code/: <kind>/<name>.json, hashes by module, and two tables.

    metrics.json: the hashes by module of each enabled metric. catalogue.json: what the report says of the enabled runs,
    and the order of the metrics. root: the folder of the packages genbench and stages.
    """
    found: dict[str, dict[str, Any]] = {}
    metrics = [f"genbench.metrics.{name}" for name in params.metrics]
    stages = {file.stem for file in (root / "stages").glob("*.py")} - {"__init__", "fingerprint"}
    for stage in sorted(stages):
        # the report takes the headings of its columns from the metrics
        found[f"stages/{stage}.json"] = closure([f"stages.{stage}", *(metrics if stage == "report" else [])], root)
    for name in members("datasets"):
        found[f"datasets/{name}.json"] = closure([f"genbench.data.datasets.{name}"], root)
    for name in members("extractors"):
        used = [f"genbench.extractors.{name}"]
        found[f"extractors/{name}.json"] = closure(used, root)
        obtained = [*used, *named_members(params.extractor.get(name, {}))]
        found[f"extractors/{name}.obtain.json"] = closure(obtained, root)
    for name, halves in params.runs.items():
        # apart, so that a sampler that the `sample:` half names never retrains
        found[f"runs/{name}.train.json"] = closure(named_members(halves.train), root)
        found[f"runs/{name}.sample.json"] = closure(named_members(halves.sample), root)
    _require_known_folders(found)
    found["metrics.json"] = {name: closure([name], root) for name in metrics}
    found["catalogue.json"] = {
        "runs": {name: params.run(name).model_dump() for name in params.enabled},
        "metrics": list(params.metrics),
    }
    return found


def _require_known_folders(found: dict[str, dict[str, Any]]) -> None:
    """Refuse code of other folders, such as a module at the root: DVC would not look whether it changed."""
    for file, hashes in found.items():
        for name in hashes:
            if name.replace("/", ".").partition(".")[0] not in FOLDERS:
                raise InputError(
                    f"{name}: expected code in {' or '.join(f'{folder}/' for folder in FOLDERS)}, the folders that the "
                    f"stage fingerprint depends on; code/{file} would need it"
                )
