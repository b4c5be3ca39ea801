"""A dry run of `dvc repro` that follows what is known of every output, in the order in which DVC would go.

DVC reruns a stage whose command, params, dependencies or outputs are not what dvc.lock says. Of a dependency that an
earlier stage is about to write, the hash is

    known      where that stage is restored from the run-cache, and for fingerprints, which are computed here;
    different  where it is never the same twice: times and memory;
    open       else: training again may well give the bytes that there were, and then the cascade ends.

So a stage runs, is restored, or runs unless open dependencies come out as they were. (A stage that "runs" on open
dependencies is restored all the same if they come out as they were in some earlier run.) A frozen stage never runs:
what depends on it finds its outputs as they lie there, and where one is missing, DVC stops.

`dvc repro --dry` and `dvc status` do not say this. They look at each stage as things are now, so that they name what is
changed already and nothing behind it. Tried with DVC 3.67 on 185 stages up to date: after a comment in a model's module
and after a change of its code the dry run says the same, that `fingerprint` alone would run, where the first runs one
stage and the second up to twelve; after a change of train.steps it names the 36 trainings, where up to 181 stages run.
Of every stage that it names it also says "is cached", for it looks into the run-cache with the dependencies of dvc.lock
instead of those that there are.

Stands on what DVC 3 keeps in its stages (`deps`, `outs`, their `hash_info` and `status`) and on its run-cache
(`StageCache._load`, `_create_stage`); nothing is written, what is changed are the stages in memory.
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
    """What would become of a stage.

    reasons: what changed for certain, a phrase each; of a frozen stage, what stops DVC there. unless: the stages whose
    outputs may come out as they were; a stage without reasons runs only if one of them does not.
    """

    stage: str
    verdict: Verdict
    reasons: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Coming:
    """An output that will be written. hash: None where it is open. different: whether it is so for certain."""

    stage: str
    out: Output
    hash: HashInfo | None
    different: bool = False


@dataclass(frozen=True)
class _Seen:
    """A dependency as its stage will find it. state: beside dvc.lock. hash: where it is known. why: if it changed."""

    state: Literal["same", "changed", "open"]
    hash: HashInfo | None
    why: str = ""
    open: tuple[str, ...] = ()


def forecast(targets: Sequence[str] = ()) -> list[Step]:
    """Every stage that `dvc repro TARGETS` would look at, in its order. targets: dvc.yaml by default."""
    from dvc.repo import Repo

    with Repo() as repo:
        following = _Forecast()
        return [following.step(stage) for stage in order(repo, targets)]


@dataclass
class _Forecast:
    options: Options = field(default_factory=Options)
    coming: dict[str, _Coming] = field(default_factory=dict)
    within: dict[str, list[_Coming]] = field(default_factory=dict)  # by every folder above them
    code: Hashes = field(default_factory=dict)
    code_md5: dict[str, str] = field(default_factory=dict)
    locks: dict[str, dict[str, Any]] = field(default_factory=dict)  # by the dvc.yaml beside them

    def step(self, stage: Stage) -> Step:
        """Decide about one stage, and remember what it will have written."""
        from dvc.dependency import ParamsDependency

        if not stage.cmd:  # what `dvc add` made: there is nothing to run
            return Step(stage.addressing, "unchanged")
        if stage.frozen:
            lost = tuple(f"{out} is missing, at which DVC stops" for out in stage.outs if not out.exists)
            return Step(stage.addressing, "frozen", lost)
        files = [dep for dep in stage.deps if not isinstance(dep, ParamsDependency)]
        seen = [self._look(dep) for dep in files]
        new = stage.name not in self._locked(stage) or not any(out.exists for out in stage.outs)
        changed = [one.why for one in seen if one.why]
        changed += ["its command changed"] if stage.changed_stage() else []
        changed += [text for dep in stage.params for text in self.options.changed(dep)]
        reasons = ["nothing of it is here yet"] if new else [*changed, *_outputs(stage)]
        unless = tuple(dict.fromkeys(name for one in seen for name in one.open))
        if not reasons and not unless:
            return Step(stage.addressing, "unchanged")
        known = all(one.hash for one in seen)
        restored = self._recall(stage, files, seen, bool(changed)) if known else None
        verdict: Verdict = "restored" if restored is not None else "runs" if reasons else "may run"
        self._remember(stage, verdict, restored or {})
        return Step(stage.addressing, verdict, tuple(dict.fromkeys(reasons)), unless)

    def _locked(self, stage: Stage) -> dict[str, Any]:
        """The entries of dvc.lock beside a stage, read once: DVC would parse it anew for every stage."""
        if stage.path not in self.locks:
            self.locks[stage.path] = stage.dvcfile.stages.lockfile_data
        return self.locks[stage.path]

    def _look(self, dep: Dependency) -> _Seen:
        """What a file or folder will be when its stage is due."""
        above = next(
            (self.coming[str(p)] for p in (Path(dep.fs_path), *Path(dep.fs_path).parents) if str(p) in self.coming),
            None,
        )
        if above:
            return self._inside(dep, above)
        below = self.within.get(dep.fs_path)
        return self._around(dep, below) if below else self._untouched(dep)

    def _untouched(self, dep: Dependency) -> _Seen:
        if not dep.exists:
            return _Seen("changed", None, f"{dep} is missing")
        found = dep.get_hash()
        return _seen(dep, found, f"{dep} changed")

    def _inside(self, dep: Dependency, above: _Coming) -> _Seen:
        """A dependency that is an output to come, or lies in one."""
        inner = Path(dep.fs_path).relative_to(above.out.fs_path)
        if Path(str(above.out)) == CODE:
            return self._code(dep, inner.as_posix())
        if above.hash is None:
            return _Seen("changed", None, f"times in {dep}") if above.different else _open(above)
        found = above.hash if inner == Path() else _child(above, inner)
        return _seen(dep, found, f"{dep} changes") if found else _open(above)

    def _code(self, dep: Dependency, name: str) -> _Seen:
        from dvc_data.hashfile.hash_info import HashInfo

        if name not in self.code_md5:
            return _Seen("changed", None, f"{dep} goes")
        modules = changed_modules(name, self.code, dep.hash_info.value)
        shown = ", ".join(modules[:3]) + (f" and {len(modules) - 3} more" if len(modules) > 3 else "")
        kind = "in the report" if name == "catalogue.json" else "code"
        return _seen(dep, HashInfo("md5", self.code_md5[name]), f"{kind}: {shown}" if shown else f"{dep} changed")

    def _around(self, dep: Dependency, below: Sequence[_Coming]) -> _Seen:
        """A folder that holds outputs to come."""
        if any(one.different for one in below):
            return _Seen("changed", None, f"times in {dep}")
        if unknown := tuple(one.stage for one in below if one.hash is None):
            return _Seen("open", None, open=unknown)
        return _seen(dep, _with(dep, below), f"{dep} changes")

    def _recall(self, stage: Stage, files: list[Dependency], seen: list[_Seen], changed: bool) -> dict[str, Any] | None:
        """The outputs, by path, that DVC will take from its cache instead of running a stage; None if it will run."""
        from dvc.stage.serialize import to_single_stage_lockfile
        from dvc_data.hashfile.meta import Meta

        for dep, one in zip(files, seen, strict=True):
            dep.hash_info, dep.meta = one.hash, Meta()  # the old one holds the old hash as well
        for dep in stage.params:
            dep.hash_info = self.options.hash(dep)
        if not _restorable(stage):
            return None
        cache = stage.repo.stage_cache
        whole = not changed and all(out.hash_info for out in stage.outs)
        entry = to_single_stage_lockfile(stage) if whole else _entry(stage)
        made = cache._create_stage(entry, wdir=stage.wdir) if entry else None
        return {out.fs_path: out.hash_info for out in made.outs} if made and made.outs_cached() else None

    def _remember(self, stage: Stage, verdict: Verdict, hashes: dict[str, Any]) -> None:
        for out in stage.outs:
            if Path(str(out)) == CODE:
                self.code, self.code_md5 = predicted()
            # of Paths.cost: times, which are never the same twice
            different = verdict == "runs" and "costs" in Path(str(out)).parts
            one = _Coming(stage.addressing, out, hashes.get(out.fs_path), different)
            self.coming[out.fs_path] = one
            for folder in Path(out.fs_path).parents:
                self.within.setdefault(str(folder), []).append(one)


def _restorable(stage: Stage) -> bool:
    """Whether the run-cache takes a stage: DVC's `_can_hash`, which would hash inputs that are yet to come."""
    kept = all(out.protocol == "local" and out.is_in_repo and not out.persist for out in stage.outs)
    return bool(stage.outs) and kept and not stage.is_callback and not stage.always_changed


