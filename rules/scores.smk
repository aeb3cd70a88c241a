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
    threads: 8
    script:
        "../workflow/scripts/simulate.py"


rule score_explanations:
    input:
        script=script_file("score_explanations"),
        library=library("fitting_data", "probe_index", "runtime", "scoring", "store"),
        index=lambda wc: probe_path(wc, "index.parquet"),
        activations="results/{target}/{layer}/activations.h5",
        explanations=lambda wc: [
            f"results/{wc.target}/{wc.layer}/explanations/{method}.parquet" for method, _ in scored_pairs(wc)
        ],
        simulations=lambda wc: [
            f"results/{wc.target}/{wc.layer}/simulations/{simulator}/{method}.h5"
            for method, simulator in scored_pairs(wc)
        ],
    output:
        "results/{target}/{layer}/scores.parquet",
    log:
        "results/logs/score_explanations/{target}/{layer}.log",
    conda:
        "../envs/linexp.yaml"
    params:
        pairs=lambda wc: scored_pairs(wc),
        neurons=neurons_of,
    script:
        "../workflow/scripts/score_explanations.py"


rule summarise_scores:
    input:
        script=script_file("summarise_scores"),
        library=library("runtime", "scoring", "store"),
        scores="results/{target}/{layer}/scores.parquet",
    output:
        "results/{target}/{layer}/summary.csv",
    log:
        "results/logs/summarise_scores/{target}/{layer}.log",
    conda:
        "../envs/linexp.yaml"
    params:
        seed=config["seed"],
    script:
        "../workflow/scripts/summarise_scores.py"
