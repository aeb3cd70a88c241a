"""What jobs ask a cluster for: memory and time, estimated from the configuration (`work_sizes`).

The speeds are well below those measured on two cores (benchmarks/README.md), as a node may be slow and shared.
A local run takes no notice of any of it. A second attempt gets twice as much, a third one three times.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from ..config.checks import Config
from ..networks.recorded import NEURONS_TOGETHER, VALUES_TOGETHER
from ..networks.units import units_kind
from . import dense_files, work_sizes
from .dissection_files import dissection_probe
from .inputs import AND, concept_set_of, grid_of, image_entry, places_of, set_of_presence, target_of
from .model_files import is_own

PROGRAM = 2_000  # MB: Python with its libraries, and the two Snakemakes that start a job within a SLURM job
TORCH = 4_000  # MB: the same with PyTorch and CUDA's libraries
TRAINED_NETWORK = 500  # MB: a small network of the workflow's own
TARGET_NETWORK = 4_000  # MB: 0.3·10⁹ parameters (ViT-L) × 4 B, as read, as built, and a batch of what they compute
UNITS_AT_PLACES = 1_500  # MB: 2²⁶ values of units (networks/units/encoded.py) × 4 B, and what is made of them
FEATURE = 8 * 768  # bytes of a feature in a file: two rows of as many numbers as ViT-B has neurons
IMAGE_TEXT_NETWORK = 8_000  # MB: 0.9·10⁹ parameters (SigLIP SO400M) × 4 B, as read and as built
WRITTEN_TOGETHER = 1_024  # images whose rows wait for the disk
DIMENSION = 1_152  # of an embedding: SigLIP SO400M's

STARTING = 10  # minutes: a cold file system, libraries, a network that is built
FORWARD = 20  # images a second: decoded by 8 threads from a slow disk, through a large network on an old GPU
TEXTS = 50  # a second, through a large text encoder
TRAINING = 100  # images a second, through a small network on a CPU
DRAWING = 50  # scenes a second
READING = 100  # images a second: read, and hashed or decoded
OPERATIONS = 1e10  # floating-point operations a second in products of matrices: a twentieth of 2·10¹¹
METRICS = 1e6  # pairs of image and neuron a second, all metrics: a seventh
CURVES = 1e5  # pairs of image and neuron a second, ablation where the tail is linear: a quarter of 3.7·10⁵
SEARCH = 4e8  # products of neuron and concept a second, one for each concept of a set that is looked at
GLM_SAGA = 1e6  # products of image, neuron and concept a second in the published solver: half


@dataclass
class Work:
    """What a job takes: memory in MB and time in seconds."""

    memory: float
    seconds: float

    def megabytes(self, attempt: int) -> int:
        """`mem_mb` of an attempt."""
        return attempt * ceil(self.memory)

    def minutes(self, attempt: int) -> int:
        """`runtime` of an attempt."""
        return attempt * ceil(STARTING + self.seconds / 60)


def megabytes(values: float, size: int = 4) -> float:
    """Memory of so many numbers, single precision if nothing else is said."""
    return values * size / 1e6


def images_of_probe(config: Config, wildcards) -> int:
    """The images of a target's probe, or of a probe."""
    probe = target_of(config, wildcards)["probe"] if hasattr(wildcards, "target") else wildcards.probe
    return work_sizes.n_images(config["probes"][probe])


def rows_of_layer(config: Config, wildcards) -> int:
    """The images of a layer's probe, or their places."""
    return images_of_probe(config, wildcards) * (places_of(config, wildcards) or 1) ** 2


def n_recorded(config: Config, wildcards) -> int:
    """Neurons of a layer, or its features: those that the entry names, or as many as a file of that size may have."""
    entry = units_entry(config, wildcards)
    if entry is None:
        return work_sizes.NEURONS_UNKNOWN
    trained = units_kind(entry).trained_key
    if trained:
        return config["trained_models"][entry[trained]]["features"]
    return max(work_sizes.NEURONS_UNKNOWN, int(size_of_units(entry) / FEATURE))


