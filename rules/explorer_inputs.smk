def explorer_files(wildcards):
    """The inputs of the explorer: all that is known of a layer, and the main simulator's view of its explanations."""
    target, folder = target_of(wildcards), f"results/{wildcards.target}/{wildcards.layer}"
    methods, simulator = target["methods"], target["simulator"]
    views = [
        simulation_files(
            SimpleNamespace(
                target=wildcards.target, layer=wildcards.layer, method=method, simulator=simulator
            )
        )
        for method in methods
    ]
    linear = [with_method(wildcards, method) for method in linear_methods(wildcards)]
    return {
        "images": image_files("probes", target["probe"]),
        "index": probe_path(wildcards, "index.parquet"),
        "activations": recorded(wildcards, "{layer}/activations.h5"),
        "scores": f"{folder}/scores.parquet",
        "summary": f"{folder}/summary.csv",
        "comparison": f"{folder}/comparison.csv",
        "sanity": f"{folder}/sanity.csv",
        "embeddings": probe_path(wildcards, f"embeddings/{simulator}.h5"),
        "calibration": f"results/calibration/{simulator}.json",
        "calibrations": [f"results/calibration/{name}.json" for name, _ in calibrated_models(wildcards)],
        "explanations": [view["explanations"] for view in views],
        "simulations": [f"{folder}/simulations/{simulator}/{method}.h5" for method in methods],
        "concepts": [view["concepts"] for view in views],
        "presence": [f"{presence_folder(method)}/P.h5" for method in linear],
    }


def explorer_page():
    """The files that the pages consist of, beside the data."""
    return sorted(str(path) for path in (SCRIPTS / "linexp" / "explorer" / "page").iterdir())
