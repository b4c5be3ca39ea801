"""Dry run of `dvc repro` that follows the hash of every output, in the order in which DVC goes.

DVC reruns a stage whose command, params, dependencies or outputs are not what dvc.lock says. Of a dependency that an
earlier stage is about to write, the hash is

    known      where that stage is restored from the run-cache, and for fingerprints, which are computed here;
    different  where it is never the same twice: times and memory;
    open       otherwise: training again may give the same bytes, and then the cascade ends.

So a stage runs, is restored, or runs unless open dependencies come out as they were. (A stage that "runs" on open
dependencies is restored all the same if they come out as they were in some earlier run.) A frozen stage never runs:
what depends on it finds its outputs as they lie there, and where one is missing, DVC stops.

`dvc repro --dry` and `dvc status` do not serve. They look at each stage as the files are now, so that they name the
stages that have changed already and none that follow from them. Tried with DVC 3.67 on 185 stages up to date: after a
comment in a model's module and after a change of its code the dry run says the same, that `fingerprint` alone would
run, where the first runs one stage and the second up to twelve; after a change of train.steps it names the 36
trainings, where up to 181 stages run. It also says "is cached" of every stage that it names, for it looks into the
run-cache with the dependencies of dvc.lock instead of the present ones.

Rests on attributes of DVC's stages (`deps`, `outs`, their `hash_info` and `status`) and on its run-cache
(`StageCache._load`, `_create_stage`). Nothing is written; stages are changed in memory alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from genbench.dag.forecast.fingerprints import Hashes, changed_modules, predicted
from genbench.dag.forecast.options import Options
from genbench.dag.reproduce import order
from genbench.data.paths import CODE

if TYPE_CHECKING:
    from dvc.dependency import Dependency
    from dvc.output import Output
    from dvc.stage import Stage
    from dvc_data.hashfile.hash_info import HashInfo

Verdict = Literal["runs", "may run", "restored", "unchanged", "frozen"]


@dataclass(frozen=True)
class Step:
    """Forecast of one stage.

    reasons: certain changes, a phrase each; of a frozen stage, what stops DVC there. unless: the stages whose outputs
    may come out as they were; a stage without reasons runs only if one of them does not.
    """

    stage: str
    verdict: Verdict
    reasons: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Coming:
    """An output that will be written. hash: None where it is open. different: True if it will differ for certain."""

    stage: str
    out: Output
    hash: HashInfo | None
    different: bool = False


@dataclass(frozen=True)
class _Expected:
    """A dependency as its stage will find it.

    hash: None where it is not known. reason: the change against dvc.lock, "" if there is none for certain. open: the
    stages whose outputs may come out as they were.
    """

    hash: HashInfo | None
    reason: str = ""
    open: tuple[str, ...] = ()


def forecast(targets: Sequence[str] = ()) -> list[Step]:
    """Forecast every stage that `dvc repro TARGETS` would look at, in its order. targets: dvc.yaml by default."""
    from dvc.repo import Repo

    with Repo() as repo:
        forecast = _Forecast()
        return [forecast.step(stage) for stage in order(repo, targets)]


@dataclass
class _Forecast:
    """Outputs to come, by path, while stages are gone through in DVC's order."""

    options: Options = field(default_factory=Options)
    coming: dict[str, _Coming] = field(default_factory=dict)
    within: dict[str, list[_Coming]] = field(default_factory=dict)  # by every folder above them
    code: Hashes = field(default_factory=dict)
    code_md5: dict[str, str] = field(default_factory=dict)
    locks: dict[str, dict[str, Any]] = field(default_factory=dict)  # by the dvc.yaml beside them

    def step(self, stage: Stage) -> Step:
        """Forecast one stage, and note the outputs that it will have written."""
        from dvc.dependency import ParamsDependency

        if not stage.cmd:  # made by `dvc add`: there is nothing to run
            return Step(stage.addressing, "unchanged")
        if stage.frozen:
            missing = tuple(f"{out} is missing, at which DVC stops" for out in stage.outs if not out.exists)
            return Step(stage.addressing, "frozen", missing)
        files = [dep for dep in stage.deps if not isinstance(dep, ParamsDependency)]
        expected = [self._expect(dep) for dep in files]
        new = stage.name not in self._locked(stage) or not any(out.exists for out in stage.outs)
        changed = [dep.reason for dep in expected if dep.reason]
        changed += ["its command changed"] if stage.changed_stage() else []
        changed += [text for dep in stage.params for text in self.options.changed(dep)]
        reasons = ["nothing of it is here yet"] if new else [*changed, *_outputs(stage)]
        unless = tuple(dict.fromkeys(name for dep in expected for name in dep.open))
        if not reasons and not unless:
            return Step(stage.addressing, "unchanged")
        known = all(dep.hash for dep in expected)
        restored = self._restored(stage, files, expected, bool(changed)) if known else None
        verdict: Verdict = "restored" if restored is not None else "runs" if reasons else "may run"
        self._note_outputs(stage, verdict, restored or {})
        return Step(stage.addressing, verdict, tuple(dict.fromkeys(reasons)), unless)

    def _locked(self, stage: Stage) -> dict[str, Any]:
        """Read the entries of dvc.lock beside a stage, once: DVC would parse it anew for every stage."""
        if stage.path not in self.locks:
            self.locks[stage.path] = stage.dvcfile.stages.lockfile_data
        return self.locks[stage.path]

    def _expect(self, dep: Dependency) -> _Expected:
        """Tell what a file or folder will be when its stage is due."""
        above = next(
            (self.coming[str(p)] for p in (Path(dep.fs_path), *Path(dep.fs_path).parents) if str(p) in self.coming),
            None,
        )
        if above:
            return self._inside(dep, above)
        below = self.within.get(dep.fs_path)
        return self._around(dep, below) if below else self._untouched(dep)

    def _untouched(self, dep: Dependency) -> _Expected:
        """Tell what a dependency is that no stage writes."""
        if not dep.exists:
            return _Expected(None, f"{dep} is missing")
        return _compared(dep, dep.get_hash(), f"{dep} changed")

    def _inside(self, dep: Dependency, above: _Coming) -> _Expected:
        """Tell what a dependency will be that is an output to come, or lies in one."""
        inner = Path(dep.fs_path).relative_to(above.out.fs_path)
        if Path(str(above.out)) == CODE:
            return self._code(dep, inner.as_posix())
        if above.hash is None:
            return _Expected(None, f"times in {dep}") if above.different else _Expected(None, open=(above.stage,))
        hash_info = above.hash if inner == Path() else _child(above, inner)
        return _compared(dep, hash_info, f"{dep} changes") if hash_info else _Expected(None, open=(above.stage,))

    def _code(self, dep: Dependency, name: str) -> _Expected:
        """Tell what a file of fingerprints will be."""
        from dvc_data.hashfile.hash_info import HashInfo

        if name not in self.code_md5:
            return _Expected(None, f"{dep} goes")
        modules = changed_modules(name, self.code, dep.hash_info.value)
        shown = ", ".join(modules[:3]) + (f" and {len(modules) - 3} more" if len(modules) > 3 else "")
        kind = "in the report" if name == "catalogue.json" else "code"
        return _compared(dep, HashInfo("md5", self.code_md5[name]), f"{kind}: {shown}" if shown else f"{dep} changed")

    def _around(self, dep: Dependency, below: Sequence[_Coming]) -> _Expected:
        """Tell what a folder will be that holds outputs to come."""
        if any(output.different for output in below):
            return _Expected(None, f"times in {dep}")
        if unknown := tuple(output.stage for output in below if output.hash is None):
            return _Expected(None, open=unknown)
        return _compared(dep, _with(dep, below), f"{dep} changes")

    def _restored(
        self, stage: Stage, files: list[Dependency], expected: list[_Expected], changed: bool
    ) -> dict[str, Any] | None:
        """Return the outputs, by path, that DVC will take from its cache instead of running a stage, or None."""
        from dvc.stage.serialize import to_single_stage_lockfile
        from dvc_data.hashfile.meta import Meta

        for dep, coming in zip(files, expected, strict=True):
            dep.hash_info, dep.meta = coming.hash, Meta()  # the old meta holds the old hash as well
        for dep in stage.params:
            dep.hash_info = self.options.hash(dep)
        if not _restorable(stage):
            return None
        cache = stage.repo.stage_cache
        whole = not changed and all(out.hash_info for out in stage.outs)
        entry = to_single_stage_lockfile(stage) if whole else _entry(stage)
        cached = cache._create_stage(entry, wdir=stage.wdir) if entry else None
        return {out.fs_path: out.hash_info for out in cached.outs} if cached and cached.outs_cached() else None

    def _note_outputs(self, stage: Stage, verdict: Verdict, hashes: dict[str, Any]) -> None:
        for out in stage.outs:
            if Path(str(out)) == CODE:
                self.code, self.code_md5 = predicted()
            # of Paths.cost: times, which are never the same twice
            different = verdict == "runs" and "costs" in Path(str(out)).parts
            output = _Coming(stage.addressing, out, hashes.get(out.fs_path), different)
            self.coming[out.fs_path] = output
            for folder in Path(out.fs_path).parents:
                self.within.setdefault(str(folder), []).append(output)