def n_explained(config: Config, wildcards) -> int:
    """Those of them that are explained."""
    target = target_of(config, wildcards)
    return work_sizes.n_explained(target) if target.get("neurons") else n_recorded(config, wildcards)


def recorded_numbers(config: Config, wildcards) -> int:
    """Images × neurons of a layer, of which all are recorded; places count as images do."""
    return rows_of_layer(config, wildcards) * n_recorded(config, wildcards)


def explained_numbers(config: Config, wildcards) -> int:
    """Images × neurons that are explained."""
    return rows_of_layer(config, wildcards) * n_explained(config, wildcards)


def block_numbers(config: Config, wildcards) -> int:
    """Rows × neurons that are in memory together where a layer is gone through in blocks, however wide it is."""
    return rows_of_layer(config, wildcards) * NEURONS_TOGETHER


def matrix_numbers(config: Config, wildcards) -> int:
    """Those of them that a `recorded.Matrix` has in memory: fewer where there are many rows, as at places."""
    return min(block_numbers(config, wildcards), max(VALUES_TOGETHER, rows_of_layer(config, wildcards)))


def concepts_of_method(config: Config, wildcards) -> int:
    return work_sizes.n_concepts(config, concept_set_of(config, wildcards))


def image_text_network(config: Config, name: str) -> int:
    return TRAINED_NETWORK if "trained" in config["image_text_models"][name] else IMAGE_TEXT_NETWORK


def target_network(config: Config, wildcards) -> float:
    """Of a target's network, and of what reads the units of a layer off it."""
    network = TRAINED_NETWORK if is_own(config, wildcards) else TARGET_NETWORK
    return network + reader_of_units(config, wildcards)


def reader_of_units(config: Config, wildcards) -> float:
    """What the units of a layer take that are not its neurons: their files a few times, and values at places."""
    entry = units_entry(config, wildcards)
    return 0 if entry is None else UNITS_AT_PLACES + 4 * size_of_units(entry) / 1e6


def units_entry(config: Config, wildcards) -> Mapping[str, Any] | None:
    """What a layer's units are, where they are not its neurons."""
    return target_of(config, wildcards)["layers"][wildcards.layer].get("units") if hasattr(wildcards, "layer") else None


def size_of_units(entry: Mapping[str, Any]) -> int:
    """Bytes of the files that units are read from, as far as they are there."""
    return sum(os.path.getsize(file) for file in units_kind(entry).files(entry) if os.path.isfile(file))


def small(config: Config, wildcards) -> Work:
    """Tables of some thousand rows."""
    return Work(PROGRAM, 60)


def drawing(config: Config, wildcards) -> Work:
    """Every process has a Python of its own, 8 of them at most; the scenes are kept until all are drawn."""
    entry = image_entry(config, wildcards)
    images = work_sizes.n_images(entry)
    return Work(PROGRAM + 8 * 150 + megabytes(2 * 3 * images * entry["size"] ** 2, 1), images / DRAWING)


def reading(config: Config, wildcards) -> Work:
    """Encoded images pass by; a byte for every image and label stays."""
    images = work_sizes.n_images(image_entry(config, wildcards))
    return Work(PROGRAM + megabytes(images * work_sizes.CONCEPTS["labels"], 1), images / READING)


def training(config: Config, wildcards) -> Work:
    """All images of the training set in single precision, 3 × size² each; as many passes as epochs."""
    entry = config["trained_models"][wildcards.trained_model]
    images = work_sizes.n_images(config["training_sets"][entry["images"]])
    pixels = 3 * work_sizes.n_pixels(entry) ** 2
    return Work(TORCH + TRAINED_NETWORK + megabytes(images * pixels), images * entry["epochs"] / TRAINING)


