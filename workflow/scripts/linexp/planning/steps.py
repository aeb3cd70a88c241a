"""How long the steps of a layer will take and how much they write, for `linexp check`; `resources` says how it is seen.

What is known better than from the configuration is taken from what lies there: images and neurons are counted, and the
head says whether ablation and Top Impact run the network.
"""

import copy
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import h5py
import pyarrow.parquet as pq

from ..artifacts import attributes
from ..baselines import BASELINES
from ..concepts.sets import PIXEL_LABELS, RANDOM_CONCEPTS
from ..config.checks import Config, explainers_of
from ..config.derived_targets import UNTRAINED_SUFFIX
from ..effects.map_search import NODES
from ..jobs.progress import duration
from ..probes import sources
from ..probes.kinds import KINDS
from ..probes.kinds.image_folder import images_below
from . import dense_files, evaluation_files, figure_files, resources, work, work_sizes
from .inputs import (
    AND,
    OWN_CONCEPTS,
    concept_set_of,
    method_settings,
    places_of,
    presence_folder,
    recorded,
    scored_pairs,
    view_of,
    with_method,
)
from .model_files import has_network
from .resources import DIMENSION, FORWARD, Work

EXPLAINING: dict[str, tuple[str, Callable]] = {
    "linear": ("explain_linear", work.fitting),
    "best_concept": ("explain_best_concept", work.fitting),
    RANDOM_CONCEPTS: ("explain_random_concepts", work.fitting),
    "network_dissection": ("dissect_network", resources.dissecting),
    "imported": ("import_explanations", work.importing),
    **dict.fromkeys(BASELINES, ("explain_baseline", work.fitting_baseline)),
}
"""The rule of each kind of method, and its work."""


@dataclass(frozen=True)
class Step:
    """A job.

    Attributes
    ----------
    rule, artifact
        What makes which file.
    work
        What it takes.
    values
        Single-precision numbers that it writes, where they are many.
    """

    rule: str
    artifact: str
    work: Work
    values: float = 0

    @property
    def is_done(self) -> bool:
        """Whether the file lies there, up to date or not."""
        return os.path.isfile(self.artifact)


def counted(config: Config, target: str, layer: str) -> Config:
    """The configuration with a probe's images and a layer's neurons counted, where they can be."""
    config = copy.deepcopy(config)
    entry = config["targets"][target]
    probe = config["probes"][entry["probe"]]
    index = Path(f"results/probes/{entry['probe']}/index.parquet")
    if index.is_file():
        probe["limit"] = pq.read_metadata(index).num_rows
    elif probe["kind"] == "image_folder" and not sources.missing(probe):
        root = Path(sources.paths(probe)[0])
        found = len(images_below(root, root))
        probe["limit"] = min(found, probe.get("limit") or found) or 1
    here = SimpleNamespace(target=target, layer=layer)
    activations = recorded(config, here, f"{layer}/activations.h5")
    if not entry.get("neurons") and os.path.isfile(activations):
        with h5py.File(activations, "r", locking=False) as file:
            entry["neurons"] = f"0:{file['activations'].shape[1]}"
    return config


def steps(config: Config, target: str, layer: str) -> list[Step]:
    """The jobs that a layer's scores, figures and explorer take, each once; those of tables and pictures are left out.

    Parameters
    ----------
    config
        `counted`.
    """
    entry, here = config["targets"][target], SimpleNamespace(target=target, layer=layer)
    found = [*_of_images(config, target, layer), *_of_layer(config, target, layer)]
    if not places_of(config, here):
        found.append(Step("check_sanity", f"results/{target}/{layer}/sanity.csv", work.checking(config, here)))
    if "untrained" in entry["controls"]:
        found += _of_layer(config, target + UNTRAINED_SUFFIX, layer)
    return list({step.artifact: step for step in found}.values())


