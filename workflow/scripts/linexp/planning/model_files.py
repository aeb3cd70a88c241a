"""What networks are loaded from, and the settings that change what they compute."""

from types import SimpleNamespace

from ..config.checks import NO_NETWORK, Config, published_weights
from ..config.derived_targets import recorded_target
from ..errors import LinexpError
from ..networks.activation_files import DATASET
from ..networks.sources import SOURCES
from ..networks.sources.source import is_weights_file
from ..networks.units import units_kind
from . import missing
from .inputs import Settings, image_files, image_settings, target_of

OF_LOGITS = ("output",)
"""The settings of a model that only say which part of what it returns is its logits."""
OF_NO_WEIGHTS = (*OF_LOGITS, "preprocess", "untrained")
"""The settings of a model that published weights do not depend on."""
OF_LAYER = ("module", "output", "pool", "channels", "units", "tokens", "places")
"""The settings of a layer that change what is recorded of it."""


def image_text_settings(config: Config, wildcards) -> Settings:
    """What builds an image-text model: its configuration, weights tag and prompt."""
    entry = config["image_text_models"][wildcards.image_text_model]
    if "trained" in entry:
        return {**entry, "model": config["trained_models"][entry["trained"]]["model"]}
    return entry


def image_encoder(config: Config, wildcards) -> Settings:
    """The settings that change what an image-text model makes of images: not its prompt or calibration."""
    settings = image_text_settings(config, wildcards)
    return {key: settings[key] for key in ("model", "pretrained") if key in settings}


def text_encoder(config: Config, wildcards) -> Settings:
    """The settings that change what an image-text model makes of texts."""
    return image_encoder(config, wildcards) | {"prompt": image_text_settings(config, wildcards)["prompt"]}


def image_text_files(config: Config, wildcards) -> dict[str, str]:
    """What an image-text model is loaded from.

    Raises
    ------
    LinexpError
        A file of the user's is not there.
    """
    name = wildcards.image_text_model
    entry, settings = config["image_text_models"][name], image_text_settings(config, wildcards)
    missing.required(missing.image_text_model(config, name))
    files = {"configuration": settings["model"]} if settings["model"].endswith(".json") else {}
    files |= {"tokenizer": entry["tokenizer"]} if "tokenizer" in entry else {}
    if "trained" in entry:
        return files | {"weights": f"results/models/{entry['trained']}/weights.safetensors"}
    if is_weights_file(entry["pretrained"]):
        return files | {"weights": entry["pretrained"]}
    return files | {"weights": f"{missing.MODELS}/image_text/{name}.safetensors"}


def calibration_files(config: Config, wildcards) -> dict[str, str]:
    """The inputs of a calibration on a probe; none where a and b are given.

    Raises
    ------
    LinexpError
        The probe has no labels.
    """
    name = wildcards.image_text_model
    probe = config["image_text_models"][name]["calibration"].get("probe")
    if probe is None:
        return {}
    missing.required(missing.calibration_labels(config, name))
    return {
        "index": f"results/probes/{probe}/index.parquet",
        "labels": f"results/probes/{probe}/labels.h5",
        "embeddings": f"results/probes/{probe}/embeddings/{name}.h5",
        "concepts": f"results/probes/{probe}/concepts/labels/{name}.h5",
    }


def target_files(config: Config, wildcards) -> dict[str, str | list[str]]:
    """What a target's network is loaded from.

    Raises
    ------
    LinexpError
        A file of the user's is not there, or there is no network.
    """
    model = target_of(config, wildcards)["model"]
    source = SOURCES[model["source"]]
    if not source.has_network:
        raise LinexpError(f"target {wildcards.target}: {NO_NETWORK}")
    missing.required(missing.target_model(config, wildcards.target))
    if source.is_trained_here:
        folder = f"results/models/{model['name']}"
        training: dict[str, str | list[str]] = {"training": f"{folder}/training.json"}
        return training if model["untrained"] else training | {"weights": f"{folder}/weights.safetensors"}
    weights, files = model[source.weights_key], code_files(config, wildcards)
    if model["untrained"]:
        return files
    if is_weights_file(weights):
        return files | {"weights": weights}
    if published_weights(model):
        name = recorded_target(config["targets"], wildcards.target)
        return files | {"weights": f"{missing.MODELS}/targets/{name}.safetensors"}
    return files


def has_network(config: Config, target: str) -> bool:
    """Whether a target is a network, rather than activations that are recorded already."""
    return SOURCES[config["targets"][target]["model"]["source"]].has_network


def recorded_file(config: Config, wildcards) -> str:
    """The user's file of recorded activations.

    Raises
    ------
    LinexpError
        It is not there.
    """
    part = missing.recorded_file(config, wildcards.target, wildcards.layer)
    missing.required(part)
    return part.remark


def recorded_dataset(config: Config, wildcards) -> str:
    """The data set that is read where that file has several."""
    named = target_of(config, wildcards)["model"].get("dataset", DATASET)
    return named.replace("{layer}", wildcards.layer)


