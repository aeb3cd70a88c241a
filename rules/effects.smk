rule score_ablation:
    input:
        unpack(needs(evaluation_files.ablation_files)),
        simulations=needs(inputs.simulations_of),
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
        mem_mb=memory(work.ablating),
        runtime=runtime(work.ablating),
        gpu=1,
        batch_size=of_target("batch_size"),
    params:
        pairs=ask(inputs.scored_pairs),
        ablation=of_target("ablation"),
        model=of_target("model"),
        layer=ask(model_files.layer_only),
        images=ask(inputs.probe_settings),
        seed=config["seed"],
    message:
        "Score the ablation of {wildcards.target}/{wildcards.layer}"
    script:
        "../workflow/scripts/score_ablation.py"


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
        model=of_target("model"),
        layer=ask(model_files.layer_only),
        images=ask(inputs.probe_settings),
        seed=config["seed"],
    message:
        "Measure Top Impact of {wildcards.target}/{wildcards.layer}"
    script:
        "../workflow/scripts/measure_impact.py"
