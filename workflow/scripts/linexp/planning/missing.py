"""What data and weights a configuration needs, which of them are there, and how to get those that are not.

The one reading of it: rules stop by it before any job, tables leave cells empty by it, and `linexp check` prints it.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..concepts.sets import PIXEL_LABELS
from ..config.checks import (
    NO_CLASSES,
    NO_IMPACT,
    NO_LABELS,
    NO_NETWORK,
    Config,
    explainers_of,
    members,
    published_weights,
)
from ..config.derived_targets import recorded_target
from ..errors import LinexpError
from ..networks.sources import SOURCES
from ..networks.sources.source import is_weights_file
from ..networks.units import trained_sae, units_kind
from ..probes import class_lists, sources
from ..probes.kinds import KINDS
from .user_files import without_braces

THERE, MADE, DOWNLOAD, MISSING = "there", "made here", "download", "missing"
MODELS = "results/models"


@dataclass(frozen=True)
class Part:
    """A part of the configuration that needs data.

    Attributes
    ----------
    place
        Where it is in config.yaml, such as `probes.imagenet_val.root`.
    state
        `there`, `made here` by the workflow, `download` (by it, once), or `missing`.
    remark
        What, and where; if it is missing, how to get it.
    """

    place: str
    state: str
    remark: str

    @property
    def section(self) -> str:
        return self.place.split(".")[0]

    @property
    def name(self) -> str:
        return self.place.split(".")[1]

    @property
    def problem(self) -> str | None:
        """Place and remedy in one line if it is missing."""
        return f"{self.place}: {self.remark}" if self.state == MISSING else None


def required(part: Part) -> None:
    """Raise a `LinexpError` that says how to get a part if it is missing."""
    if part.problem:
        raise LinexpError(part.problem)


def braces_in(path: str) -> str | None:
    """What is wrong with a path that has braces, which Snakemake would fill in; None for any other."""
    try:
        without_braces(path)
    except LinexpError as error:
        return str(error)
    return None


def file(place: str, path: str, origin: str | None = None) -> Part:
    """A file that the user has to have.

    Parameters
    ----------
    origin
        Where it can be got from.
    """
    if brace := braces_in(path):
        return Part(place, MISSING, brace)
    if os.path.isfile(path):
        return Part(place, THERE, path)
    remedy = f"get it from {origin}" if origin else "put it there, or correct the path"
    return Part(place, MISSING, f"{path} does not exist; {remedy}")


def images(config: Config, section: str, name: str) -> Part:
    """The images of an entry under `probes` or `training_sets`, with the files of names that it gives."""
    entry, place = config[section][name], f"{section}.{name}"
    if KINDS[entry["kind"]].is_drawn:
        return Part(place, MADE, f"{entry['images']:,} scenes")
    braces = next(filter(None, map(braces_in, sources.paths(entry))), None)
    if braces:
        return Part(f"{place}.{'files' if 'files' in entry else 'root'}", MISSING, braces)
    split = sources.split_file(entry)
    split_part = file(f"{place}.{sources.split_key(entry)}", split) if split else None
    if KINDS[entry["kind"]].fetched:
        if split_part and split_part.problem:
            return split_part
        kept = f"results/{'probes' if section == 'probes' else 'models'}/{name}/files.json"
        return Part(place, THERE if os.path.isfile(kept) else DOWNLOAD, f"{entry['repo']}, {entry['split']}, once")
    problem = sources.missing(entry)
    if problem:
        key, _, remark = problem.partition(": ")
        return Part(f"{place}.{key}", MISSING, remark)
    named = ((key, entry.get(key)) for key in ("class_names", "superclasses", "names"))
    files = [file(f"{place}.{key}", path) for key, path in named if class_lists.is_names_file(path)]
    files += [split_part] if split_part else []
    first, *others = sources.paths(entry)
    shown = [first, *others] if len(others) < 3 else [first, "…", f"{others[-1]} ({len(others) + 1} files)"]
    there = Part(place, THERE, ", ".join(shown))
    return next((part for part in files if part.problem), there)


def image_text_model(config: Config, name: str) -> Part:
    """The weights of an image-text model, or its configuration or tokenizer where that is missing.

    One that the workflow trains has its configuration in `trained_models`.
    """
    entry, place = config["image_text_models"][name], f"image_text_models.{name}"
    if "trained" in entry:
        configuration = trained_image_text_model(config, entry["trained"])
        return configuration if configuration.problem else Part(place, MADE, f"trained as {entry['trained']}")
    if entry["model"].endswith(".json") and not os.path.isfile(entry["model"]):
        return file(f"{place}.model", entry["model"])
    if "tokenizer" in entry and not os.path.isdir(entry["tokenizer"]):
        remark = f"{entry['tokenizer']} is not a folder; give that with the tokenizer's files, or correct the path"
        return Part(f"{place}.tokenizer", MISSING, remark)
    kept = f"{MODELS}/image_text/{name}.safetensors"
    return _weights(f"{place}.pretrained", entry["pretrained"], kept, entry["model"])


def labels(config: Config, place: str, probe: str, remedy: str) -> Part:
    """The labels of a probe; only the images, once they are there, tell whether a folder has any.

    Parameters
    ----------
    place
        What needs them.
    remedy
        What to do instead of giving them.
    """
    entry = config["probes"][probe]
    known = images(config, "probes", probe).problem or "concepts" in sources.possible_labels(entry)
    if known or sources.has_classes(entry):
        return Part(place, THERE, probe)
    problem = f"{probe!r} is a folder of images without labels; put those of each class into a folder of its own"
    return Part(place, MISSING, f"{problem}, or {remedy}")


def calibration_labels(config: Config, name: str) -> Part:
    """The labels that an image-text model is calibrated on."""
    place = f"image_text_models.{name}.calibration.probe"
    probe = config["image_text_models"][name]["calibration"]["probe"]
    return labels(config, place, probe, "give another probe, or a and b")


def method_labels(config: Config, target: str, method: str) -> Part:
    """The labels that a method explains a target with."""
    probe, number = config["targets"][target]["probe"], config["targets"][target]["methods"].index(method)
    place = f"targets.{target}.methods.{number} ({method})"
    return labels(config, place, probe, "take out what explains by labels")


def trained_image_text_model(config: Config, name: str) -> Part:
    """The configuration of an image-text model that the workflow trains."""
    return file(f"trained_models.{name}.model", config["trained_models"][name]["model"])


def target_model(config: Config, name: str) -> Part:
    """The weights of a target's model; a target that is `like` another shares those."""
    target, place = config["targets"][name], f"targets.{name}"
    model = target["model"]
    source = SOURCES[model["source"]]
    key, called = source.weights_key, model[source.name_key]
    if not source.has_network:
        files = [recorded_file(config, name, layer) for layer in target["layers"]]
        return next((part for part in files if part.problem), files[0])
    if source.is_trained_here:
        return Part(place, MADE, f"trained as {called}")
    weights = model[key]
    if model["untrained"] or not (is_weights_file(weights) or published_weights(model)):
        return Part(place, MADE, f"{called}, random weights")
    kept = f"{MODELS}/targets/{recorded_target(config['targets'], name)}.safetensors"
    return _weights(f"{place}.model.{key}", weights, kept, called, target.get("weights_origin"))