def layer_files(config: Config, wildcards) -> dict[str, str | list[str]]:
    """What a layer's network is loaded from, and its units are read from.

    Raises
    ------
    LinexpError
        One of them is not there, or cannot be of units of any layer.
    """
    files = target_files(config, wildcards)
    entry = target_of(config, wildcards)["layers"][wildcards.layer].get("units")
    if entry is None:
        return files
    missing.required(missing.units(config, wildcards.target, wildcards.layer))
    kind = units_kind(entry)
    kind.check(entry)
    return files | {"units": kind.files(entry)}


def code_files(config: Config, wildcards) -> dict[str, str | list[str]]:
    """The code that builds a target's network, where it is neither this library's nor an installed one's."""
    model = target_of(config, wildcards)["model"]
    code, repository = SOURCES[model["source"]].code(model), SOURCES[model["source"]].repository(model)
    files: dict[str, str | list[str]] = {"code": code} if code else {}
    return files | ({"repository": missing.archive(repository)} if repository else {})


def repositories(config: Config) -> dict[str, str]:
    """The repositories that targets are built by, as `owner/name:ref`, by the name of their archive."""
    models = (target["model"] for target in config["targets"].values())
    found = filter(None, (SOURCES[model["source"]].repository(model) for model in models))
    return {missing.archive_name(repository): repository for repository in found}


def repository(config: Config, wildcards) -> str:
    """The repository of an archive."""
    return repositories(config)[wildcards.repository]


def downloaded(config: Config, wildcards) -> Settings:
    """The settings of a target's model that change which weights are downloaded."""
    model = target_of(config, wildcards)["model"]
    return {key: value for key, value in model.items() if key not in OF_NO_WEIGHTS}


def up_to_layers(config: Config, wildcards) -> Settings:
    """The settings of a target's model that change what its layers compute."""
    model = target_of(config, wildcards)["model"]
    return {key: value for key, value in model.items() if key not in OF_LOGITS}


def layer_only(config: Config, wildcards) -> Settings:
    """The settings of a layer that change what is recorded of it."""
    entry = target_of(config, wildcards)["layers"][wildcards.layer]
    return {key: entry[key] for key in OF_LAYER if key in entry}


def class_map(config: Config, wildcards) -> Settings | str | None:
    """Which classes the model shares with the probe: with a loss that needs no labels, they may be others."""
    target = target_of(config, wildcards)
    if "class_map" in target:
        return target["class_map"]
    name = recorded_target(config["targets"], wildcards.target)
    sharing = [other for key, other in config["targets"].items() if recorded_target(config["targets"], key) == name]
    return None if any(other["ablation"]["loss"] == "cross_entropy" for other in sharing) else "if_equal"


def trained_entry(config: Config, wildcards) -> Settings:
    """The entry of a network of the workflow's own."""
    return config["trained_models"][wildcards.trained_model]


def _training_set(config: Config, wildcards) -> SimpleNamespace:
    return SimpleNamespace(place="models", images=trained_entry(config, wildcards)["images"])


def training_settings(config: Config, wildcards) -> Settings:
    """What opens the images that it is trained on."""
    return image_settings(config, _training_set(config, wildcards))


def training_files(config: Config, wildcards) -> dict[str, str | list[str]]:
    """What a classifier is trained on."""
    images = _training_set(config, wildcards)
    return {"images": image_files(config, images), "index": f"results/models/{images.images}/index.parquet"}


def image_text_training_files(config: Config, wildcards) -> dict[str, str | list[str]]:
    """What an image-text model is trained on, and its configuration.

    Raises
    ------
    LinexpError
        The configuration is not there.
    """
    missing.required(missing.trained_image_text_model(config, wildcards.trained_model))
    labels = f"results/models/{_training_set(config, wildcards).images}/labels.h5"
    entry = trained_entry(config, wildcards)
    return training_files(config, wildcards) | {"configuration": entry["model"], "labels": labels}


def sae_settings(config: Config, wildcards) -> Settings:
    """What a sparse autoencoder is like, and how it is trained."""
    entry = trained_entry(config, wildcards)
    return {key: entry[key] for key in ("features", "k", "epochs", "batch_size", "learning_rate")}


def sae_layer(config: Config, wildcards) -> SimpleNamespace:
    """The target and layer that it is trained on, as wildcards."""
    entry = trained_entry(config, wildcards)
    return SimpleNamespace(target=entry["target"], layer=entry["layer"])


def sae_network(config: Config, wildcards) -> Settings:
    """The settings of the network that change what it is trained on."""
    return up_to_layers(config, sae_layer(config, wildcards))


def sae_places(config: Config, wildcards) -> Settings:
    """The settings of the layer that change what it is trained on."""
    layer = layer_only(config, sae_layer(config, wildcards))
    return {key: value for key, value in layer.items() if key not in ("pool", "places")}


def sae_batch_size(config: Config, wildcards) -> int:
    """Images in a forward pass of the network."""
    return target_of(config, sae_layer(config, wildcards))["batch_size"]


def sae_training_files(config: Config, wildcards) -> dict[str, str | list[str]]:
    """What a sparse autoencoder is trained on: images, and the network."""
    return training_files(config, wildcards) | target_files(config, sae_layer(config, wildcards))


def is_own(config: Config, wildcards) -> bool:
    """Whether a target is a small network of the workflow's own."""
    return SOURCES[target_of(config, wildcards)["model"]["source"]].is_trained_here
