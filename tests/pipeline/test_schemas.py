"""The schemas that editors read: the committed ones are of this code, and they agree with what reads the files."""

from __future__ import annotations

import inspect
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, get_origin, get_type_hints

import pytest
from hypothesis import assume, given, settings, strategies as st
from jsonschema import Draft7Validator
from pydantic import TypeAdapter, ValidationError

from genbench.cli import main
from genbench.errors import InputError
from genbench.files.section import read
from genbench.find import COLLECTIONS, find, members
from genbench.metrics import GIVEN
from genbench.pipeline.schemas.descriptions import of_options
from genbench.pipeline.schemas.documents import FOLDER, documents
from genbench.pipeline.schemas.options import FUNCTIONS, value
from tests.support.bad_inputs import Bad, corpus, made
from tests.support.clone import ROOT
from tests.test_bad_input import NAMES, VALUES

DOCUMENTS = documents()
SETTINGS = json.loads((ROOT / ".vscode/settings.json").read_text(encoding="utf-8"))["yaml.schemas"]
#: By the name of a document, the files that it is of.
FILES = {Path(schema).name: sorted(ROOT.glob(files.lstrip("/"))) for schema, files in SETTINGS.items()}

#: Bad inputs that no schema of one file can see: a fault of two values, of a folder, of the data or of the catalogue,
#: or of a number that JSON does not have.
READERS_ALONE = {
    "no source",
    "params-a_pairing_for_colour_of_grey",
    "params-a_pairing_of_pairs",
    "params-emoji_that_are_not_there",
    "params-operations_of_infinity",
    "params-share_of_nan",
    "params-source_of_a_file",
    "params-source_of_an_endless_name",
    "params-steps_and_operations_of_nothing",
    "params-unpaired_without_a_pairing",
    "profiles-a_run_of_nobody",
    "profiles-lock_that_is_a_fifo",
    "profiles-lock_that_is_a_folder",
    "rate that is not finite",
    "run",
    "runs-options_of_another_dataset",
}


def accepts(document: str, values: Any) -> bool:
    return not list(Draft7Validator(DOCUMENTS[document]).iter_errors(values))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_committed_schema_is_of_this_code(name: str) -> None:
    Draft7Validator.check_schema(DOCUMENTS[name])
    committed = json.loads((ROOT / FOLDER / name).read_text(encoding="utf-8"))
    assert committed == json.loads(json.dumps(DOCUMENTS[name])), "write it anew: genbench schema"


def test_the_editor_has_a_schema_for_each_kind_of_file() -> None:
    assert FILES.keys() == DOCUMENTS.keys()
    assert len(FILES["run.schema.json"]) > 50 and len(FILES["profile.schema.json"]) > 10


@pytest.mark.parametrize("document", FILES)
def test_every_file_of_the_repository_fits(document: str) -> None:
    assert [path.name for path in FILES[document] if not accepts(document, read(path))] == []


def test_the_command_writes_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["schema", "--out", str(tmp_path / "mine")])
    assert capsys.readouterr().out.splitlines() == [str(tmp_path / "mine" / name) for name in DOCUMENTS]
    for name in DOCUMENTS:
        assert (tmp_path / "mine" / name).read_bytes() == (ROOT / FOLDER / name).read_bytes()


