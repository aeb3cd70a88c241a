report: "../workflow/report/workflow.rst"


rule draw_scores:
    input:
        script=script_file("draw_scores"),
        library=library("figure_style", "runtime", "score_figures", "store"),
        scores="results/{target}/{layer}/scores.parquet",
    output:
        report(
            "results/{target}/{layer}/figures/scores.{format}",
            caption="../workflow/report/scores.rst",
            category="Layers",
            subcategory="{target} / {layer}",
            labels={"figure": "scores by method"},
        ),
    log:
        "results/logs/draw_scores/{target}/{layer}/scores.{format}.log",
    conda:
        "../envs/linexp.yaml"
    resources:
        mem_mb=memory(small),
        runtime=runtime(small),
    params:
        title="{target} / {layer}",
        simulator=lambda wc: target_of(wc)["simulator"],
    script:
        "../workflow/scripts/draw_scores.py"


rule draw_ablation:
    input:
        script=script_file("draw_ablation"),
        library=library("figure_style", "runtime", "score_figures", "store"),
        scores="results/{target}/{layer}/scores.parquet",
    output:
        report(
            "results/{target}/{layer}/figures/correlation_ablation.{format}",
            caption="../workflow/report/correlation_ablation.rst",
            category="Layers",
            subcategory="{target} / {layer}",
            labels={"figure": "correlation and ablation score"},
        ),
    log:
        "results/logs/draw_ablation/{target}/{layer}/correlation_ablation.{format}.log",
    conda:
        "../envs/linexp.yaml"
    resources:
        mem_mb=memory(small),
        runtime=runtime(small),
    params:
        title="{target} / {layer}",
        simulator=lambda wc: target_of(wc)["simulator"],
    script:
        "../workflow/scripts/draw_ablation.py"


rule draw_lengths:
    input:
        script=script_file("draw_lengths"),
        library=library("figure_style", "runtime", "score_figures", "store"),
        scores="results/{target}/{layer}/scores.parquet",
    output:
        report(
            "results/{target}/{layer}/figures/lengths.{format}",
            caption="../workflow/report/lengths.rst",
            category="Layers",
            subcategory="{target} / {layer}",
            labels={"figure": "lengths of explanations"},
        ),
    log:
        "results/logs/draw_lengths/{target}/{layer}/lengths.{format}.log",
    conda:
        "../envs/linexp.yaml"
    resources:
        mem_mb=memory(small),
        runtime=runtime(small),
    params:
        title="{target} / {layer}",
        simulator=lambda wc: target_of(wc)["simulator"],
    script:
        "../workflow/scripts/draw_lengths.py"


rule draw_weights:
    input:
        script=script_file("draw_weights"),
        library=library("explanations", "figure_style", "runtime", "store", "weight_map"),
        scores="results/{target}/{layer}/scores.parquet",
        explanations=lambda wc: f"results/{wc.target}/{wc.layer}/explanations/{mapped_method(wc)}.parquet",
    output:
        report(
            "results/{target}/{layer}/figures/weights{neurons}.{format}",
            caption="../workflow/report/weights.rst",
            category="Layers",
            subcategory="{target} / {layer}",
            labels={"figure": "weights of concepts{neurons}"},
        ),
    log:
        "results/logs/draw_weights/{target}/{layer}/weights{neurons}.{format}.log",
    conda:
        "../envs/linexp.yaml"
    resources:
        mem_mb=memory(small),
        runtime=runtime(small),
    params:
        title="{target} / {layer}",
        method=mapped_method,
        simulator=lambda wc: target_of(wc)["simulator"],
        neurons=lambda wc: [int(number) for number in wc.neurons.split("_")[1:]],
    script:
        "../workflow/scripts/draw_weights.py"


rule draw_calibration:
    input:
        script=script_file("draw_calibration"),
        library=library("figure_style", "reliability_figure", "runtime", "store"),
        calibrations=lambda wc: [f"results/calibration/{name}.json" for name, _ in drawn_calibrations(wc)],
    output:
        report(
            "results/{target}/{layer}/figures/calibration.{format}",
            caption="../workflow/report/calibration.rst",
            category="Layers",
            subcategory="{target} / {layer}",
            labels={"figure": "calibration"},
        ),
    log:
        "results/logs/draw_calibration/{target}/{layer}/calibration.{format}.log",
    conda:
        "../envs/linexp.yaml"
    resources:
        mem_mb=memory(small),
        runtime=runtime(small),
    params:
        title="{target} / {layer}",
        calibrated=drawn_calibrations,
    script:
        "../workflow/scripts/draw_calibration.py"


rule draw_top_impact:
    input:
        script=script_file("draw_top_impact"),
        library=library("figure_style", "impact_figure", "runtime", "store"),
        impacts=["results/{target}/{layer}/impact.parquet"],
    output:
        report(
            "results/{target}/{layer}/figures/top_impact.{format}",
            caption="../workflow/report/top_impact.rst",
            category="Layers",
            subcategory="{target} / {layer}",
            labels={"figure": "Top Impact"},
        ),
    log:
        "results/logs/draw_top_impact/{target}/{layer}/top_impact.{format}.log",
    conda:
        "../envs/linexp.yaml"
    resources:
        mem_mb=memory(small),
        runtime=runtime(small),
    params:
        title="{target} / {layer}",
        layers=["{layer}"],
    script:
        "../workflow/scripts/draw_top_impact.py"


rule draw_layers_impact:
    input:
        script=script_file("draw_top_impact"),
        library=library("figure_style", "impact_figure", "runtime", "store"),
        impacts=lambda wc: [
            f"results/{wc.target}/{layer}/impact.parquet" for layer in target_of(wc)["layers"]
        ],
    output:
        report(
            "results/{target}/figures/top_impact.{format}",
            caption="../workflow/report/layers_impact.rst",
            category="Layers",
            subcategory="{target}",
            labels={"figure": "Top Impact"},
        ),
    log:
        "results/logs/draw_layers_impact/{target}/top_impact.{format}.log",
    conda:
        "../envs/linexp.yaml"
    resources:
        mem_mb=memory(small),
        runtime=runtime(small),
    params:
        title="{target}",
        layers=lambda wc: list(target_of(wc)["layers"]),
    script:
        "../workflow/scripts/draw_top_impact.py"
