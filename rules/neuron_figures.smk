rule draw_neuron:
    input:
        unpack(needs(evaluation_files.view_files)),
    output:
        report(
            "results/{target}/{layer}/figures/neuron_{neuron}.{format}",
            caption="../workflow/report/neuron.rst",
            category="Neurons",
            subcategory="{target} / {layer}",
            labels={"neuron": "{neuron}"},
        ),
    log:
        "results/logs/draw_neuron/{target}/{layer}/neuron_{neuron}.{format}.log",
    conda:
        "../envs/linexp.yaml"
    resources:
        mem_mb=memory(work.drawing_neurons),
        runtime=runtime(work.drawing_neurons),
    params:
        title="{target} / {layer}",
        methods=of_target("methods"),
        charted=ask(inputs.charted_method),
        mapped=ask(evaluation_files.mapped_method),
        simulator=of_target("simulator"),
        images=ask(inputs.probe_settings),
        seed=config["seed"],
    message:
        "Draw neuron {wildcards.neuron} of {wildcards.target}/{wildcards.layer}"
    script:
        "../workflow/scripts/draw_neuron.py"
