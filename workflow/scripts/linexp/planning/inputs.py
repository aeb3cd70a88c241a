"""Which artifacts and files a job needs, and its settings: functions of the configuration and a rule's wildcards.

Wildcards are anything with the names that a function asks for: `target`, `layer`, `method`, `simulator`, `probe`,
`concept_set`, `place` and `images`.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from .. import scenes
from ..concepts.sets import PIXEL_LABELS, RANDOM_CONCEPTS, WORD_LISTS
from ..config import checks
from ..config.checks import Config, explainers_of, members, parse_neurons
from ..config.derived_sets import with_labels
from ..config.derived_targets import UNTRAINED_SUFFIX, first_linear, recorded_target
from ..errors import LinexpError
from ..probes import class_lists, sources
from ..probes.kinds import KINDS
from . import missing

RESOURCES = Path(__file__).parents[1] / "resources"
OWN_CONCEPTS = ("imported", "network_dissection")
"""Methods whose words are in their explanations rather than in a concept set."""
AND = "__"
"""Between the names of several explainers in a path; no name has it."""
TRAINING_SPLIT = {"train": 0.95, "val": 0.05, "test": 0.0}
"""Training images are not scored on: a few are held out for the accuracy that training.json reports."""
FURTHER_LABELS = ("superclasses", "concepts", "masks", "names")
"""The settings of images that nothing but their labels follows from."""
OF_NO_IMAGES = ("origin", "image_blocks")
"""The settings of images that change none of them."""
DRAWN_BY = ("images", "size", "first")
"""The settings of scenes that pictures and masks follow from."""
WORKED_ON = ("kind", "presence", "label_weight", "explainer", "concepts")
"""The settings of a linear method that its inputs follow from."""
SECTIONS = {"probes": "probes", "models": "training_sets"}
"""The section of the configuration whose images lie under `results/{place}`."""

Settings = dict[str, Any]
Files = dict[str, str | list[str]]


def target_of(config: Config, wildcards) -> Settings:
    """The entry of a target.

    Raises
    ------
    LinexpError
        It has no layer of the name in the wildcards, if there is one.
    """
    target = config["targets"][wildcards.target]
    layer = getattr(wildcards, "layer", None)
    if layer is not None and layer not in target["layers"]:
        known = ", ".join(target["layers"])
        raise LinexpError(f"target {wildcards.target}: there is no layer {layer!r}; it has {known}")
    return target


def image_entry(config: Config, wildcards) -> Settings:
    """The entry of a set of images, of `place` and `images`, as it is in the configuration.

    Raises
    ------
    LinexpError
        There is none.
    """
    section, name = SECTIONS[wildcards.place], wildcards.images
    if name not in config[section]:
        raise LinexpError(f"{section}: there is no {name!r}; it has {', '.join(config[section])}")
    return config[section][name]


def drawing_settings(config: Config, wildcards) -> Settings:
    """What the scenes of a set of images are drawn by."""
    entry = image_entry(config, wildcards)
    return {key: entry[key] for key in DRAWN_BY}


def label_settings(config: Config, wildcards) -> Settings:
    """What opens a set of images and labels it; scenes are read from the Parquet file that they are drawn to."""
    settings = {key: value for key, value in image_entry(config, wildcards).items() if key not in OF_NO_IMAGES}
    if KINDS[settings["kind"]].fetched:
        return settings | {"fetched": fetched_record(wildcards.place, wildcards.images)}
    if not KINDS[settings["kind"]].is_drawn:
        return settings
    limit = {"limit": settings["limit"]} if "limit" in settings else {}
    return limit | {
        "kind": "parquet",
        "files": [f"results/{wildcards.place}/{wildcards.images}/images.parquet"],
        "image": "image",
        "label": "label",
        "concepts": "concepts",
        "class_names": list(scenes.CLASS_NAMES),
        "superclasses": {name: list(members) for name, members in scenes.SUPERCLASSES.items()},
    }


def image_settings(config: Config, wildcards) -> Settings:
    """What opens a set of images, with their classes, and no other labels."""
    settings = label_settings(config, wildcards)
    return {key: value for key, value in settings.items() if key not in FURTHER_LABELS}


def fetched_record(place: str, images: str) -> str:
    """The record of the files of a set of images that the workflow fetches."""
    return f"results/{place}/{images}/files.json"


def fetched_images(config: Config) -> set[str]:
    """The names of the sets of images that the workflow fetches."""
    entries = [*config["probes"].items(), *config["training_sets"].items()]
    return {name for name, entry in entries if KINDS[entry["kind"]].fetched}


def fetch_settings(config: Config, wildcards) -> Settings:
    """What says which files of a set of images are fetched."""
    entry = image_entry(config, wildcards)
    return {key: entry[key] for key in KINDS[entry["kind"]].fetched if key in entry}


def image_files(config: Config, wildcards) -> list[str]:
    """The files and folders of a set of images.

    Raises
    ------
    LinexpError
        One is missing; the message says how to get it.
    """
    return _files_of_images(config, wildcards, image_settings(config, wildcards))


def label_files(config: Config, wildcards) -> list[str]:
    """The same, and a file of superclasses; masks are among the `pixel_label_files`."""
    settings = label_settings(config, wildcards)
    return _files_of_images(config, wildcards, {key: settings[key] for key in settings if key != "masks"})


def pixel_label_files(config: Config, wildcards) -> list[str]:
    """The folder of masks and the file of names that say what is where in images of the user's, where there are any."""
    entry = image_entry(config, wildcards)
    if "masks" not in entry:
        return []
    missing.required(missing.images(config, SECTIONS[wildcards.place], wildcards.images))
    return [sources.paths(entry)[-1], *filter(class_lists.is_names_file, [entry["names"]])]