def _entry(stage: Stage) -> dict[str, Any] | None:
    """What the run-cache has of a stage: DVC's `_load`, which would hash inputs that are yet to come."""
    from dvc.stage.cache import _get_cache_hash
    from dvc.stage.serialize import to_single_stage_lockfile

    cache = stage.repo.stage_cache
    key = _get_cache_hash(to_single_stage_lockfile(stage), key=True)
    folder = Path(cache._get_cache_dir(key))
    values = os.listdir(folder) if folder.is_dir() else []  # noqa: PTH208, DVC's own order counts where times are equal
    newest = max(values, key=lambda value: (folder / value).stat().st_mtime, default=None)
    return cache._load_cache(key, newest) if newest else None


def _seen(dep: Dependency, found: HashInfo, why: str) -> _Seen:
    """A dependency whose hash will be `found`."""
    return _Seen("same", found) if found == dep.hash_info else _Seen("changed", found, why)


def _open(above: _Coming) -> _Seen:
    return _Seen("open", None, open=(above.stage,))


def _child(above: _Coming, inner: Path) -> HashInfo | None:
    """The hash of a file in a folder that is restored; None if the cache does not tell."""
    from dvc_data.hashfile.tree import Tree

    assert above.hash
    entry = Tree.load(above.out.cache, above.hash).get(inner.parts) if above.hash.isdir else None
    return entry[1] if entry else None


