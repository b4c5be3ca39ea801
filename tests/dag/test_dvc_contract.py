"""Names of DVC that genbench uses and DVC does not document: they exist, are called so, and behave as in DVC 3.67.

DVC documents its command line, its files and `dvc.api`. So a new DVC may change any of this, and then fails here first,
by name; pyproject.toml lets no other minor version in until it does not.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import inspect
import json
import os
from pathlib import Path
from typing import Any

import dvc
import pytest
from dvc.repo import Repo, lock_repo
from dvc.repo.reproduce import _reproduce_stage, get_active_graph, plan_repro
from dvc.stage.cache import _get_cache_hash
from dvc.stage.run import get_executable
from dvc.stage.serialize import to_lockfile, to_single_stage_lockfile
from dvc_data.hashfile.hash import file_md5
from dvc_data.hashfile.hash_info import HashInfo

from genbench.commands import repro
from tests.support.clone import ROOT

#: By module, each name and how it is called: number of positional arguments, names of others; None: it is not called.
NAMES: dict[str, dict[str, tuple[int, str] | None]] = {
    "dvc.config": {"Config": None},
    "dvc.dependency": {"Dependency": None, "ParamsDependency": None},
    "dvc.dvcfile": {"Lockfile": (2, ""), "Lockfile.load": (1, ""), "ProjectFile.stages": None},
    "dvc.exceptions": {"DvcException": None, "ReproductionError": None},
    "dvc.output": {
        "Output": None,
        "Output._build": (6, "ignore dry_run"),
        "Output.changed_cache": (1, ""),
        "Output.get_hash": (1, ""),
        "Output.status": (1, ""),
    },
    "dvc.repo": {
        "Repo": (0, ""),
        "Repo._reset": (1, ""),
        "Repo.fetch": (1, "targets remote"),
        "Repo.index": None,
        "Repo.push": (1, "targets remote"),
        "Repo.reproduce": (2, "repro_fn"),
        "Repo.scm_context": None,
        "Repo.tmp_dir": None,
        "lock_repo": (1, ""),
    },
    "dvc.repo.index": {"Index.graph": None},
    "dvc.repo.reproduce": {
        "_reproduce_stage": (1, "upstream force"),
        "collect_stages": (2, ""),
        "get_active_graph": (1, ""),
        "plan_repro": (2, ""),
    },
    "dvc.repo.scm_context": {"SCMContext.__call__": (1, "quiet"), "SCMContext.track_file": (2, "")},
    "dvc.cachemgr": {"CacheManager.local_cache_dir": None},
    "dvc.data_cloud": {"DataCloud.get_remote_odb": (3, "hash_name")},
    "dvc.scm": {"SCMError": None},
    "dvc.stage": {
        "PipelineStage": None,
        "Stage": None,
        "Stage.changed_stage": (1, ""),
        "Stage.checkout": (1, "force"),
        "Stage.dump": (1, "update_pipeline"),
        "Stage.is_callback": None,
        "Stage.params": None,
        "Stage.save_deps": (1, ""),
        "Stage.status": (1, ""),
    },
    "dvc.stage.cache": {
        "StageCache._create_stage": (2, "wdir"),
        "StageCache._get_cache_dir": (2, ""),
        "StageCache._load_cache": (3, ""),
        "StageCache.save": (2, ""),
        "_can_hash": (1, ""),
        "_get_cache_hash": (1, "key"),
        "_get_stage_hash": (1, ""),
    },
    "dvc.stage.loader": {"StageLoader.lockfile_data": None},
    "dvc.stage.serialize": {"to_lockfile": (1, ""), "to_single_stage_lockfile": (1, "")},
    "dvc.utils": {"relpath": (1, "")},
    "dvc.utils.serialize": {"dumps_yaml": (1, "")},
    "dvc_data.hashfile.hash": {"file_md5": (1, "name")},
    "dvc_data.hashfile.hash_info": {"HashInfo": (2, "")},
    "dvc_data.hashfile.meta": {"Meta": (0, "")},
    "dvc_data.hashfile.tree": {"Tree": (0, ""), "Tree.load": (2, ""), "Tree.get": (2, ""), "Tree.digest": (1, "")},
    "dvc_objects.fs": {"generic.copy": (4, "")},
}
ALL = [(module, name) for module, names in NAMES.items() for name in names]


@pytest.mark.parametrize(("module", "name"), ALL, ids=[".".join(pair) for pair in ALL])
def test_the_name_is_there_and_called_so(module: str, name: str) -> None:
    where = f"DVC {dvc.__version__}: {module}.{name}, which genbench uses"
    used: Any = importlib.import_module(module)
    for part in name.split("."):
        assert hasattr(used, part), f"{where}, does not exist"
        used = getattr(used, part)
    if (call := NAMES[module][name]) is not None:
        positional, names = call
        try:
            inspect.signature(used).bind(*range(positional), **dict.fromkeys(names.split()))
        except TypeError as error:
            raise AssertionError(f"{where}, is called in another way: {error}") from error


def test_every_import_from_dvc_is_in_the_table() -> None:
    for folder in ("genbench", "stages", "laboratory"):
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0].startswith("dvc"):
                    known = {name.partition(".")[0] for name in NAMES.get(node.module or "", {})}
                    assert {alias.name for alias in node.names} <= known, f"{file}: {node.module}"


PIPELINE = """
stages:
  c: {cmd: echo c > c, deps: [b], outs: [c]}
  b: {cmd: echo b > b, deps: [a], outs: [b], frozen: true}
  a: {cmd: echo a > a, deps: [x], outs: [a]}
