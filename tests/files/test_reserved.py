"""No param is ignored by DVC: a change of any leaf gives each stage that reads it another key in the run-cache."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dvc.repo import Repo
from dvc.stage.cache import _get_cache_hash
from hypothesis import given, strategies as st

from genbench.errors import InputError
from genbench.files.reserved import RENAMED, RESERVED, refuse_reserved, reserved_keys, with_new_names
from genbench.files.section import read
from genbench.report.compare.settings import changes, mapping, read_settings
from genbench.report.compare.snapshot import WORKSPACE, Snapshot
from tests.support.clone import ROOT, change, clone

#: What decides which stages there are, rather than what one of them does: dvc.yaml is resolved by it.
#: By default no run is swept, so that no stage reads `sweep`.
TEMPLATED = {"dataset", "enabled", "seeds", "extractors", "sweep"}
#: Of a run's file: the stage fingerprint depends on it and writes what the report depends on. Of params.yaml: how often
#: a running training is shown, on which no result depends.
UNREAD = {"note", "calibration", "tuned_on", "train.log_every"}


def leaves(values: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Return the path of each value that is no mapping or list, and of each empty one."""
    items = values.items() if isinstance(values, dict) else enumerate(values) if isinstance(values, list) else ()
    below = [leaf for key, value in items for leaf in leaves(value, (*path, key))]
    yield from below or [path]


def changed(values: Any, path: tuple[Any, ...]) -> Any:
    """Return the values with another one at a path."""
    if not path:
        return "something else"
    key, *rest = path
    items = values.items() if isinstance(values, dict) else enumerate(values)
    new = {name: changed(value, tuple(rest)) if name == key else value for name, value in items}
    return new if isinstance(values, dict) else list(new.values())


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """The stages of the whole catalogue, one seed, every extractor that params.yaml has options of."""
    project = clone(tmp_path_factory.mktemp("reserved") / "project").path
    params = read(project / "params.yaml")
    catalogue = sorted(file.stem for file in (project / "runs").glob("*.yaml"))
    change(project, enabled=catalogue, seeds=[0], extractors=list(params["extractor"]))
    with Repo(str(project)) as repo:
        return [stage for stage in repo.index.stages if stage.relpath.endswith("dvc.yaml")]


def test_every_leaf_of_every_params_file_changes_the_key_of_the_stages_that_read_it(stages: list[Any]) -> None:
    seen: set[tuple[str, Any]] = set()
    for stage in stages:
        params = {str(dep): dep.read_params() for dep in stage.params}
        entry = {"cmd": stage.cmd, "outs": [{"path": str(out)} for out in stage.outs]}
        key = _get_cache_hash({**entry, "params": params}, key=True)
        for file, values in params.items():
            for path in leaves(values):
                other = {**entry, "params": {**params, file: changed(values, path)}}
                assert _get_cache_hash(other, key=True) != key, f"{stage.addressing}: {file}: {path}"
                seen.add((Path(file).name, (*path[0].split("."), *path[1:])))
    files = [ROOT / "params.yaml", *(ROOT / "runs").glob("*.yaml")]
    unread = {
        ".".join(map(str, path))
        for file in files
        for path in leaves(read(file))
        if path[0] not in TEMPLATED and not any(name == file.name and path[: len(at)] == at for name, at in seen)
    }
    assert unread == UNREAD


@pytest.mark.parametrize("name", RESERVED)
def test_dvc_ignores_these_names_still(name: str) -> None:
    """Once this fails, DVC has mended its issue #10296, and the names may be used."""
    entries = [{"cmd": "x", "params": {"p.yaml": {"data": {name: value}}}} for value in (1, 2)]
    assert _get_cache_hash(entries[0]) == _get_cache_hash(entries[1])


plain = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*RESERVED, "a", "b"]), inner),
    max_leaves=8,
)


@given(plain)
def test_a_reserved_key_is_found_wherever_it_stands(values: Any) -> None:
    def count(value: Any) -> int:
        inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
        here = sum(key in RESERVED for key in value) if isinstance(value, dict) else 0
        return here + sum(map(count, inner))

    assert len(list(reserved_keys(values))) == count(values)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"data": {"size": 8}}, "DVC would not see it change, for it is named size; data.size is now data.pixels"),
        ({"train": {"model": "vqvae", "size": 8}}, "train.size is now train.code_size"),
        ({"tricks": [{"name": "minibatch_discrimination", "size": 4}]}, r"is now tricks\[0\].dimensions"),
        ({"rulers": {"mine": {"extractor": "random_conv", "size": 4}}}, "is now rulers.mine.pixels"),
        ({"metrics": {"fid": {"nfiles": 2}}}, "metrics.fid.nfiles: .* give it another name"),
    ],
)  # fmt: skip
def test_a_reserved_key_is_refused_with_its_new_name(values: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        refuse_reserved(values, "params.yaml")
    if "nfiles" not in message:
        assert list(reserved_keys(with_new_names(values))) == []


def test_the_params_of_published_copies_are_read_by_their_new_names() -> None:
    for file in (ROOT / "reports/published").glob("*/params.yaml"):
        values = with_new_names(mapping(file.read_bytes(), str(file)))
        assert list(reserved_keys(values)) == [] and "pixels" in values["data"], file


PARAMS = {
    "old": "data: {size: 8}\nsampling: {images: 360, weights: last}\n",
    "new": "data: {pixels: 8}\nsampling: {blocks: 1, weights: raw}\n",
}


def test_a_renamed_option_is_no_change_between_commits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = []
    for name in ("old", "new"):
        folder = tmp_path / name
        (folder / "runs").mkdir(parents=True)
        (folder / "params.yaml").write_text(PARAMS[name], encoding="utf-8")
        option = "size" if name == "old" else RENAMED["vqvae"]["size"]
        (folder / "runs/v.yaml").write_text(f"train: {{model: vqvae, {option}: 8}}\n", encoding="utf-8")
        monkeypatch.chdir(folder)
        settings.append(read_settings(Snapshot(WORKSPACE, "")))
    assert changes(*settings) == []
