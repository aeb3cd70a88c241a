"""Configurations that have every key in some place, each with the artifacts that are asked of it."""

import copy

from helpers.projects import CONFIG as CORE

ALL_OF_A_LAYER = (
    *("scores.parquet", "summary.csv", "comparison.csv", "report/index.html", "impact.parquet"),
    *("figures/scores.svg", "figures/calibration.svg", "figures/neuron_0.svg", "shuffles.parquet", "sanity.csv"),
    "stability/le_siglip.parquet",
)
NORMAL = {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}
GIVEN = {"model": "tiny.json", "pretrained": "weights.safetensors", "calibration": {"a": 10.0, "b": 0.3}}
OWN = {"kind": "scenes", "images": 240, "size": 32, "first": 1000}


def core() -> tuple[dict, list[str]]:
    """A whole layer of a trained network, beside a target that is like its own, and sets of concepts of each kind."""
    config = copy.deepcopy(CORE)
    config["probes"]["others"] = OWN
    config["training_sets"]["more"] = OWN | {"first": 2000}
    config["image_text_models"]["three"] = {"trained": "two", "calibration": {"probe": "scenes"}}
    config["concept_sets"] |= {"classes": {"class_names": "imagenet1k"}, "nouns": {"nouns": 9}, "few": {"words": 9}}
    config["concept_sets"]["all"] = {"union": ["labels", "classes", "nouns", "few"]}
    config["methods"]["dissection"] = {"kind": "network_dissection"}
    net = config["targets"]["net"]
    net["methods"].append("dissection")
    config["targets"]["twin"] = net | {"controls": []}
    config["targets"]["brief"] = {"like": "net", "methods": ["le_label"]}
    made = [f"results/net/layer4/{name}" for name in ALL_OF_A_LAYER]
    others = ("brief/layer4/scores.parquet", "net/figures/top_impact.svg", "probes/scenes/concepts/all.parquet")
    return config, [*made, *(f"results/{name}" for name in others)]


def features() -> tuple[dict, list[str]]:
    """The scores of a layer, none of which needs classes."""
    config = copy.deepcopy(CORE)
    config["targets"]["net"]["controls"] = []
    return config, [f"results/net/layer4/{name}" for name in ("scores.parquet", "summary.csv", "sanity.csv")]


def units() -> tuple[dict, list[str]]:
    """A layer whose units are directions, with all that opens the network, and others whose units are features."""
    config = copy.deepcopy(CORE)
    config["training_sets"]["more"] = OWN
    sae = {"kind": "sae", "images": "training", "target": "twin", "layer": "layer4", "features": 9, "k": 3}
    config["trained_models"] |= {"features": sae, "again": sae}
    config["targets"]["twin"] = copy.deepcopy(config["targets"]["net"]) | {"controls": []}
    model = {"source": "trained", "name": "net", "untrained": True}
    config["targets"]["another"] = copy.deepcopy(config["targets"]["twin"]) | {"model": model}
    config["methods"]["dissection"] = {"kind": "network_dissection"}
    config["targets"]["net"]["layers"] = {
        "layer4": {"module": "layer4", "pool": "avg", "units": {"directions": "directions.npy"}},
        "layer3": {"module": "layer3", "pool": "avg", "units": {"sae": "weights.pt"}},
        "trained": {"module": "layer4", "pool": "avg", "units": {"trained": "features"}},
    }
    config["targets"]["net"]["controls"] = []
    made = ("scores.parquet", "impact.parquet", "effects.h5", "dissections/dissection.h5")
    of_features = ("activations.h5", "curves.h5")
    return config, [
        *(f"results/net/layer4/{name}" for name in made),
        *(f"results/net/layer3/{name}" for name in of_features),
        "results/net/trained/activations.h5",
    ]


def places() -> tuple[dict, list[str]]:
    """A layer at places, explained and simulated by labels and by models, and one explained by covered areas."""
    config = copy.deepcopy(CORE)
    config["methods"]["area"] = {"kind": "best_concept", "presence": "area"}
    net = config["targets"]["net"]
    net["layers"]["where"] = {"module": "layer2", "pool": "avg", "places": 4}
    net |= {"methods": ["le_label", "le_siglip", "area"], "more_simulators": ["pixel_labels"], "controls": []}
    made = ("where/simulations/pixel_labels/le_label.h5", "layer4/explanations/area.parquet")
    made = (*made, "where/simulations/two/le_siglip.h5")
    return config, [f"results/net/{name}" for name in made]


