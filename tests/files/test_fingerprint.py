"""Fingerprints against changes: comments no, code yes, imports followed however they are written."""

from __future__ import annotations

import ast
import shutil
import textwrap
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from genbench.errors import InputError
from genbench.files import code
from genbench.files.code import canonical, closure, word
from genbench.find import dotted, members, named_members
from genbench.pipeline import params
from genbench.pipeline.fingerprint import family, fingerprints
from tests.support.clone import ROOT

SOURCE = '''
"""Module."""

import math


class Shape:
    """Class."""

    side: float = 2.0

    def area(self, scale: float = 1.0) -> float:
        """Method."""
        return scale * self.side**2  # squares


async def later(x):
    """Function."""
    return f"{x!r:>10}" + "text"
'''


def text(source: str) -> str:
    """Return the canonical text of source code."""
    return canonical(ast.parse(textwrap.dedent(source)))


SAME = {
    "comment": ("# squares", "# the side, squared"),
    "no comment": ("  # squares", ""),
    "docstring of the module": ('"""Module."""', '"""Another\n\nmodule."""'),
    "no docstring of the module": ('"""Module."""', ""),
    "docstring of a class": ('"""Class."""', '"""Square."""'),
    "docstring of a method": ('"""Method."""', "'''What it covers.'''"),
    "docstring of a coroutine": ('"""Function."""', '"""Waits."""'),
    "layout": ("scale * self.side**2", "(scale\n            * self.side ** 2)"),
    "quotes": ('"text"', "'text'"),
    "spelling of a number": ("2.0", "2e0"),
}
OTHER = {
    "constant": ("2.0", "3.0"),
    "type of a constant": ("2.0", "2"),
    "operator": ("scale * self", "scale + self"),
    "name": ("area", "surface"),
    "default": ("= 1.0", "= 1.5"),
    "annotation": ("-> float", "-> int"),
    "text that is no docstring": ('"text"', '"other"'),
    "formatting": ("{x!r:>10}", "{x!s:>10}"),
    "a statement more": ("import math", "import math\nmath.tau"),
    "keyword": ("async def", "def"),
    "case of a name": ("Shape", "shape"),
}


@pytest.mark.parametrize(("old", "new"), SAME.values(), ids=SAME.keys())
def test_what_is_not_code_changes_nothing(old: str, new: str) -> None:
    assert old in SOURCE
    assert text(SOURCE.replace(old, new)) == text(SOURCE)


@pytest.mark.parametrize(("old", "new"), OTHER.values(), ids=OTHER.keys())
def test_code_changes_the_text(old: str, new: str) -> None:
    assert old in SOURCE
    assert text(SOURCE.replace(old, new)) != text(SOURCE)


def test_a_later_string_is_code() -> None:
    assert text("def f():\n    'doc'\n    'more'") != text("def f():\n    'doc'\n    'less'")
    assert text("if x:\n    'a'") != text("if x:\n    'b'"), "only definitions have docstrings"