def _of_images(config: Config, target: str, layer: str) -> Iterator[Step]:
    """Index, embeddings, calibration and P of a target's probe."""
    entry = config["targets"][target]
    probe = entry["probe"]
    folder, n_images = f"results/probes/{probe}", work_sizes.n_images(config["probes"][probe])
    images = SimpleNamespace(place="probes", images=probe)
    if KINDS[config["probes"][probe]["kind"]].is_drawn:
        yield Step("draw_scenes", f"{folder}/images.parquet", resources.drawing(config, images))
    yield Step("index_images", f"{folder}/index.parquet", resources.reading(config, images))
    for model, concept_set in _embedded(config, target, layer):
        names = SimpleNamespace(probe=probe, image_text_model=model, concept_set=concept_set)
        embedding = resources.embedding_images(config, names)
        yield Step("embed_images", f"{folder}/embeddings/{model}.h5", embedding, n_images * DIMENSION)
        if concept_set is not None:
            n_values = work_sizes.n_concepts(config, concept_set) * DIMENSION
            texts = resources.embedding_concepts(config, names)
            yield Step("embed_concepts", f"{folder}/concepts/{concept_set}/{model}.h5", texts, n_values)
        if "probe" in config["image_text_models"][model]["calibration"]:
            yield Step("calibrate", f"results/calibration/{model}.json", resources.calibrating(config, names))
    yield from _of_places(config, target, layer)
    for method in entry["methods"]:
        here = with_method(SimpleNamespace(target=target, layer=layer), method)
        settings = method_settings(config, here)
        if "presence" not in settings:
            continue
        concept_set, explainers = concept_set_of(config, here), AND.join(explainers_of(settings))
        names = SimpleNamespace(probe=probe, concept_set=concept_set, explainers=explainers)
        if places_of(config, here):
            yield from _presence_at_places(config, here, names)
            continue
        where, n_concepts = presence_folder(config, here), work_sizes.n_concepts(config, concept_set)
        by_labels = settings["presence"] in ("label", "area")
        making = resources.presence_of_labels if by_labels else resources.presence_of_concepts
        rule = f"make_{settings['presence']}_presence"
        yield Step(rule, f"{where}/P.h5", making(config, names), n_images * n_concepts)
        names = SimpleNamespace(probe=probe, presence=where.removeprefix(f"{folder}/P/"))
        yield Step(
            "compute_moments", f"{where}/moments.h5", resources.summing_moments(config, names), 2 * n_concepts**2
        )
    for path, models, wider in _wider(config, target, layer):
        names = SimpleNamespace(probe=probe, concept_set=wider, explainers=AND.join(models))
        n_values = n_images * work_sizes.n_concepts(config, wider)
        yield Step("make_pseudo_presence", path, resources.presence_of_concepts(config, names), n_values)


def _of_places(config: Config, target: str, layer: str) -> Iterator[Step]:
    """What the network sees of images, what covers it, and image-text models of its places; of a layer at places."""
    here = SimpleNamespace(target=target, layer=layer)
    grid, probe = places_of(config, here), config["targets"][target]["probe"]
    if not grid:
        return
    view = view_of(config, here, grid)
    folder, n_places = f"results/probes/{probe}", grid**2 * work_sizes.n_images(config["probes"][probe])
    names = SimpleNamespace(probe=probe, target=view.rpartition("_")[0], grid=str(grid))
    crops, places = f"results/{names.target}/crops.h5", f"{folder}/places/{view}"
    yield Step("find_crops", crops, resources.finding_crops(config, names))
    yield Step("index_places", f"{folder}/places/{grid}/index.parquet", resources.indexing_places(config, names))
    if dense_files.has_pixel_labels(config, probe):
        yield Step("measure_areas", f"{places}/areas.h5", resources.measuring_areas(config, names))
    for model, _ in _embedded(config, target, layer):
        names.image_text_model = model
        embedding = resources.embedding_places(config, names)
        yield Step("embed_places", f"{places}/{model}.h5", embedding, n_places * DIMENSION / 2)  # of half the size
        yield Step("calibrate_places", f"{places}/{model}.json", resources.calibrating_places(config, names))


def _presence_at_places(config: Config, here, names: SimpleNamespace) -> Iterator[Step]:
    """P of places, of which no more than moments is written; pseudo-labels of whole images say which words are kept."""
    where, folder = presence_folder(config, here), f"results/probes/{names.probe}/P"
    of_places = SimpleNamespace(probe=names.probe, target=here.target, grid=str(places_of(config, here)))
    rule = "make_area_presence_at_places"
    if not where.startswith(f"{folder}/area/"):
        rule = "make_pseudo_presence_at_places"
        of_places.concept_set, of_places.explainers = names.concept_set, names.explainers
        whole = f"{folder}/{names.concept_set}/{names.explainers}/P.h5"
        yield Step("make_pseudo_presence", whole, resources.presence_of_concepts(config, names))
    yield Step(rule, f"{where}/P.h5", resources.presence_at_places(config, of_places))
    of_moments = SimpleNamespace(probe=names.probe, presence=where.removeprefix(f"{folder}/"))
    n_values = 2 * work_sizes.n_concepts(config, names.concept_set) ** 2
    yield Step("compute_moments", f"{where}/moments.h5", resources.summing_moments(config, of_moments), n_values)


