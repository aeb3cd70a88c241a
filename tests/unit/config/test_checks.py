"""The configuration: what is filled in, and that whatever is wrong is said in one line with a remedy."""

import copy
import random
import subprocess
import sys

import pytest
import yaml

from helpers.configs import (
    FACTORY,
    HUB,
    NORMAL,
    REPOSITORY,
    RESNET,
    SCHEMA,
    SMALL,
    at,
    refusal,
    small,
)
from linexp.concepts import open_clip_names
from linexp.config.checks import RESERVED_TARGETS, checked, members, parse_neurons, published_weights
from linexp.errors import LinexpError
from linexp.networks.sources.source import is_weights_file


def test_the_shipped_configuration_is_valid():
    config = yaml.safe_load((REPOSITORY / "config.yaml").read_text(encoding="utf-8"))
    filled = checked(config, SCHEMA)
    targets = config["targets"].items()
    untrained = {f"{name}_untrained" for name, target in targets if "untrained" in target.get("controls", ())}
    assert untrained and set(filled["targets"]) == set(config["targets"]) | untrained
    assert [layer.split("/")[0] in filled["targets"] for layer in filled["run"]] == [True] * len(filled["run"])


def test_controls_add_a_method_and_an_untrained_copy_of_the_target():
    config = small()
    config["targets"]["net"]["methods"] = ["dissect", "le_siglip", "le_label"]
    config["targets"]["net"]["controls"] = ["shuffled", "random_concepts", "untrained"]
    filled = checked(config, SCHEMA)
    assert filled["methods"]["random_concepts"] == {"kind": "random_concepts"}
    copied = filled["targets"]["net_untrained"]
    assert copied["model"] == {"source": "trained", "name": "net", "untrained": True}
    assert (copied["methods"], copied["controls"]) == (["le_siglip"], [])
    assert copied["layers"]["layer4"]["ablation"] is False
    assert {**copied, **{key: filled["targets"]["net"][key] for key in ("model", "methods", "controls", "layers")}} == (
        filled["targets"]["net"]
    )
    assert "random_concepts" not in checked(small(), SCHEMA)["methods"]


def test_a_wider_set_is_of_the_target_alone_and_seen_by_an_explainer_that_is_no_simulator():
    config = at("targets.net.wider_concepts", "words")
    config["targets"]["net"] |= {"methods": ["le_label"], "controls": ["untrained"]}
    filled = checked(config, SCHEMA)["targets"]
    assert filled["net"]["wider_concepts"] == "words" and "wider_concepts" not in filled["net_untrained"]
    config["targets"]["net"]["explainer"] = "two"
    with pytest.raises(LinexpError, match="'two' is also the explainer of method 'le_label'"):
        checked(config, SCHEMA)
    del config["targets"]["net"]["wider_concepts"]
    checked(config, SCHEMA)


def test_ablation_without_labels_is_possible_by_divergence_or_left_out():
    for key, value in (("ablation", {"loss": "kl"}), ("layers", {"last": {**LAST, "ablation": False}})):
        config = at("targets.other.class_map", "none")
        config["targets"]["other"][key] = value
        assert checked(config, SCHEMA)["targets"]["other"]["class_map"] == "none"


def test_a_model_without_classes_has_no_ablation_and_knows_no_class_of_the_probe():
    target = checked(at("targets.other.classes", "none"), SCHEMA)["targets"]["other"]
    assert target["class_map"] == "none" and target["layers"]["last"]["ablation"] is False
    assert "classes" not in checked(small(), SCHEMA)["targets"]["other"]
    for key, value, message in (
        ("class_map", {"cat": 1}, "targets.other.class_map: a model without classes knows none of the probe's; take"),
        *(
            (
                "layers",
                {"last": {**LAST, key: True}},
                f"targets.other.layers.last.{key}: a model without classes has no",
            )
            for key in ("ablation", "impact")
        ),
    ):
        config = at("targets.other.classes", "none")
        config["targets"]["other"][key] = value
        assert refusal(config).startswith(message)


def test_parts_of_outputs_are_named_or_numbered():
    config = at("targets.other.layers.last.output", 0)
    config["targets"]["other"]["model"]["output"] = "logits"
    target = checked(config, SCHEMA)["targets"]["other"]
    assert (target["layers"]["last"]["output"], target["model"]["output"]) == (0, "logits")
    assert "other.layers.last.output" in refusal(at("targets.other.layers.last.output", -1))


LAST = {"module": "layer4", "pool": "avg"}