def recorded_file(config: Config, target: str, layer: str) -> Part:
    """The file of activations that the user recorded of a layer."""
    path = _filled_in(config["targets"][target]["model"]["activations"], {"{layer}": layer})
    return file(f"targets.{target}.model.activations", path)


def units(config: Config, target: str, layer: str) -> Part:
    """The files of a layer's units; there where it has none."""
    entry, place = config["targets"][target]["layers"][layer].get("units"), f"targets.{target}.layers.{layer}.units"
    files = units_kind(entry).files(entry) if entry else []
    if trained := trained_sae(entry):
        return Part(place, MADE, f"trained as {trained}")
    parts = [file(place, path) for path in files]
    return next((part for part in parts if part.problem), Part(place, THERE, ", ".join(files)))


def target_code(config: Config, name: str) -> Part | None:
    """The repository with the code of a target's model; None if it is in none."""
    model = config["targets"][name]["model"]
    repository = SOURCES[model["source"]].repository(model)
    if repository is None:
        return None
    kept, place = archive(repository), f"targets.{name}.model.repo"
    return Part(place, THERE, kept) if os.path.isfile(kept) else Part(place, DOWNLOAD, f"{repository}, code, once")


def archive(repository: str) -> str:
    """Where the archive of a repository, `owner/name:ref`, is kept."""
    return f"{MODELS}/hub/{archive_name(repository)}.zip"


def archive_name(repository: str) -> str:
    return repository.replace(":", "/")


def _weights(place: str, weights: str, kept: str, model: str, origin: str | None = None) -> Part:
    """Weights in a file of the user's, or published ones, which the workflow keeps in a file of its own."""
    if is_weights_file(weights):
        return file(place, weights, origin)
    if os.path.isfile(kept):
        return Part(place, THERE, kept)
    return Part(place, DOWNLOAD, f"{model}, {weights}, once")


def concept_files(config: Config) -> list[Part]:
    """The files of all concept sets."""
    sets = config["concept_sets"].items()
    return [file(f"concept_sets.{name}.file", entry["file"]) for name, entry in sets if "file" in entry]


def imported(config: Config, method: str, target: str, layer: str) -> Part:
    """The file of an imported method for a layer."""
    return file(f"methods.{method}.file", imported_path(config, method, target, layer))


def imported_path(config: Config, method: str, target: str, layer: str) -> str:
    """The path of that file; ~ and environment variables are filled in.

    A target that is `like` another takes the file of that one.
    """
    names = {"{target}": recorded_target(config["targets"], target), "{layer}": layer}
    return _filled_in(config["methods"][method]["file"], names)


