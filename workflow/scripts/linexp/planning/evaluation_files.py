"""What scores, checks, summaries, figures and the explorer of a layer are made from."""

from types import SimpleNamespace

from ..artifacts import attributes
from ..concepts.sets import PIXEL_LABELS, RANDOM_CONCEPTS
from ..config.checks import NO_LABELS, Config, explainers_of
from ..config.derived_targets import UNTRAINED_SUFFIX
from ..errors import LinexpError
from ..probes import sources
from . import missing
from .inputs import (
    AND,
    Files,
    Settings,
    activations_of,
    charted_method,
    concept_set_of,
    image_index_of,
    index_of,
    linear_methods,
    method_settings,
    of_images,
    of_layer,
    places_of,
    presence_folder,
    probe_files,
    probe_path,
    recorded,
    scored_pairs,
    set_of_presence,
    simulation_files,
    target_of,
    with_method,
)
from .model_files import layer_files

OF_ANY_TAIL = ("loss", "optim")
"""The settings of ablation that count behind a linear head too; the others are of replaying a tail."""


def has_labels(config: Config, wildcards) -> bool:
    """Whether images of a target's probe have classes that the model knows."""
    probe_files(config, wildcards)  # or an error
    return missing.has_labels(config, wildcards.target)


def effect_files(config: Config, wildcards) -> Files:
    """What the effects of neurons on the output are computed from."""
    of_images(config, wildcards, "effect on the output")
    return _replaced_files(config, wildcards)


def _replaced_files(config: Config, wildcards) -> Files:
    """What neurons are replaced with in images; at places the tail is replayed, whatever it is."""
    at_places = places_of(config, wildcards)
    head = {} if at_places else {"head": recorded(config, wildcards, f"{wildcards.layer}/head.h5")}
    return {
        **layer_files(config, wildcards),
        "images": probe_files(config, wildcards),
        "index": image_index_of(config, wildcards),
        "outputs": recorded(config, wildcards, "outputs.h5"),
        **head,
        "activations": activations_of(config, wildcards),
    }


def ablation_files(config: Config, wildcards) -> Files:
    """The same, of layers at places too; a `LinexpError` if the loss needs labels and there are none."""
    files = _replaced_files(config, wildcards)
    if target_of(config, wildcards)["ablation"]["loss"] == "cross_entropy" and not has_labels(config, wildcards):
        raise LinexpError(f"target {wildcards.target}: {NO_LABELS}")
    return files


def ablation_settings(config: Config, wildcards) -> Settings:
    """The settings of ablation that change scores: fewer once it is known that the head behind a layer is linear.

    A job is asked for them again when its inputs are there, the head among them. At places maps are replaced by
    constant cells, however it is elsewhere.
    """
    ablation = target_of(config, wildcards)["ablation"]
    if places_of(config, wildcards):
        return {**ablation, "replace": "constant"}
    head = attributes.read_attributes(recorded(config, wildcards, f"{wildcards.layer}/head.h5"))
    return {key: ablation[key] for key in OF_ANY_TAIL} if head and head.get("linear") else ablation


def replacing(config: Config, wildcards) -> Settings:
    """How a neuron is replaced where the tail is replayed; nothing once it is known that the head is linear."""
    return {key: value for key, value in ablation_settings(config, wildcards).items() if key == "replace"}


def impact_files(config: Config, wildcards) -> Files:
    """The same; a `LinexpError` if there are no labels."""
    if not has_labels(config, wildcards):
        raise LinexpError(f"target {wildcards.target}: {missing.no_impact(config, wildcards.target)}")
    return effect_files(config, wildcards)


def score_files(config: Config, wildcards) -> Files:
    """What scores are computed from, beside the simulations."""
    methods = [method for method, _ in scored_pairs(config, wildcards)]
    files: Files = {
        "index": index_of(config, wildcards),
        "activations": activations_of(config, wildcards),
        "explanations": [of_layer(wildcards, f"explanations/{method}.parquet") for method in methods],
        "verdicts": of_layer(wildcards, "verdicts.parquet"),
        "ceilings": [
            ceilings_of(config, with_method(wildcards, method)) for method in methods_with_presence(config, wildcards)
        ],
        "missing": [
            of_layer(wildcards, f"missing/{method}.parquet") for method in methods_with_missing(config, wildcards)
        ],
    }
    if target_of(config, wildcards)["layers"][wildcards.layer]["ablation"]:
        files["ablation"] = of_layer(wildcards, "ablation.parquet")
    return files


def methods_with_presence(config: Config, wildcards) -> list[str]:
    """The methods of a layer whose explanations are fitted on a P: those that have ceilings; none at places."""
    if places_of(config, wildcards):
        return []
    methods = target_of(config, wildcards)["methods"]
    return [name for name in methods if "presence" in config["methods"][name]]


