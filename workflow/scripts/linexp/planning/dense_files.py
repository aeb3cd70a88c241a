"""What embeddings of places are made of, and what is made of them."""

from types import SimpleNamespace

from ..concepts.open_clip_names import vision_of
from ..config.checks import Config
from ..errors import LinexpError
from ..probes import pixel_labels
from .inputs import Files, image_files
from .model_files import image_text_files, image_text_settings


def _images(wildcards) -> SimpleNamespace:
    return SimpleNamespace(place="probes", images=wildcards.probe)


def _probe(wildcards, rest: str) -> str:
    return f"results/probes/{wildcards.probe}/{rest}"


def _places(wildcards, rest: str) -> str:
    return _probe(wildcards, f"places/{wildcards.target}_{wildcards.grid}/{rest}")


def has_pixel_labels(config: Config, probe: str) -> bool:
    """Whether it is known what is where in the images of a probe."""
    return config["probes"][probe]["kind"] in pixel_labels.KINDS


def way(config: Config, wildcards) -> str | None:
    """The way to embeddings of places that is chosen for an image-text model; None for the one of its kind."""
    return config["image_text_models"][wildcards.image_text_model].get("dense")


def is_cut(config: Config, wildcards) -> bool:
    """Whether an image-text model looks at one crop after another, as far as its configuration tells.

    Only what a job is expected to take goes by that; what it does goes by the model itself (`networks.dense.way_of`).
    """
    chosen = way(config, wildcards)
    if chosen:
        return chosen == "crops"
    vision = vision_of(image_text_settings(config, wildcards)["model"])
    name, pool = vision.get("timm_model_name"), vision.get("timm_pool")
    if not name:
        return isinstance(vision.get("layers"), list) or bool(vision.get("attentional_pool"))
    return pool not in ("map", "avg", "") or (pool != "map" and name.startswith(("vit", "swin", "eva")))


def place_embedding_files(config: Config, wildcards) -> Files:
    """What places are embedded from: a model, images, and which part of each the target sees.

    Raises
    ------
    LinexpError
        The target sees the images of another probe.
    """
    probe = config["targets"][wildcards.target]["probe"]
    if probe != wildcards.probe:
        raise LinexpError(f"target {wildcards.target} sees images of {probe}; ask for its places in that probe")
    return {
        **image_text_files(config, wildcards),
        "images": image_files(config, _images(wildcards)),
        "index": _probe(wildcards, "index.parquet"),
        "crops": f"results/{wildcards.target}/crops.h5",
    }


def _labelled_places(wildcards) -> Files:
    model = wildcards.image_text_model
    return {
        "index": _probe(wildcards, "index.parquet"),
        "areas": _places(wildcards, "areas.h5"),
        "embeddings": _places(wildcards, f"{model}.h5"),
        "concepts": _probe(wildcards, f"concepts/labels/{model}.h5"),
    }


def place_calibration_files(config: Config, wildcards) -> Files:
    """What an image-text model is calibrated at places with: pixel labels, if there are any, and its own a and b."""
    model = wildcards.image_text_model
    files: Files = {"calibration": f"results/calibration/{model}.json"}
    is_given = "a" in config["image_text_models"][model]["calibration"]
    fitted = has_pixel_labels(config, wildcards.probe) and not is_given
    return files | _labelled_places(wildcards) if fitted else files


def place_quality_files(config: Config, wildcards) -> Files:
    """What the quality of P at places is measured on."""
    return _labelled_places(wildcards) | {"images": _probe(wildcards, f"embeddings/{wildcards.image_text_model}.h5")}
