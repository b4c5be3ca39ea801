"""A checkout in which git does not serve: what commands and the doctor then say, and that what they say is the mend."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from genbench.cli import main
from genbench.doctor import repository as doctor
from genbench.pipeline import repository
from tests.support.clone import TINY, Clone, clone

TRUST = "git config --global --add safe.directory"
INIT = "git init && git add -A && git commit"
DVC_ALONE = "dvc config core.no_scm true"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A small benchmark in a repository of one commit, in a folder with a space in its name."""
    project = clone(tmp_path_factory.mktemp("repository") / "my bench")
    project.set(**TINY)
    project.commit()
    return project


@pytest.fixture
def project(whole: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, in which the test runs, with nobody's settings of git."""
    shutil.copytree(whole.path, copy := tmp_path / "outer" / whole.path.name, symlinks=True)
    monkeypatch.chdir(copy)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    return copy


def downloaded(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An archive of the files, as a release is."""
    shutil.rmtree(project / ".git")


def ignored(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An archive that was unpacked in a folder that another repository ignores."""
    shutil.rmtree(project / ".git")
    Clone(project.parent).run("git", "init", "--quiet")
    (project.parent / ".gitignore").write_text("/my*/\n", encoding="utf-8")


def cut_off(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worktree that was copied without the repository that it belongs to."""
    shutil.rmtree(project / ".git")
    (project / ".git").write_text(f"gitdir: {project.parent}/nothing/.git/worktrees/x\n", encoding="utf-8")


def anothers(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkout of another user: git's own tests have a setting for it."""
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")


def given_away(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkout that root gave to another user."""
    if os.getuid():
        pytest.skip("root alone can give files away")
    for path in (project, project / ".git"):
        os.chown(path, 12345, 12345)
    monkeypatch.delenv("SUDO_UID", raising=False)


def no_command(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(project / "nothing"))


#: By the way in which a checkout gets there: a part of the message, and of its mend.
STATES: dict[Callable[[Path, pytest.MonkeyPatch], None], tuple[str, str]] = {
    downloaded: ("not a git repository", INIT),
    ignored: ("git ignores it as a part of the repository", INIT),
    cut_off: ("not a git repository", INIT),
    anothers: ("belongs to another user", TRUST),
    given_away: ("belongs to another user", TRUST),
    no_command: ("there is no command git", "install git"),
}


@pytest.mark.parametrize("command", ["fanout", "compare", "verify vae"])
@pytest.mark.parametrize("state", STATES)
def test_a_command_refuses_in_one_line_with_the_mend(
    project: Path, monkeypatch: pytest.MonkeyPatch, state: Callable[[Path, pytest.MonkeyPatch], None], command: str
) -> None:
    if state is ignored and command != "fanout":
        pytest.skip("the outer repository has revisions, of which compare and verify say that they have no report")
    state(project, monkeypatch)
    message, mend = STATES[state]
    with pytest.raises(SystemExit) as stop:
        main(command.split())
    said = str(stop.value)
    assert said.startswith(f"error: {project}: ") and "\n" not in said
    assert message in said and mend in said


@pytest.mark.parametrize(
    "state", [downloaded, *(pytest.param(one, marks=pytest.mark.soak) for one in (cut_off, anothers))]
)
def test_a_site_that_cannot_be_made_leaves_nothing_behind(
    project: Path, monkeypatch: pytest.MonkeyPatch, state: Callable[[Path, pytest.MonkeyPatch], None]
) -> None:
    state(project, monkeypatch)
    with pytest.raises(SystemExit, match=STATES[state][0]):
        main(["site", "--out", "out/site"])
    assert not list(Path("out").glob("*"))


@pytest.mark.parametrize("state", STATES)
def test_the_doctor_finds_it_as_an_error(
    project: Path, monkeypatch: pytest.MonkeyPatch, state: Callable[[Path, pytest.MonkeyPatch], None]
) -> None:
    assert list(doctor.find()) == []
    state(project, monkeypatch)
    [finding] = doctor.find()
    message, mend = STATES[state]
    assert (finding.severity, message in finding.message, mend in finding.fix) == ("error", True, True)


@pytest.mark.parametrize("command", ["plan", "repro --dry", "cache"])
def test_what_dvc_alone_does_says_the_same_of_an_archive(
    project: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    downloaded(project, monkeypatch)
    with pytest.raises(SystemExit) as stop:
        main(command.split())
    assert f"{project}: not a git repository" in str(stop.value)
    assert INIT in str(stop.value) and DVC_ALONE in str(stop.value)


def test_the_mends_of_an_archive_mend_it(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    downloaded(project, monkeypatch)
    Clone(project).run("dvc", "config", "--local", "core.no_scm", "true")
    assert "Would run" in Clone(project).run("python", "-c", "from genbench.cli import main; main()", "plan")
    Clone(project).run("sh", "-c", repository.MAKE)
    assert repository.fault() is None


def test_the_mend_of_anothers_checkout_mends_it_also_where_its_name_has_a_space(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    anothers(project, monkeypatch)
    found = repository.fault()
    assert found
    monkeypatch.delenv("GIT_TEST_ASSUME_DIFFERENT_OWNER")  # git trusts nobody under it
    environment = {"HOME": os.environ["HOME"], "PATH": os.environ["PATH"]}
    Clone(project).run("env", "-i", *(f"{key}={value}" for key, value in environment.items()), "sh", "-c", found.fix)
    trusted = Clone(project).run("env", "-i", f"HOME={environment['HOME']}", "git", "config", "--get", "safe.directory")
    assert trusted == f"{project}\n"


def test_a_repository_without_a_commit_is_a_warning_and_head_says_what_is_missing(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(project / ".git")
    Clone(project).run("git", "init", "--quiet")
    repository.require()
    [finding] = doctor.find()
    assert (finding.severity, finding.fix) == ("warning", repository.FIRST_COMMIT)
    with pytest.raises(SystemExit, match="HEAD: this repository has no commit yet; next: git add"):
        main(["compare"])


def test_a_message_of_git_is_read_in_any_language(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    downloaded(project, monkeypatch)
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    monkeypatch.setenv("LANGUAGE", "de")
    found = repository.fault()
    assert found and "not a git repository" in found.message