def test_defaults_are_filled_in_at_every_level():
    filled = checked(small(), SCHEMA)
    assert filled["split"] == {"train": 0.7, "val": 0.1, "test": 0.2}
    assert filled["paper_parity"] is False
    assert filled["probes"]["scenes"] == {"kind": "scenes", "images": 100, "size": 64, "first": 0}
    assert filled["probes"]["photos"]["image"] == "image"
    assert filled["training_sets"]["drawn"]["size"] == 64
    assert filled["image_text_models"]["two"]["prompt"] == "{}"
    assert filled["targets"]["net"]["more_simulators"] == []
    assert filled["targets"]["net"]["layers"]["layer4"]["channels"] == "first"
    assert filled["methods"]["le_label"] == {
        "kind": "linear",
        "presence": "label",
        "solver": "exact",
        "lambda": 0.05,
        "alpha": 0.99,
        "greedy": {"max_concepts": 10, "width": 10, "tolerance": 0.02},
    }
    assert filled["methods"]["le_siglip"]["greedy"] == {"max_concepts": 10, "width": 3, "tolerance": 0.02}
    assert filled["methods"]["dissect"]["top_images"] == 100
    assert "lambda" not in filled["methods"]["dissect"]


def test_optional_sections_may_be_left_out():
    config = at("targets", {})
    for section in ("run", "training_sets", "trained_models", "concept_sets", "seed"):
        del config[section]
    del config["image_text_models"]["one"]
    config["methods"]["dissect"]["concepts"] = "labels"
    filled = checked(config, SCHEMA)
    assert filled["run"] == [] and filled["seed"] == 0
    assert filled["training_sets"] == filled["trained_models"] == filled["concept_sets"] == {}


def test_filling_defaults_changes_neither_the_input_nor_itself_when_repeated():
    config = small()
    before = copy.deepcopy(config)
    filled = checked(config, SCHEMA)
    assert config == before
    assert checked(filled, SCHEMA) == filled


def shuffled(value, rng: random.Random):
    if isinstance(value, dict):
        items = list(value.items())
        rng.shuffle(items)
        return {key: shuffled(inner, rng) for key, inner in items}
    return value


DIRECTIONS = {"module": "layer4", "pool": "avg", "units": {"directions": "cavs.npy"}}


@pytest.mark.parametrize(
    "layer",
    [
        DIRECTIONS,
        DIRECTIONS | {"tokens": "patches"},
        DIRECTIONS | {"pool": "first", "tokens": "first"},
        DIRECTIONS | {"pool": "max", "ablation": False, "impact": True},
        DIRECTIONS | {"units": {"sae": "a.pt", "format": "saev", "activation": "top_k", "k": 3}},
    ],
)
def test_units_are_accepted(layer):
    found = checked(at("targets.net.layers.layer4", layer), SCHEMA)["targets"]["net"]["layers"]["layer4"]
    assert found["units"].items() >= layer["units"].items() and found.get("tokens") == layer.get("tokens")


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (
            DIRECTIONS | {"pool": "max"},
            "layer4.ablation: with units, pool: max has no ablation (a unit's maximum added",
        ),
        (
            DIRECTIONS | {"pool": "first", "tokens": "patches"},
            "layer4.tokens: pool: first is not among the patches; take it out, or pool: avg or max",
        ),
        (
            {"module": "layer4", "pool": "avg", "tokens": "first"},
            "layer4.tokens: neurons are read by pool alone; give units, or take it out",
        ),
        (DIRECTIONS | {"units": {}}, "layer4.units: {} is not complete or has too much; give either directions"),
        (
            DIRECTIONS | {"units": {"directions": "a.npy", "sae": "a.pt"}},
            " is not complete or has too much; give either directions, or sae",
        ),
        (DIRECTIONS | {"units": {"sae": "a.pt", "k": 0}}, "layer4.units.k: 0 is out of range; give at least 1"),
        (
            DIRECTIONS | {"units": {"sae": "a.pt", "format": "gemma"}},
            "layer4.units.format: 'gemma' is not possible; use one of auto, saev,",
        ),
        (DIRECTIONS | {"units": {"directions": 3}}, "layer4.units.directions: 3 has the wrong type; give text"),
        (
            DIRECTIONS | {"units": {"directions": "a.npy", "nme": "b"}},
            "layer4.units.nme: unknown key 'nme'; ",
        ),
        (DIRECTIONS | {"tokens": "some"}, "layer4.tokens: 'some' is not possible; use one of all, patches, first"),
    ],
)
def test_units_that_do_not_go_together_are_refused_with_the_remedy(layer, message):
    found = refusal(at("targets.net.layers.layer4", layer))
    assert found.startswith("targets.net.layers.layer4.") and message in found


def test_an_untrained_copy_may_be_fitted_badly_by_the_autoencoder_of_the_trained_one():
    config = at("targets.net.layers", {"layer4": DIRECTIONS | {"units": {"sae": "a.pt"}}, "layer3": DIRECTIONS})
    config["targets"]["net"] |= {"controls": ["untrained"], "methods": ["le_label"]}
    layers = {name: checked(config, SCHEMA)["targets"][name]["layers"] for name in ("net", "net_untrained")}
    poor = {name: of["layer4"]["units"]["allow_poor_reconstruction"] for name, of in layers.items()}
    assert poor == {"net": False, "net_untrained": True}
    assert layers["net_untrained"]["layer3"]["units"] == {"directions": "cavs.npy"}


