rule dissect_network:
    input:
        unpack(dissection_files),
        script=script_file("dissect_network"),
        library=library(
            "dissection", "image_sources", "pixel_labels", "probe_index", "runtime", "store", "targets"
        ),
    output:
        "results/{target}/{layer}/dissections/{method}.h5",
    log:
        "results/logs/dissect_network/{target}/{layer}/{method}.log",
    wildcard_constraints:
        target=one_of(recorded_targets & uncut_targets),
        method=one_of(names_of_kind("methods", "network_dissection")),
    conda:
        "../envs/linexp.yaml"
    threads: threads_of_target
    resources:
        mem_mb=memory(dissecting),
        runtime=runtime(dissecting),
        gpu=1,
    params:
        model=lambda wc: target_of(wc)["model"],
        layer=dissected_layer,
        images=lambda wc: image_settings("probes", dissection_probe(wc)),
        pixel_labels=lambda wc: config["probes"][dissection_probe(wc)],
        split=dissection_split,
        top_fraction=lambda wc: config["methods"][wc.method]["top_fraction"],
        batch_size=lambda wc: target_of(wc)["batch_size"],
        seed=config["seed"],
    script:
        "../workflow/scripts/dissect_network.py"


rule explain_network_dissection:
    input:
        script=script_file("explain_network_dissection"),
        library=library("explanations", "network_dissection", "runtime", "store"),
        dissection=dissection_of,
        index=lambda wc: probe_path(wc, "index.parquet"),
    output:
        "results/{target}/{layer}/explanations/{method}.parquet",
    log:
        "results/logs/explain_network_dissection/{target}/{layer}/{method}.log",
    wildcard_constraints:
        method=one_of(names_of_kind("methods", "network_dissection")),
    conda:
        "../envs/linexp.yaml"
    resources:
        mem_mb=memory(small),
        runtime=runtime(small),
    params:
        minimum_iou=lambda wc: config["methods"][wc.method]["minimum_iou"],
        neurons=neurons_of,
    script:
        "../workflow/scripts/explain_network_dissection.py"
