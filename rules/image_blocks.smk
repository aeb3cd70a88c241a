# where a probe sets image_blocks, each block of its images is a job, and another puts them together (planning/image_blocks.py)


use rule embed_images as embed_images_block with:
    output:
        temp(
            "results/probes/{probe}/embeddings/image_blocks/{image_block}_of_{image_blocks}/{image_text_model}.h5"
        ),
    log:
        "results/logs/embed_images/{probe}/{image_text_model}/{image_block}_of_{image_blocks}.log",
    wildcard_constraints:
        probe=one_of(config["probes"]),
    params:
        block=ask(image_blocks.block_number),
    message:
        "Embed the images of {wildcards.probe} with {wildcards.image_text_model}, "
        "block {wildcards.image_block} of {wildcards.image_blocks}"


use rule embed_images as merge_embeddings with:
    log:
        "results/logs/merge_embeddings/{probe}/{image_text_model}.log",
    wildcard_constraints:
        probe=one_of(cut_probes),
    threads: 2
    resources:
        mem_mb=memory(resources.joining),
        runtime=runtime(resources.joining),
        gpu=0,
    message:
        "Put the embeddings of {wildcards.probe} with {wildcards.image_text_model} together"


use rule record_activations as record_activations_block with:
    output:
        temp("results/{target}/{layer}/image_blocks/{image_block}_of_{image_blocks}/activations.h5"),
    log:
        "results/logs/record_activations/{target}/{layer}/{image_block}_of_{image_blocks}.log",
    wildcard_constraints:
        target=one_of(networks),
    params:
        block=ask(image_blocks.block_number),
    message:
        "Record the activations of {wildcards.target}/{wildcards.layer}, "
        "block {wildcards.image_block} of {wildcards.image_blocks}"


use rule record_activations as merge_activations with:
    log:
        "results/logs/merge_activations/{target}/{layer}.log",
    wildcard_constraints:
        target=one_of(networks & on_cut_probes),
    threads: 2
    resources:
        mem_mb=memory(resources.joining),
        runtime=runtime(resources.joining),
        gpu=0,
    message:
        "Put the activations of {wildcards.target}/{wildcards.layer} together"


use rule record_outputs as record_outputs_block with:
    output:
        temp("results/{target}/image_blocks/{image_block}_of_{image_blocks}/outputs.h5"),
    log:
        "results/logs/record_outputs/{target}/{image_block}_of_{image_blocks}.log",
    wildcard_constraints:
        target=one_of(networks),
    params:
        block=ask(image_blocks.block_number),
    message:
        "Record the outputs of {wildcards.target}, block {wildcards.image_block} of {wildcards.image_blocks}"


use rule record_outputs as merge_outputs with:
    log:
        "results/logs/merge_outputs/{target}.log",
    wildcard_constraints:
        target=one_of(networks & on_cut_probes),
    threads: 2
    resources:
        mem_mb=memory(resources.joining),
        runtime=runtime(resources.joining),
        gpu=0,
    message:
        "Put the outputs of {wildcards.target} together"


use rule embed_places as embed_places_block with:
    output:
        temp(
            "results/probes/{probe}/places/{target}_{grid}/image_blocks/{image_block}_of_{image_blocks}/{image_text_model}.h5"
        ),
    log:
        "results/logs/embed_places/{probe}/{target}_{grid}/{image_text_model}/{image_block}_of_{image_blocks}.log",
    wildcard_constraints:
        target=one_of(networks),
    params:
        block=ask(image_blocks.block_number),
    message:
        "Embed the {wildcards.grid} × {wildcards.grid} places that {wildcards.target} sees of {wildcards.probe} "
        "with {wildcards.image_text_model}, block {wildcards.image_block} of {wildcards.image_blocks}"


use rule embed_places as merge_place_embeddings with:
    log:
        "results/logs/merge_place_embeddings/{probe}/{target}_{grid}/{image_text_model}.log",
    wildcard_constraints:
        target=one_of(networks & on_cut_probes),
    threads: 2
    resources:
        mem_mb=memory(resources.joining),
        runtime=runtime(resources.joining),
        gpu=0,
    message:
        "Put the embeddings of places of {wildcards.probe} with {wildcards.image_text_model} together"
