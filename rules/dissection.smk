rule dissect_network:
    input:
        unpack(needs(dissection_files.dissection_files)),
    output:
        "results/{target}/{layer}/dissections/{method}.h5",
    log:
        "results/logs/dissect_network/{target}/{layer}/{method}.log",
    wildcard_constraints:
        target=one_of(networks & uncut_targets),
        method=one_of(names_of_kind("methods", "network_dissection")),
    conda:
        "../envs/linexp.yaml"
    threads: threads_of_target
    resources:
        mem_mb=memory(resources.dissecting),
        runtime=runtime(resources.dissecting),
        gpu=1,
        batch_size=of_target("batch_size"),
    params:
        model=ask(model_files.up_to_layers),
        layer=ask(dissection_files.dissected_layer),
        images=ask(dissection_files.dissected_images),
        pixel_labels=ask(dissection_files.labelled_pixels),
        split=ask(dissection_files.dissection_split),
        top_fraction=of_method("top_fraction"),
        seed=config["seed"],
    message:
        "Dissect {wildcards.target}/{wildcards.layer} for {wildcards.method}"
    script:
        "../workflow/scripts/dissect_network.py"


rule explain_network_dissection:
    input:
        dissection=needs(dissection_files.dissection_of),
        index=needs(inputs.index_of),
    output:
        "results/{target}/{layer}/explanations/{method}.parquet",
    log:
        "results/logs/explain_network_dissection/{target}/{layer}/{method}.log",
    wildcard_constraints:
        method=one_of(names_of_kind("methods", "network_dissection")),
    conda:
        "../envs/linexp.yaml"
    resources:
        mem_mb=memory(resources.small),
        runtime=runtime(resources.small),
    params:
        minimum_iou=of_method("minimum_iou"),
        neurons=ask(inputs.neurons_of),
    message:
        "Explain {wildcards.target}/{wildcards.layer} by {wildcards.method}"
    script:
        "../workflow/scripts/explain_network_dissection.py"