"""


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """A repository of three stages that have not run; the middle one is frozen."""
    monkeypatch.chdir(tmp_path)
    Repo.init(no_scm=True).close()
    Path("dvc.yaml").write_text(PIPELINE, encoding="utf-8")
    for name in "xab":
        Path(name).write_text(f"{name}\n", encoding="utf-8")
    return Repo()


def test_a_stage_is_reproduced_by_repro_fn_and_dumped_by_its_attribute(repo: Repo) -> None:
    dumped: dict[str, Any] = {}

    def reproduce(stage: Any, **options: Any) -> Any:
        stage.dump = lambda **to: dumped.update({stage.name: to})
        return _reproduce_stage(stage, **options)

    with repo, lock_repo(repo):
        stages = {stage.name: stage for stage in repo.reproduce(["dvc.yaml"], repro_fn=reproduce)}
        assert dumped == dict.fromkeys("bac", {"update_pipeline": False})
        assert not Path("dvc.lock").exists(), "DVC writes the lock in `dump` alone"
        entry = to_lockfile(stages["c"])["c"]
    assert [*entry] == ["cmd", "deps", "outs"]
    assert [*entry["outs"][0]] == ["path", "hash", "md5", "size"], "the order of keys in dvc.lock"


def test_a_frozen_stage_has_no_edges_and_the_order_is_that_of_the_file(repo: Repo) -> None:
    with repo, lock_repo(repo):
        graph = get_active_graph(repo.index.graph)
        assert {(stage.name, dep.name) for stage, dep in graph.edges} == {("c", "b")}
        assert [stage.name for stage in plan_repro(graph)] == ["b", "c", "a"]


def test_the_run_cache_has_its_folders_and_the_newest_entry_counts(repo: Repo) -> None:
    with repo, lock_repo(repo):
        a = next(stage for stage in repo.reproduce(["dvc.yaml"]) if stage.name == "a")
        cache = repo.stage_cache
        key = _get_cache_hash(to_single_stage_lockfile(a), key=True)
        folder = Path(cache._get_cache_dir(key))
        assert folder == Path(repo.cache.legacy.path, "runs", key[:2], key)
        (newest,) = folder.iterdir()
        entry = cache._load_cache(key, newest.name)
        older = folder / ("0" * 64)
        older.write_text(newest.read_text(encoding="utf-8").replace("size: 2", "size: 3"), encoding="utf-8")
        os.utime(older, (0, 0))
        assert cache._load(a) == entry != cache._load_cache(key, older.name)
        assert cache._create_stage(entry, wdir=a.wdir).outs_cached()


def test_the_key_of_the_run_cache_is_what_it_was() -> None:
    """Another one would make everything run again, and `genbench plan` would not say so."""
    dep = {"path": "x", "hash": "md5", "md5": "0a" * 16}
    entry = {"cmd": "echo a", "deps": [dep | {"size": 2}], "outs": [{"path": "a", "hash": "md5", "md5": "0b" * 16}]}
    hashed = json.dumps({"cmd": "echo a", "deps": [dep], "outs": ["a"]}, sort_keys=True)
    assert _get_cache_hash(entry, key=True) == hashlib.sha256(hashed.encode()).hexdigest()


def test_hashes(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"a\r\nb\n")
    assert file_md5(str(file), name="md5") == "d644a230f3ef20b00879aaceb61790af"  # of md5sum
    assert file_md5(str(file), name="md5-dos2unix") == "dd8c6a395b5dd36c56d23275028f526c"  # of md5sum for a\nb\n
    assert HashInfo("md5", "0a.dir").isdir
    assert HashInfo("md5", "0a") == HashInfo("md5", "0a")


def test_stages_run_in_the_shell_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHELL", "/somebody/shell")
    assert get_executable() == "/somebody/shell"


def test_the_flags_of_repro_are_those_of_dvc() -> None:
    from dvc.cli.parser import get_main_parser

    parsed = vars(get_main_parser().parse_args(["repro"]))
    flags = [names for names in repro.FLAGS if parsed.get(names[-1].removeprefix("--").replace("-", "_")) is not False]
    assert flags == []
    for names in repro.FLAGS:
        assert vars(get_main_parser().parse_args(["repro", names[0]])) != parsed
