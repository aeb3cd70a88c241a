# pictures of neurons, and the activation maps of images in them and in the explorer (at places they are recorded already)


rule record_maps_of_neuron:
    input:
        unpack(needs(map_files.files)),
    output:
        "results/{target}/{layer}/maps/neuron_{neuron}.h5",
    log:
        "results/logs/record_maps/{target}/{layer}/neuron_{neuron}.log",
    conda:
        "../envs/linexp.yaml"
    threads: threads_of_target
    resources:
        mem_mb=memory(resources.recording_maps),
        runtime=runtime(resources.recording_maps),
        gpu=1,
        batch_size=of_target("batch_size"),
    params:
        model=ask(model_files.up_to_layers),
        layer=ask(model_files.layer_only),
        images=ask(inputs.probe_settings),
        seed=config["seed"],
    message:
        "Record the maps that are shown of neuron {wildcards.neuron} of {wildcards.target}/{wildcards.layer}"
    script:
        "../workflow/scripts/record_maps.py"


use rule record_maps_of_neuron as record_maps with:
    output:
        "results/{target}/{layer}/maps/shown.h5",
    log:
        "results/logs/record_maps/{target}/{layer}/shown.log",
    params:
        neurons=ask(inputs.neurons_of),
    message:
        "Record the maps that are shown of {wildcards.target}/{wildcards.layer}"


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
