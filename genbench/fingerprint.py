"""What code each stage, dataset, extractor, metric and run depends on, for the stages of the DAG to depend on.

Imports are followed by :mod:`genbench.code`. What is found by name at run time, members of collections, is found by
what the options of params.yaml and of runs/ name (:func:`named_members`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from genbench.code import closure
from genbench.errors import InputError
from genbench.find import PACKAGE, members, singular
from genbench.params import Params

#: The folders that the stage fingerprint depends on, whose modules alone may therefore run in a stage.
FOLDERS = ("genbench", "stages")

#: Folders that are no collection, or of commands and checks, which no option names.
PARTS = ("commands", "compare", "doctor", "fanout", "laboratory", "plan", "report", "site", "source", "standalone")

#: Collections whose members an option may name.
COLLECTIONS = sorted(
    folder.name for folder in PACKAGE.iterdir() if (folder / "__init__.py").exists() and folder.name not in PARTS
)


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
        found[f"datasets/{name}.json"] = closure([f"genbench.datasets.{name}"], root)
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


def named_members(options: Any, key: str = "") -> Iterator[str]:
    """Give the modules of collections that options name, at any depth.

    {"objective": "wgan"}, {"objective": {"name": "wgan", ...}}, or several in a list: {"penalties": ["r1", ...]}. A key
    that ends with a collection's name, or with that of one of its members ("generator_network"), names members of it; a
    text under any other key names whatever is called so, for nothing that may be used may be missed.
    """
    if isinstance(options, str):
        for collection in _collections(key):
            if options in members(collection):
                yield f"genbench.{collection}.{options}"
    elif isinstance(options, list):
        for value in options:
            yield from named_members(value, key)
    elif isinstance(options, dict):
        for name, value in options.items():
            yield from named_members(value, key if name == "name" else name)


def _collections(key: str) -> Iterable[str]:
    fitting = [name for name in COLLECTIONS if key.endswith((name, singular(name)))]
    return fitting or COLLECTIONS
