rule record_activations:
    input:
        unpack(needs(model_files.layer_files)),
        images=needs(inputs.probe_files),
        index=needs(inputs.image_index_of),
    output:
        "results/{target}/{layer}/activations.h5",
    log:
        "results/logs/record_activations/{target}/{layer}.log",
    wildcard_constraints:
        target=one_of(networks - on_cut_probes),
    conda:
        "../envs/linexp.yaml"
    threads: threads_of_target
    resources:
        mem_mb=memory(resources.recording),
        runtime=runtime(resources.recording),
        gpu=1,
        batch_size=of_target("batch_size"),
    params:
        model=ask(model_files.up_to_layers),
        layer=ask(model_files.layer_only),
        images=ask(inputs.probe_settings),
        seed=config["seed"],
    message:
        "Record the activations of {wildcards.target}/{wildcards.layer}"
    script:
        "../workflow/scripts/record_activations.py"


rule import_activations:
    input:
        file=needs(model_files.recorded_file),
        index=needs(inputs.image_index_of),
    output:
        "results/{target}/{layer}/activations.h5",
    log:
        "results/logs/import_activations/{target}/{layer}.log",
    wildcard_constraints:
        target=one_of(recorded_targets - networks),
    conda:
        "../envs/linexp.yaml"
    resources:
        mem_mb=memory(resources.importing_activations),
        runtime=runtime(resources.importing_activations),
    params:
        dataset=ask(model_files.recorded_dataset),
    message:
        "Import the activations of {wildcards.target}/{wildcards.layer}"
    script:
        "../workflow/scripts/import_activations.py"


rule record_outputs:
    input:
        unpack(needs(model_files.target_files)),
        images=needs(inputs.probe_files),
        index=needs(inputs.image_index_of),
    output:
        "results/{target}/outputs.h5",
    log:
        "results/logs/record_outputs/{target}.log",
    wildcard_constraints:
        target=one_of(networks - on_cut_probes),
    conda:
        "../envs/linexp.yaml"
    threads: threads_of_target
    resources:
        mem_mb=memory(resources.recording),
        runtime=runtime(resources.recording),
        gpu=1,
        batch_size=of_target("batch_size"),
    params:
        model=of_target("model"),
        images=ask(inputs.probe_settings),
        class_map=ask(model_files.class_map),
        temperature=of_target("temperature"),
        seed=config["seed"],
    message:
        "Record the outputs of {wildcards.target}"
    script:
        "../workflow/scripts/record_outputs.py"


rule extract_head:
    input:
        unpack(needs(model_files.layer_files)),
        images=needs(inputs.probe_files),
        index=needs(inputs.image_index_of),
    output:
        "results/{target}/{layer}/head.h5",
    log:
        "results/logs/extract_head/{target}/{layer}.log",
    wildcard_constraints:
        target=one_of(networks),
    conda:
        "../envs/linexp.yaml"
    resources:
        mem_mb=memory(resources.recording),
        runtime=runtime(resources.recording),
    params:
        model=of_target("model"),
        layer=ask(model_files.layer_only),
        images=ask(inputs.probe_settings),
        seed=config["seed"],
    message:
        "Look for a linear head behind {wildcards.target}/{wildcards.layer}"
    script:
        "../workflow/scripts/extract_head.py"
