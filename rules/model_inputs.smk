def image_text_settings(name):
    """What builds an image-text model: its configuration, weights tag and prompt."""
    entry = config["image_text_models"][name]
    if "trained" in entry:
        return {**entry, "model": config["trained_models"][entry["trained"]]["model"]}
    return entry


def image_text_files(wildcards, name=None):
    """The inputs that an image-text model is loaded from."""
    name = name or wildcards.image_text_model
    entry = config["image_text_models"][name]
    settings = image_text_settings(name)
    files = {}
    if settings["model"].endswith(".json"):
        files["configuration"] = named_file(settings["model"], f"image_text_models.{name}.model")
    if "trained" in entry:
        files["weights"] = f"results/models/{entry['trained']}/weights.safetensors"
    elif configuration.is_weights_file(entry["pretrained"]):
        files["weights"] = named_file(entry["pretrained"], f"image_text_models.{name}.pretrained")
    else:
        files["weights"] = f"results/models/image_text/{name}.safetensors"
    return files


def model_only(image_text_model):
    """The settings that change what an image-text model computes: not its calibration or batch size."""
    settings = image_text_settings(image_text_model)
    return {key: settings[key] for key in ("model", "pretrained", "prompt") if key in settings}


def calibration_files(wildcards):
    """The inputs of a calibration on a probe; none where a and b are given."""
    name = wildcards.image_text_model
    probe = config["image_text_models"][name]["calibration"].get("probe")
    if probe is None:
        return {}
    return {
        "index": f"results/probes/{probe}/index.parquet",
        "labels": f"results/probes/{probe}/labels.h5",
        "embeddings": f"results/probes/{probe}/embeddings/{name}.h5",
        "concepts": f"results/probes/{probe}/concepts/labels/{name}.h5",
    }


def target_files(wildcards):
    """The inputs that a target's network is loaded from."""
    target = target_of(wildcards)
    model = target["model"]
    if model["source"] == "trained":
        folder = f"results/models/{model['name']}"
        training = {"training": f"{folder}/training.json"}
        return training if model["untrained"] else training | {"weights": f"{folder}/weights.safetensors"}
    if model["untrained"]:
        return {}
    key = "checkpoint" if model["source"] == "factory" else "weights"
    if configuration.is_weights_file(model[key]):
        place = f"targets.{wildcards.target}.model.{key}"
        return {"weights": named_file(model[key], place, target.get("weights_origin"))}
    if configuration.published_weights(model):
        recorded_as = derived_targets.recorded_target(config["targets"], wildcards.target)
        return {"weights": f"results/models/targets/{recorded_as}.safetensors"}
    return {}


def layer_only(wildcards):
    """The settings of a layer that change what is recorded of it."""
    entry = target_of(wildcards)["layers"][wildcards.layer]
    return {key: entry[key] for key in ("module", "pool", "channels")}


def threads_of_target(wildcards):
    """One where a target is a small network of the workflow's own: jobs side by side then save more than threads."""
    return 1 if target_of(wildcards)["model"]["source"] == "trained" else 8