def methods_with_missing(config: Config, wildcards) -> list[str]:
    """The methods of a layer for which the concept is looked for that their explanations lack; none at places."""
    looked_for = target_of(config, wildcards).get("wider_concepts") and not places_of(config, wildcards)
    return linear_methods(config, wildcards) if looked_for else []


def ceilings_of(config: Config, wildcards) -> str:
    """The ceilings of a layer by the P of a method."""
    presence = presence_folder(config, wildcards).removeprefix(probe_path(config, wildcards, "P/"))
    return of_layer(wildcards, f"ceilings/{presence}.parquet")


def ceiling_files(config: Config, wildcards) -> Files:
    """What ceilings by a P are measured from: the P itself, and the main simulator's view of its concepts."""
    of_images(config, wildcards, "ceiling")
    simulator, folder = target_of(config, wildcards)["simulator"], probe_path(config, wildcards, "P/")
    concept_set = set_of_presence(wildcards.presence)
    return {
        "index": index_of(config, wildcards),
        "activations": activations_of(config, wildcards),
        "presence": f"{folder}{wildcards.presence}/P.h5",
        "moments": f"{folder}{wildcards.presence}/moments.h5",
        "images": probe_path(config, wildcards, f"embeddings/{simulator}.h5"),
        "concepts": probe_path(config, wildcards, f"concepts/{concept_set}/{simulator}.h5"),
        "calibration": f"results/calibration/{simulator}.json",
    }


def missing_files(config: Config, wildcards) -> Files:
    """What the concepts that a method lacks are looked for in: its P, its explanations, and P of the wider set.

    The latter is by the method's explainers; those of a method of labels are the target's.

    Raises
    ------
    LinexpError
        The target names no wider set.
    """
    of_images(config, wildcards, "missing concept")
    wider = target_of(config, wildcards).get("wider_concepts")
    if not wider:
        lacking = "wider_concepts is not given, so there is nothing to look for missing concepts in"
        raise LinexpError(f"target {wildcards.target}: {lacking}; add it")
    explainers = AND.join(explainers_of(method_settings(config, wildcards)))
    return {
        "index": index_of(config, wildcards),
        "activations": activations_of(config, wildcards),
        "explanations": of_layer(wildcards, f"explanations/{wildcards.method}.parquet"),
        "presence": f"{presence_folder(config, wildcards)}/P.h5",
        "wider": probe_path(config, wildcards, f"P/{wider}/{explainers}/P.h5"),
    }


def refit_of(config: Config, wildcards) -> Settings:
    """How a method fits the weights of concepts that are chosen; empty where it fits none."""
    method = config["methods"].get(wildcards.method, {"kind": RANDOM_CONCEPTS})
    if method["kind"] not in ("linear", RANDOM_CONCEPTS):
        return {}
    search = method.get("search", {"ridge": 0.0, "positive": False})
    return {key: search[key] for key in ("ridge", "positive")}


def judged_pairs(config: Config, wildcards) -> list[Settings]:
    """Every pair of method and simulator, with how the method fits weights."""
    return [
        {"method": method, "simulator": simulator, "refit": refit_of(config, with_method(wildcards, method))}
        for method, simulator in _judged(config, wildcards)
    ]


def _judged(config: Config, wildcards) -> list[tuple[str, str]]:
    """The pairs of method and simulator that get a verdict: pixel labels are no judge."""
    return [pair for pair in scored_pairs(config, wildcards) if pair[1] != PIXEL_LABELS]


def judged_simulations(config: Config, wildcards) -> list[str]:
    """Their simulations."""
    pairs = _judged(config, wildcards)
    return [of_layer(wildcards, f"simulations/{simulator}/{method}.h5") for method, simulator in pairs]


def verdict_files(config: Config, wildcards) -> Files:
    """What verdicts take: explanations, simulations, and the concepts that each method could have chosen.

    Lists are in the order of the pairs. `vocabulary` is P where a method has one; `moments` are of the methods alone
    that fit weights.
    """
    files: Files = {"index": index_of(config, wildcards), "activations": activations_of(config, wildcards)}
    for name in ("explanations", "images", "concepts", "calibration", "vocabulary", "moments"):
        files[name] = []
    for method, simulator in _judged(config, wildcards):
        here = SimpleNamespace(target=wildcards.target, layer=wildcards.layer, method=method, simulator=simulator)
        made = simulation_files(config, here)
        if "presence" in method_settings(config, here):
            folder = presence_folder(config, here)
            made["vocabulary"] = f"{folder}/P.h5"
            if refit_of(config, here):
                made["moments"] = f"{folder}/moments.h5"
        for name, file in ({"vocabulary": made["concepts"]} | made).items():
            files[name] = [*files[name], file]
    return files


