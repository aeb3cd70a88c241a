rule simulate:
    input:
        unpack(simulation_files),
        script=script_file("simulate"),
        library=library("explanations", "runtime", "simulation", "store"),
    output:
        "results/{target}/{layer}/simulations/{simulator}/{method}.h5",
    log:
        "results/logs/simulate/{target}/{layer}/{simulator}/{method}.log",
    conda:
        "../envs/linexp.yaml"
    threads: threads_of_target
    resources:
        mem_mb=memory(simulating),
        runtime=runtime(simulating),
    script:
        "../workflow/scripts/simulate.py"


rule score_explanations:
    input:
        script=script_file("score_explanations"),
        library=library("probe_index", "recorded_activations", "runtime", "scoring", "store"),
        index=lambda wc: probe_path(wc, "index.parquet"),
        activations=lambda wc: recorded(wc, "{layer}/activations.h5"),
        explanations=lambda wc: [
            f"results/{wc.target}/{wc.layer}/explanations/{method}.parquet" for method, _ in scored_pairs(wc)
        ],
        simulations=simulations_of,
        ablation=lambda wc: (
            f"results/{wc.target}/{wc.layer}/ablation.parquet"
            if target_of(wc)["layers"][wc.layer]["ablation"]
            else []
        ),
    output:
        "results/{target}/{layer}/scores.parquet",
    log:
        "results/logs/score_explanations/{target}/{layer}.log",
    conda:
        "../envs/linexp.yaml"
    threads: threads_of_target
    resources:
        mem_mb=memory(scoring),
        runtime=runtime(scoring),
    params:
        pairs=scored_pairs,
        neurons=neurons_of,
    script:
        "../workflow/scripts/score_explanations.py"


rule shuffle_explanations:
    input:
        script=script_file("shuffle_explanations"),
        library=library("controls", "probe_index", "recorded_activations", "runtime", "store"),
        index=lambda wc: probe_path(wc, "index.parquet"),
        activations=lambda wc: recorded(wc, "{layer}/activations.h5"),
        simulations=simulations_of,
    output:
        "results/{target}/{layer}/shuffles.parquet",
    log:
        "results/logs/shuffle_explanations/{target}/{layer}.log",
    conda:
        "../envs/linexp.yaml"
    resources:
        mem_mb=memory(shuffling),
        runtime=runtime(shuffling),
    params:
        pairs=scored_pairs,
        neurons=neurons_of,
        seed=config["seed"],
    script:
        "../workflow/scripts/shuffle_explanations.py"


rule check_sanity:
    input:
        unpack(sanity_files),
        script=script_file("check_sanity"),
        library=library(
            "ablation",
            "explanations",
            "layer_effects",
            "presence",
            "probe_index",
            "recorded_activations",
            "runtime",
            "sanity",
            "store",
            "tail_losses",
        ),
    output:
        "results/{target}/{layer}/sanity.csv",
    log:
        "results/logs/check_sanity/{target}/{layer}.log",
    conda:
        "../envs/linexp.yaml"
    threads: threads_of_target
    resources:
        mem_mb=memory(checking),
        runtime=runtime(checking),
    params:
        methods=linear_methods,
        simulator=lambda wc: target_of(wc)["simulator"],
        ablation=lambda wc: {key: target_of(wc)["ablation"][key] for key in ("loss", "optim")},
        neurons=neurons_of,
        seed=config["seed"],
    script:
        "../workflow/scripts/check_sanity.py"


rule compare_methods:
    input:
        script=script_file("compare_methods"),
        library=library("metrics", "runtime", "store", "summary"),
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
        mem_mb=memory(small),
        runtime=runtime(small),
    params:
        seed=config["seed"],
    script:
        "../workflow/scripts/compare_methods.py"


rule summarise_scores:
    input:
        unpack(summary_files),
        script=script_file("summarise_scores"),
        library=library("metrics", "runtime", "store", "summary"),
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
        mem_mb=memory(small),
        runtime=runtime(small),
    params:
        seed=config["seed"],
    script:
        "../workflow/scripts/summarise_scores.py"