def _files_of_images(config: Config, wildcards, settings: Settings) -> list[str]:
    missing.required(missing.images(config, SECTIONS[wildcards.place], wildcards.images))
    named = [settings.get(key) for key in ("class_names", "superclasses")]
    files = [*sources.paths(settings), *filter(class_lists.is_names_file, named), sources.split_file(settings)]
    return list(filter(None, files))


def probe_of(config: Config, wildcards) -> SimpleNamespace:
    """The wildcards of the images of a target's probe, or of a probe."""
    name = target_of(config, wildcards)["probe"] if hasattr(wildcards, "target") else wildcards.probe
    return SimpleNamespace(place="probes", images=name)


def probe_settings(config: Config, wildcards) -> Settings:
    """What opens the images of a target's probe, or of a probe."""
    return image_settings(config, probe_of(config, wildcards))


def probe_files(config: Config, wildcards) -> list[str]:
    """The files of those, or a `LinexpError`."""
    return image_files(config, probe_of(config, wildcards))


def probe_path(config: Config, wildcards, rest: str) -> str:
    """An artifact of a target's probe."""
    return f"results/probes/{target_of(config, wildcards)['probe']}/{rest}"


def image_index_of(config: Config, wildcards) -> str:
    """The index of a target's probe."""
    return probe_path(config, wildcards, "index.parquet")


def places_of(config: Config, wildcards) -> int | None:
    """The cells a side of a layer that is explained at places; None for any other."""
    return target_of(config, wildcards)["layers"][wildcards.layer].get("places")


def index_of(config: Config, wildcards) -> str:
    """The index of what a layer's rows are: the images of its target's probe, or their places."""
    grid = places_of(config, wildcards)
    return probe_path(config, wildcards, f"places/{grid}/index.parquet" if grid else "index.parquet")


def of_images(config: Config, wildcards, what: str) -> None:
    """Raise a `LinexpError` that names what is not made of a layer at places, if it is one."""
    if places_of(config, wildcards):
        layer = f"target {wildcards.target}: layer {wildcards.layer} is explained at places"
        raise LinexpError(f"{layer}, of which there is no {what}; ask for that of a layer without `places`")