def _restorable(stage: Stage) -> bool:
    """Return whether the run-cache takes a stage: DVC's own `_can_hash` would hash inputs that are yet to come."""
    kept = all(out.protocol == "local" and out.is_in_repo and not out.persist for out in stage.outs)
    return bool(stage.outs) and kept and not stage.is_callback and not stage.always_changed


def _entry(stage: Stage) -> dict[str, Any] | None:
    """Read the run-cache's entry of a stage: DVC's own `_load` would hash inputs that are yet to come."""
    from dvc.stage.cache import _get_cache_hash
    from dvc.stage.serialize import to_single_stage_lockfile

    cache = stage.repo.stage_cache
    key = _get_cache_hash(to_single_stage_lockfile(stage), key=True)
    folder = Path(cache._get_cache_dir(key))
    values = os.listdir(folder) if folder.is_dir() else []  # noqa: PTH208, DVC's own order counts where times are equal
    newest = max(values, key=lambda value: (folder / value).stat().st_mtime, default=None)
    return cache._load_cache(key, newest) if newest else None


def _compared(dep: Dependency, hash_info: HashInfo, reason: str) -> _Expected:
    """Compare the hash that a dependency will have with that of dvc.lock. reason: for one that differs."""
    return _Expected(hash_info, "" if hash_info == dep.hash_info else reason)


