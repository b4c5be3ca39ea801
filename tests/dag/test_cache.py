"""Objects in DVC's cache that changed are found by name, and made again once they are removed."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

import pytest

from genbench.dag import lock
from genbench.dag.cache import corrupt, makers
from tests.support.clone import Clone


def put(cache: Path, content: bytes, suffix: str = "") -> Path:
    """An object as DVC keeps it."""
    name = hashlib.md5(content, usedforsecurity=False).hexdigest()
    path = cache / name[:2] / f"{name[2:]}{suffix}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(0o444)
    return path


def flip(path: Path) -> None:
    """Change one bit, as a disk would: neither size nor mode nor time tell."""
    before = path.stat()
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.chmod(0o644)
    path.write_bytes(bytes(content))
    path.chmod(stat.S_IMODE(before.st_mode))


def test_what_is_not_what_its_name_says_is_found(tmp_path: Path) -> None:
    now, before = tmp_path / "files/md5", tmp_path
    kept = [put(now, b"images"), put(now, b'[{"md5": "0a"}]', ".dir"), put(before, b"lines\n")]
    bad = [put(now, b"weights"), put(now, b"[]", ".dir"), put(before, b'[{"md5": "1b"}]', ".dir")]
    (kept[0].parent / ".abcdef.tmp").write_bytes(b"half")  # what DVC was writing when it was killed
    for path in bad:
        flip(path)
    assert sorted(corrupt(tmp_path)) == sorted(bad)


def test_line_ends_of_the_earlier_layout_do_not_count(tmp_path: Path) -> None:
    path = put(tmp_path, b"a\nb\n")
    path.chmod(0o644)
    path.write_bytes(b"a\r\nb\r\n")
    assert not list(corrupt(tmp_path))


def test_a_cache_that_is_not_there_has_nothing_corrupt(tmp_path: Path) -> None:
    assert not list(corrupt(tmp_path / "none"))


@pytest.mark.pipeline
@pytest.mark.soak
def test_a_corrupt_object_is_named_removed_and_made_again_to_the_same_bytes(base: Clone, tmp_path: Path) -> None:
    project = base.copy(tmp_path / "project")
    assert "every object" in project.run("genbench", "cache")
    cache = project.path / ".dvc/cache"
    made = makers(cache, lock.read(project.path))
    stage, file = "sample@vae-0", "data/digits/samples/vae/0/final/pixels.npy"
    content = (project.path / file).read_bytes()
    bad = [path for path, maker in made.items() if maker == stage and path.read_bytes() == content]
    assert len(bad) == 1
    flip(bad[0])
    (project.path / file).unlink()
    project.run("dvc", "checkout", stage)
    assert (project.path / file).read_bytes() != content, "DVC trusts what is read-only"

    done = project.attempt("genbench", "cache")
    assert done.returncode == 1
    assert done.stdout == f"corrupt: {bad[0]} ({stage})\n"
    assert "error: corrupt objects in DVC's cache: 1; next: genbench cache --remove" in done.stderr
    after = f"{stage} features@vae-0-classifier evaluate@vae-0-classifier report"
    assert project.run("genbench", "cache", "--remove").endswith(f"dvc repro -f -s {after}\n")
    assert project.repro() == {stage, "report"}  # which shows what sampling cost
    assert (project.path / file).read_bytes() == content
    assert project.files("data/digits/metrics/**/*") == base.files("data/digits/metrics/**/*")
    assert "every object" in project.run("genbench", "cache")