def grid_of(presence: str) -> int:
    """The cells a side that a P is of, by its folder below `P`; 1 for a P of images."""
    at_places = presence.startswith("area/") or "/places/" in presence
    return int(presence.rpartition("_")[2]) if at_places else 1


def moments_index(_config: Config, wildcards) -> str:
    """The index of what the rows of a P are."""
    grid = grid_of(wildcards.presence)
    return f"results/probes/{wildcards.probe}/{f'places/{grid}/' if grid > 1 else ''}index.parquet"


def embeddings_of(config: Config, wildcards, model: str) -> dict[str, str]:
    """An image-text model's embeddings of what a layer's rows are, and its calibration there."""
    grid = places_of(config, wildcards)
    if grid:
        folder = probe_path(config, wildcards, f"places/{view_of(config, wildcards, grid)}")
        return {"images": f"{folder}/{model}.h5", "calibration": f"{folder}/{model}.json"}
    images = probe_path(config, wildcards, f"embeddings/{model}.h5")
    return {"images": images, "calibration": f"results/calibration/{model}.json"}


def pixel_label_settings(config: Config, probe: str) -> Settings:
    """The entry of a probe, which says what pixel labels it has."""
    return {key: value for key, value in config["probes"][probe].items() if key != "image_blocks"}


def split_of(config: Config, wildcards) -> Mapping[str, float]:
    """The shares of train, val and test in a set of images."""
    return config["split"] if wildcards.place == "probes" else TRAINING_SPLIT


def neurons_of(config: Config, wildcards) -> list[int] | None:
    """The neurons that a target names; None for all."""
    return parse_neurons(target_of(config, wildcards).get("neurons"))


def recorded(config: Config, wildcards, rest: str) -> str:
    """A file of what is recorded of a target's model, which targets that are like another share."""
    return f"results/{recorded_target(config['targets'], wildcards.target)}/{rest}"


def activations_of(config: Config, wildcards) -> str:
    """The recorded activations of a layer."""
    return recorded(config, wildcards, f"{wildcards.layer}/activations.h5")


def of_layer(wildcards, rest: str) -> str:
    """An artifact of a layer of a target's own."""
    return f"results/{wildcards.target}/{wildcards.layer}/{rest}"


def with_method(wildcards, method: str) -> SimpleNamespace:
    """The wildcards of a layer with a method."""
    return SimpleNamespace(target=wildcards.target, layer=wildcards.layer, method=method)


def charted_method(config: Config, wildcards) -> str | None:
    """The method that pictures, rankings and controls of a target go by: its first linear one."""
    return first_linear(config, target_of(config, wildcards))


def linear_methods(config: Config, wildcards) -> list[str]:
    """The linear methods of a target, in its order."""
    return [name for name in target_of(config, wildcards)["methods"] if config["methods"][name]["kind"] == "linear"]


def fitting_settings(config: Config, wildcards) -> Settings:
    """The settings of a linear method that count: none of those that say what it works on, which its inputs tell."""
    entry = config["methods"][wildcards.method]
    left_out = (*WORKED_ON, "greedy") if "top_k" in entry else WORKED_ON
    settings = {key: value for key, value in entry.items() if key not in left_out}
    if "search" in settings:
        settings["search"] = {key: value for key, value in settings["search"].items() if key != "like"}
    return settings


def _entry(config: Config, method: str) -> Settings:
    entry = config["methods"][method]
    several = isinstance(entry.get("explainer"), list)
    return entry | {"explainer": sorted(entry["explainer"])} if several else entry  # their mean has no order


def baseline_settings(config: Config, wildcards) -> Settings:
    """The settings of a baseline: all keys but those that say what it works on."""
    return checks.baseline_settings(config["methods"][wildcards.method])


