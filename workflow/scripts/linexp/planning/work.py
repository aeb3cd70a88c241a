"""What the jobs of explaining and scoring ask a cluster for; `resources` says how it is estimated."""

from ..config.checks import Config
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
    GLM_SAGA,
    METRICS,
    OPERATIONS,
    PROGRAM,
    SEARCH,
    TORCH,
    Work,
    concepts_of_method,
    explained_numbers,
    images_of_probe,
    megabytes,
    recorded_numbers,
    rows_of_layer,
    target_network,
)


def fitting(config: Config, wildcards) -> Work:
    """Activations twice, four matrices of concepts² in double precision; images × neurons × concepts products (PᵀQ).

    A search looks at all concepts for every set that it keeps, and for every concept of the sets that it exchanges.
    """
    numbers, concepts = explained_numbers(config, wildcards), concepts_of_method(config, wildcards)
    memory = PROGRAM + megabytes(recorded_numbers(config, wildcards) + numbers) + megabytes(4 * concepts**2, 8)
    operations, method = 2 * numbers * concepts, method_settings(config, wildcards)
    if "search" in method:
        length, beam = method["search"].get("length", method["search"]["max_concepts"]), method["search"]["beam"]
        looks = beam * length**2 / 2 + length**3 / 3
        seconds = work_sizes.n_explained(target_of(config, wildcards)) * concepts * looks / SEARCH
        return Work(memory, operations / OPERATIONS + seconds)
    if method.get("solver") == "glm_saga":
        # P on train as it is read and standardised
        whole = megabytes(3 * images_of_probe(config, wildcards) * concepts)
        return Work(memory + TORCH + whole, operations / 2 / GLM_SAGA)
    return Work(memory, operations / OPERATIONS)


def resampling(config: Config, wildcards) -> Work:
    """What fitting reads, and sums over blocks of images; a second a neuron covers refits and passes over P."""
    seconds = work_sizes.n_explained(target_of(config, wildcards))
    return Work(fitting(config, wildcards).memory + 2_000, fitting(config, wildcards).seconds + seconds)


def fitting_baseline(config: Config, wildcards) -> Work:
    """Activations twice, embeddings, and the similarity of all images and concepts three times (CLIP-Dissect)."""
    images, concepts = rows_of_layer(config, wildcards), concepts_of_method(config, wildcards)
    numbers = recorded_numbers(config, wildcards) + explained_numbers(config, wildcards)
    values = numbers + images * DIMENSION + 3 * images * concepts
    operations = 2 * explained_numbers(config, wildcards) * concepts
    return Work(PROGRAM + megabytes(values), operations / OPERATIONS)


def importing(config: Config, wildcards) -> Work:
    """Activations, to see which neurons are constant."""
    return Work(PROGRAM + megabytes(recorded_numbers(config, wildcards)), 60)


def simulating(config: Config, wildcards) -> Work:
    """Images pass by; images × concepts × dimension products, and METRICS covers the weights and the writing."""
    images, concepts = rows_of_layer(config, wildcards), concepts_of_method(config, wildcards)
    weights = megabytes(concepts * (DIMENSION + work_sizes.n_explained(target_of(config, wildcards))), 8)
    seconds = 2 * images * concepts * DIMENSION / OPERATIONS + explained_numbers(config, wildcards) / METRICS
    return Work(PROGRAM + megabytes(images * DIMENSION) + weights, seconds)


def n_pairs(config: Config, wildcards) -> int:
    return len(scored_pairs(config, wildcards))


def scored_numbers(config: Config, wildcards) -> float:
    """Images of val and test × neurons that are explained."""
    return (1 - config["split"]["train"]) * explained_numbers(config, wildcards)


def scoring(config: Config, wildcards) -> Work:
    """Activations twice, one simulation at a time twice; every pair of method and simulator in turn."""
    values = recorded_numbers(config, wildcards) + 3 * explained_numbers(config, wildcards)
    return Work(PROGRAM + megabytes(values), n_pairs(config, wildcards) * scored_numbers(config, wildcards) / METRICS)


def judging(config: Config, wildcards) -> Work:
    """Moments as for fitting, activations, P of test, blocks of sets; images × neurons × permutations, and PᵀQ."""
    methods = [with_method(wildcards, method) for method, _ in scored_pairs(config, wildcards)]
    test, permutations, length = config["split"]["test"], 2_000, 10
    concepts, numbers = [concepts_of_method(config, m) for m in methods], explained_numbers(config, wildcards)
    values = (
        recorded_numbers(config, wildcards) + 6 * numbers + 2 * test * rows_of_layer(config, wildcards) * max(concepts)
    )
    memory = PROGRAM + megabytes(values + permutations * length**2) + megabytes(4 * max(concepts) ** 2)
    operations = 2 * numbers * (sum(concepts) + len(methods) * test * permutations)
    return Work(memory, operations / OPERATIONS)


