report: "../workflow/report/workflow.rst"


rule draw_layer_figure:
    input:
        unpack(needs(figure_files.files)),
    output:
        report(
            "results/{target}/{layer}/figures/{figure}{neurons}.{format}",
            caption="../workflow/report/figure.rst",
            category="Layers",
            subcategory="{target} / {layer}",
            labels=lambda wildcards: {"figure": ask(figure_files.label)(wildcards)},
        ),
    log:
        "results/logs/draw_layer_figure/{target}/{layer}/{figure}{neurons}.{format}.log",
    conda:
        "../envs/linexp.yaml"
    resources:
        mem_mb=memory(resources.small),
        runtime=runtime(resources.small),
    params:
        figure="{figure}",
        settings=ask(figure_files.settings),
        caption=ask(figure_files.caption),
    message:
        "Draw {wildcards.figure} of {wildcards.target}/{wildcards.layer}"
    script:
        "../workflow/scripts/draw_layer_figure.py"


rule draw_layers_impact:
    input:
        impacts=needs(figure_files.impacts_of_layers),
    output:
        report(
            "results/{target}/figures/top_impact.{format}",
            caption="../workflow/report/figure.rst",
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
        figure=figure_files.IMPACT,
        settings=ask(figure_files.settings_of_layers),
        caption=ask(figure_files.caption_of_layers),
    message:
        "Draw Top Impact of all layers of {wildcards.target}"
    script:
        "../workflow/scripts/draw_layer_figure.py"