def method_settings(config: Config, wildcards) -> Settings:
    """The entry of a method, with the target's explainer and concepts where it names none.

    Random concepts are drawn from those of the first linear method.
    """
    target, method = target_of(config, wildcards), wildcards.method
    if method == RANDOM_CONCEPTS:
        method = charted_method(config, wildcards)
    defaults = {"explainer": target["explainer"], "concepts": target["concepts"], "label_weight": 0.5}
    return defaults | _entry(config, method)


def concept_set_of(config: Config, wildcards) -> str:
    """The concept set that a method's explanations are made of."""
    method = method_settings(config, wildcards)
    match method.get("presence"):
        case "label" | "area":
            return "labels"
        case "both":
            return with_labels(config, method["concepts"])
        case _:
            return method["concepts"]


def set_of_presence(presence: str) -> str:
    """The concept set that a P is of, by its folder below `P`."""
    return "labels" if presence.partition("/")[0] in ("label", "area") else presence.partition("/")[0]


def view_of(config: Config, wildcards, grid: int) -> str:
    """What a target sees of images, cut into grid × grid cells: a part of paths.

    An untrained copy sees what the target does.
    """
    trained = wildcards.target.removesuffix(UNTRAINED_SUFFIX)
    name = trained if trained in config["targets"] else wildcards.target
    return f"{recorded_target(config['targets'], name)}_{grid}"


def presence_folder(config: Config, wildcards) -> str:
    """Where the P of a method lies, with its moments."""
    method = method_settings(config, wildcards)
    grid = places_of(config, wildcards)
    if method["presence"] == "area" or (grid and method["presence"] == "label"):
        return probe_path(config, wildcards, f"P/area/{view_of(config, wildcards, grid or 1)}")
    if method["presence"] == "label":
        return probe_path(config, wildcards, "P/label")
    explainers = AND.join(explainers_of(method))
    folder = f"P/{concept_set_of(config, wildcards)}/{explainers}"
    if method["presence"] == "both":
        folder += f"/both_{method['label_weight']:g}"
    if grid:
        folder += f"/places/{view_of(config, wildcards, grid)}"
    return probe_path(config, wildcards, folder)


def pseudo_presence_files(config: Config, wildcards) -> dict[str, str | list[str]]:
    """What pseudo-labels are made from: of every explainer its embeddings and its calibration."""
    probe, names = f"results/probes/{wildcards.probe}", wildcards.explainers.split(AND)
    return {
        "index": f"{probe}/index.parquet",
        "images": [f"{probe}/embeddings/{name}.h5" for name in names],
        "concepts": [f"{probe}/concepts/{wildcards.concept_set}/{name}.h5" for name in names],
        "calibration": [f"results/calibration/{name}.json" for name in names],
    }


def concept_set_members(config: Config, wildcards) -> list[Settings]:
    """The parts of a concept set, each with its name as `origin` and where its concepts come from.

    Raises
    ------
    LinexpError
        A file of concepts is not there.
    """
    names = members(config, wildcards.concept_set)
    for part in missing.concept_files(config):
        if part.name in names:
            missing.required(part)

    def member(name: str) -> Settings:
        entry = config["concept_sets"].get(name, {})
        for words in WORD_LISTS:
            if words in entry:
                # relative, so that a moved or copied folder remakes nothing
                path = os.path.relpath(RESOURCES / f"{words}.txt")
                return {"origin": name, "file": path, "number": entry[words]}
        return {"origin": name, **entry}

    return [member(name) for name in names]


def concept_set_files(config: Config, wildcards) -> list[str]:
    """The files of the parts of a concept set."""
    return [part["file"] for part in concept_set_members(config, wildcards) if "file" in part]


def fitting_files(config: Config, wildcards) -> dict[str, str]:
    """What linear explanations are fitted on; a `LinexpError` if that is labels and there are none."""
    target, method = target_of(config, wildcards), wildcards.method
    if method in target["methods"] and config["methods"][method].get("presence") in ("label", "both"):
        missing.required(missing.method_labels(config, wildcards.target, method))
    folder = presence_folder(config, wildcards)
    return {
        "presence": f"{folder}/P.h5",
        "moments": f"{folder}/moments.h5",
        "activations": activations_of(config, wildcards),
        "index": index_of(config, wildcards),
    }