def _wider(config: Config, target: str, layer: str) -> Iterator[tuple[str, list[str], str]]:
    """The P in which missing concepts are looked for: where it lies, its explainers, its concept set."""
    here = SimpleNamespace(target=target, layer=layer)
    for method in evaluation_files.methods_with_missing(config, here):
        of_method = with_method(here, method)
        path = str(evaluation_files.missing_files(config, of_method)["wider"])
        yield path, explainers_of(method_settings(config, of_method)), config["targets"][target]["wider_concepts"]


def _embedded(config: Config, target: str, layer: str) -> list[tuple[str, str | None]]:
    """Image-text models and the concept sets that they embed; None for words that come with explanations."""
    found: list[tuple[str, str | None]] = []
    pairs = scored_pairs(config, SimpleNamespace(target=target, layer=layer))
    for method, simulator in (pair for pair in pairs if pair[1] != PIXEL_LABELS):
        here = with_method(SimpleNamespace(target=target, layer=layer), method)
        settings, concept_set = method_settings(config, here), concept_set_of(config, here)
        found.append((simulator, None if settings["kind"] in OWN_CONCEPTS else concept_set))
        if settings.get("presence") in ("pseudo", "both") or settings["kind"] in BASELINES:
            found += [(name, concept_set) for name in explainers_of(settings)]
    for _, explainers, wider in _wider(config, target, layer):
        found += [(name, wider) for name in explainers]
    return list(dict.fromkeys(found))


def _of_layer(config: Config, target: str, layer: str) -> Iterator[Step]:
    """What is recorded, fitted, simulated and scored of a layer."""
    here, entry = SimpleNamespace(target=target, layer=layer), config["targets"][target]
    folder, ablation = f"results/{target}/{layer}", entry["layers"][layer]["ablation"]
    explained = resources.explained_numbers(config, here)
    recording, numbers = resources.recording(config, here), resources.recorded_numbers(config, here)
    whole = numbers if entry.get("neurons") is None else explained
    rule, made = "record_activations", recording
    if not has_network(config, target):
        rule, made = "import_activations", resources.importing_activations(config, here)
    yield Step(rule, recorded(config, here, f"{layer}/activations.h5"), made, whole)
    measures_impact = figure_files.measures_impact(config, here)
    if ablation or measures_impact:
        yield Step("record_outputs", recorded(config, here, "outputs.h5"), recording)
    for method, simulator in scored_pairs(config, here):
        kind = config["methods"][method]["kind"]
        rule, making = EXPLAINING[kind]
        names = SimpleNamespace(target=target, layer=layer, method=method, simulator=simulator)
        yield Step(rule, f"{folder}/explanations/{method}.parquet", making(config, names))
        simulation = f"{folder}/simulations/{simulator}/{method}.h5"
        simulating = "simulate_by_pixels" if simulator == PIXEL_LABELS else "simulate"
        yield Step(simulating, simulation, work.simulating(config, names), explained)
        if entry["stability"] and kind == "linear":
            yield Step("measure_stability", f"{folder}/stability/{method}.parquet", work.resampling(config, names))
        if ablation:
            scored = f"{folder}/ablation/{simulator}/{method}.parquet"
            replaced = _replayed(config, names, work.ablating(config, names), 2, ("val", "test"))
            if places_of(config, here) and entry["ablation"]["optim"]:
                searched = _replayed(config, names, work.ablating(config, names), NODES**2, ("val",))
                replaced = replace(replaced, seconds=replaced.seconds + searched.seconds)
            yield Step("score_ablation", scored, replaced)
    if ablation:
        settings = entry["ablation"]
        nodes = settings["most_nodes"] if settings["optim"] else 0
        curves = _replayed(config, here, work.sampling_curves(config, here), nodes, ("val",))
        yield Step("sample_curves", f"{folder}/curves.h5", curves)
        if not places_of(config, here):
            yield Step("measure_effects", f"{folder}/effects.h5", work.measuring_effects(config, here))
    if measures_impact:
        removing = _replayed(config, here, work.removing(config, here), 1, ("train", "val", "test"))
        yield Step("measure_impact", f"{folder}/impact.parquet", removing)
    yield Step("judge_explanations", f"{folder}/verdicts.parquet", work.judging(config, here))
    yield from _of_ceilings(config, here)
    yield Step("score_explanations", f"{folder}/scores.parquet", work.scoring(config, here))
    if "shuffled" in entry["controls"]:
        yield Step("shuffle_explanations", f"{folder}/shuffles.parquet", work.shuffling(config, here))


