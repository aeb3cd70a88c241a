rule draw_scenes:
    output:
        "results/{place}/{images}/images.parquet",
    log:
        "results/logs/draw_scenes/{place}/{images}.log",
    conda:
        "../envs/linexp.yaml"
    threads: 8
    resources:
        mem_mb=memory(resources.drawing),
        runtime=runtime(resources.drawing),
    params:
        images=ask(inputs.drawing_settings),
        seed=config["seed"],
    message:
        "Draw the scenes of {wildcards.images}"
    script:
        "../workflow/scripts/draw_scenes.py"


rule draw_masks:
    input:
        index="results/{place}/{images}/index.parquet",
    output:
        "results/{place}/{images}/masks.h5",
    log:
        "results/logs/draw_masks/{place}/{images}.log",
    conda:
        "../envs/linexp.yaml"
    threads: 8
    resources:
        mem_mb=memory(resources.drawing),
        runtime=runtime(resources.drawing),
    params:
        images=ask(inputs.drawing_settings),
        seed=config["seed"],
    message:
        "Draw where each object of {wildcards.images} is"
    script:
        "../workflow/scripts/draw_masks.py"


rule fetch_images:
    output:
        "results/{place}/{images}/files.json",
    log:
        "results/logs/fetch_images/{place}/{images}.log",
    wildcard_constraints:
        images=one_of(inputs.fetched_images(config)),
    localrule: True
    conda:
        "../envs/linexp.yaml"
    params:
        images=ask(inputs.fetch_settings),
    message:
        "Fetch the images of {wildcards.images}"
    script:
        "../workflow/scripts/fetch_images.py"


rule index_images:
    input:
        images=needs(inputs.image_files),
    output:
        "results/{place}/{images}/index.parquet",
    log:
        "results/logs/index_images/{place}/{images}.log",
    conda:
        "../envs/linexp.yaml"
    threads: threads_of_images
    resources:
        mem_mb=memory(resources.reading),
        runtime=runtime(resources.reading),
    params:
        images=ask(inputs.image_settings),
        split=ask(inputs.split_of),
        seed=config["seed"],
    message:
        "Index the images of {wildcards.images}"
    script:
        "../workflow/scripts/index_images.py"


rule make_labels:
    input:
        source=needs(inputs.label_files),  # as what the images have beside a class is not in the index
        pixel_labels=needs(inputs.pixel_label_files),
        index="results/{place}/{images}/index.parquet",
    output:
        "results/{place}/{images}/labels.h5",
    log:
        "results/logs/make_labels/{place}/{images}.log",
    conda:
        "../envs/linexp.yaml"
    threads: threads_of_images
    resources:
        mem_mb=memory(resources.reading),
        runtime=runtime(resources.reading),
    params:
        images=ask(inputs.label_settings),
    message:
        "Label the images of {wildcards.images}"
    script:
        "../workflow/scripts/make_labels.py"


rule make_concept_set:
    input:
        labels="results/probes/{probe}/labels.h5",
        files=needs(inputs.concept_set_files),
    output:
        "results/probes/{probe}/concepts/{concept_set}.parquet",
    log:
        "results/logs/make_concept_set/{probe}/{concept_set}.log",
    conda:
        "../envs/linexp.yaml"
    resources:
        mem_mb=memory(resources.small),
        runtime=runtime(resources.small),
    params:
        members=ask(inputs.concept_set_members),
    message:
        "Put together the concepts {wildcards.concept_set} for {wildcards.probe}"
    script:
        "../workflow/scripts/make_concept_set.py"
