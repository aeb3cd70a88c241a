def has_labels(wildcards):
    """Whether images of the probe have classes that the model knows."""
    target = target_of(wildcards)
    image_files("probes", target["probe"])  # or a stop
    return target.get("class_map") != "none" and image_sources.has_classes(
        image_settings("probes", target["probe"])
    )


def effect_files(wildcards):
    """The inputs that the effects of neurons on the output are computed from."""
    return {
        **target_files(wildcards),
        "images": image_files("probes", target_of(wildcards)["probe"]),
        "index": probe_path(wildcards, "index.parquet"),
        "outputs": recorded(wildcards, "outputs.h5"),
        "head": recorded(wildcards, "{layer}/head.h5"),
        "activations": recorded(wildcards, "{layer}/activations.h5"),
    }


def ablation_files(wildcards):
    """The same, or a stop if the loss needs labels and there are none."""
    if target_of(wildcards)["ablation"]["loss"] == "cross_entropy" and not has_labels(wildcards):
        stop(f"target {wildcards.target}: {configuration.NO_LABELS}")
    return effect_files(wildcards)


def impact_files(wildcards):
    """The same, or a stop if there are no labels."""
    if not has_labels(wildcards):
        stop(f"target {wildcards.target}: {configuration.NO_IMPACT}")
    return effect_files(wildcards)


def sanity_files(wildcards):
    """The inputs of the sanity checks: labels where there are any, and the simulator's view of linear explanations."""
    target, folder = target_of(wildcards), f"results/{wildcards.target}/{wildcards.layer}"
    methods = [with_method(wildcards, name) for name in linear_methods(wildcards)]
    simulator = target["simulator"]
    files = {
        "index": probe_path(wildcards, "index.parquet"),
        "activations": recorded(wildcards, "{layer}/activations.h5"),
        "images": probe_path(wildcards, f"embeddings/{simulator}.h5"),
        "calibration": f"results/calibration/{simulator}.json",
        "explanations": [f"{folder}/explanations/{method.method}.parquet" for method in methods],
        "concepts": [probe_path(wildcards, f"concepts/{concept_set_of(m)}/{simulator}.h5") for m in methods],
    }
    if target["layers"][wildcards.layer]["ablation"]:
        files |= {
            "outputs": recorded(wildcards, "outputs.h5"),
            "head": recorded(wildcards, "{layer}/head.h5"),
        }
    if image_sources.possible_labels(config["probes"][target["probe"]]):
        files["labels"] = probe_path(wildcards, "labels.h5")
    return files


def summary_files(wildcards):
    """The inputs of a summary: scores, sanity checks and the null controls that the target asks for."""
    folder, controls = f"results/{wildcards.target}/{wildcards.layer}", target_of(wildcards)["controls"]
    files = {"scores": f"{folder}/scores.parquet", "sanity": f"{folder}/sanity.csv"}
    if "shuffled" in controls:
        files["shuffled"] = f"{folder}/shuffles.parquet"
    if "untrained" in controls:
        copy = wildcards.target + derived_targets.UNTRAINED_SUFFIX
        files["untrained"] = f"results/{copy}/{wildcards.layer}/scores.parquet"
    return files


def view_files(wildcards):
    """The inputs of pictures of neurons."""
    folder, charted = f"results/{wildcards.target}/{wildcards.layer}", charted_method(wildcards)
    files = {
        "images": image_files("probes", target_of(wildcards)["probe"]),
        "index": probe_path(wildcards, "index.parquet"),
        "activations": recorded(wildcards, "{layer}/activations.h5"),
        "scores": f"{folder}/scores.parquet",
        "explanations": [
            f"{folder}/explanations/{method}.parquet" for method in target_of(wildcards)["methods"]
        ],
    }
    if charted:
        files["presence"] = f"{presence_folder(with_method(wildcards, charted))}/P.h5"
    return files


def calibrated_models(wildcards):
    """The image-text models of a target that are calibrated, as pairs of name and role."""
    target = target_of(wildcards)
    methods = [method_settings(with_method(wildcards, name)) for name in target["methods"]]
    explainers = [method["explainer"] for method in methods if method.get("presence") == "pseudo"]
    simulators = [target["simulator"], *target["more_simulators"]]
    pairs = [(name, "explainer") for name in explainers] + [(name, "simulator") for name in simulators]
    return list(dict.fromkeys(pairs))