def _with(dep: Dependency, below: Sequence[_Coming]) -> HashInfo:
    """The hash of a folder once the outputs in it are restored."""
    from dvc_data.hashfile.tree import Tree

    now = (
        dep._build(dep.local_cache, dep.fs_path, dep.fs, "md5", ignore=dep.dvcignore, dry_run=True)[2]
        if dep.exists
        else []
    )
    places = {one: Path(one.out.fs_path).relative_to(dep.fs_path).parts for one in below}
    then = Tree()  # type: ignore[no-untyped-call]
    for key, meta, found in now:
        if not any(key[: len(place)] == place for place in places.values()):
            then.add(key, meta, found)
    for one, place in places.items():
        assert one.hash
        for key, found in _entries(one):
            then.add((*place, *key), None, found)
    then.digest()
    return then.hash_info


def _entries(one: _Coming) -> Iterator[tuple[tuple[str, ...], HashInfo]]:
    from dvc_data.hashfile.tree import Tree

    assert one.hash
    if one.hash.isdir:
        yield from ((key, found) for key, _, found in Tree.load(one.out.cache, one.hash))
    else:
        yield (), one.hash


def _outputs(stage: Stage) -> list[str]:
    """What is wrong with the outputs that there should be."""
    said = {"deleted": "missing", "modified": "not as it was written"}
    return [f"{out} is {said.get(status, status)}" for out in stage.outs for status in out.status().values()]