def test_empty_fields_are_left_out() -> None:
    """Python 3.12 gave functions and classes a list of type parameters, which older ones don't have."""
    tree = ast.parse("class A:\n    def f(self): pass")
    before = canonical(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            vars(node).update(_fields=(*node._fields, "type_params"), type_params=[])  # as Python 3.12 has them
    assert canonical(tree) == before
    assert "type_params" not in before and "type_comment" not in before


@pytest.mark.parametrize("line", ["x = None", "f(0)", "x = ''", "x = False", "x[:]", "return_ = ()"])
def test_values_that_are_false_are_still_values(line: str) -> None:
    assert text(line) != text("x = 1")
    assert text(f"{line}\n{line}") != text(line)


@settings(max_examples=50)
@given(st.text(st.characters(exclude_characters="\r\n\f\x00", exclude_categories=["Cs"]), max_size=30))
def test_no_comment_changes_the_text(words: str) -> None:
    assert text(f"x = 1  # {words}\n") == text("x = 1\n")


@settings(max_examples=50)
@given(one=st.text(max_size=5), other=st.text(max_size=5))
def test_different_strings_differ(one: str, other: str) -> None:
    assert (text(f"x = {one!r}") == text(f"x = {other!r}")) == (one == other)


# Closures


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A package in which every import is written in another way."""
    files = {
        "stages/__init__.py": "",
        "stages/go.py": "from pack import core\nimport pack.deep.leaf as leaf\nimport numpy",
        "pack/__init__.py": "",
        "pack/core.py": "from .sibling import helper",
        "pack/sibling.py": "def helper():\n    from pack.lazy import late\n    return late",
        "pack/lazy.py": "from pack.core import helper\nlate = 1",
        "pack/unused.py": "x = 1",
        "pack/deep/__init__.py": "from ..above import thing",
        "pack/deep/leaf.py": "from . import twig\nfrom .. import top",
        "pack/deep/twig.py": "",
        "pack/above.py": "thing = 1",
        "pack/top.py": "",
        "pack/typed.py": "",
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    return tmp_path


def test_imports_are_followed_however_they_are_written(tree: Path) -> None:
    reached = closure(["stages.go"], tree)
    assert set(reached) == {
        "stages",
        "stages.go",
        "pack",
        "pack.core",
        "pack.sibling",
        "pack.lazy",
        "pack.deep",
        "pack.deep.leaf",
        "pack.deep.twig",
        "pack.above",
        "pack.top",
    }
    assert list(reached) == sorted(reached)


def test_only_named_packages_are_followed(tmp_path: Path) -> None:
    """Libraries lie beside an installed package."""
    for name, source in {"mine": "import library\nfrom mine import part", "library": "exec(name)"}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(source, encoding="utf-8")
    (tmp_path / "mine/part.py").write_text("import library.compiled", encoding="utf-8")
    (tmp_path / "library" / f"compiled{EXTENSION_SUFFIXES[0]}").touch()
    assert closure(["mine"], tmp_path, packages=["mine"]).keys() == {"mine", "mine.part"}
    with pytest.raises(InputError, match="library"):
        closure(["mine"], tmp_path)


def test_a_broken_module_is_named(tree: Path) -> None:
    (tree / "pack/top.py").write_text("def (", encoding="utf-8")
    with pytest.raises(InputError, match="top.py: not readable as Python"):
        closure(["stages.go"], tree)


def test_the_hash_is_of_the_code_alone(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    before = closure(["pack.core"], tree)
    other = tmp_path_factory.mktemp("elsewhere")
    for name, content in {"core": "# more\nfrom .sibling import helper", "sibling": "x = 2"}.items():
        (other / "pack").mkdir(exist_ok=True)
        (other / f"pack/{name}.py").write_text(content, encoding="utf-8")
    after = closure(["pack.core"], other)
    assert after["pack.core"] == before["pack.core"], "neither its path nor its comments count"
    assert after["pack.sibling"] != before["pack.sibling"]


def test_a_run_depends_on_its_own_model_alone() -> None:
    vae, gan = (closure([f"genbench.models.{name}"], ROOT) for name in ("vae", "gan"))
    assert "genbench.models.vae" in vae and "genbench.models.vae" not in gan
    assert "genbench.models" in vae and "genbench.models" in gan


def test_who_reads_an_extractor_does_not_depend_on_the_training_loop() -> None:
    for name in members("extractors"):
        stages = [f"stages.{stage}" for stage in ("extractor", "reference", "features")]
        assert "genbench.engine.loop" not in closure([*stages, f"genbench.extractors.{name}"], ROOT), name
    assert "genbench.engine.loop" not in closure(["genbench.extractors.origins.committed"], ROOT)
    assert "genbench.engine.loop" in closure(["genbench.extractors.origins.train"], ROOT)


def test_who_reads_trained_weights_does_not_depend_on_the_training_loop() -> None:
    assert "genbench.engine.loop" not in closure(["stages.sample", "stages.likelihood"], ROOT)
    assert "genbench.engine.loop" in closure(["stages.train"], ROOT)


def test_no_stage_but_the_report_depends_on_the_report() -> None:
    for file in set((ROOT / "stages").glob("*.py")) - {ROOT / "stages/fingerprint.py"}:
        reached = closure([f"stages.{file.stem}"], ROOT)
        assert any(name.startswith("genbench.report") for name in reached) == (file.stem == "report"), file


# What a tree of imports does not show


def after(tree: Path, module: str, source: str, edit: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The closure of a module with this source, before and after files were written anew; each as in a new process."""
    (tree / f"pack/{module}.py").write_text(source, encoding="utf-8")
    closures = []
    for files in ({}, edit):
        for name, content in files.items():
            (tree / name).write_text(content, encoding="utf-8")
        for cached in (code._file, code._read, code._hash_of_file):
            cached.cache_clear()
        closures.append(closure([f"pack.{module}"], tree))
    return closures[0], closures[1]


SEEN = {
    "import_module": ("import importlib\nimportlib.import_module('pack.h')", "pack/h.py"),
    "import_module by its own name": ("from importlib import import_module\nimport_module('pack.h')", "pack/h.py"),
    "resolve_name": ("import pkgutil\npkgutil.resolve_name('pack.h:x')", "pack/h.py"),
    "a table of modules": ("WARM = ('pack.h', 'pack.top')", "pack/h.py"),
    "JSON beside it": ("from pathlib import Path\nPath(__file__).with_name('x.json')", "pack/x.json"),
    "JSON in a folder beside it": ("from pathlib import Path\nPath(__file__).parent / 'facts'", "pack/facts/x.json"),
    "resources": ("from importlib import resources\nresources.files('pack')", "pack/x.json"),
    "a path from the root": ("open('stages/x.json')", "stages/x.json"),
    "a folder from the root": ("FOLDER = 'stages/facts'", "stages/facts/x.json"),
    "package that shadows a module": ("import pack.twice", "pack/twice/__init__.py"),
}


@pytest.mark.parametrize(("source", "file"), SEEN.values(), ids=SEEN)
def test_what_is_used_is_seen_to_change(tree: Path, source: str, file: str) -> None:
    for name in (
        "stages/x.json",
        "stages/facts/x.json",
        "pack/h.py",
        "pack/x.json",
        "pack/facts/x.json",
        "pack/twice.py",
        "pack/twice/__init__.py",
    ):
        (tree / name).parent.mkdir(exist_ok=True)
        (tree / name).write_text("x = 1", encoding="utf-8")
    before, then = after(tree, "user", source, {file: "x = 2"})
    assert before != then


def test_docstrings_count_where_they_are_data(tree: Path) -> None:
    edit = {"pack/sibling.py": '"""Said."""\ndef helper(): pass'}
    source = "from pack import sibling\nprint(sibling.{})"
    for name, counts in (("helper", False), ("__doc__", True)):
        (tree / "pack/sibling.py").write_text('"""Told."""\ndef helper(): pass', encoding="utf-8")
        before, then = after(tree, "user", source.format(name), edit)
        assert (before["pack.sibling"] != then["pack.sibling"]) == counts


REFUSED = {
    "a name that is computed": ("import importlib\nimportlib.import_module('pack.' + 'h')", "user.py:2: runs code by"),
    "a function passed on": ("import importlib\nload = importlib.import_module\nload('pack.h')", "user.py:2: runs"),
    "another name for it": ("from importlib import import_module as load\nload('pack.h')", "user.py:1: runs code by"),
    "by getattr": ("import importlib\ngetattr(importlib, 'import_module')('pack.h')", "user.py:2: runs code by"),
    "relative": ("import importlib\nimportlib.import_module('.h', __package__)", "user.py:2: runs code by"),
    "__import__": ("__import__('pack' + '.h')", "user.py:1: runs code by"),
    "exec": ("exec(open('x').read())", "user.py:1: runs code by"),
    "os.environ": ("import os\nx = os.environ['X']", "user.py:2: reads an environment variable"),
    "getenv": ("from os import getenv\nx = getenv('X')", "user.py:1: reads an environment variable"),
}


@pytest.mark.parametrize(("source", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_followed_is_refused_with_its_line(tree: Path, source: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        after(tree, "user", source, {})


def test_a_compiled_module_is_refused(tree: Path) -> None:
    (tree / f"pack/fast{EXTENSION_SUFFIXES[0]}").write_bytes(b"")
    with pytest.raises(InputError, match="expected no compiled module"):
        after(tree, "user", "import pack.fast", {})


def test_harmless_namesakes_pass(tree: Path) -> None:
    source = "def f(model, torch):\n    model.eval()\n    return torch.compile(model)\n"
    after(tree, "user", source, {})


def test_code_at_the_root_is_refused(tmp_path: Path) -> None:
    for folder in ("genbench", "stages", "runs"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "helper.py").write_text("x = 1", encoding="utf-8")
    with (tmp_path / "stages/train.py").open("a", encoding="utf-8") as file:
        file.write("\nimport helper\n")
    with pytest.raises(InputError, match="^helper: expected code in genbench/ or stages/"):
        fingerprints(tmp_path, params.load(ROOT / "params.yaml"))


def test_only_enabled_metrics_have_a_fingerprint_and_each_its_own() -> None:
    files = fingerprints(ROOT, params.load(ROOT / "params.yaml"))
    enabled = params.load(ROOT / "params.yaml").metrics
    assert list(files["metrics.json"]) == [f"genbench.metrics.{name}" for name in enabled]
    assert "genbench.metrics.fid" not in files["metrics.json"]["genbench.metrics.inception_score"]
    assert not any(name.startswith("genbench.metrics.") for name in files["stages/evaluate.json"])
    assert "genbench.metrics.kid" not in files["stages/report.json"]


# What a run's options name


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"model": "vae"}, ["models.vae"]),
        ({"model": "vae", "network": {"name": "conv", "width": 8}}, ["models.vae", "networks.conv"]),
        (
            {"objective": {"name": "fgan", "divergence": {"name": "alpha", "alpha": 0.5}}},
            ["objectives.fgan", "divergences.alpha"],
        ),
        ({"penalties": ["r1", {"name": "r2", "weight": 1}]}, ["penalties.r1", "penalties.r2"]),
        ({"generator_network": "mlp", "critic_network": {"name": "conv"}}, ["networks.mlp", "networks.conv"]),
        ({"penalty": "r1"}, ["penalties.r1"]),
        ({"prior": {"name": "mlp", "width": 8}}, ["networks.mlp"]),
        ({"anything": ["pearson"]}, ["divergences.pearson"]),
        ({"model": "gan", "objective": "wgan"}, ["models.gan", "objectives.wgan"]),  # not the objective called gan
        ({"model": "no_such_model", "lr": 0.1, "betas": [0.5, 0.9], "optimiser": "adam"}, []),
        ({}, []),
    ],
    ids=str,
)
def test_named_members(options: dict[str, object], expected: list[str]) -> None:
    assert list(named_members(options)) == [dotted(*name.split(".")) for name in expected]


