rule make_report:
    input:
        unpack(needs(explorer_files.files)),
    output:
        "results/{target}/{layer}/report/index.html",
    log:
        "results/logs/make_report/{target}/{layer}.log",
    conda:
        "../envs/linexp.yaml"
    threads: threads_of_target
    resources:
        mem_mb=memory(work.drawing_neurons),
        runtime=runtime(work.drawing_neurons),
    params:
        title="{target} / {layer}",
        methods=of_target("methods"),
        titles=ask(titles.method_titles),
        linear=ask(inputs.linear_methods),
        simulator=of_target("simulator"),
        calibrated=ask(evaluation_files.calibrated_models),
        figures=ask(figure_files.told_of_layer),
        images=ask(inputs.probe_settings),
        seed=config["seed"],
    message:
        "Make the explorer of {wildcards.target}/{wildcards.layer}"
    script:
        "../workflow/scripts/make_report.py"


rule make_index:
    input:
        unpack(needs(partial(index_files.files, tables.paper_tables()))),
    output:
        index_files.INDEX,
    log:
        "results/logs/make_index.log",
    localrule: True
    conda:
        "../envs/linexp.yaml"
    params:
        layers=ask(index_files.told),
        models=ask(index_files.models),
        captions=ask(partial(index_files.captions, tables.paper_tables())),
    message:
        "Make the index of all finished layers"
    script:
        "../workflow/scripts/make_index.py"
