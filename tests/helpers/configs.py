"""A small configuration, and changes of it."""

import copy
from pathlib import Path

import pytest
import yaml

from linexp.config.checks import checked
from linexp.errors import LinexpError

REPOSITORY = Path(__file__).parents[2]
SCHEMA = REPOSITORY / "workflow" / "schemas" / "config.schema.yaml"
MISSING = object()

SMALL = """
seed: 3
run: [net/layer4]
probes:
  scenes: {kind: scenes, images: 100}
  photos: {kind: parquet, files: [a.parquet]}
  named: {kind: parquet, files: [a.parquet], label: label, class_names: [cat, dog], superclasses: {pet: [cat, dog]}}
  tagged: {kind: parquet, files: [a.parquet], concepts: tags}
  folder: {kind: image_folder, root: data/folder}
training_sets:
  drawn: {kind: scenes, images: 100, first: 100}
  unlabelled: {kind: parquet, files: [a.parquet]}
trained_models:
  net: {kind: classifier, images: drawn, network: test_resnet}
  one: {kind: image_text, images: drawn, model: one.json}
image_text_models:
  one: {trained: one, calibration: {probe: scenes}}
  two: {model: ViT-B-32, pretrained: openai, calibration: {a: 58, b: -0.25}}
concept_sets:
  words: {file: words.txt}
  all: {union: [labels, words]}
targets:
  net:
    model: {source: trained, name: net}
    probe: scenes
    layers: {layer4: {module: layer4, pool: avg}}
    explainer: one
    simulator: two
    concepts: all
    methods: [le_label, le_siglip]
  other:
    model: {source: torchvision, name: resnet18, weights: IMAGENET1K_V1}
    probe: named
    layers: {last: {module: layer4, pool: avg}}
    explainer: one
    simulator: two
    concepts: class_names
    methods: [dissect]
methods:
  le_label: {kind: linear, presence: label}
  le_siglip: {kind: linear, presence: pseudo, greedy: {width: 3}}
  dissect: {kind: clip_dissect, concepts: words}
"""


PARSED = yaml.safe_load(SMALL)


def small() -> dict:
    return copy.deepcopy(PARSED)


def with_change(path: tuple, value) -> dict:
    """The small configuration with one value set, or taken out."""
    config = small()
    *parents, last = path
    place = config
    for key in parents:
        place = place[key]
    if value is MISSING:
        del place[last]
    else:
        place[last] = value
    return config


def refusal(config: dict) -> str:
    with pytest.raises(LinexpError) as caught:
        checked(config, SCHEMA)
    return str(caught.value)


def at(path: str, value) -> dict:
    return with_change(tuple(int(key) if key.isdigit() else key for key in path.split(".")), value)


RESNET = {"source": "torchvision", "name": "resnet18", "weights": "IMAGENET1K_V1"}
HUB = {"source": "hub", "repo": "a/b", "name": "n", "weights": "pretrained"}
FACTORY = {"source": "factory", "call": "a.b:c", "checkpoint": "none"}
NORMAL = {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}


def assert_told(path: str | tuple, value, parts: list[str]) -> None:
    """What is broken is refused in one short line that has these parts.

    Parameters
    ----------
    path
        Where the small configuration is broken; `MISSING` as the value takes the key out.
    """
    message = refusal(with_change(path, value) if isinstance(path, tuple) else at(path, value))
    assert all(part in message for part in parts), message
    assert "\n" not in message
    assert len(message) <= 200, message
    assert ";" in message, "no remedy"
    jargon = ("Failed validating", "is not of type", "under any of the given schemas", "does not match", "^[", "$defs")
    assert not any(word in message for word in jargon), message
