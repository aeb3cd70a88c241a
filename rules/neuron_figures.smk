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
        simulator=of_target("simulator"),
        images=ask(inputs.probe_settings),
        seed=config["seed"],
    message:
        "Draw neuron {wildcards.neuron} of {wildcards.target}/{wildcards.layer}"
    script:
        "../workflow/scripts/draw_neuron.py"


rule draw_places:
    input:
        unpack(needs(place_files.view_files)),
    output:
        report(
            "results/{target}/{layer}/figures/places_{neuron}.{format}",
            caption="../workflow/report/places.rst",
            category="Neurons",
            subcategory="{target} / {layer}",
            labels={"neuron": "{neuron}, at places"},
        ),
    log:
        "results/logs/draw_places/{target}/{layer}/places_{neuron}.{format}.log",
    conda:
        "../envs/linexp.yaml"
    resources:
        mem_mb=memory(work.drawing_neurons),
        runtime=runtime(work.drawing_neurons),
    params:
        title="{target} / {layer}",
        method=ask(evaluation_files.mapped_method),
        simulator=of_target("simulator"),
        grid=ask(inputs.places_of),
        images=ask(inputs.probe_settings),
        seed=config["seed"],
    message:
        "Draw where neuron {wildcards.neuron} of {wildcards.target}/{wildcards.layer} fires"
    script:
        "../workflow/scripts/draw_places.py"
