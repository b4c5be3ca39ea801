"""Real projects for tests: the working tree copied into a git repository of its own, in which real commands run.

Each has a DVC cache of its own, inside it, so that no project sees what another one has run.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genbench.files.yaml import overridden
from genbench.pipeline import installed
from genbench.pipeline.environment import FILE

ROOT = Path(__file__).parents[2]
IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "test"), ("EMAIL", "test@localhost"))
}

#: A profile of seconds: two small runs, few images, a few steps.
TINY: dict[str, Any] = {
    "dataset": "digits",
    "enabled": ["wgan_gp", "vae"],
    "seeds": [0],
    "extractors": ["classifier"],
    "data": {"split": {"train": 100, "validation": 20, "reference": 40, "held_out": 40}},
    "train": {"operations": None, "steps": 4, "batch": 16, "log_every": 2, "grid_every": 4},
    "sampling": {"blocks": 2, "batch": 20},
}


def environment() -> dict[str, str]:
    """What commands see: this Python first, nobody's git or DVC settings, no number of threads but params.yaml's."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "DVC_", "OMP_"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{inherited.get('PATH', os.defpath)}"
    git = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    dvc = {"DVC_GLOBAL_CONFIG_DIR": str(ROOT / "none"), "DVC_SYSTEM_CONFIG_DIR": str(ROOT / "none")}
    return {**inherited, **IDENTITY, **git, **dvc, "PATH": path}


def change(project: Path, *, runs: dict[str, Any] | None = None, **sections: Any) -> None:
    """Replace values in params.yaml, and of runs in their files (which are made if need be).

    Mappings are merged, everything else takes the place of what was there.
    """
    files = {project / "runs" / f"{name}.yaml": values for name, values in (runs or {}).items()}
    for file, values in {project / "params.yaml": sections, **files}.items():
        before = file.read_text(encoding="utf-8") if file.exists() else "{}"
        file.write_text(overridden(before, values), encoding="utf-8")


@dataclass(frozen=True)
class Clone:
    """A project at `path`, whose root every command runs in."""

    path: Path

    def run(self, *words: str) -> str:
        """Run a command, which must succeed, and give what it printed."""
        done = self.attempt(*words)
        assert done.returncode == 0, f"{' '.join(words)}: exit status {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def attempt(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command, whatever becomes of it."""
        return subprocess.run(
            words,
            cwd=self.path,
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def repro(self, *words: str) -> set[str]:
        """Run `dvc repro` and give the stages that it executed, without those restored from the run-cache."""
        return executed(self.run("dvc", "repro", *words))

    def set(self, **sections: Any) -> None:
        """See :func:`change`."""
        change(self.path, **sections)

    def json(self, name: str) -> Any:
        """Read a JSON file of the project."""
        return json.loads((self.path / name).read_text(encoding="utf-8"))

    def files(self, pattern: str) -> dict[str, bytes]:
        """Return the contents of the files that match a pattern, by path."""
        files = (file for file in self.path.glob(pattern) if file.is_file())
        return {str(file.relative_to(self.path)): file.read_bytes() for file in files}

    def add_profile(self, name: str, **overrides: Any) -> None:
        """Write profiles/<name>.yaml: the profile digits with overrides."""
        digits = (self.path / "profiles" / "digits.yaml").read_text(encoding="utf-8")
        (self.path / "profiles" / f"{name}.yaml").write_text(overridden(digits, overrides), encoding="utf-8")

    def replace(self, name: str, before: str, after: str) -> None:
        """Replace a text where a file has it first."""
        file = self.path / name
        content = file.read_text(encoding="utf-8")
        assert before in content
        file.write_text(content.replace(before, after, 1), encoding="utf-8")

    def append(self, name: str, text: str) -> None:
        """Add lines to the end of a file."""
        with (self.path / name).open("a", encoding="utf-8") as file:
            file.write(text)

    def commit(self) -> None:
        """Commit everything that git does not ignore."""
        self.run("git", "add", "--all")
        self.run("git", "commit", "--quiet", "--message", "state")

    def copy(self, to: Path) -> Clone:
        """Copy the project elsewhere, with its outputs and a copy of its cache."""
        shutil.copytree(self.path, to, symlinks=True)
        return Clone(to).isolated()

    def fresh(self, to: Path) -> Clone:
        """Make what `git clone` gives: the commit alone, no outputs and no cache."""
        self.run("git", "clone", "--quiet", ".", str(to))
        return Clone(to).isolated()

    def isolated(self) -> Clone:
        """Keep DVC's notes on this project beside it instead of in the system's folder for all projects."""
        site = self.path.with_name(f"{self.path.name}-site")
        for project in (self, *([self.laboratory] if self.laboratory.path.exists() else [])):
            project.run("dvc", "config", "--local", "core.site_cache_dir", str(site))
        return self

    @property
    def laboratory(self) -> Clone:
        """The DVC project of the laboratories, in which commands run as in this one."""
        return Clone(self.path / "laboratory")


def copy_versions(to: Path) -> None:
    """Write an environment.yaml of what is installed: this Python need not be that of the published numbers."""
    shutil.copy2(ROOT / FILE, to)
    installed.write(to)


def copy_params(to: Path) -> None:
    """Copy params.yaml and its catalogue, beside an environment.yaml of what is installed and an empty data/source."""
    shutil.copy(ROOT / "params.yaml", to)
    copy_versions(to)
    shutil.copytree(ROOT / "runs", to / "runs")
    (to / "data/source").mkdir(parents=True)


def clone(to: Path) -> Clone:
    """Make a git repository of one commit of the working tree."""
    words = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(words, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    for name in listed:
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)
    copy_versions(to)
    made = Clone(to)
    made.run("git", "init", "--quiet")
    made.commit()
    return made.isolated()


def pretend(folder: Path, **versions: str) -> str:
    """Make a setting for `env` by which packages seem to be installed in other versions, by files in `folder`."""
    for name, version in versions.items():
        metadata = folder / f"{name}-{version}.dist-info" / "METADATA"
        metadata.parent.mkdir(parents=True)
        metadata.write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
    inherited = os.environ.get("PYTHONPATH")
    return f"PYTHONPATH={folder}" + (f"{os.pathsep}{inherited}" if inherited else "")


def executed(output: str) -> set[str]:
    """Return the stages that DVC says it ran."""
    return set(re.findall(r"^Running stage '(.+)':$", output, re.MULTILINE))