def methods() -> tuple[dict, list[str]]:
    """Methods of every kind."""
    config = copy.deepcopy(CORE)
    config["probes"]["others"] = OWN
    config["image_text_models"]["three"] = {"trained": "two", "calibration": {"a": 8.0, "b": 0.2}}
    dissect = {"kind": "clip_dissect"}
    config["methods"] = {
        "label": {"kind": "linear", "presence": "label"},
        "linear": {"kind": "linear", "presence": "pseudo"},
        "top": {"kind": "linear", "presence": "both", "top_k": 3},
        "search": {"kind": "linear", "presence": "both", "search": {}},
        "best": {"kind": "best_concept", "presence": "both"},
        "soft_wpmi": dissect,
        "wpmi": dissect | {"similarity": "wpmi"},
        "rank_reorder": dissect | {"similarity": "rank_reorder"},
        "cos_cubed": dissect | {"similarity": "cos_cubed"},
        "dissection": {"kind": "network_dissection"},
        "theirs": {"kind": "imported", "file": "theirs.csv"},
    }
    net = config["targets"]["net"]
    net |= {"methods": list(config["methods"]), "controls": []}
    net["layers"]["layer4"]["ablation"] = False
    return config, ["results/net/layer4/scores.parquet"]


def images() -> tuple[dict, list[str]]:
    """Images of every kind, indexed, labelled and embedded."""
    config = copy.deepcopy(CORE) | {"image_text_models": {"one": GIVEN, "two": GIVEN}}
    config["probes"] |= {
        "folder": {"kind": "image_folder", "root": "photos"},
        "parquet": {"kind": "parquet", "files": ["photos.parquet"], "label": "label", "class_names": ["cat", "dog"]},
        "webdataset": {"kind": "webdataset", "files": ["photos.tar"], "label": "cls", "class_names": ["cat", "dog"]},
        "hub": {"kind": "huggingface", "repo": "a/b", "split": "train", "label": "label"},
        "cifar100": {"kind": "cifar100", "root": "photos"},
        "places365": {"kind": "places365", "root": "photos"},
        "imagenet": {"kind": "imagenet", "root": "photos", "devkit": "photos"},
        "broden": {"kind": "broden", "root": "photos"},
        "masked": {"kind": "masked_folder", "root": "photos", "masks": "others", "names": ["sky", "grass"]},
    }
    made = [f"results/probes/{name}" for name in config["probes"]]
    return config, [f"{place}/{name}" for place in made for name in ("labels.h5", "embeddings/one.h5")]


def image_text() -> tuple[dict, list[str]]:
    """Image-text models of files, and published ones."""
    config = copy.deepcopy(CORE)
    config["image_text_models"]["file"] = GIVEN | {"tokenizer": "tokenizer"}
    config["image_text_models"]["published"] = GIVEN | {"model": "ViT-B-32", "pretrained": "openai"}
    names = [f"{what}/{name}.h5" for name in ("file", "published") for what in ("embeddings", "concepts/mine")]
    return config, [f"results/probes/scenes/{name}" for name in names]


def networks() -> tuple[dict, list[str]]:
    """Networks of every source."""
    config = copy.deepcopy(CORE)
    models = {
        "torchvision": {"source": "torchvision", "name": "resnet18", "weights": "IMAGENET1K_V1"},
        "file": {"source": "torchvision", "name": "resnet18", "weights": "weights.pt", "preprocess": NORMAL},
        "timm": {"source": "timm", "name": "resnet18", "weights": "pretrained", "preprocess": NORMAL},
        "transformers": {"source": "transformers", "name": "a/b", "weights": "pretrained", "preprocess": NORMAL},
        "hub": {"source": "hub", "repo": "a/b", "name": "n", "weights": "pretrained", "preprocess": NORMAL},
        "factory": {"source": "factory", "call": "mine:make", "checkpoint": "weights.pt", "preprocess": NORMAL},
        "trained": {"source": "trained", "name": "net"},
    }
    config["trained_models"]["again"] = config["trained_models"]["net"]
    config["methods"]["dissection"] = {"kind": "network_dissection"}
    net = config["targets"]["net"]
    config["targets"] = {"net": net} | {
        name: net | {"model": model, "controls": [], "ablation": {"loss": "kl"}} for name, model in models.items()
    }
    made = ("curves.h5", "effects.h5", "impact.parquet", "dissections/dissection.h5")
    places = [f"results/{name}/layer4/{file}" for name in models for file in made]
    given = {"model": {"source": "recorded", "activations": "values.h5"}, "layers": {"layer4": {}}, "controls": []}
    config["targets"]["recorded"] = net | given
    return config, [*places, "results/recorded/layer4/activations.h5"]