def training_sae(config: Config, wildcards) -> Work:
    """A pass over the images, whose places are kept, and as many over those as epochs."""
    entry = config["trained_models"][wildcards.trained_model]
    images = work_sizes.n_images(config["training_sets"][entry["images"]])
    sizes = 3 * work_sizes.NEURONS_UNKNOWN * entry["features"]
    operations = 6 * images * entry["epochs"] * sizes
    return Work(TORCH + TARGET_NETWORK + megabytes(2 * 50e6 + 4 * sizes), images / FORWARD + operations / OPERATIONS)


def embedding_images(config: Config, wildcards) -> Work:
    """Images pass by in batches; embeddings are written as they come."""
    return Work(
        TORCH + image_text_network(config, wildcards.image_text_model), images_of_probe(config, wildcards) / FORWARD
    )


def passes_of_places(config: Config, wildcards) -> int:
    """Passes of the network an image: one for each crop, where places are crops."""
    return int(wildcards.grid) ** 2 if dense_files.is_cut(config, wildcards) else 1


def embedding_places(config: Config, wildcards) -> Work:
    """The same of every crop, or of every image, whose places take as much memory again as a batch."""
    images = passes_of_places(config, wildcards) * images_of_probe(config, wildcards)
    network = image_text_network(config, wildcards.image_text_model)
    return Work(TORCH + 2 * network, images / FORWARD)


def calibrating_places(config: Config, wildcards) -> Work:
    """Places × labels × dimension, 2 operations each, in blocks; pairs are counted as slowly as metrics are made."""
    pairs = images_of_probe(config, wildcards) * int(wildcards.grid) ** 2 * work_sizes.CONCEPTS["labels"]
    histograms = megabytes(2 * 2 * 2**13 * work_sizes.CONCEPTS["labels"], 8)
    return Work(PROGRAM + 2 * histograms, 2 * pairs * DIMENSION / OPERATIONS + 10 * pairs / METRICS / 8)


def embedding_texts(config: Config, wildcards, concepts: int) -> Work:
    values = concepts * DIMENSION
    return Work(TORCH + image_text_network(config, wildcards.image_text_model) + megabytes(values), concepts / TEXTS)


def embedding_concepts(config: Config, wildcards) -> Work:
    return embedding_texts(config, wildcards, work_sizes.n_concepts(config, wildcards.concept_set))


def embedding_explanations(config: Config, wildcards) -> Work:
    """Ten texts a neuron at most, as the explanations of others may be linear too."""
    return embedding_texts(config, wildcards, 10 * n_explained(config, wildcards))


def calibrating(config: Config, wildcards) -> Work:
    """Images × labels × dimension multiplications, 2 operations each, in blocks of images."""
    probe = config["image_text_models"][wildcards.image_text_model]["calibration"].get("probe")
    images = work_sizes.n_images(config["probes"][probe]) if probe else 0
    operations = 2 * images * work_sizes.CONCEPTS["labels"] * DIMENSION
    return Work(PROGRAM + megabytes(images * DIMENSION), operations / OPERATIONS)


def presence_of_labels(config: Config, wildcards) -> Work:
    """Labels as they are read, one byte each, and as P."""
    values = images_of_probe(config, wildcards) * work_sizes.CONCEPTS["labels"]
    return Work(PROGRAM + megabytes(values, 1 + 4), values / METRICS)


def finding_crops(config: Config, wildcards) -> Work:
    """Images are decoded, to see how large they are."""
    return Work(TORCH, images_of_probe(config, wildcards) / READING)


def measuring_areas(config: Config, wildcards) -> Work:
    """Masks pass by; of each cell a dozen concepts, a number and a share of each, stay, and are put together."""
    images = images_of_probe(config, wildcards)
    values = images * int(wildcards.grid) ** 2 * 12
    return Work(PROGRAM + megabytes(3 * values, 4 + 4), images / FORWARD)


