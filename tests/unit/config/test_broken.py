"""Names that do not exist and impossible combinations are refused in one line with place, value and remedy."""

from functools import reduce

import pytest

from helpers.configs import FACTORY, HUB, NORMAL, SCHEMA, assert_told, at, refusal, small
from linexp.config.checks import checked

# what is broken: where, the value put there (MISSING takes the key out), what the message has to say
BROKEN = {
    "split above 1": (
        "split",
        {"train": 0.8, "val": 0.1, "test": 0.2},
        ["split", "add up to 1.1", "have to add up to 1"],
    ),
    "split below 1": ("split", {"train": 0.5, "val": 0.1, "test": 0.2}, ["split: the shares add up to 0.8"]),
    "reserved target": ("targets.probes", small()["targets"]["net"], ["targets.probes", "is reserved; take another"]),
    "reserved trained model": (
        "trained_models.image_text",
        small()["trained_models"]["net"],
        ["trained_models.image_text: the name 'image_text' is reserved; take another"],
    ),
    "reserved target, in capitals": (
        "targets.Probes",
        small()["targets"]["net"],
        ["targets.Probes: the name 'Probes' is reserved"],
    ),
    "reserved trained model, in capitals": (
        "trained_models.Targets",
        small()["trained_models"]["net"],
        ["trained_models.Targets", "is reserved"],
    ),
    "reserved concept set, in capitals": ("concept_sets.LABEL", {"file": "a"}, ["'LABEL' is reserved"]),
    "reserved method, in capitals": ("methods.Random_concepts", {"kind": "clip_dissect"}, ["is reserved"]),
    "reserved concept set": ("concept_sets.labels", {"file": "a"}, ["concept_sets.labels", "'labels' is reserved"]),
    "probe that is not there": ("targets.net.probe", "scene", ["targets.net.probe: probe 'scene'", "mean 'scenes'?"]),
    "explainer that is not there": ("targets.net.explainer", "on", ["net.explainer", "'on' does not exist", "'one'?"]),
    "simulator that is not there": ("targets.net.simulator", "zzz", ["net.simulator", "'zzz'", "use one of one, two"]),
    "further simulator that is not there": ("targets.net.more_simulators", ["x"], ["net.more_simulators.0", "'x'"]),
    "concept set that is not there": (
        "targets.net.concepts",
        "wrods",
        ["net.concepts: concept set 'wrods'", "'words'?"],
    ),
    "wider concept set that is not there": (
        "targets.net.wider_concepts",
        "wrods",
        ["net.wider_concepts: concept set 'wrods'", "'words'?"],
    ),
    "method that is not there": (
        "targets.net.methods",
        ["le_lable"],
        ["net.methods.0: method 'le_lable'", "'le_label'?"],
    ),
    "trained classifier that is not there": ("targets.net.model.name", "one", ["net.model.name", "classifier 'one'"]),
    "trained image-text model that is not there": (
        "image_text_models.one.trained",
        "net",
        ["one.trained", "'net' does"],
    ),
    "image-text model that open_clip does not know": (
        "image_text_models.two.model",
        "VIT-B/32",
        ["image_text_models.two.model: 'VIT-B-32' is no model of open_clip; did you mean 'ViT-B-32'?"],
    ),
    "training set that is not there": ("trained_models.net.images", "drown", ["net.images: training set", "'drawn'?"]),
    "probe to calibrate on that is not there": (
        "image_text_models.one.calibration",
        {"probe": "s"},
        ["calibration.probe"],
    ),
    "explainer of a method": (
        "methods.dissect.explainer",
        "three",
        ["methods.dissect.explainer", "'three' does not exist"],
    ),
    "concepts of a method": (
        "methods.dissect.concepts",
        "werds",
        ["methods.dissect.concepts", "did you mean 'words'?"],
    ),
    "target to run": ("run", ["nett/layer4"], ["run.0: target 'nett' does not exist; did you mean 'net'?"]),
    "layer to run": ("run", ["net/layer5"], ["run.0: layer 'layer5' does not exist; did you mean 'layer4'?"]),
    "union of itself": (
        "concept_sets.all",
        {"union": ["labels", "all"]},
        ["concept_sets.all", "contains itself", "take"],
    ),
    "union over a detour": ("concept_sets.words", {"union": ["all"]}, ["concept_sets.all", "take it out of 'words'"]),
    "union of what is not there": ("concept_sets.all", {"union": ["nope"]}, ["concept_sets.all: concept set 'nope'"]),
    "one model for both": (
        "targets.net.simulator",
        "one",
        ["targets.net.simulator: 'one'", "allow_same_simulator: true"],
    ),
    "one model for both, further": ("targets.net.more_simulators", ["one"], ["net.more_simulators.0: 'one' is also"]),
    "a method's explainer judges itself": ("methods.dissect.explainer", "two", ["other.simulator: 'two'", "'dissect'"]),
    "one of several explainers judges itself": (
        "targets.net.explainer",
        ["one", "two"],
        ["targets.net.simulator: 'two' is also the explainer of method 'le_siglip'"],
    ),
    "one of a method's explainers judges itself": (
        "methods.le_siglip.explainer",
        ["one", "two"],
        ["targets.net.simulator: 'two' is also the explainer of method 'le_siglip'"],
    ),
    "one of several explainers is not there": (
        "targets.net.explainer",
        ["one", "tow"],
        ["targets.net.explainer: image-text model 'tow' does not exist; did you mean 'two'?"],
    ),
    "several explainers for a baseline that has one": (
        "targets.other.explainer",
        ["one", "three"],
        ["targets.other.explainer: image-text model 'three'"],
    ),
    "a weight of labels alone": (
        "methods.le_label.label_weight",
        0.3,
        ["methods.le_label.label_weight: there is nothing to weigh; set presence: both, or take it out"],
    ),
    "two lengths of a search": (
        "methods.le_label.search",
        {"length": 3, "like": "le_siglip"},
        ["methods.le_label.search: length and like exclude each other; take one out"],
    ),
    "lengths of a method that is not there": (
        "methods.le_label.search",
        {"like": "le_siglop"},
        ["methods.le_label.search.like: method 'le_siglop' does not exist; did you mean 'le_siglip'?"],
    ),
    "lengths of its own": (
        "methods.le_label.search",
        {"like": "le_label"},
        ["methods.le_label.search.like: 'le_label' takes its lengths from 'le_label' itself; name another"],
    ),
    "lengths of a method that the target does not list": (
        "methods.le_label.search",
        {"like": "dissect"},
        ["targets.net.methods.0: 'le_label' takes its lengths from 'dissect', which the target does not list; add it"],
    ),
    "a simulator twice": ("targets.net.more_simulators", ["two"], ["more_simulators: 'two'", "already; take it out"]),
    "JSON model with a tag": ("image_text_models.two.model", "m.json", ["two.pretrained: 'openai'", ".safetensors"]),
    "preprocess missing": ("targets.other.model.weights", "my.pth", ["other.model", "'my.pth'", "give preprocess"]),
    "preprocess missing, untrained": ("targets.other.model.weights", "none", ["'none' do not say", "give preprocess"]),
    "crop larger than resize": (
        "targets.other.model.preprocess",
        NORMAL | {"resize": 32, "crop": 224},
        ["other.model.preprocess", "crop 224 is larger than resize 32", "make resize larger"],
    ),
    "weights unknown to timm": (
        "targets.other.model",
        {"source": "timm", "name": "test_resnet", "weights": "IMAGENET1K_V1"},
        ["other.model.weights: 'IMAGENET1K_V1'", "give pretrained, none or a file"],
    ),
    "repo of hub is neither": (
        "targets.other.model",
        HUB | {"repo": "x" * 300, "preprocess": NORMAL},
        ["other.model.repo: 'xxx", "is no folder, and not owner/name:ref"],
    ),
    "pretrained of hub twice": (
        "targets.other.model",
        HUB | {"arguments": {"pretrained": True}, "preprocess": NORMAL},
        ["other.model.arguments: `pretrained` follows from weights; take it out"],
    ),
    "weights unknown to hub": (
        "targets.other.model",
        HUB | {"weights": "V1", "preprocess": NORMAL},
        ["other.model.weights: 'V1' is unknown to hub"],
    ),
    "checkpoint that is no file": (
        "targets.other.model",
        FACTORY | {"checkpoint": "V1", "preprocess": NORMAL},
        ["other.model.checkpoint: 'V1'", ".safetensors"],
    ),
    "LE (Label) without labels": ("targets.net.probe", "photos", ["net.methods.0 (le_label): 'photos' has no labels"]),
    "calibration without labels": (
        "image_text_models.one.calibration",
        {"probe": "photos"},
        ["'photos' has no labels"],
    ),
    "classifier without labels": (
        "trained_models.net.images",
        "unlabelled",
        ["net.images: 'unlabelled' has no labels"],
    ),
    "concepts of labels": ("methods.le_label.concepts", "words", ["methods.le_label.concepts", "take concepts out"]),
    "class names without labels": ("probes.photos.class_names", ["a"], ["probes.photos.class_names", "give label"]),
    "superclass of what is no class": (
        "probes.named.superclasses",
        {"pet": ["cat", "dgo"]},
        ["probes.named.superclasses.pet: class 'dgo' does not exist; did you mean 'dog'?"],
    ),
    "neurons the wrong way round": ("targets.net.neurons", "9:3", ["targets.net.neurons: '9:3' is empty"]),
    "cross-entropy without labels": (
        "targets.other.class_map",
        "none",
        ["targets.other.ablation.loss: cross_entropy needs labels", "set loss: kl, or ablation: false"],
    ),
    "cross-entropy on a probe without labels": ("targets.other.probe", "photos", ["targets.other.ablation.loss", "kl"]),
    "class map of an unknown class": (
        "targets.other.class_map",
        {"cta": 3},
        ["other.class_map", "mean 'cat'?"],
    ),
    "control without a linear method": (
        "targets.other.controls",
        ["random_concepts"],
        ["targets.other.controls: random_concepts goes by a linear method", "add one"],
    ),
    "method with the name of a control": ("methods.random_concepts", {"kind": "clip_dissect"}, ["is reserved"]),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_does_not_fit_together_is_told_with_place_value_and_remedy(case):
    assert_told(*BROKEN[case])


def test_a_target_cannot_have_the_name_of_an_untrained_copy():
    config = at("targets.net.controls", ["untrained"])
    config["targets"]["net_untrained"] = config["targets"]["other"]
    assert refusal(config).startswith("targets.net_untrained: the name is taken by the untrained control of 'net';")


@pytest.mark.parametrize(
    "place",
    [
        "probes.scenes",
        "training_sets.drawn",
        "trained_models.one",
        "image_text_models.two",
        "concept_sets.words",
        "targets.net",
        "methods.le_label",
        "targets.net.layers.layer4",
    ],
)
def test_names_that_differ_by_capitals_alone_are_refused(place):
    parents, _, name = place.rpartition(".")
    config = at(f"{parents}.another{name}", reduce(dict.get, place.split("."), small()))
    checked(config, SCHEMA)
    other = name[0] + name[1:].upper()
    said = f"{parents}: '{other}' and '{name}' differ by capitals alone, which file systems of macOS and Windows do not"
    assert_told(f"{parents}.{other}", reduce(dict.get, place.split("."), small()), [said, "rename one"])


def test_a_target_cannot_have_the_name_of_an_untrained_copy_in_capitals():
    config = at("targets.net.controls", ["untrained"])
    config["targets"]["NET_untrained"] = config["targets"]["other"]
    assert refusal(config).startswith("targets.NET_untrained: the name is taken by the untrained control of 'net';")
