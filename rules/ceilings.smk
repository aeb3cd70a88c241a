rule measure_ceilings:
    input:
        unpack(needs(evaluation_files.ceiling_files)),
    output:
        "results/{target}/{layer}/ceilings/{presence}.parquet",
    log:
        "results/logs/measure_ceilings/{target}/{layer}/{presence}.log",
    conda:
        "../envs/linexp.yaml"
    threads: threads_of_target
    resources:
        mem_mb=memory(work.bounding),
        runtime=runtime(work.bounding),
    params:
        neurons=ask(inputs.neurons_of),
    message:
        "Measure the ceilings of {wildcards.target}/{wildcards.layer} by P of {wildcards.presence}"
    script:
        "../workflow/scripts/measure_ceilings.py"


rule find_missing_concepts:
    input:
        unpack(needs(evaluation_files.missing_files)),
    output:
        "results/{target}/{layer}/missing/{method}.parquet",
    log:
        "results/logs/find_missing_concepts/{target}/{layer}/{method}.log",
    wildcard_constraints:
        method=one_of(names_of_kind("methods", "linear")),
    conda:
        "../envs/linexp.yaml"
    threads: threads_of_target
    resources:
        mem_mb=memory(work.missing),
        runtime=runtime(work.missing),
    params:
        neurons=ask(inputs.neurons_of),
    message:
        "Find the concepts that {wildcards.method} lacks in {wildcards.target}/{wildcards.layer}"
    script:
        "../workflow/scripts/find_missing_concepts.py"
