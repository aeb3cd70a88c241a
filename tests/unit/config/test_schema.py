"""What the schema does not allow is refused in one line with place, value and remedy."""

import pytest

from helpers.configs import FACTORY, HUB, MISSING, NORMAL, assert_told, at, refusal, small, with_change

# what is broken: where, the value put there (MISSING takes the key out), what the message has to say
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
    "tokenizer of a model that the workflow trains": (
        "image_text_models.one.tokenizer",
        "a",
        ["image_text_models.one"],
    ),
    "run without a layer": ("run", ["net"], ["run.0: 'net' does not have the right form; give target/layer"]),
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
    "an explainer twice": ("targets.net.explainer", ["one", "one"], ["net.explainer: ['one', 'one']", "right form"]),
    "presence that is not there": ("methods.le_label.presence", "bth", ["le_label.presence: 'bth'", "mean 'both'?"]),
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
    "prompt without a place": ("image_text_models.two.prompt", "a photo", ["two.prompt: 'a photo'", "a text with {}"]),
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
    "call without a function": (
        "targets.other.model",
        FACTORY | {"call": "a.b.c", "preprocess": NORMAL},
        ["other.model.call: 'a.b.c'", "give package.module:function"],
    ),
    "class names that are numbers": (
        "probes.named.class_names",
        [1, 2],
        ["probes.named.class_names: [1, 2]", "a list of"],
    ),
    "superclasses as a list": ("probes.named.superclasses", ["pet"], ["named.superclasses: ['pet']", "give a mapping"]),
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
    "class map that is a list": (
        "targets.other.class_map",
        [3, 4],
        ["other.class_map: [3, 4]", "name: number"],
    ),
    "temperature of zero": ("targets.net.temperature", 0, ["targets.net.temperature: 0", "fit finds it"]),
    "unknown loss": ("targets.net.ablation", {"loss": "js"}, ["net.ablation.loss: 'js'", "cross_entropy, kl"]),
    "number of nodes": ("targets.net.ablation", {"most_nodes": 20}, ["ablation.most_nodes: 20", "17, 33"]),
    "unknown control": ("targets.net.controls", ["shufled"], ["controls.0: 'shufled'", "did you mean 'shuffled'?"]),
    "number as a superclass": (("probes", "named", "superclasses"), {1: ["cat"]}, ["probes.named.superclasses: {1:"]),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_the_schema_does_not_allow_is_told_with_place_value_and_remedy(case):
    assert_told(*BROKEN[case])


def test_long_values_and_many_names_are_cut_short():
    config = small()
    config["probes"] |= {f"photos{number}": {"kind": "scenes", "images": 9} for number in range(500)}
    config["targets"]["net"]["probe"] = "x" * 3000
    assert len(refusal(config)) <= 250
    assert len(refusal(at("seed", ["long"] * 999))) <= 200
    assert len(refusal(at("seed", "a\nb" * 999))) <= 200
    assert "\n" not in refusal(with_change(("a\nb",), 1))