def _filled_in(path: str, names: Mapping[str, str]) -> str:
    """A path with names in the place of placeholders, ~ and environment variables."""
    for placeholder, name in names.items():
        path = path.replace(placeholder, name)
    return os.path.expanduser(os.path.expandvars(path))


def has_labels(config: Config, target: str) -> bool:
    """Whether images of a target's probe, which have to be there, have classes that the model knows."""
    entry = config["targets"][target]
    return entry.get("class_map") != "none" and sources.has_classes(config["probes"][entry["probe"]])


def no_impact(config: Config, target: str) -> str:
    """Why there is no Top Impact of a target without labels, and what to do."""
    if not SOURCES[config["targets"][target]["model"]["source"]].has_network:
        return NO_NETWORK
    return NO_CLASSES if "classes" in config["targets"][target] else NO_IMPACT


def problems(config: Config, artifact: str, target: str, layer: str) -> list[str]:
    """What an artifact of a layer cannot be made without and is not there, a line each.

    Parameters
    ----------
    artifact
        `activations.h5`, `impact.parquet` or `scores.parquet`.
    """
    of_artifact = {"activations.h5": _of_recording, "impact.parquet": _of_impact, "scores.parquet": _of_scores}
    return list(dict.fromkeys(filter(None, of_artifact[artifact](config, target, layer))))


def _of_recording(config: Config, target: str, layer: str) -> Iterator[str | None]:
    yield images(config, "probes", config["targets"][target]["probe"]).problem
    model = config["targets"][target]["model"]
    trained = SOURCES[model["source"]].is_trained_here
    yield _of_training(config, model["name"]) if trained else target_model(config, target).problem
    yield units(config, target, layer).problem
    if sae := trained_sae(config["targets"][target]["layers"][layer].get("units")):
        yield _of_training(config, sae)
        yield from _of_recording(config, *(config["trained_models"][sae][key] for key in ("target", "layer")))


def _of_impact(config: Config, target: str, layer: str) -> Iterator[str | None]:
    yield from _of_recording(config, target, layer)
    if not _may_have_labels(config, target):
        yield no_impact(config, target)


def _of_scores(config: Config, target: str, layer: str) -> Iterator[str | None]:
    yield from _of_recording(config, target, layer)
    entry = config["targets"][target]
    by_labels = entry["layers"][layer]["ablation"] and entry["ablation"]["loss"] == "cross_entropy"
    if by_labels and not _may_have_labels(config, target):
        yield NO_LABELS
    simulators = [entry["simulator"], *entry["more_simulators"]]
    for name in (name for name in simulators if name != PIXEL_LABELS):
        yield from _of_image_text_model(config, name)
    for method in entry["methods"]:
        yield from _of_method(config, method, target, layer)


def _may_have_labels(config: Config, target: str) -> bool:
    """Whether there are labels, for all that can be told: to see whether a folder has some it has to be there."""
    no_images = images(config, "probes", config["targets"][target]["probe"]).problem
    return bool(no_images) or has_labels(config, target)


def _of_training(config: Config, trained_model: str) -> str | None:
    return images(config, "training_sets", config["trained_models"][trained_model]["images"]).problem


def _of_image_text_model(config: Config, name: str, calibrated: bool = True) -> Iterator[str | None]:
    model = config["image_text_models"][name]
    yield image_text_model(config, name).problem
    if "trained" in model:
        yield _of_training(config, model["trained"])
    if calibrated and "probe" in model["calibration"]:
        yield images(config, "probes", model["calibration"]["probe"]).problem
        yield calibration_labels(config, name).problem


def _of_method(config: Config, name: str, target: str, layer: str) -> Iterator[str | None]:
    method = config["methods"][name]
    lacks = method["kind"] == "linear" and "wider_concepts" in config["targets"][target]
    pseudo = lacks or method.get("presence") in ("pseudo", "both")
    if method.get("presence") in ("label", "both"):
        yield method_labels(config, target, name).problem
    if pseudo or method["kind"] == "clip_dissect":
        for explainer in explainers_of({"explainer": config["targets"][target]["explainer"], **method}):
            yield from _of_image_text_model(config, explainer, calibrated=pseudo)
    if method["kind"] == "network_dissection" and "probe" in method:
        yield images(config, "probes", method["probe"]).problem
    if method["kind"] == "imported":
        yield imported(config, name, target, layer).problem
    yield from _of_concepts(config, config["targets"][target], method)


def _of_concepts(config: Config, target: Mapping[str, Any], method: Mapping[str, Any]) -> Iterator[str | None]:
    used = members(config, method.get("concepts", target["concepts"]))
    used += members(config, target["wider_concepts"]) if "wider_concepts" in target else []
    yield from (part.problem for part in concept_files(config) if part.name in used)
