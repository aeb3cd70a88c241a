def neurons_of(wildcards):
    return configuration.parse_neurons(target_of(wildcards).get("neurons"))


def probe_path(wildcards, rest):
    return f"results/probes/{target_of(wildcards)['probe']}/{rest}"


def recorded(wildcards, rest):
    """A file of what is recorded of a target's model, which targets that are like another share."""
    target = derived_targets.recorded_target(config["targets"], wildcards.target)
    return f"results/{target}/{rest.format(layer=getattr(wildcards, 'layer', None))}"


def method_settings(wildcards):
    """The entry of a method, with the target's explainer and concepts where it names none.

    Random concepts are drawn from those of the first linear method.
    """
    target, method = target_of(wildcards), wildcards.method
    if method == RANDOM_CONCEPTS:
        method = charted_method(wildcards)
    defaults = {"explainer": target["explainer"], "concepts": target["concepts"]}
    return defaults | config["methods"][method]


def concept_set_of(wildcards):
    """The concept set that a method's explanations are made of."""
    method = method_settings(wildcards)
    return "labels" if method.get("presence") == "label" else method["concepts"]


def presence_folder(wildcards):
    """Where the P of a method lies, with its moments."""
    method = method_settings(wildcards)
    if method["presence"] == "label":
        return probe_path(wildcards, "P/label")
    return probe_path(wildcards, f"P/{method['concepts']}/{method['explainer']}")


def concept_set_members(wildcards):
    """The parts of a concept set, each with its name as `origin` and where its concepts come from."""

    def part(name):
        entry = config["concept_sets"].get(name, {})
        for words in WORD_LISTS:
            if words in entry:
                resource = SCRIPTS / "linexp" / "resources" / f"{words}.txt"
                return {"origin": name, "file": str(resource), "number": entry[words]}
        if "file" in entry:
            named_file(entry["file"], f"concept_sets.{name}.file")
        return {"origin": name, **entry}

    return [part(name) for name in configuration.members(config, wildcards.concept_set)]


def fitting_files(wildcards):
    """The inputs that linear explanations are fitted on."""
    folder = presence_folder(wildcards)
    return {
        "presence": f"{folder}/P.h5",
        "moments": f"{folder}/moments.h5",
        "activations": recorded(wildcards, "{layer}/activations.h5"),
        "index": probe_path(wildcards, "index.parquet"),
    }


def baseline_files(wildcards):
    """The inputs of a baseline: embeddings instead of P."""
    method = method_settings(wildcards)
    return {
        "images": probe_path(wildcards, f"embeddings/{method['explainer']}.h5"),
        "concepts": probe_path(wildcards, f"concepts/{method['concepts']}/{method['explainer']}.h5"),
        "activations": recorded(wildcards, "{layer}/activations.h5"),
        "index": probe_path(wildcards, "index.parquet"),
    }


def simulation_files(wildcards):
    """The inputs of a simulation: the simulator's view of the images and of the method's concepts."""
    folder = f"results/{wildcards.target}/{wildcards.layer}"
    concepts = probe_path(wildcards, f"concepts/{concept_set_of(wildcards)}/{wildcards.simulator}.h5")
    if method_settings(wildcards)["kind"] in OWN_CONCEPTS:
        concepts = f"{folder}/concepts/{wildcards.simulator}/{wildcards.method}.h5"
    return {
        "explanations": f"{folder}/explanations/{wildcards.method}.parquet",
        "images": probe_path(wildcards, f"embeddings/{wildcards.simulator}.h5"),
        "concepts": concepts,
        "calibration": f"results/calibration/{wildcards.simulator}.json",
    }


def scored_pairs(wildcards):
    """Every pair of method and simulator that a target is scored with; controls with the main simulator."""
    target = target_of(wildcards)
    simulators = [target["simulator"], *target["more_simulators"]]
    pairs = [(method, simulator) for simulator in simulators for method in target["methods"]]
    controls = [name for name in target["controls"] if name == RANDOM_CONCEPTS]
    return [*pairs, *((control, target["simulator"]) for control in controls)]


def simulations_of(wildcards):
    """The simulations of a layer, in the order of its scored pairs."""
    folder = f"results/{wildcards.target}/{wildcards.layer}/simulations"
    return [f"{folder}/{simulator}/{method}.h5" for method, simulator in scored_pairs(wildcards)]


def linear_methods(wildcards):
    """The linear methods of a target, in its order."""
    return [name for name in target_of(wildcards)["methods"] if config["methods"][name]["kind"] == "linear"]


def charted_method(wildcards):
    return derived_targets.first_linear(config, target_of(wildcards))


def with_method(wildcards, method):
    """The wildcards of a layer with a method, for the helpers that want one."""
    return SimpleNamespace(target=wildcards.target, layer=wildcards.layer, method=method)


def imported_file(wildcards):
    """The file of an imported method, or a stop if it is not there."""
    path = table_sources.imported_path(config, wildcards.method, wildcards.target, wildcards.layer)
    return named_file(path, f"methods.{wildcards.method}.file")