def test_an_editor_knows_type_default_and_meaning() -> None:
    options = DOCUMENTS["run.schema.json"]["definitions"]
    assert options["models.vae"]["properties"]["latent"]["type"] == "integer"
    assert options["models.vae"]["properties"]["beta"]["default"] == 1.0
    assert options["samples.edm"]["properties"]["churn"]["description"] == "S_churn, 0 for the deterministic sampler."
    assert options["penalties.r1"]["required"] == ["name", "weight"]
    assert "r1" not in options["penalties"]["anyOf"][0]["enum"], "a name alone would lack the weight"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that nobody changes."""
    return made(tmp_path_factory.mktemp("sound"))


def changed(folder: Path, sound: Path) -> Iterator[tuple[str, Path]]:
    """Yield the files with other bytes than in a sound project, with the schemas that they are of."""
    for schema, pattern in SETTINGS.items():
        for path in folder.glob(pattern.lstrip("/")):
            before = sound / path.relative_to(folder)
            if path.is_file() and not (before.exists() and before.read_bytes() == path.read_bytes()):
                yield Path(schema).name, path


OF_FILES = [bad for bad in corpus() if bad.name.startswith(("params-", "runs-", "profiles-"))]


@pytest.mark.parametrize("bad", OF_FILES, ids=lambda bad: bad.name)
def test_a_bad_file_is_refused_by_its_schema(bad: Bad, sound: Path, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    shutil.copytree(sound, folder)
    bad.make(folder)
    for schema, path in changed(folder, sound):
        try:
            values = read(path)
        except InputError:
            continue  # not YAML, or none of ours, which no schema is asked about
        assert accepts(schema, values) == (bad.name in READERS_ALONE)


def merged(values: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """Replace values, and merge mappings."""
    both = [key for key in new if isinstance(new[key], dict) and isinstance(values.get(key), dict)]
    return values | new | {key: merged(values[key], new[key]) for key in both}


@pytest.mark.parametrize("name", [*NAMES, *VALUES])
def test_a_wrong_name_or_value_is_refused_by_its_schema(name: str) -> None:
    sections, _ = (NAMES | VALUES)[name]
    runs = {ROOT / f"runs/{run}.yaml": half for run, half in sections.get("runs", {}).items()}
    of_params = {key: value for key, value in sections.items() if key != "runs"}
    fit = [accepts("run.schema.json", merged(read(path), half)) for path, half in runs.items()]
    fit += [accepts("params.schema.json", merged(read(ROOT / "params.yaml"), of_params))]
    assert all(fit) == (name in READERS_ALONE)


def kinds() -> Iterator[tuple[str, Any]]:
    """Yield each kind of annotation that an option has, with the name of one such option; none of references."""
    found = {}
    for collection in sorted(COLLECTIONS.keys() - {"origins", "datasets"}):
        for name in members(collection):
            function: Callable[..., Any] = getattr(find(collection, name), FUNCTIONS.get(collection, "build"))
            hints = get_type_hints(function, include_extras=True)
            for parameter in inspect.signature(function).parameters.values():
                if parameter.kind is parameter.KEYWORD_ONLY and parameter.name not in GIVEN:
                    found[str(hints[parameter.name])] = (parameter.name, hints[parameter.name])
    return ((key, hint) for key, hint in found.values() if "$ref" not in json.dumps(value(hint, key)))


READERS = [(hint, TypeAdapter(hint), Draft7Validator(value(hint, key))) for key, hint in kinds()]
#: Of numbers those that both sides have: JSON has no infinity, and its whole numbers may be written 3.0.
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**65), 2**65)
    | st.integers(-2, 3)
    | st.floats(allow_nan=False, allow_infinity=False).filter(lambda number: not number.is_integer())
    | st.floats(-1, 1).filter(lambda number: not number.is_integer())
    | st.sampled_from(["gaussian", "adam", "colour", "0.5"])
    | st.text(max_size=3)
)


@settings(max_examples=500, deadline=None)
@given(
    reader=st.sampled_from(READERS),
    guess=SCALARS
    | st.lists(SCALARS, max_size=3)
    | st.dictionaries(st.sampled_from(["name", "x"]), SCALARS, max_size=2),
)
def test_a_schema_takes_what_the_reader_of_an_option_takes(reader: Any, guess: Any) -> None:
    hint, adapter, schema = reader
    if get_origin(hint) is Literal:
        assume(not isinstance(guess, bool))  # pydantic takes true for 1 there, and YAML's writer did not mean it
    try:
        adapter.validate_json(json.dumps(guess), strict=True)
        taken = True
    except ValidationError:
        taken = False
    assert schema.is_valid(guess) == taken


def test_the_sentences_on_an_option_end_with_the_next() -> None:
    text = """Build a thing of `width`.

    width: channels. low, high: the range
    of values. Both count.

    Another paragraph: not of an option.
    """
    said = {"width": "channels.", "low": "the range of values. Both count.", "high": "the range of values. Both count."}
    assert of_options(text, ["width", "low", "high", "depth"]) == said
    assert of_options(text, []) == of_options(None, ["width"]) == {}
