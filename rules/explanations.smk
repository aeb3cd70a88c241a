rule explain_linear:
    input:
        unpack(fitting_files),
        script=script_file("explain_linear"),
        library=library(
            "explanations", "fitting_data", "linear_explanations", "published_solver", "runtime", "store"
        ),
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
        mem_mb=memory(fitting),
        runtime=runtime(fitting),
    params:
        method=lambda wc: config["methods"][wc.method],
        neurons=neurons_of,
        paper_parity=config["paper_parity"],
    script:
        "../workflow/scripts/explain_linear.py"


rule explain_best_concept:
    input:
        unpack(fitting_files),
        script=script_file("explain_best_concept"),
        library=library("explanations", "fitting_data", "linear_explanations", "runtime", "store"),
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
        mem_mb=memory(fitting),
        runtime=runtime(fitting),
    params:
        neurons=neurons_of,
        paper_parity=config["paper_parity"],
    script:
        "../workflow/scripts/explain_best_concept.py"


rule explain_baseline:
    input:
        unpack(baseline_files),
        script=script_file("explain_baseline"),
        library=library(
            "baselines", "explanations", "probe_index", "recorded_activations", "runtime", "store"
        ),
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
        mem_mb=memory(fitting_baseline),
        runtime=runtime(fitting_baseline),
    params:
        kind=lambda wc: config["methods"][wc.method]["kind"],
        settings=lambda wc: configuration.baseline_settings(config["methods"][wc.method]),
        neurons=neurons_of,
        paper_parity=config["paper_parity"],
    script:
        "../workflow/scripts/explain_baseline.py"


rule explain_random_concepts:
    input:
        unpack(fitting_files),
        script=script_file("explain_random_concepts"),
        library=library("explanations", "fitting_data", "random_concepts", "runtime", "store"),
        reference=lambda wc: f"results/{wc.target}/{wc.layer}/explanations/{charted_method(wc)}.parquet",
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
        mem_mb=memory(fitting),
        runtime=runtime(fitting),
    params:
        neurons=neurons_of,
        paper_parity=config["paper_parity"],
        seed=config["seed"],
    script:
        "../workflow/scripts/explain_random_concepts.py"


rule import_explanations:
    input:
        script=script_file("import_explanations"),
        library=library("importers", "recorded_activations", "runtime", "store"),
        file=imported_file,
        index=lambda wc: probe_path(wc, "index.parquet"),
        activations=lambda wc: recorded(wc, "{layer}/activations.h5"),
    output:
        "results/{target}/{layer}/explanations/{method}.parquet",
    log:
        "results/logs/import_explanations/{target}/{layer}/{method}.log",
    wildcard_constraints:
        method=one_of(names_of_kind("methods", "imported")),
    conda:
        "../envs/linexp.yaml"
    resources:
        mem_mb=memory(importing),
        runtime=runtime(importing),
    params:
        format=lambda wc: config["methods"][wc.method]["format"],
        layer=lambda wc: config["methods"][wc.method].get("layer"),
        neurons=neurons_of,
    script:
        "../workflow/scripts/import_explanations.py"
