"""Broken configurations are refused in one line with place, value and remedy."""

import pytest

from helpers.configs import FACTORY, HUB, MISSING, NORMAL, at, refusal, small, with_change

BROKEN = {
    "unknown section": ("prob", {}, ["prob: unknown key 'prob'", "did you mean 'probes'?"]),
    "unknown key of a probe": ("probes.scenes.sise", 64, ["probes.scenes.sise: unknown key", "did you mean 'size'?"]),
    "key of another kind": (
        "probes.folder.label",
        "x",
        ["probes.folder.label: unknown key 'label'", "use one of kind"],
    ),
    "unknown key of a target": ("targets.net.simulatr", "two", ["targets.net.simulatr", "did you mean 'simulator'?"]),
    "unknown key of a layer": ("targets.net.layers.layer4.pol", "avg", ["layers.layer4.pol", "did you mean 'pool'?"]),
    "unknown key of a model": ("targets.other.model.weight", "x", ["targets.other.model.weight", "'weights'?"]),
    "unknown key of a method": ("methods.le_label.lamda", 0.1, ["methods.le_label.lamda", "did you mean 'lambda'?"]),
    "unknown key of greedy": ("methods.le_siglip.greedy.widt", 3, ["le_siglip.greedy.widt", "did you mean 'width'?"]),
    "unknown key of preprocess": (
        "targets.other.model.preprocess",
        NORMAL | {"rezise": 3},
        ["targets.other.model.preprocess.rezise", "did you mean 'resize'?"],
    ),
    "unknown key of a calibration": ("image_text_models.one.calibration.prob", 1, ["one.calibration.prob", "'probe'?"]),
    "unknown key of split": ("split", {"train": 0.8, "vall": 0.1, "test": 0.1}, ["split.vall", "did you mean 'val'?"]),
    "unknown kind of probe": ("probes.scenes.kind", "parket", ["probes.scenes.kind", "'parket'", "mean 'parquet'?"]),
    "unknown kind of method": (
        "methods.dissect.kind",
        "magic",
        ["methods.dissect.kind", "'magic'", "use one of linear"],
    ),
    "unknown source": ("targets.other.model.source", "torchvison", ["model.source", "did you mean 'torchvision'?"]),
    "unknown pooling": (
        "targets.net.layers.layer4.pool",
        "mean",
        ["layer4.pool", "'mean'", "use one of avg, max, first"],
    ),
    "kind missing": (
        "probes.scenes.kind",
        MISSING,
        ["probes.scenes", "'kind' is missing", "as one of scenes, parquet"],
    ),
    "section missing": ("methods", MISSING, ["the configuration: key 'methods' is missing; add it"]),
    "probe of a target missing": ("targets.net.probe", MISSING, ["targets.net: key 'probe' is missing; add it"]),
    "section without content": ("targets", None, ["targets: there is no value", "give a mapping"]),
    "optional section without content": (
        "training_sets",
        None,
        ["training_sets: there is no value", "take the key out"],
    ),
    "entry without content": ("probes.photos", None, ["probes.photos: there is no value", "give a mapping"]),
    "list for a mapping": ("targets", ["net"], ["targets: ['net'] has the wrong type; give a mapping"]),
    "mapping for a list": ("run", {"net": "layer4"}, ["run: {'net': 'layer4'} has the wrong type; give a list"]),
    "text for a list": ("probes.photos.files", "a.parquet", ["probes.photos.files", "'a.parquet'", "give a list"]),
    "text for an integer": ("seed", "zero", ["seed: 'zero' has the wrong type; give an integer"]),
    "float for an integer": (
        "probes.scenes.images",
        100.0,
        ["scenes.images: 100.0 has the wrong type; give an integer"],
    ),
    "bool for an integer": ("seed", True, ["seed: True has the wrong type; give an integer"]),
    "number that YAML reads as text": (
        "methods.le_label.lambda",
        "5e-2",
        ["'5e-2'", "a number such as 0.05 or 1.0e-5"],
    ),
    "text for a boolean": ("paper_parity", "yes", ["paper_parity: 'yes' has the wrong type; give true or false"]),
    "negative seed": ("seed", -1, ["seed: -1 is out of range; give at least 0"]),
    "no images": ("probes.scenes.images", 0, ["probes.scenes.images: 0 is out of range; give at least 1"]),
    "alpha above 1": ("methods.le_label.alpha", 1.5, ["le_label.alpha: 1.5", "more than 0 and at most 1"]),
    "no penalty": ("methods.le_label.lambda", 0, ["methods.le_label.lambda: 0", "give more than 0"]),
    "nan": ("methods.le_label.lambda", float("nan"), ["methods.le_label.lambda: nan", "give a finite one"]),
    "infinity": ("image_text_models.two.calibration.b", float("inf"), ["two.calibration.b: inf", "give a finite one"]),
    "split of nan": (
        "split",
        {"train": float("nan"), "val": 0.1, "test": 0.2},
        ["split.train: nan", "give a finite one"],
    ),
    "split above 1": (
        "split",
        {"train": 0.8, "val": 0.1, "test": 0.2},
        ["split", "add up to 1.1", "have to add up to 1"],
    ),
    "split below 1": ("split", {"train": 0.5, "val": 0.1, "test": 0.2}, ["split: the shares add up to 0.8"]),
    "empty split": ("split", {"train": 0.9, "val": 0, "test": 0.1}, ["split.val: 0 is out of range; give more than 0"]),
    "split without test": ("split", {"train": 0.9, "val": 0.1}, ["split: key 'test' is missing"]),
    "double underscore": (
        "probes.my__photos",
        {"kind": "scenes", "images": 9},
        ["probes: 'my__photos' cannot be a name"],
    ),
    "name with a slash": ("targets.a/b", {}, ["targets: 'a/b' cannot be a name; take letters and digits, with single"]),
    "name with a space": ("methods.my method", {}, ["methods: 'my method' cannot be a name"]),
    "layer with a dot": (
        "targets.net.layers",
        {"layer4.1": {"module": "layer4.1", "pool": "avg"}},
        ["targets.net.layers: 'layer4.1' cannot be a name", "letters and digits"],
    ),
    "reserved target": ("targets.probes", small()["targets"]["net"], ["targets.probes", "is reserved; take another"]),
    "reserved trained model": (
        "trained_models.image_text",
        small()["trained_models"]["net"],
        ["trained_models.image_text: the name 'image_text' is reserved; take another"],
    ),
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
    "tokenizer of a model that the workflow trains": (
        "image_text_models.one.tokenizer",
        "a",
        ["image_text_models.one"],
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
    "run without a layer": ("run", ["net"], ["run.0: 'net' does not have the right form; give target/layer"]),
    "union of itself": (
        "concept_sets.all",
        {"union": ["labels", "all"]},
        ["concept_sets.all", "contains itself", "take"],
    ),
    "union over a detour": ("concept_sets.words", {"union": ["all"]}, ["concept_sets.all", "take it out of 'words'"]),
    "union of what is not there": ("concept_sets.all", {"union": ["nope"]}, ["concept_sets.all: concept set 'nope'"]),
    "union of nothing": ("concept_sets.all", {"union": []}, ["concept_sets.all.union: it is empty; give at least one"]),
    "file and union": (
        "concept_sets.words.union",
        ["labels"],
        ["concept_sets.words", "give one of file or class_names or nouns or words or union"],
    ),
    "neither file nor union": (
        "concept_sets.words",
        {},
        ["concept_sets.words: it is empty; give file or class_names or nouns"],
    ),
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
    "an explainer twice": ("targets.net.explainer", ["one", "one"], ["net.explainer: ['one', 'one']", "right form"]),
    "several explainers for a baseline that has one": (
        "targets.other.explainer",
        ["one", "three"],
        ["targets.other.explainer: image-text model 'three'"],
    ),
    "presence that is not there": ("methods.le_label.presence", "bth", ["le_label.presence: 'bth'", "mean 'both'?"]),
    "a weight of labels alone": (
        "methods.le_label.label_weight",
        0.3,
        ["methods.le_label.label_weight: there is nothing to weigh; set presence: both, or take it out"],
    ),
    "all weight to labels": (
        "methods.le_label",
        {"kind": "linear", "presence": "both", "label_weight": 1},
        ["methods.le_label.label_weight: 1 is out of range; give more than 0 and below 1"],
    ),
    "a search beside a greedy search": (
        "methods.le_siglip.search",
        {},
        ["methods.le_siglip.greedy: unknown key 'greedy'"],
    ),
    "a search beside the highest weights": (
        "methods.le_label",
        {"kind": "linear", "presence": "label", "search": {}, "top_k": 3},
        ["methods.le_label.top_k: unknown key 'top_k'"],
    ),
    "a search that is misspelt": ("methods.le_label.serach", {}, ["le_label.serach", "did you mean 'search'?"]),
    "unknown key of a search": (
        "methods.le_label.search",
        {"widht": 3},
        ["methods.le_label.search.widht: unknown key 'widht'"],
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
    "a method twice": (
        "targets.net.methods",
        ["le_label"] * 2,
        ["net.methods: 'le_label' is there twice; take one out"],
    ),
    "probe and a, b": (
        "image_text_models.two.calibration",
        {"probe": "scenes", "a": 1.0, "b": 2.0},
        ["image_text_models.two.calibration", "too much", "give either probe, or a and b"],
    ),
    "a without b": ("image_text_models.two.calibration", {"a": 58}, ["{'a': 58} is not complete", "probe, or a and b"]),
    "calibration of nothing": ("image_text_models.two.calibration", {}, ["two.calibration", "give either probe, or a"]),
    "model without weights": (
        "image_text_models.two.pretrained",
        MISSING,
        ["two: {", "trained, or model and pretrained"],
    ),
    "trained and published": ("image_text_models.one.model", "ViT-B-32", ["give either trained, or"]),
    "JSON model with a tag": ("image_text_models.two.model", "m.json", ["two.pretrained: 'openai'", ".safetensors"]),
    "prompt without a place": ("image_text_models.two.prompt", "a photo", ["two.prompt: 'a photo'", "a text with {}"]),
    "preprocess missing": ("targets.other.model.weights", "my.pth", ["other.model", "'my.pth'", "give preprocess"]),
    "preprocess missing, untrained": ("targets.other.model.weights", "none", ["'none' do not say", "give preprocess"]),
    "preprocess of hub missing": ("targets.other.model", HUB, ["other.model: key 'preprocess' is missing; add it"]),
    "mean of two channels": (
        "targets.other.model.preprocess",
        {"mean": [0.5, 0.5], "std": [0.5, 0.5, 0.5]},
        ["preprocess.mean: [0.5, 0.5] has 2 values; give 3"],
    ),
    "mean of pixels up to 255": (
        "targets.other.model.preprocess",
        {"mean": [123.7, 0, 0], "std": [0.5, 0.5, 0.5]},
        ["preprocess.mean.0: 123.7 is out of range; give at least 0 and at most 1"],
    ),
    "no spread": (
        "targets.other.model.preprocess",
        {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0, 0.5]},
        ["preprocess.std.1: 0 is out of range; give more than 0"],
    ),
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
    "call without a function": (
        "targets.other.model",
        FACTORY | {"call": "a.b.c", "preprocess": NORMAL},
        ["other.model.call: 'a.b.c'", "give package.module:function"],
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
    "class names that are numbers": (
        "probes.named.class_names",
        [1, 2],
        ["probes.named.class_names: [1, 2]", "a list of"],
    ),
    "superclasses as a list": ("probes.named.superclasses", ["pet"], ["named.superclasses: ['pet']", "give a mapping"]),
    "neurons the wrong way round": ("targets.net.neurons", "9:3", ["targets.net.neurons: '9:3' is empty"]),
    "neurons as a word": ("targets.net.neurons", "all", ["targets.net.neurons: 'all'", 'range such as "0:256"']),
    "negative neurons": ("targets.net.neurons", [-1], ["targets.net.neurons: [-1]", "the numbers of neurons"]),
    "number as a name": (
        ("probes", 1),
        {"kind": "scenes", "images": 9},
        ["probes: the name 1 is not text", "in quotes"],
    ),
    "on as a name": (("methods", True), {}, ["methods: the name True is not text; put it in quotes", "on, off"]),
    "number as a section": ((1,), {}, ["1: unknown key 1; put it in quotes"]),
    "on as a key": (("targets", "net", True), 1, ["targets.net.True: unknown key True; put it in quotes"]),
    "numbers as arguments": (("trained_models", "net", "arguments"), {1: 2, "a": 3}, ["net.arguments: the name 1"]),
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
    "class map that is a list": (
        "targets.other.class_map",
        [3, 4],
        ["other.class_map: [3, 4]", "name: number"],
    ),
    "temperature of zero": ("targets.net.temperature", 0, ["targets.net.temperature: 0", "fit finds it"]),
    "unknown loss": ("targets.net.ablation", {"loss": "js"}, ["net.ablation.loss: 'js'", "cross_entropy, kl"]),
    "number of nodes": ("targets.net.ablation", {"most_nodes": 20}, ["ablation.most_nodes: 20", "17, 33"]),
    "unknown control": ("targets.net.controls", ["shufled"], ["controls.0: 'shufled'", "did you mean 'shuffled'?"]),
    "control without a linear method": (
        "targets.other.controls",
        ["random_concepts"],
        ["targets.other.controls: random_concepts goes by a linear method", "add one"],
    ),
    "method with the name of a control": ("methods.random_concepts", {"kind": "clip_dissect"}, ["is reserved"]),
    "number as a superclass": (("probes", "named", "superclasses"), {1: ["cat"]}, ["probes.named.superclasses: {1:"]),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_configuration_is_refused_in_one_short_line_with_place_value_and_remedy(case):
    path, value, parts = BROKEN[case]
    message = refusal(with_change(path, value) if isinstance(path, tuple) else at(path, value))
    assert all(part in message for part in parts), message
    assert "\n" not in message
    assert len(message) <= 200, message
    assert ";" in message, "no remedy"
    jargon = ("Failed validating", "is not of type", "under any of the given schemas", "does not match", "^[", "$defs")
    assert not any(word in message for word in jargon), message


def test_a_target_cannot_have_the_name_of_an_untrained_copy():
    config = at("targets.net.controls", ["untrained"])
    config["targets"]["net_untrained"] = config["targets"]["other"]
    assert refusal(config).startswith("targets.net_untrained: the name is taken by the untrained control of 'net';")


def test_long_values_and_many_names_are_cut_short():
    config = small()
    config["probes"] |= {f"photos{number}": {"kind": "scenes", "images": 9} for number in range(500)}
    config["targets"]["net"]["probe"] = "x" * 3000
    assert len(refusal(config)) <= 250
    assert len(refusal(at("seed", ["long"] * 999))) <= 200
    assert len(refusal(at("seed", "a\nb" * 999))) <= 200
    assert "\n" not in refusal(with_change(("a\nb",), 1))