@given(depth=st.integers(0, 5), name=st.sampled_from(members("networks")))
def test_names_are_found_at_any_depth(depth: int, name: str) -> None:
    options: dict[str, object] = {"network": name}
    for _ in range(depth):
        options = {"inner": options}
    assert list(named_members(options)) == [f"genbench.networks.{name}"]


# Families


@pytest.mark.parametrize(
    ("train", "expected"),
    [
        ({"model": "gan", "objective": {"name": "fgan", "divergence": "kl"}}, "f-GAN"),
        ({"model": "gan", "objective": "wgan"}, "WGAN"),
        ({"model": "gan", "objective": "hinge"}, "other GAN"),
        ({"model": "ddpm"}, "diffusion"),
        ({"model": "mystery"}, "mystery"),
    ],
)
def test_a_family_is_that_of_the_objective_or_else_of_the_model(train: dict[str, object], expected: str) -> None:
    assert family(train, ROOT) == expected


@pytest.mark.parametrize("kind", ["models", "objectives"])
def test_every_model_and_every_objective_says_its_family(kind: str) -> None:
    for name in members(kind):
        assert word(dotted(kind, name), "FAMILY", ROOT), f"{dotted(kind, name)}: expected FAMILY, a word"


def test_another_family_changes_the_report_and_no_code(tmp_path: Path) -> None:
    for folder in ("genbench", "stages"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    enabled = params.load(ROOT / "params.yaml")
    before = fingerprints(tmp_path, enabled)
    copy = tmp_path / "again"
    shutil.copytree(tmp_path / "genbench", copy / "genbench")
    shutil.copytree(tmp_path / "stages", copy / "stages")
    module = copy / "genbench/models/vae.py"
    source = module.read_text(encoding="utf-8")
    assert source.count('FAMILY = "autoencoder"') == 1
    module.write_text(source.replace('FAMILY = "autoencoder"', 'FAMILY = "bound"'), encoding="utf-8")
    after = fingerprints(copy, enabled)
    assert {file for file in before if before[file] != after[file]} == {"catalogue.json"}
    assert after["catalogue.json"]["runs"]["vae"]["family"] == "bound"


def test_a_family_that_is_computed_is_refused(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("FAMILY = str(1)\n", encoding="utf-8")
    with pytest.raises(InputError, match="one.py:1: FAMILY: expected a text, written out"):
        word("one", "FAMILY", tmp_path)
