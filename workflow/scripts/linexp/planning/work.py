"""What the jobs of explaining and scoring ask a cluster for; `resources` says how it is estimated."""

from math import ceil

from ..config.checks import Config
from ..effects.on_output import TOP_IMAGES
from ..networks.recorded import NEURONS_TOGETHER
from ..scoring.shuffling import VALUES_AT_ONCE
from . import work_sizes
from .inputs import (
    charted_method,
    linear_methods,
    method_settings,
    scored_pairs,
    set_of_presence,
    target_of,
    with_method,
)
from .resources import (
    CURVES,
    DIMENSION,
    FORWARD,
    GLM_SAGA,
    METRICS,
    OPERATIONS,
    PROGRAM,
    SEARCH,
    TORCH,
    WRITTEN_TOGETHER,
    Work,
    block_numbers,
    concepts_of_method,
    explained_numbers,
    images_of_probe,
    matrix_numbers,
    megabytes,
    n_explained,
    recorded_numbers,
    rows_of_layer,
    target_network,
)

COLUMNS = 60  # of scores.parquet
SIMILAR = 3 * 256  # images or concepts whose similarities CLIP-Dissect holds at a time, in three copies


def fitting(config: Config, wildcards) -> Work:
    """A block of activations twice, six matrices of its neurons × concepts and four of concepts² in double precision.

    Images × neurons × concepts products (PᵀQ). A search looks at all concepts for every set that it keeps, and for
    every concept of the sets that it exchanges.
    """
    numbers, concepts = explained_numbers(config, wildcards), concepts_of_method(config, wildcards)
    matrices = megabytes(4 * concepts**2 + 6 * concepts * NEURONS_TOGETHER, 8)
    memory = PROGRAM + megabytes(2 * block_numbers(config, wildcards)) + matrices
    operations, method = 2 * numbers * concepts, method_settings(config, wildcards)
    if "search" in method:
        length, beam = method["search"].get("length", method["search"]["max_concepts"]), method["search"]["beam"]
        looks = beam * length**2 / 2 + length**3 / 3
        seconds = n_explained(config, wildcards) * concepts * looks / SEARCH
        return Work(memory, operations / OPERATIONS + seconds)
    if method.get("solver") == "glm_saga":
        # P on train as it is read and standardised
        whole = megabytes(3 * images_of_probe(config, wildcards) * concepts + 2 * block_numbers(config, wildcards))
        return Work(memory + TORCH + whole, operations / 2 / GLM_SAGA)
    return Work(memory, operations / OPERATIONS)


def resampling(config: Config, wildcards) -> Work:
    """What fitting reads, and sums over blocks of images; a second a neuron covers refits and passes over P."""
    seconds = n_explained(config, wildcards)
    return Work(fitting(config, wildcards).memory + 2_000, fitting(config, wildcards).seconds + seconds)


def fitting_baseline(config: Config, wildcards) -> Work:
    """Activations twice, embeddings, a block of similarities (CLIP-Dissect), and scores of neurons × concepts twice."""
    images, concepts = rows_of_layer(config, wildcards), concepts_of_method(config, wildcards)
    numbers, neurons = explained_numbers(config, wildcards), n_explained(config, wildcards)
    values = 2 * numbers + (images + concepts) * DIMENSION + SIMILAR * (images + concepts) + 4 * neurons * concepts
    operations = 2 * numbers * concepts
    return Work(PROGRAM + megabytes(values), operations / OPERATIONS)


def importing(_config: Config, _wildcards) -> Work:
    """A table of some thousand rows."""
    return Work(PROGRAM, 60)


def simulating(config: Config, wildcards) -> Work:
    """Images pass by; images × concepts × dimension products, and METRICS covers the weights and the writing.

    512 images are simulated in double precision, and WRITTEN_TOGETHER of them wait for the disk.
    """
    images, concepts = rows_of_layer(config, wildcards), concepts_of_method(config, wildcards)
    written = megabytes(5 * WRITTEN_TOGETHER * n_explained(config, wildcards))
    passing = megabytes((2_048 + 3 * concepts) * DIMENSION + 4 * 512 * concepts)
    seconds = 2 * images * concepts * DIMENSION / OPERATIONS + explained_numbers(config, wildcards) / METRICS
    return Work(PROGRAM + passing + written, seconds)


def n_pairs(config: Config, wildcards) -> int:
    return len(scored_pairs(config, wildcards))


def scored_numbers(config: Config, wildcards) -> float:
    """Images of val and test × neurons that are explained."""
    return (1 - config["split"]["train"]) * explained_numbers(config, wildcards)


def scoring(config: Config, wildcards) -> Work:
    """A block of activations and of a simulation twice, on val and test; what metrics sort; the scores of all pairs."""
    scored = (1 - config["split"]["train"]) * block_numbers(config, wildcards)
    rows = n_pairs(config, wildcards) * n_explained(config, wildcards)
    memory = PROGRAM + megabytes(5 * scored) + megabytes(3 * rows * COLUMNS, 8)
    return Work(memory, n_pairs(config, wildcards) * scored_numbers(config, wildcards) / METRICS)


def judging(config: Config, wildcards) -> Work:
    """Moments as for fitting; P of test twice; activations and simulations of test, standardised, block by block.

    Images × neurons × permutations, PᵀQ, and images × neurons² products with the simulations of others.
    """
    methods = [with_method(wildcards, method) for method, _ in scored_pairs(config, wildcards)]
    test, permutations, length = config["split"]["test"], 2_000, 10
    concepts, numbers = [concepts_of_method(config, m) for m in methods], explained_numbers(config, wildcards)
    images, neurons = test * rows_of_layer(config, wildcards), n_explained(config, wildcards)
    values = 14 * test * block_numbers(config, wildcards) + 2 * images * max(concepts) + 2 * permutations * images
    matrices = permutations * length**2 + 4 * max(concepts) ** 2 + 14 * max(concepts) * NEURONS_TOGETHER
    memory = PROGRAM + megabytes(values + matrices) + crossed(neurons)
    operations = 2 * numbers * (sum(concepts) + len(methods) * test * (permutations + neurons))
    return Work(memory, operations / OPERATIONS)