@pytest.mark.parametrize("seed", range(5))
def test_neither_the_order_of_keys_nor_comments_matter(seed):
    """Down to the text of it: the settings of a rule may not look changed."""
    expected = yaml.safe_dump(checked(small(), SCHEMA), sort_keys=False)
    again = shuffled(small(), random.Random(seed))
    assert yaml.safe_dump(checked(again, SCHEMA), sort_keys=False) == expected
    commented = SMALL.replace("\n  ", "  # a comment\n  ").replace("\nprobes", "\n# more\n\nprobes")
    assert yaml.safe_dump(checked(yaml.safe_load(commented), SCHEMA), sort_keys=False) == expected


@pytest.mark.parametrize("path", ["simulator", "more_simulators"])
def test_allow_same_simulator_lets_a_model_judge_itself(path):
    config = at(f"targets.net.{path}", "one" if path == "simulator" else ["one"])
    assert "also the explainer" in refusal(config)
    config["targets"]["net"]["allow_same_simulator"] = True
    assert checked(config, SCHEMA)["targets"]["net"]["allow_same_simulator"] is True


def test_a_method_with_another_explainer_may_be_simulated_by_the_target_s():
    config = small()
    del config["targets"]["other"]
    config["targets"]["net"] |= {"simulator": "one", "methods": ["le_label", "dissect"]}
    config["methods"]["dissect"]["explainer"] = "two"
    assert checked(config, SCHEMA)["targets"]["net"]["simulator"] == "one"


def test_two_searches_cannot_take_their_lengths_from_each_other():
    config = at("methods.le_label.search", {"like": "more"})
    config["methods"]["more"] = {"kind": "linear", "presence": "label", "search": {"like": "le_label"}}
    assert "methods.le_label.search.like: 'le_label' takes its lengths from 'le_label' itself" in refusal(config)


def test_a_search_has_no_settings_of_an_elastic_net():
    filled = checked(at("methods.le_label.search", {"length": 3}), SCHEMA)
    assert filled["methods"]["le_label"] == {
        "kind": "linear",
        "presence": "label",
        "search": {
            "max_concepts": 10, "tolerance": 0.02, "length": 3, "beam": 10, "swaps": True, "ridge": 0.01,
            "positive": False,
        },
    }  # fmt: skip


def test_a_baseline_works_with_one_explainer_and_linear_methods_with_several():
    config = small()
    config["image_text_models"]["three"] = {"trained": "one", "calibration": {"a": 1.0, "b": 0.0}}
    config["targets"]["net"]["explainer"] = ["one", "three"]
    assert checked(config, SCHEMA)["targets"]["net"]["explainer"] == ["one", "three"]
    config["targets"]["net"]["methods"].append("dissect")
    assert "targets.net.methods.2: 'dissect' works with one image-text model" in refusal(config)
    config["methods"]["dissect"]["explainer"] = "three"
    checked(config, SCHEMA)


@pytest.mark.parametrize(
    ("concepts", "added"),
    [("all", {}), ("labels", {}), ("words", {"words__and_labels": {"union": ["words", "labels"]}})],
)
def test_labels_and_pseudo_labels_together_take_a_concept_set_with_all_labels(concepts, added):
    config = at("methods.le_siglip", {"kind": "linear", "presence": "both", "concepts": concepts})
    before = checked(small(), SCHEMA)["concept_sets"]
    assert checked(config, SCHEMA)["concept_sets"] == before | added


def test_labels_and_pseudo_labels_together_need_labels():
    config = at("methods.le_siglip", {"kind": "linear", "presence": "both"})
    config["targets"]["net"] |= {"probe": "photos", "methods": ["le_siglip"], "ablation": {"loss": "kl"}}
    assert "targets.net.methods.0 (le_siglip): 'photos' has no labels" in refusal(config)


def test_labels_as_lists_of_concepts_are_enough_for_le_label_and_calibration():
    config = at("targets.net.probe", "tagged")
    config["image_text_models"]["one"]["calibration"]["probe"] = "tagged"
    config["targets"]["net"]["ablation"] = {"loss": "kl"}
    assert checked(config, SCHEMA)["targets"]["net"]["probe"] == "tagged"


@pytest.mark.parametrize("name", RESERVED_TARGETS)
def test_a_target_cannot_take_the_name_of_a_folder_of_results(name):
    assert f"targets.{name}: the name '{name}' is reserved" in refusal(at(f"targets.{name}", small()["targets"]["net"]))


