"""Estimates of how much there is to do, from the configuration alone."""

import pytest

from linexp.planning import work_sizes

CONFIG = {
    "concept_sets": {
        "nouns": {"nouns": 6800},
        "words": {"words": 20_000},
        "mine": {"file": "mine.txt"},
        "names": {"class_names": "imagenet1k"},
        "most": {"union": ["labels", "both"]},
        "both": {"union": ["nouns", "mine"]},
    }
}


@pytest.mark.parametrize(
    ("entry", "images"),
    [
        ({"kind": "scenes", "images": 240}, 240),
        ({"kind": "scenes", "images": 240, "limit": 1000}, 240),
        ({"kind": "imagenet"}, 50_000),
        ({"kind": "cifar100", "limit": 300}, 300),
        ({"kind": "places365"}, 36_500),
        ({"kind": "parquet", "files": ["not/there.parquet"]}, 50_000),
        ({"kind": "image_folder", "root": "not/there", "limit": 80_000}, 50_000),
    ],
)
def test_images_are_those_of_the_kind_and_at_most_the_limit(entry, images):
    assert work_sizes.n_images(entry) == images


def test_concepts_are_added_up_over_unions():
    sizes = {name: work_sizes.n_concepts(CONFIG, name) for name in CONFIG["concept_sets"]}
    assert sizes == {"nouns": 6800, "words": 20_000, "mine": 2000, "names": 1000, "both": 8800, "most": 10_300}


@pytest.mark.parametrize(("neurons", "number"), [(None, 4096), ("0:256", 256), ([3, 3, 5], 2)])
def test_explained_neurons_are_those_listed_or_all_of_a_wide_layer(neurons, number):
    assert work_sizes.n_explained({"neurons": neurons} if neurons else {}) == number