def bounding(config: Config, wildcards) -> Work:
    """Moments of P by explainer and simulator, in three copies, a block of activations twice, weights.

    A seventh strength of the ridge covers the search; P is summed by explainer and simulator, and multiplied on test;
    factors and moments are made again for each block of neurons.
    """
    concept_set = set_of_presence(wildcards.presence)
    concepts, neurons = work_sizes.n_concepts(config, concept_set), n_explained(config, wildcards)
    images, blocks = images_of_probe(config, wildcards), ceil(neurons / NEURONS_TOGETHER)
    values = 2 * block_numbers(config, wildcards) + 6 * concepts**2 + 14 * concepts * NEURONS_TOGETHER
    solved = 7 * (blocks * concepts**3 / 3 + 4 * concepts**2 * neurons)
    products = images * concepts * (blocks * (concepts + 6 * DIMENSION) + 4 * neurons)
    return Work(PROGRAM + megabytes(values), (2 * solved + products) / OPERATIONS)


def missing(config: Config, wildcards) -> Work:
    """A block of activations and of residuals twice, four matrices in double precision.

    Images × neurons × concepts of the wider set.
    """
    wider = target_of(config, wildcards).get("wider_concepts", "labels")
    concepts, numbers = work_sizes.n_concepts(config, wider), explained_numbers(config, wildcards)
    values = 4 * block_numbers(config, wildcards) + 8 * concepts * NEURONS_TOGETHER
    return Work(PROGRAM + megabytes(values), 2 * numbers * concepts / OPERATIONS)


def shuffling(config: Config, wildcards) -> Work:
    """Activations and simulations of test, standardised, block by block; the shuffles; images × neurons² products."""
    numbers, explained = explained_numbers(config, wildcards), n_explained(config, wildcards)
    test = config["split"]["test"]
    memory = megabytes(10 * test * block_numbers(config, wildcards) + 2 * 1_000 * explained) + crossed(explained)
    operations = 2 * n_pairs(config, wildcards) * test * numbers * explained
    return Work(PROGRAM + memory, operations / OPERATIONS)


def crossed(neurons: int) -> float:
    """Correlations of neurons with the simulations of all, as many as are held (`scoring.shuffling`), and a copy."""
    return megabytes(1.5 * min(VALUES_AT_ONCE, neurons * NEURONS_TOGETHER), 8)


def checking(config: Config, wildcards) -> Work:
    """Every linear method and the single labels: P of val and test, three sets of simulations, and their scores."""
    methods = [with_method(wildcards, name) for name in linear_methods(config, wildcards)]
    concepts = max([concepts_of_method(config, m) for m in methods] + [work_sizes.CONCEPTS["labels"]])
    numbers, share = scored_numbers(config, wildcards), 1 - config["split"]["train"]
    presence = share * images_of_probe(config, wildcards) * concepts
    train = config["split"]["train"] * block_numbers(config, wildcards)
    values = 2 * train + 10 * share * block_numbers(config, wildcards) + 6 * presence
    sets = 3 * (len(methods) + 1)
    seconds = sets * numbers / METRICS
    if target_of(config, wildcards)["layers"][wildcards.layer]["ablation"]:
        values += 4 * images_of_probe(config, wildcards) * 1_000
        seconds += sets * numbers / CURVES
    return Work(PROGRAM + megabytes(values), seconds)


def sampling_curves(config: Config, wildcards) -> Work:
    """A block of activations twice, logits of 1,000 classes four times; curves are written as they come.

    Nothing is done behind a linear head. Elsewhere the network is run again and again, which the job's log announces; a
    layer of that kind is given more time by hand.
    """
    values = 2 * matrix_numbers(config, wildcards) + 4 * images_of_probe(config, wildcards) * 1_000
    return Work(TORCH + target_network(config, wildcards) + megabytes(values), 60)


def ablating(config: Config, wildcards) -> Work:
    """The same and a block of simulations twice; the time is that of a tail that is linear, too."""
    memory = sampling_curves(config, wildcards).memory + megabytes(2 * matrix_numbers(config, wildcards))
    return Work(memory, scored_numbers(config, wildcards) / CURVES)


def removing(config: Config, wildcards) -> Work:
    """The same for activations of all images: every neuron that is explained is taken out of every image once."""
    memory = sampling_curves(config, wildcards).memory + megabytes(2 * block_numbers(config, wildcards))
    return Work(memory, explained_numbers(config, wildcards) / CURVES)


def measuring_effects(config: Config, wildcards) -> Work:
    """The same; where the tail is replayed, each neuron that is explained passes the network with some images."""
    memory = sampling_curves(config, wildcards).memory
    passes = TOP_IMAGES * n_explained(config, wildcards)
    return Work(memory, passes / FORWARD)


def drawing_neurons(config: Config, wildcards) -> Work:
    """Activations, and P of the method that is drawn, read for few neurons and concepts; some hundred pictures."""
    charted = charted_method(config, wildcards)
    concepts = concepts_of_method(config, with_method(wildcards, charted)) if charted else 0
    values = recorded_numbers(config, wildcards) + images_of_probe(config, wildcards) * concepts
    return Work(PROGRAM + megabytes(values), 1_800)
