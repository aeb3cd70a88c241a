rule explain_linear:
    input:
        unpack(needs(inputs.linear_files)),
    output:
        "results/{target}/{layer}/explanations/{method}.parquet",
    log:
        "results/logs/explain_linear/{target}/{layer}/{method}.log",
    wildcard_constraints:
        method=one_of(names_of_kind("methods", "linear")),
    conda:
        "../envs/linexp.yaml"
    threads: threads_of_target
    resources:
        mem_mb=memory(work.fitting),
        runtime=runtime(work.fitting),
    params:
        method=ask(inputs.fitting_settings),
        neurons=ask(inputs.neurons_of),
        paper_parity=config["paper_parity"],
    message:
        "Explain {wildcards.target}/{wildcards.layer} by {wildcards.method}"
    script:
        "../workflow/scripts/explain_linear.py"


rule explain_best_concept:
    input:
        unpack(needs(inputs.fitting_files)),
    output:
        "results/{target}/{layer}/explanations/{method}.parquet",
    log:
        "results/logs/explain_best_concept/{target}/{layer}/{method}.log",
    wildcard_constraints:
        method=one_of(names_of_kind("methods", "best_concept")),
    conda:
        "../envs/linexp.yaml"
    threads: threads_of_target
    resources:
        mem_mb=memory(work.fitting),
        runtime=runtime(work.fitting),
    params:
        neurons=ask(inputs.neurons_of),
        paper_parity=config["paper_parity"],
    message:
        "Explain {wildcards.target}/{wildcards.layer} by {wildcards.method}"
    script:
        "../workflow/scripts/explain_best_concept.py"


rule explain_baseline:
    input:
        unpack(needs(inputs.baseline_files)),
    output:
        "results/{target}/{layer}/explanations/{method}.parquet",
    log:
        "results/logs/explain_baseline/{target}/{layer}/{method}.log",
    wildcard_constraints:
        method=one_of(names_of_kind("methods", *BASELINES)),
    conda:
        "../envs/linexp.yaml"
    threads: threads_of_target
    resources:
        mem_mb=memory(work.fitting_baseline),
        runtime=runtime(work.fitting_baseline),
    params:
        kind=of_method("kind"),
        settings=ask(inputs.baseline_settings),
        neurons=ask(inputs.neurons_of),
        paper_parity=config["paper_parity"],
    message:
        "Explain {wildcards.target}/{wildcards.layer} by {wildcards.method}"
    script:
        "../workflow/scripts/explain_baseline.py"


rule explain_random_concepts:
    input:
        unpack(needs(inputs.fitting_files)),
        reference=needs(inputs.reference_of),
    output:
        "results/{target}/{layer}/explanations/{method}.parquet",
    log:
        "results/logs/explain_random_concepts/{target}/{layer}/{method}.log",
    wildcard_constraints:
        method=RANDOM_CONCEPTS,
    conda:
        "../envs/linexp.yaml"
    threads: threads_of_target
    resources:
        mem_mb=memory(work.fitting),
        runtime=runtime(work.fitting),
    params:
        neurons=ask(inputs.neurons_of),
        paper_parity=config["paper_parity"],
        seed=config["seed"],
    message:
        "Explain {wildcards.target}/{wildcards.layer} by {wildcards.method}"
    script:
        "../workflow/scripts/explain_random_concepts.py"


rule measure_stability:
    input:
        unpack(needs(inputs.stability_files)),
        explanations="results/{target}/{layer}/explanations/{method}.parquet",
    output:
        "results/{target}/{layer}/stability/{method}.parquet",
    log:
        "results/logs/measure_stability/{target}/{layer}/{method}.log",
    wildcard_constraints:
        method=one_of(names_of_kind("methods", "linear")),
    conda:
        "../envs/linexp.yaml"
    threads: threads_of_target
    resources:
        mem_mb=memory(work.resampling),
        runtime=runtime(work.resampling),
    params:
        method=ask(inputs.fitting_settings),
        neurons=ask(inputs.neurons_of),
        paper_parity=config["paper_parity"],
        seed=config["seed"],
    message:
        "Resample the explanations of {wildcards.target}/{wildcards.layer} by {wildcards.method}"
    script:
        "../workflow/scripts/measure_stability.py"


rule import_explanations:
    input:
        file=needs(inputs.imported_file),
        index=needs(inputs.index_of),
        activations=needs(inputs.activations_of),
    output:
        "results/{target}/{layer}/explanations/{method}.parquet",
    log:
        "results/logs/import_explanations/{target}/{layer}/{method}.log",
    wildcard_constraints:
        method=one_of(names_of_kind("methods", "imported")),
    conda:
        "../envs/linexp.yaml"
    resources:
        mem_mb=memory(work.importing),
        runtime=runtime(work.importing),
    params:
        format=of_method("format"),
        layer=of_method("layer"),
        neurons=ask(inputs.neurons_of),
    message:
        "Import the explanations {wildcards.method} of {wildcards.target}/{wildcards.layer}"
    script:
        "../workflow/scripts/import_explanations.py"