def indexing_places(config: Config, wildcards) -> Work:
    """A few numbers a place, twice."""
    rows = images_of_probe(config, wildcards) * int(wildcards.grid) ** 2
    return Work(PROGRAM + megabytes(2 * 8 * rows), rows / METRICS)


def presence_at_places(config: Config, wildcards) -> Work:
    """Each of 8 threads has a block of 2,048 places of all concepts, made of areas or embeddings, twice."""
    places = images_of_probe(config, wildcards) * int(wildcards.grid) ** 2
    pseudo = hasattr(wildcards, "concept_set")
    concepts = work_sizes.n_concepts(config, wildcards.concept_set if pseudo else "labels")
    explainers = len(wildcards.explainers.split(AND)) if pseudo else 0
    operations = 2 * places * concepts * (1 + 2 * explainers * DIMENSION)
    return Work(PROGRAM + megabytes(3 * (8 + 1) * 2_048 * concepts), operations / OPERATIONS)


def presence_of_concepts(config: Config, wildcards) -> Work:
    """Images × concepts × dimension, 2 operations each, twice: to see which concepts are kept, and to write P.

    That is for each explainer. Each of 8 threads makes a block of 2,048 images, and one more is being written.
    """
    images, concepts = images_of_probe(config, wildcards), work_sizes.n_concepts(config, wildcards.concept_set)
    explainers = len(wildcards.explainers.split(AND))
    operations = explainers * 2 * 2 * images * concepts * DIMENSION
    values = explainers * (images + 3 * concepts) * DIMENSION + (8 + 1) * 2_048 * concepts
    return Work(PROGRAM + megabytes(values), operations / OPERATIONS)


def presence_of_both(config: Config, wildcards) -> Work:
    """Each of 8 threads has a block of 2,048 images of all three P, and one more is being written."""
    images, concepts = images_of_probe(config, wildcards), work_sizes.n_concepts(config, wildcards.concept_set)
    return Work(PROGRAM + megabytes((3 * 8 + 1) * 2_048 * concepts), 2 * images * concepts / METRICS)


def concepts_of_presence(config: Config, wildcards) -> int:
    concept_set = set_of_presence(wildcards.presence)
    return work_sizes.n_concepts(config, concept_set)


def summing_moments(config: Config, wildcards) -> Work:
    """PᵀP for train and val, and as much again for rows that are gathered; images × concepts² products."""
    concepts = concepts_of_presence(config, wildcards)
    rows = images_of_probe(config, wildcards) * grid_of(wildcards.presence) ** 2
    operations = 2 * rows * concepts**2
    made = 2 * rows * concepts * DIMENSION if "/places/" in wildcards.presence else 0
    return Work(PROGRAM + megabytes(2 * 2 * concepts**2), (operations + made) / OPERATIONS)


def recording(config: Config, wildcards) -> Work:
    """Images pass by in batches; what is recorded of them is written by WRITTEN_TOGETHER images, held three times."""
    neurons = n_recorded(config, wildcards) if hasattr(wildcards, "layer") else work_sizes.NEURONS_UNKNOWN
    memory = TORCH + target_network(config, wildcards) + megabytes(3 * WRITTEN_TOGETHER * neurons)
    return Work(memory, images_of_probe(config, wildcards) / FORWARD)


def importing_activations(config: Config, wildcards) -> Work:
    """A Parquet file is read whole; blocks of the others pass by."""
    values = recorded_numbers(config, wildcards)
    return Work(PROGRAM + megabytes(values), values / METRICS)


def dissecting(config: Config, wildcards) -> Work:
    """Two passes over the images with pixel labels; maps of one batch, and counts of every neuron and concept."""
    images = work_sizes.n_images(config["probes"][dissection_probe(config, wildcards)])
    counts = megabytes(2 * work_sizes.NEURONS_UNKNOWN * work_sizes.CONCEPTS_OF_A_FILE, 8)
    return Work(TORCH + target_network(config, wildcards) + counts, 2 * images / FORWARD)
