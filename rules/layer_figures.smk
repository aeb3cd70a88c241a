report: "../workflow/report/workflow.rst"


rule draw_scores:
    input:
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
        mem_mb=memory(resources.small),
        runtime=runtime(resources.small),
    params:
        title="{target} / {layer}",
        simulator=of_target("simulator"),
    message:
        "Draw the scores of {wildcards.target}/{wildcards.layer}"
    script:
        "../workflow/scripts/draw_scores.py"


rule draw_ablation:
    input:
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
        mem_mb=memory(resources.small),
        runtime=runtime(resources.small),
    params:
        title="{target} / {layer}",
        simulator=of_target("simulator"),
    message:
        "Draw correlation against ablation of {wildcards.target}/{wildcards.layer}"
    script:
        "../workflow/scripts/draw_ablation.py"


rule draw_lengths:
    input:
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
        mem_mb=memory(resources.small),
        runtime=runtime(resources.small),
    params:
        title="{target} / {layer}",
        simulator=of_target("simulator"),
    message:
        "Draw the lengths of explanations of {wildcards.target}/{wildcards.layer}"
    script:
        "../workflow/scripts/draw_lengths.py"


rule draw_weights:
    input:
        scores="results/{target}/{layer}/scores.parquet",
        explanations=needs(evaluation_files.mapped_explanations),
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
        mem_mb=memory(resources.small),
        runtime=runtime(resources.small),
    params:
        title="{target} / {layer}",
        method=ask(evaluation_files.mapped_method),
        simulator=of_target("simulator"),
        neurons=ask(evaluation_files.mapped_neurons),
    message:
        "Draw the weights of concepts of {wildcards.target}/{wildcards.layer}"
    script:
        "../workflow/scripts/draw_weights.py"


rule draw_calibration:
    input:
        calibrations=needs(evaluation_files.calibration_records),
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
        mem_mb=memory(resources.small),
        runtime=runtime(resources.small),
    params:
        title="{target} / {layer}",
        calibrated=ask(evaluation_files.drawn_calibrations),
    message:
        "Draw the calibration of {wildcards.target}/{wildcards.layer}"
    script:
        "../workflow/scripts/draw_calibration.py"


rule draw_top_impact:
    input:
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
        mem_mb=memory(resources.small),
        runtime=runtime(resources.small),
    params:
        title="{target} / {layer}",
        layers=["{layer}"],
    message:
        "Draw Top Impact of {wildcards.target}/{wildcards.layer}"
    script:
        "../workflow/scripts/draw_top_impact.py"


rule draw_layers_impact:
    input:
        impacts=needs(evaluation_files.impacts_of_layers),
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
        mem_mb=memory(resources.small),
        runtime=runtime(resources.small),
    params:
        title="{target}",
        layers=ask(evaluation_files.layer_names),
    message:
        "Draw Top Impact of all layers of {wildcards.target}"
    script:
        "../workflow/scripts/draw_top_impact.py"
