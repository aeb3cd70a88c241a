rule make_report:
    input:
        unpack(explorer_files),
        script=script_file("make_report"),
        library=library("explorer", "image_sources", "probe_index", "runtime", "store"),
        page=explorer_page(),
    output:
        "results/{target}/{layer}/report/index.html",
    log:
        "results/logs/make_report/{target}/{layer}.log",
    conda:
        "../envs/linexp.yaml"
    threads: threads_of_target
    resources:
        mem_mb=memory(drawing_neurons),
        runtime=runtime(drawing_neurons),
    params:
        title="{target} / {layer}",
        methods=lambda wc: target_of(wc)["methods"],
        linear=linear_methods,
        simulator=lambda wc: target_of(wc)["simulator"],
        calibrated=calibrated_models,
        images=lambda wc: image_settings("probes", target_of(wc)["probe"]),
        seed=config["seed"],
    script:
        "../workflow/scripts/make_report.py"