def bounding(config: Config, wildcards) -> Work:
    """Moments of P by explainer and simulator, in three copies, activations twice, weights; factors and solutions.

    A seventh strength of the ridge covers the search; P is summed by explainer and simulator, and multiplied on test.
    """
    concept_set = set_of_presence(wildcards.presence)
    concepts, numbers = work_sizes.n_concepts(config, concept_set), explained_numbers(config, wildcards)
    neurons, images = work_sizes.n_explained(target_of(config, wildcards)), images_of_probe(config, wildcards)
    values = recorded_numbers(config, wildcards) + 2 * numbers + 6 * concepts**2 + 8 * concepts * neurons
    solved = 7 * (concepts**3 / 3 + 4 * concepts**2 * neurons)
    products = images * concepts * (concepts + 4 * neurons + 6 * DIMENSION)
    return Work(PROGRAM + megabytes(values), (2 * solved + products) / OPERATIONS)


def missing(config: Config, wildcards) -> Work:
    """Activations twice, residuals, four matrices in double precision; images × neurons × concepts of the wider set."""
    wider = target_of(config, wildcards).get("wider_concepts", "labels")
    concepts, numbers = work_sizes.n_concepts(config, wider), explained_numbers(config, wildcards)
    neurons = work_sizes.n_explained(target_of(config, wildcards))
    values = recorded_numbers(config, wildcards) + 3 * numbers + 8 * concepts * neurons
    return Work(PROGRAM + megabytes(values), 2 * numbers * concepts / OPERATIONS)


def shuffling(config: Config, wildcards) -> Work:
    """Activations and a simulation, both also standardised in double precision; images × neurons² products a pair."""
    numbers, explained = explained_numbers(config, wildcards), work_sizes.n_explained(target_of(config, wildcards))
    values = recorded_numbers(config, wildcards) + 8 * numbers + 4 * explained**2
    operations = 2 * n_pairs(config, wildcards) * numbers * explained
    return Work(PROGRAM + megabytes(values), operations / OPERATIONS)


def checking(config: Config, wildcards) -> Work:
    """Every linear method and the single labels: P of val and test, three sets of simulations, and their scores."""
    methods = [with_method(wildcards, name) for name in linear_methods(config, wildcards)]
    concepts = max([concepts_of_method(config, m) for m in methods] + [work_sizes.CONCEPTS["labels"]])
    numbers = scored_numbers(config, wildcards)
    presence = (1 - config["split"]["train"]) * images_of_probe(config, wildcards) * concepts
    values = 2 * recorded_numbers(config, wildcards) + 4 * numbers + 4 * presence
    sets = 3 * (len(methods) + 1)
    seconds = sets * numbers / METRICS
    if target_of(config, wildcards)["layers"][wildcards.layer]["ablation"]:
        seconds += sets * numbers / CURVES
    return Work(PROGRAM + megabytes(values), seconds)


def sampling_curves(config: Config, wildcards) -> Work:
    """Activations twice in double precision, logits of 1,000 classes four times; curves are written as they come.

    Nothing is done behind a linear head. Elsewhere the network is run again and again, which the job's log announces; a
    layer of that kind is given more time by hand.
    """
    values = 4 * recorded_numbers(config, wildcards) + 4 * images_of_probe(config, wildcards) * 1_000
    return Work(TORCH + target_network(config, wildcards) + megabytes(values), 60)


def ablating(config: Config, wildcards) -> Work:
    """The same and a simulation twice; the time is that of a tail that is linear, too."""
    memory = sampling_curves(config, wildcards).memory + megabytes(2 * explained_numbers(config, wildcards))
    return Work(memory, scored_numbers(config, wildcards) / CURVES)


def removing(config: Config, wildcards) -> Work:
    """The same without simulations: every neuron that is explained is taken out of every image once."""
    memory = sampling_curves(config, wildcards).memory
    return Work(memory, explained_numbers(config, wildcards) / CURVES)


def drawing_neurons(config: Config, wildcards) -> Work:
    """Activations, and P of the method that is drawn, read for few neurons and concepts; some hundred pictures."""
    charted = charted_method(config, wildcards)
    concepts = concepts_of_method(config, with_method(wildcards, charted)) if charted else 0
    values = recorded_numbers(config, wildcards) + images_of_probe(config, wildcards) * concepts
    return Work(PROGRAM + megabytes(values), 1_800)
