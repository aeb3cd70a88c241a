rule record_outputs:
    input:
        unpack(target_files),
        script=script_file("record_outputs"),
        library=library(
            "image_batches", "image_sources", "outputs", "probe_index", "runtime", "store", "targets"
        ),
        images=lambda wc: image_files("probes", target_of(wc)["probe"]),
        index=lambda wc: probe_path(wc, "index.parquet"),
    output:
        "results/{target}/outputs.h5",
    log:
        "results/logs/record_outputs/{target}.log",
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
        images=lambda wc: image_settings("probes", target_of(wc)["probe"]),
        batch_size=lambda wc: target_of(wc)["batch_size"],
        class_map=lambda wc: target_of(wc).get("class_map"),
        temperature=lambda wc: target_of(wc)["temperature"],
        seed=config["seed"],
    script:
        "../workflow/scripts/record_outputs.py"


rule extract_head:
    input:
        unpack(target_files),
        script=script_file("extract_head"),
        library=library(
            "heads", "image_batches", "image_sources", "probe_index", "runtime", "store", "targets"
        ),
        images=lambda wc: image_files("probes", target_of(wc)["probe"]),
        index=lambda wc: probe_path(wc, "index.parquet"),
    output:
        "results/{target}/{layer}/head.h5",
    log:
        "results/logs/extract_head/{target}/{layer}.log",
    wildcard_constraints:
        target=one_of(recorded_targets),
    conda:
        "../envs/linexp.yaml"
    resources:
        mem_mb=memory(recording),
        runtime=runtime(recording),
    params:
        model=lambda wc: target_of(wc)["model"],
        layer=layer_only,
        images=lambda wc: image_settings("probes", target_of(wc)["probe"]),
        seed=config["seed"],
    script:
        "../workflow/scripts/extract_head.py"


rule score_ablation:
    input:
        unpack(ablation_files),
        script=script_file("score_ablation"),
        library=library(
            "ablation",
            "layer_effects",
            "neuron_blocks",
            "probe_index",
            "progress",
            "recorded_activations",
            "replay",
            "runtime",
            "store",
            "tail_losses",
        ),
        simulations=simulations_of,
    output:
        "results/{target}/{layer}/ablation.parquet",
    log:
        "results/logs/score_ablation/{target}/{layer}.log",
    wildcard_constraints:
        target=one_of(uncut_targets),
    conda:
        "../envs/linexp.yaml"
    threads: threads_of_target
    resources:
        mem_mb=memory(ablating),
        runtime=runtime(ablating),
        gpu=1,
    params:
        pairs=scored_pairs,
        ablation=lambda wc: target_of(wc)["ablation"],
        model=lambda wc: target_of(wc)["model"],
        layer=layer_only,
        images=lambda wc: image_settings("probes", target_of(wc)["probe"]),
        batch_size=lambda wc: target_of(wc)["batch_size"],
        seed=config["seed"],
    script:
        "../workflow/scripts/score_ablation.py"


rule measure_impact:
    input:
        unpack(impact_files),
        script=script_file("measure_impact"),
        library=library(
            "impact",
            "layer_effects",
            "neuron_blocks",
            "progress",
            "recorded_activations",
            "replay",
            "runtime",
            "store",
        ),
    output:
        "results/{target}/{layer}/impact.parquet",
    log:
        "results/logs/measure_impact/{target}/{layer}.log",
    wildcard_constraints:
        target=one_of(uncut_targets),
    conda:
        "../envs/linexp.yaml"
    threads: 8
    resources:
        mem_mb=memory(removing),
        runtime=runtime(removing),
        gpu=1,
    params:
        model=lambda wc: target_of(wc)["model"],
        layer=layer_only,
        images=lambda wc: image_settings("probes", target_of(wc)["probe"]),
        batch_size=lambda wc: target_of(wc)["batch_size"],
        seed=config["seed"],
    script:
        "../workflow/scripts/measure_impact.py"
