rule simulate:
    input:
        unpack(needs(inputs.simulation_files)),
    output:
        "results/{target}/{layer}/simulations/{simulator}/{method}.h5",
    log:
        "results/logs/simulate/{target}/{layer}/{simulator}/{method}.log",
    conda:
        "../envs/linexp.yaml"
    threads: threads_of_target
    resources:
        mem_mb=memory(work.simulating),
        runtime=runtime(work.simulating),
    message:
        "Simulate {wildcards.target}/{wildcards.layer} by {wildcards.method} with {wildcards.simulator}"
    script:
        "../workflow/scripts/simulate.py"


rule simulate_by_pixels:
    input:
        unpack(needs(place_files.pixel_simulation_files)),
    output:
        "results/{target}/{layer}/simulations/pixel_labels/{method}.h5",
    log:
        "results/logs/simulate_by_pixels/{target}/{layer}/{method}.log",
    conda:
        "../envs/linexp.yaml"
    threads: threads_of_target
    resources:
        mem_mb=memory(work.simulating),
        runtime=runtime(work.simulating),
    message:
        "Simulate {wildcards.target}/{wildcards.layer} by {wildcards.method} with pixel labels"
    script:
        "../workflow/scripts/simulate_by_pixels.py"


rule score_explanations:
    input:
        unpack(needs(evaluation_files.score_files)),
        simulations=needs(inputs.simulations_of),
    output:
        "results/{target}/{layer}/scores.parquet",
    log:
        "results/logs/score_explanations/{target}/{layer}.log",
    conda:
        "../envs/linexp.yaml"
    threads: threads_of_target
    resources:
        mem_mb=memory(work.scoring),
        runtime=runtime(work.scoring),
    params:
        pairs=ask(inputs.scored_pairs),
        ceilings=ask(evaluation_files.methods_with_presence),
        missing=ask(evaluation_files.methods_with_missing),
        neurons=ask(inputs.neurons_of),
    message:
        "Score the explanations of {wildcards.target}/{wildcards.layer}"
    script:
        "../workflow/scripts/score_explanations.py"


rule judge_explanations:
    input:
        unpack(needs(evaluation_files.verdict_files)),
        simulations=needs(evaluation_files.judged_simulations),
    output:
        update("results/{target}/{layer}/verdicts.parquet"),
    log:
        "results/logs/judge_explanations/{target}/{layer}.log",
    conda:
        "../envs/linexp.yaml"
    threads: threads_of_target
    resources:
        mem_mb=memory(work.judging),
        runtime=runtime(work.judging),
    params:
        pairs=ask(evaluation_files.judged_pairs),
        neurons=ask(inputs.neurons_of),
        seed=config["seed"],
    message:
        "Judge the explanations of {wildcards.target}/{wildcards.layer}"
    script:
        "../workflow/scripts/judge_explanations.py"


rule shuffle_explanations:
    input:
        index=needs(inputs.index_of),
        activations=needs(inputs.activations_of),
        simulations=needs(inputs.simulations_of),
    output:
        update("results/{target}/{layer}/shuffles.parquet"),  # of which explanations that are the same are kept
    log:
        "results/logs/shuffle_explanations/{target}/{layer}.log",
    conda:
        "../envs/linexp.yaml"
    resources:
        mem_mb=memory(work.shuffling),
        runtime=runtime(work.shuffling),
    params:
        pairs=ask(inputs.scored_pairs),
        neurons=ask(inputs.neurons_of),
        seed=config["seed"],
    message:
        "Shuffle the explanations of {wildcards.target}/{wildcards.layer}"
    script:
        "../workflow/scripts/shuffle_explanations.py"


rule check_sanity:
    input:
        unpack(needs(evaluation_files.sanity_files)),
    output:
        update("results/{target}/{layer}/sanity.csv"),
    log:
        "results/logs/check_sanity/{target}/{layer}.log",
    conda:
        "../envs/linexp.yaml"
    threads: threads_of_target
    resources:
        mem_mb=memory(work.checking),
        runtime=runtime(work.checking),
    params:
        methods=ask(inputs.linear_methods),
        simulator=of_target("simulator"),
        ablation=ask(evaluation_files.checked_ablation),
        neurons=ask(inputs.neurons_of),
        seed=config["seed"],
    message:
        "Check the metrics on {wildcards.target}/{wildcards.layer}"
    script:
        "../workflow/scripts/check_sanity.py"


rule compare_methods:
    input:
        scores="results/{target}/{layer}/scores.parquet",
    output:
        report(
            "results/{target}/{layer}/comparison.csv",
            caption="../workflow/report/comparison.rst",
            category="Layers",
            subcategory="{target} / {layer}",
            labels={"figure": "comparison of methods"},
        ),
    log:
        "results/logs/compare_methods/{target}/{layer}.log",
    conda:
        "../envs/linexp.yaml"
    resources:
        mem_mb=memory(resources.small),
        runtime=runtime(resources.small),
    params:
        seed=config["seed"],
    message:
        "Compare the methods of {wildcards.target}/{wildcards.layer}"
    script:
        "../workflow/scripts/compare_methods.py"


rule summarise_scores:
    input:
        unpack(needs(evaluation_files.summary_files)),
    output:
        report(
            "results/{target}/{layer}/summary.csv",
            caption="../workflow/report/summary.rst",
            category="Layers",
            subcategory="{target} / {layer}",
            labels={"figure": "means by method"},
        ),
    log:
        "results/logs/summarise_scores/{target}/{layer}.log",
    conda:
        "../envs/linexp.yaml"
    resources:
        mem_mb=memory(resources.small),
        runtime=runtime(resources.small),
    params:
        seed=config["seed"],
    message:
        "Summarise the scores of {wildcards.target}/{wildcards.layer}"
    script:
        "../workflow/scripts/summarise_scores.py"
