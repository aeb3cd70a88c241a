rule sample_curves:
    input:
        unpack(needs(evaluation_files.ablation_files)),
    output:
        update("results/{target}/{layer}/curves.h5"),  # of which neurons that it has are kept
    log:
        "results/logs/sample_curves/{target}/{layer}.log",
    wildcard_constraints:
        target=one_of(uncut_targets),
    conda:
        "../envs/linexp.yaml"
    threads: threads_of_target
    resources:
        mem_mb=memory(work.sampling_curves),
        runtime=runtime(work.sampling_curves),
        gpu=1,
        batch_size=of_target("batch_size"),
    params:
        ablation=ask(evaluation_files.ablation_settings),
        neurons=ask(inputs.neurons_of),
        model=of_target("model"),
        layer=ask(model_files.layer_only),
        images=ask(inputs.probe_settings),
        seed=config["seed"],
    message:
        "Sample the loss curves of {wildcards.target}/{wildcards.layer}"
    script:
        "../workflow/scripts/sample_curves.py"


rule score_ablation:
    input:
        unpack(needs(evaluation_files.ablation_files)),
        curves=needs(blocks.curves_of),
        simulation="results/{target}/{layer}/simulations/{simulator}/{method}.h5",
    output:
        "results/{target}/{layer}/ablation/{simulator}/{method}.parquet",
    log:
        "results/logs/score_ablation/{target}/{layer}/{simulator}/{method}.log",
    wildcard_constraints:
        target=one_of(uncut_targets),
        simulator=simulators,
    conda:
        "../envs/linexp.yaml"
    threads: threads_of_target
    resources:
        mem_mb=memory(work.ablating),
        runtime=runtime(work.ablating),
        gpu=1,
        batch_size=of_target("batch_size"),
    params:
        ablation=ask(evaluation_files.ablation_settings),
        model=of_target("model"),
        layer=ask(model_files.layer_only),
        images=ask(inputs.probe_settings),
        seed=config["seed"],
    message:
        "Score the ablation of {wildcards.target}/{wildcards.layer} by {wildcards.method} with {wildcards.simulator}"
    script:
        "../workflow/scripts/score_ablation.py"


rule merge_ablation:
    input:
        parts=needs(blocks.ablation_parts),
    output:
        "results/{target}/{layer}/ablation.parquet",
    log:
        "results/logs/merge_ablation/{target}/{layer}.log",
    conda:
        "../envs/linexp.yaml"
    resources:
        mem_mb=memory(resources.small),
        runtime=runtime(resources.small),
    params:
        pairs=ask(inputs.scored_pairs),  # which files are put together, without Snakemake's memory
    message:
        "Put together the ablation scores of {wildcards.target}/{wildcards.layer}"
    script:
        "../workflow/scripts/merge_ablation.py"


rule measure_impact:
    input:
        unpack(needs(evaluation_files.impact_files)),
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
        mem_mb=memory(work.removing),
        runtime=runtime(work.removing),
        gpu=1,
        batch_size=of_target("batch_size"),
    params:
        neurons=ask(inputs.neurons_of),
        model=of_target("model"),
        layer=ask(model_files.layer_only),
        images=ask(inputs.probe_settings),
        seed=config["seed"],
    message:
        "Measure Top Impact of {wildcards.target}/{wildcards.layer}"
    script:
        "../workflow/scripts/measure_impact.py"


rule measure_effects:
    input:
        unpack(needs(evaluation_files.effect_files)),
    output:
        "results/{target}/{layer}/effects.h5",
    log:
        "results/logs/measure_effects/{target}/{layer}.log",
    conda:
        "../envs/linexp.yaml"
    threads: threads_of_target
    resources:
        mem_mb=memory(work.measuring_effects),
        runtime=runtime(work.measuring_effects),
        gpu=1,
        batch_size=of_target("batch_size"),
    params:
        neurons=ask(inputs.neurons_of),
        replacing=ask(evaluation_files.replacing),
        model=of_target("model"),
        layer=ask(model_files.layer_only),
        images=ask(inputs.probe_settings),
        seed=config["seed"],
    message:
        "Measure what the neurons of {wildcards.target}/{wildcards.layer} do to the output"
    script:
        "../workflow/scripts/measure_effects.py"