def _of_ceilings(config: Config, here) -> Iterator[Step]:
    """Ceilings by each P, and the concepts that methods lack, where they are looked for."""
    for method in evaluation_files.methods_with_presence(config, here):
        path = evaluation_files.ceilings_of(config, with_method(here, method))
        presence = path.removeprefix(f"results/{here.target}/{here.layer}/ceilings/").removesuffix(".parquet")
        names = SimpleNamespace(target=here.target, layer=here.layer, presence=presence)
        yield Step("measure_ceilings", path, work.bounding(config, names))
    for method in evaluation_files.methods_with_missing(config, here):
        path = f"results/{here.target}/{here.layer}/missing/{method}.parquet"
        yield Step("find_missing_concepts", path, work.missing(config, here))


def _replayed(config: Config, here, linear: Work, passes: int, splits: tuple[str, ...]) -> Work:
    """The work where the head is known not to be linear: so many passes of some splits for every neuron."""
    if _is_linear(config, here) is not False:
        return linear
    images = sum(config["split"][split] for split in splits) * resources.images_of_probe(config, here)
    return replace(linear, seconds=passes * images * resources.n_explained(config, here) / FORWARD)


def _is_linear(config: Config, here) -> bool | None:
    """Whether a linear head follows a layer; None before that has been looked at. At places it does not matter."""
    if places_of(config, here):
        return False
    head = attributes.read_attributes(recorded(config, here, f"{here.layer}/head.h5"))
    return bool(head["linear"]) if head and "linear" in head else None


def steps_text(config: Config, place: str) -> str:
    """A line a rule with its jobs, time and size, and what a tail that is replayed would add.

    Parameters
    ----------
    place
        `target/layer`, with its data there.
    """
    target, layer = place.strip("/").removeprefix("results/").split("/")
    config = counted(config, target, layer)
    entry, here = config["targets"][target], SimpleNamespace(target=target, layer=layer)
    n_images, n_neurons = work_sizes.n_images(config["probes"][entry["probe"]]), work_sizes.n_explained(entry)
    guess = "" if entry.get("neurons") else ", a guess until it is recorded"
    size = f"{n_images:,} images, {n_neurons:,} neurons{guess}"
    lines = [f"steps of {place}: {size}; at most, on a slow machine"]
    by_rule: dict[str, list[Step]] = {}
    for step in steps(config, target, layer):
        by_rule.setdefault(step.rule, []).append(step)
    width = max(map(len, by_rule))
    for rule, of_rule in by_rule.items():
        left = [step for step in of_rule if not step.is_done]
        jobs = f"{len(left)} job{'s' * (len(left) != 1)}" if left else "there"
        seconds, gigabytes = sum(step.work.seconds for step in left), sum(step.values for step in left) * 4 / 1e9
        cells = [f"{duration(seconds):>6}", f"{gigabytes:.2f} GB to write" if gigabytes >= 0.01 else ""] if left else []
        lines.append("  ".join(["", f"{rule:<{width}}", f"{jobs:<7}", *cells]).rstrip())
    costly = [rule for rule in ("sample_curves", "score_ablation", "measure_impact") if rule in by_rule]
    if costly and _is_linear(config, here) is None:
        pass_of_all = duration(resources.explained_numbers(config, here) / FORWARD)
        said = f"if more than a linear head follows the layer, {', '.join(costly)} run it again for every neuron"
        lines.append(f"  {said}: up to {pass_of_all} each time that all images pass")
    return "\n".join(lines)
