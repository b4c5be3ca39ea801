"""Options on the command line, and options of metrics and extractors."""

from __future__ import annotations

from pathlib import Path

from tests.support.bad_inputs import IMAGES, add


def nothing(folder: Path) -> None:
    """Leave the folder as it is."""


def features_of_the_images(*words: str) -> tuple[str, ...]:
    return (*IMAGES, "images.npy", *words)


for name, words, message in (
    ("metric_misspelt", ("--metrics", "fdi"), "unknown --metrics: metric 'fdi'; did you mean 'fid'?"),
    ("metric_that_is_a_path", ("--metrics", "../fid"), "unknown --metrics: metric '../fid'"),
    ("metric_that_is_private", ("--metrics", "_layers"), "unknown --metrics: metric '_layers'"),
    ("metric_of_nothing", ("--metrics", ""), "unknown --metrics: metric ''"),
    ("extractor_misspelt", ("--extractor", "pixles"), "did you mean 'pixels'?"),
    ("extractor_of_dots", ("--extractor", ".."), "'..'"),
    ("extractor_that_is_a_folder_of_anything", ("--extractor", "runs"), "unknown extractor 'runs'"),
    ("extractor_that_is_a_file", ("--extractor", "images.npy"), "'images.npy'"),
    ("extractor_with_a_nul", ("--extractor", "a\0b"), "embedded null byte"),
    ("extractor_of_one_dataset", ("--extractor", "classifier"), "classifier: made for one dataset"),
    ("option_of_nobody", ("--set", "pixels.pixels=4"), "unknown --set: metric among those to compute 'pixels'"),
    ("option_without_a_name", ("--set", ".k=4"), "expected NAME.OPTION=VALUE"),
    ("option_without_a_value", ("--set", "extractor.pixels"), "expected NAME.OPTION=VALUE"),
    ("option_misspelt", ("--set", "extractor.pixls=4"), "did you mean 'pixels'?"),
    ("option_of_text", ("--set", "extractor.pixels=many"), "extractor.pixels: should be a valid integer, got 'many'"),
    (
        "option_below_one",
        ("--set", "extractor.pixels=0"),
        "extractor.pixels: should be greater than or equal to 1, got 0",
    ),
    ("option_of_a_half", ("--set", "extractor.pixels=0.5"), "extractor.pixels"),
    ("option_beyond_memory", ("--set", "extractor.pixels=99999"), "pixels: pixels: expected at most"),
    ("option_beyond_64_bits", ("--set", "extractor.pixels=" + "9" * 40), "extractor.pixels"),
    ("option_of_5000_digits", ("--set", "extractor.pixels=" + "9" * 5000), "expected at most 1000 characters"),
    ("option_of_an_alias", ("--set", "extractor.pixels=*a"), "expected no alias"),
    ("option_of_a_python_object", ("--set", "extractor.pixels=!!python/name:os.system"), "not readable as YAML"),
    ("option_of_brackets", ("--set", "extractor.pixels=" + "[" * 1000), "expected at most 50 levels"),
    ("option_of_a_nul", ("--set", "extractor.pixels=\0"), "not readable as YAML"),
    ("k_of_text", ("--metrics", "precision_recall", "--set", "precision_recall.k=x"), "metrics.precision_recall.k"),
    (
        "k_of_zero",
        ("--metrics", "precision_recall", "--set", "precision_recall.k=0"),
        "precision_recall: expected k from 1 to 19",
    ),
    ("k_of_a_list", ("--metrics", "precision_recall", "--set", "precision_recall.k=[1, 2]"), "precision_recall.k"),
    ("splits_of_too_many", ("--metrics", "kid", "--set", "kid.x=3"), "unknown metrics.kid: option 'x'"),
    ("layer_of_nobody", ("--metrics", "sfid", "--set", "sfid.layer=nowhere"), "nowhere"),
    ("images_that_are_not_there", ("--fake", "nowhere"), "nowhere: no such file or folder, nor a dataset"),
    ("images_of_an_unknown_split", ("--fake", "digits/tests"), "unknown digits/tests: split 'tests'"),
    ("images_of_a_dataset_not_prepared", ("--fake", "digits/train"), "dataset digits is not prepared here"),
    ("images_of_params", ("--fake", "params.yaml"), "params.yaml: not a folder, nor a file of .npy, .npz, zip or tar"),
    ("images_of_nothing", ("--fake", ""), "expected a path or the name of a prepared dataset, got an empty text"),
    ("images_with_a_nul", ("--fake", "a\0b"), "embedded null byte"),
    ("images_of_a_very_long_name", ("--fake", "x" * 5000), "File name too long"),
    ("images_of_lone_surrogates", ("--fake", "\ud800"), r"\ud800"),
):
    add(f"options-{name}", features_of_the_images(*words), message, nothing)
