# where a target sets neuron_blocks, each block of a layer's neurons is a job, and a merge puts them together


use rule sample_curves as sample_curves_block with:
    output:
        update("results/{target}/{layer}/blocks/{block}_of_{blocks}/curves.h5"),
    log:
        "results/logs/sample_curves/{target}/{layer}/{block}_of_{blocks}.log",
    wildcard_constraints:
        target=one_of(cut_targets),
    params:
        block=ask(blocks.block_number),
    message:
        "Sample the loss curves of {wildcards.target}/{wildcards.layer}, block {wildcards.block} of {wildcards.blocks}"


use rule score_ablation as score_ablation_block with:
    output:
        "results/{target}/{layer}/blocks/{block}_of_{blocks}/ablation/{simulator}/{method}.parquet",
    log:
        "results/logs/score_ablation/{target}/{layer}/{simulator}/{method}/{block}_of_{blocks}.log",
    wildcard_constraints:
        target=one_of(cut_targets),
        simulator=simulators,
    params:
        block=ask(blocks.block_number),
    message:
        "Score the ablation of {wildcards.target}/{wildcards.layer} by {wildcards.method} with {wildcards.simulator}, "
        "block {wildcards.block} of {wildcards.blocks}"


use rule measure_impact as measure_impact_block with:
    output:
        "results/{target}/{layer}/blocks/{block}_of_{blocks}/impact.parquet",
    log:
        "results/logs/measure_impact/{target}/{layer}/{block}_of_{blocks}.log",
    wildcard_constraints:
        target=one_of(cut_targets),
    params:
        block=ask(blocks.block_number),
    message:
        "Measure Top Impact of {wildcards.target}/{wildcards.layer}, block {wildcards.block} of {wildcards.blocks}"


rule merge_impact:
    input:
        blocks=needs(blocks.blocks_of("impact.parquet")),
    output:
        "results/{target}/{layer}/impact.parquet",
    log:
        "results/logs/merge_impact/{target}/{layer}.log",
    wildcard_constraints:
        target=one_of(cut_targets),
    conda:
        "../envs/linexp.yaml"
    resources:
        mem_mb=memory(resources.small),
        runtime=runtime(resources.small),
    message:
        "Merge Top Impact of {wildcards.target}/{wildcards.layer}"
    script:
        "../workflow/scripts/merge_impact.py"


use rule dissect_network as dissect_block with:
    output:
        "results/{target}/{layer}/blocks/{block}_of_{blocks}/dissections/{method}.h5",
    log:
        "results/logs/dissect_network/{target}/{layer}/{method}/{block}_of_{blocks}.log",
    wildcard_constraints:
        target=one_of(networks & cut_targets),
        method=one_of(names_of_kind("methods", "network_dissection")),
    params:
        block=ask(blocks.block_number),
    message:
        "Dissect {wildcards.target}/{wildcards.layer} for {wildcards.method}, block {wildcards.block} of {wildcards.blocks}"


rule merge_dissections:
    input:
        blocks=needs(blocks.blocks_of("dissections/{method}.h5")),
    output:
        "results/{target}/{layer}/dissections/{method}.h5",
    log:
        "results/logs/merge_dissections/{target}/{layer}/{method}.log",
    wildcard_constraints:
        target=one_of(networks & cut_targets),
        method=one_of(names_of_kind("methods", "network_dissection")),
    conda:
        "../envs/linexp.yaml"
    resources:
        mem_mb=memory(resources.small),
        runtime=runtime(resources.small),
    message:
        "Merge the dissections of {wildcards.target}/{wildcards.layer} for {wildcards.method}"
    script:
        "../workflow/scripts/merge_dissections.py"
