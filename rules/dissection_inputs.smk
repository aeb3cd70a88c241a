from linexp import pixel_labels


def dissection_probe(wildcards):
    """The data set with pixel labels that a method dissects on, its own or the target's, or a stop."""
    probe = config["methods"][wildcards.method].get("probe", target_of(wildcards)["probe"])
    place = f"methods.{wildcards.method}.probe"
    if probe not in config["probes"]:
        stop(f"{place}: probe {probe!r} does not exist; use one of {', '.join(config['probes'])}")
    if config["probes"][probe]["kind"] not in pixel_labels.KINDS:
        stop(f"{place}: {probe!r} has no pixel labels; use a probe of kind {' or '.join(pixel_labels.KINDS)}")
    return probe


def dissection_split(wildcards):
    """The images to dissect on: of the target's own probe those that other methods are fitted on, else all."""
    own = dissection_probe(wildcards) == target_of(wildcards)["probe"]
    return "train" if own and not config["paper_parity"] else "all"


def dissected_layer(wildcards):
    """The settings of a layer that change where its neurons are active, or a stop if it has no maps."""
    layer = target_of(wildcards)["layers"][wildcards.layer]
    kind = {"first": "tokens", "none": "scalars"}.get(layer["pool"])
    if kind:
        stop(
            f"targets.{wildcards.target}.methods: {wildcards.method} needs maps, and layer {wildcards.layer} gives "
            f"{kind} (pool: {layer['pool']}); take it out"
        )
    return {key: layer[key] for key in ("module", "channels")}


def dissection_files(wildcards):
    """The inputs of Network Dissection."""
    probe = dissection_probe(wildcards)
    files = {
        **target_files(wildcards),
        "images": image_files("probes", probe),
        "index": f"results/probes/{probe}/index.parquet",
    }
    if config["probes"][probe]["kind"] == "scenes":
        files["masks"] = f"results/probes/{probe}/masks.h5"
    return files


def dissection_of(wildcards):
    """What the explanations are read off, or a stop."""
    dissected_layer(wildcards)
    return recorded(wildcards, f"{{layer}}/dissections/{wildcards.method}.h5")