def _child(above: _Coming, inner: Path) -> HashInfo | None:
    """Return the hash of a file in a folder that is restored; None if the cache does not have it."""
    from dvc_data.hashfile.tree import Tree

    assert above.hash
    entry = Tree.load(above.out.cache, above.hash).get(inner.parts) if above.hash.isdir else None
    return entry[1] if entry else None


def _with(dep: Dependency, below: Sequence[_Coming]) -> HashInfo:
    """Compute the hash of a folder once the outputs in it are restored."""
    from dvc_data.hashfile.tree import Tree

    now = (
        dep._build(dep.local_cache, dep.fs_path, dep.fs, "md5", ignore=dep.dvcignore, dry_run=True)[2]
        if dep.exists
        else []
    )
    keys = {output: Path(output.out.fs_path).relative_to(dep.fs_path).parts for output in below}
    tree = Tree()  # type: ignore[no-untyped-call]
    for key, meta, hash_info in now:
        if not any(key[: len(replaced)] == replaced for replaced in keys.values()):
            tree.add(key, meta, hash_info)
    for output, above in keys.items():
        for key, hash_info in _entries(output):
            tree.add((*above, *key), None, hash_info)
    tree.digest()
    return tree.hash_info


def _entries(output: _Coming) -> Iterator[tuple[tuple[str, ...], HashInfo]]:
    """Yield the files of an output, by their path in it, with their hashes."""
    from dvc_data.hashfile.tree import Tree

    assert output.hash
    if output.hash.isdir:
        yield from ((key, hash_info) for key, _, hash_info in Tree.load(output.out.cache, output.hash))
    else:
        yield (), output.hash


def _outputs(stage: Stage) -> list[str]:
    """Name the outputs that are missing or changed."""
    states = {"deleted": "missing", "modified": "not as it was written"}
    return [f"{out} is {states.get(status, status)}" for out in stage.outs for status in out.status().values()]
