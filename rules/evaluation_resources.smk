# What the jobs of explaining and scoring ask a cluster for; resources.smk says how.


def fitting(wildcards):
    """Activations twice, four matrices of concepts² in double precision; images × neurons × concepts products (PᵀQ)."""
    numbers, concepts = explained_numbers(wildcards), concepts_of_method(wildcards)
    memory = PROGRAM + megabytes(recorded_numbers(wildcards) + numbers) + megabytes(4 * concepts**2, 8)
    operations = 2 * numbers * concepts
    if method_settings(wildcards).get("solver") == "glm_saga":
        # P on train as it is read and standardised
        whole = megabytes(3 * images_of_probe(wildcards) * concepts)
        return Work(memory + TORCH + whole, operations / 2 / GLM_SAGA)
    return Work(memory, operations / OPERATIONS)


def fitting_baseline(wildcards):
    """Activations twice, embeddings, and the similarity of all images and concepts three times (CLIP-Dissect)."""
    images, concepts = images_of_probe(wildcards), concepts_of_method(wildcards)
    numbers = recorded_numbers(wildcards) + explained_numbers(wildcards)
    values = numbers + images * DIMENSION + 3 * images * concepts
    operations = 2 * explained_numbers(wildcards) * concepts
    return Work(PROGRAM + megabytes(values), operations / OPERATIONS)


def importing(wildcards):
    """Activations, to see which neurons are constant."""
    return Work(PROGRAM + megabytes(recorded_numbers(wildcards)), 60)


def simulating(wildcards):
    """Images pass by; images × concepts × dimension products, and METRICS covers the weights and the writing."""
    images, concepts = images_of_probe(wildcards), concepts_of_method(wildcards)
    weights = megabytes(concepts * (DIMENSION + work_sizes.n_explained(target_of(wildcards))), 8)
    seconds = 2 * images * concepts * DIMENSION / OPERATIONS + explained_numbers(wildcards) / METRICS
    return Work(PROGRAM + megabytes(images * DIMENSION) + weights, seconds)


def n_pairs(wildcards):
    return len(scored_pairs(wildcards))


def scored_numbers(wildcards):
    """Images of val and test × neurons that are explained."""
    return (1 - config["split"]["train"]) * explained_numbers(wildcards)


def scoring(wildcards):
    """Activations twice, one simulation at a time twice; every pair of method and simulator in turn."""
    values = recorded_numbers(wildcards) + 3 * explained_numbers(wildcards)
    return Work(PROGRAM + megabytes(values), n_pairs(wildcards) * scored_numbers(wildcards) / METRICS)


def shuffling(wildcards):
    """Activations and a simulation, both also standardised in double precision; images × neurons² products a pair."""
    numbers, explained = explained_numbers(wildcards), work_sizes.n_explained(target_of(wildcards))
    values = recorded_numbers(wildcards) + 8 * numbers + 4 * explained**2
    operations = 2 * n_pairs(wildcards) * numbers * explained
    return Work(PROGRAM + megabytes(values), operations / OPERATIONS)


def checking(wildcards):
    """Every linear method and the single labels: P of val and test, three sets of simulations, and their scores."""
    methods = [with_method(wildcards, name) for name in linear_methods(wildcards)]
    concepts = max([concepts_of_method(m) for m in methods] + [work_sizes.CONCEPTS["labels"]])
    numbers = scored_numbers(wildcards)
    presence = (1 - config["split"]["train"]) * images_of_probe(wildcards) * concepts
    values = 2 * recorded_numbers(wildcards) + 4 * numbers + 4 * presence
    sets = 3 * (len(methods) + 1)
    seconds = sets * numbers / METRICS
    if target_of(wildcards)["layers"][wildcards.layer]["ablation"]:
        seconds += sets * numbers / CURVES
    return Work(PROGRAM + megabytes(values), seconds)


def ablating(wildcards):
    """Activations twice in double precision, logits of 1,000 classes four times, all simulations twice.

    The time is that of a tail that is linear. Elsewhere the network is run again and again, which the job's log
    announces; a layer of that kind is given more by hand.
    """
    pairs = n_pairs(wildcards)
    values = 4 * recorded_numbers(wildcards) + 4 * images_of_probe(wildcards) * 1_000
    values += 2 * pairs * explained_numbers(wildcards)
    seconds = pairs * scored_numbers(wildcards) / CURVES
    return Work(TORCH + target_network(wildcards) + megabytes(values), seconds)


def removing(wildcards):
    """The same without simulations: every neuron of the layer is taken out of every image once."""
    numbers = recorded_numbers(wildcards)
    values = 4 * numbers + 4 * images_of_probe(wildcards) * 1_000
    return Work(TORCH + target_network(wildcards) + megabytes(values), numbers / CURVES)


def drawing_neurons(wildcards):
    """Activations, and P of the method that is drawn, read for few neurons and concepts; some hundred pictures."""
    charted = charted_method(wildcards)
    concepts = concepts_of_method(with_method(wildcards, charted)) if charted else 0
    values = recorded_numbers(wildcards) + images_of_probe(wildcards) * concepts
    return Work(PROGRAM + megabytes(values), 1_800)
