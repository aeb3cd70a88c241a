rule record_activations:
    input:
        unpack(target_files),
        script=script_file("record_activations"),
        library=library(
            "activations", "image_batches", "image_sources", "probe_index", "runtime", "store", "targets"
        ),
        images=lambda wc: image_files("probes", target_of(wc)["probe"]),
        index=lambda wc: probe_path(wc, "index.parquet"),
    output:
        "results/{target}/{layer}/activations.h5",
    log:
        "results/logs/record_activations/{target}/{layer}.log",
    wildcard_constraints:
        target=one_of(recorded_targets),
    conda:
        "../envs/linexp.yaml"
    threads: threads_of_target
    resources:
        mem_mb=memory(recording),
        runtime=runtime(recording),
        gpu=1,
    params:
        model=lambda wc: target_of(wc)["model"],
        layer=layer_only,
        images=lambda wc: image_settings("probes", target_of(wc)["probe"]),
        batch_size=lambda wc: target_of(wc)["batch_size"],
        seed=config["seed"],
    script:
        "../workflow/scripts/record_activations.py"