@pytest.mark.parametrize(
    "model",
    [
        RESNET,
        RESNET | {"weights": "none", "preprocess": NORMAL | {"resize": 256, "crop": 224}},
        RESNET | {"weights": "a.pth", "preprocess": NORMAL},
        {"source": "timm", "name": "test_resnet", "weights": "pretrained", "arguments": {"in_chans": 3}},
        HUB | {"preprocess": NORMAL},
        FACTORY | {"preprocess": NORMAL},
        FACTORY | {"checkpoint": "dir/a.safetensors", "preprocess": NORMAL},
    ],
)
def test_every_source_of_models_is_accepted(model):
    filled = checked(at("targets.other.model", model), SCHEMA)["targets"]["other"]["model"]
    assert filled["source"] == model["source"]
    assert filled["arguments"] == model.get("arguments", {})


def test_members_of_nested_unions_come_in_order():
    config = {
        "concept_sets": {"a": {"union": ["b", "labels"]}, "b": {"union": ["c", "class_names"]}, "c": {"file": "x"}}
    }
    assert members(config, "a") == ["c", "class_names", "labels"]
    assert members(config, "labels") == ["labels"]
    config["concept_sets"]["both"] = {"union": ["b", "c"]}
    assert members(config, "both") == ["c", "class_names", "c"]


@pytest.mark.parametrize(
    ("setting", "expected"),
    [(None, None), ("2:5", [2, 3, 4]), ([7, 3, 7], [3, 7]), ([0], [0]), ("0:1", [0]), ("5:5", [])],
)
def test_neurons_are_ascending_numbers(setting, expected):
    assert parse_neurons(setting) == expected


def test_weights_are_files_by_their_suffix_and_published_otherwise():
    assert all(map(is_weights_file, ["a.safetensors", "b/c.pth", "x.pt", "x.ckpt"]))
    assert not any(map(is_weights_file, ["none", "IMAGENET1K_V1", "pretrained", "webli"]))
    assert published_weights({"source": "torchvision", "weights": "IMAGENET1K_V1"})
    assert not published_weights({"source": "timm", "weights": "none"})
    assert not published_weights({"source": "factory", "checkpoint": "a.pth"})
    assert not published_weights({"source": "factory", "checkpoint": "none"})
    assert not published_weights({"source": "trained", "name": "net"})


@pytest.mark.parametrize("name", ["ViT-B/32", "ViT-B-32", "ViT-B-16-SigLIP", "hf-hub:somebody/a-model", "mine/a.json"])
def test_names_of_image_text_models_may_have_a_slash(name):
    model = {"model": name, "pretrained": "w.safetensors", "calibration": {"a": 1, "b": 0}}
    assert checked(at("image_text_models.two", model), SCHEMA)["image_text_models"]["two"]["model"] == name


def test_names_are_not_looked_up_where_open_clip_is_not_installed(monkeypatch):
    monkeypatch.setattr(open_clip_names, "known_names", frozenset)
    model = {"model": "no-model", "pretrained": "w.safetensors", "calibration": {"a": 1, "b": 0}}
    checked(at("image_text_models.two", model), SCHEMA)


def test_names_are_looked_up_without_loading_open_clip():
    code = "import sys; from linexp.concepts import open_clip_names as names; "
    code += "found = names.known_names(); print('torch' in sys.modules); "
    code += "import open_clip; print(found == set(open_clip.list_models()))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY / "workflow/scripts", capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "True"]


def test_a_sparse_autoencoder_is_trained_on_a_layer_of_neurons_of_a_network():
    sae = {"kind": "sae", "images": "training", "target": "other", "layer": "last", "features": 9, "k": 3}
    config = small()
    (images, *_) = config["training_sets"]
    config["trained_models"]["features"] = sae | {"images": images}
    checked(config, SCHEMA)
    for key, value, message in (
        ("images", "nothing", r"images: training set 'nothing' does not exist"),
        ("target", "nothing", r"target: target 'nothing' does not exist"),
        ("layer", "nothing", r"layer: layer 'nothing' does not exist"),
        ("k", 10, r"k: 10 of 9 features cannot be active; lower it"),
    ):
        config["trained_models"]["features"] = sae | {"images": images, key: value}
        with pytest.raises(LinexpError, match=r"trained_models\.features\." + message):
            checked(config, SCHEMA)
    config["trained_models"]["features"] = sae | {"images": images}
    layer = config["targets"]["other"]["layers"]["last"]
    layer["units"] = {"trained": "features"}
    with pytest.raises(LinexpError, match="'last' has units of its own; name a layer of neurons"):
        checked(config, SCHEMA)
    del config["trained_models"]["features"]
    with pytest.raises(LinexpError, match=r"trained model of kind sae .* does not exist"):
        checked(config, SCHEMA)