def linear_files(config: Config, wildcards) -> dict[str, str]:
    """The same, and the explanations whose lengths a search takes over."""
    like = config["methods"][wildcards.method].get("search", {}).get("like")
    files = fitting_files(config, wildcards)
    return files | {"reference": of_layer(wildcards, f"explanations/{like}.parquet")} if like else files


def baseline_files(config: Config, wildcards) -> dict[str, str]:
    """What a baseline works on: embeddings instead of P."""
    method = method_settings(config, wildcards)
    return {
        "images": embeddings_of(config, wildcards, method["explainer"])["images"],
        "concepts": probe_path(config, wildcards, f"concepts/{method['concepts']}/{method['explainer']}.h5"),
        "activations": activations_of(config, wildcards),
        "index": index_of(config, wildcards),
    }


def reference_of(config: Config, wildcards) -> str:
    """The explanations whose lengths random concepts take over."""
    return of_layer(wildcards, f"explanations/{charted_method(config, wildcards)}.parquet")


def imported_file(config: Config, wildcards) -> str:
    """The file of an imported method.

    Raises
    ------
    LinexpError
        It is not there.
    """
    missing.required(missing.imported(config, wildcards.method, wildcards.target, wildcards.layer))
    return missing.imported_path(config, wildcards.method, wildcards.target, wildcards.layer)


def simulation_files(config: Config, wildcards) -> dict[str, str]:
    """What a simulation is made from: the simulator's view of the images and of the method's concepts."""
    concepts = f"concepts/{concept_set_of(config, wildcards)}/{wildcards.simulator}.h5"
    concepts = probe_path(config, wildcards, concepts)
    if method_settings(config, wildcards)["kind"] in OWN_CONCEPTS:
        concepts = of_layer(wildcards, f"concepts/{wildcards.simulator}/{wildcards.method}.h5")
    return {
        "explanations": of_layer(wildcards, f"explanations/{wildcards.method}.parquet"),
        "concepts": concepts,
        **embeddings_of(config, wildcards, wildcards.simulator),
    }


def stability_files(config: Config, wildcards) -> dict[str, str]:
    """What the stability of explanations is measured on."""
    of_images(config, wildcards, "stability")
    return fitting_files(config, wildcards)


def stability_of_run(config: Config, _wildcards) -> list[str]:
    """The stability of the linear methods of every layer under `run` whose target asks for it."""
    places = [
        SimpleNamespace(target=target, layer=layer) for target, layer in (one.split("/") for one in config["run"])
    ]
    return [
        of_layer(place, f"stability/{method}.parquet")
        for place in places
        if target_of(config, place)["stability"] and not places_of(config, place)
        for method in linear_methods(config, place)
    ]


def scored_pairs(config: Config, wildcards) -> list[tuple[str, str]]:
    """Every pair of method and simulator that a layer is scored with; controls with the main simulator.

    Pixel labels simulate places alone.
    """
    target, grid = target_of(config, wildcards), places_of(config, wildcards)
    simulators = [target["simulator"], *target["more_simulators"]]
    simulators = [name for name in simulators if grid or name != PIXEL_LABELS]
    pairs = [(method, simulator) for simulator in simulators for method in target["methods"]]
    controls = [name for name in target["controls"] if name == RANDOM_CONCEPTS]
    return [*pairs, *((control, target["simulator"]) for control in controls)]


def simulations_of(config: Config, wildcards) -> list[str]:
    """The simulations of a layer, in the order of its scored pairs."""
    pairs = scored_pairs(config, wildcards)
    return [of_layer(wildcards, f"simulations/{simulator}/{method}.h5") for method, simulator in pairs]
