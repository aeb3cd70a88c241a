# activation maps of the images that pages and pictures of neurons show; of layers at places they are recorded already


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