def sanity_files(config: Config, wildcards) -> Files:
    """What sanity checks take: labels where there are any, and the simulator's view of linear explanations."""
    of_images(config, wildcards, "sanity check")
    target = target_of(config, wildcards)
    methods = [with_method(wildcards, name) for name in linear_methods(config, wildcards)]
    simulator, concept_sets = target["simulator"], [concept_set_of(config, method) for method in methods]
    files: Files = {
        "index": index_of(config, wildcards),
        "activations": activations_of(config, wildcards),
        "images": probe_path(config, wildcards, f"embeddings/{simulator}.h5"),
        "calibration": f"results/calibration/{simulator}.json",
        "explanations": [of_layer(wildcards, f"explanations/{method.method}.parquet") for method in methods],
        "concepts": [probe_path(config, wildcards, f"concepts/{name}/{simulator}.h5") for name in concept_sets],
    }
    if target["layers"][wildcards.layer]["ablation"]:
        files["outputs"] = recorded(config, wildcards, "outputs.h5")
        files["head"] = recorded(config, wildcards, f"{wildcards.layer}/head.h5")
    if sources.possible_labels(config["probes"][target["probe"]]):
        files["labels"] = probe_path(config, wildcards, "labels.h5")
    return files


def checked_ablation(config: Config, wildcards) -> Settings:
    """The settings of ablation that sanity checks go by."""
    ablation = target_of(config, wildcards)["ablation"]
    return {key: ablation[key] for key in OF_ANY_TAIL}


def summary_files(config: Config, wildcards) -> Files:
    """What a summary is made from: images, activations, scores, sanity checks, null controls that are asked for."""
    controls = target_of(config, wildcards)["controls"]
    files: Files = {
        "index": index_of(config, wildcards),
        "activations": activations_of(config, wildcards),
        "scores": of_layer(wildcards, "scores.parquet"),
    }
    if not places_of(config, wildcards):
        files["sanity"] = of_layer(wildcards, "sanity.csv")
    if "shuffled" in controls:
        files["shuffled"] = of_layer(wildcards, "shuffles.parquet")
    if "untrained" in controls:
        copy = wildcards.target + UNTRAINED_SUFFIX
        files["untrained"] = f"results/{copy}/{wildcards.layer}/scores.parquet"
    return files


def view_files(config: Config, wildcards) -> Files:
    """What pictures of neurons are drawn from."""
    of_images(config, wildcards, "picture of a neuron")
    charted = charted_method(config, wildcards)
    methods = target_of(config, wildcards)["methods"]
    files: Files = {
        "images": probe_files(config, wildcards),
        "index": index_of(config, wildcards),
        "activations": activations_of(config, wildcards),
        "scores": of_layer(wildcards, "scores.parquet"),
        "explanations": [of_layer(wildcards, f"explanations/{method}.parquet") for method in methods],
    }
    if charted:
        files["presence"] = f"{presence_folder(config, with_method(wildcards, charted))}/P.h5"
    return files


def reports_of_run(config: Config, _wildcards) -> list[str]:
    """The explorer of every layer under `run` that is not explained at places."""
    layers = (place.split("/") for place in config["run"])
    named = [SimpleNamespace(target=target, layer=layer) for target, layer in layers]
    return [of_layer(place, "report/index.html") for place in named if not places_of(config, place)]


def mapped_method(config: Config, wildcards) -> str:
    """The method whose weights are drawn: the first linear one, or else the first."""
    return charted_method(config, wildcards) or target_of(config, wildcards)["methods"][0]


def calibrated_models(config: Config, wildcards) -> list[tuple[str, str]]:
    """The image-text models of a target that are calibrated, as pairs of name and role."""
    target = target_of(config, wildcards)
    methods = [method_settings(config, with_method(wildcards, name)) for name in target["methods"]]
    pseudo = [method for method in methods if method.get("presence") in ("pseudo", "both")]
    explainers = [name for method in pseudo for name in explainers_of(method)]
    simulators = [name for name in (target["simulator"], *target["more_simulators"]) if name != PIXEL_LABELS]
    pairs = [(name, "explainer") for name in explainers] + [(name, "simulator") for name in simulators]
    return list(dict.fromkeys(pairs))


def fitted_calibrations(config: Config, wildcards) -> list[tuple[str, str]]:
    """Those of them whose a and b are fitted."""
    return [
        (name, role)
        for name, role in calibrated_models(config, wildcards)
        if "probe" in config["image_text_models"][name]["calibration"]
    ]


def drawn_calibrations(config: Config, wildcards) -> list[tuple[str, str]]:
    """The same; a `LinexpError` if there are none to draw."""
    fitted = fitted_calibrations(config, wildcards)
    if not fitted:
        given = "a and b of its image-text models are given, so there is no calibration to draw"
        raise LinexpError(f"target {wildcards.target}: {given}")
    return fitted
