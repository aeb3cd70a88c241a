def mapped_method(wildcards):
    """The method whose weights are drawn: the first linear one, or else the first."""
    return charted_method(wildcards) or target_of(wildcards)["methods"][0]


def drawn_calibrations(wildcards):
    """The calibrated models of a layer, as pairs of name and role; not those whose a and b are given, or a stop."""
    fitted = fitted_calibrations(wildcards)
    if not fitted:
        stop(
            f"target {wildcards.target}: a and b of its image-text models are given, so there is no calibration to draw"
        )
    return fitted


def fitted_calibrations(wildcards):
    return [
        (name, role)
        for name, role in calibrated_models(wildcards)
        if "probe" in config["image_text_models"][name]["calibration"]
    ]


def figures_of_run(_):
    """The figures of every layer under `run`: all that its settings and labels allow."""
    files = []
    for place in config["run"]:
        target, layer = place.split("/")
        wildcards = SimpleNamespace(target=target, layer=layer)
        names = ["scores", "lengths", "weights"]
        if fitted_calibrations(wildcards):
            names.append("calibration")
        if target_of(wildcards)["layers"][layer]["ablation"]:
            names.append("correlation_ablation")
            # as costly as a part of the ablation
            names += ["top_impact"] if has_labels(wildcards) else []
        files += [f"results/{place}/figures/{name}.svg" for name in names]
    return files
