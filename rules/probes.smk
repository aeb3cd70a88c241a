rule draw_scenes:
    input:
        script=script_file("draw_scenes"),
        library=library("runtime", "scenes_data", "store"),
    output:
        "results/{place}/{images}/images.parquet",
    log:
        "results/logs/draw_scenes/{place}/{images}.log",
    conda:
        "../envs/linexp.yaml"
    threads: 8
    resources:
        mem_mb=memory(drawing),
        runtime=runtime(drawing),
    params:
        images=lambda wc: config["probes" if wc.place == "probes" else "training_sets"][wc.images],
        seed=config["seed"],
    script:
        "../workflow/scripts/draw_scenes.py"


rule draw_masks:
    input:
        script=script_file("draw_masks"),
        library=library("runtime", "scenes_data", "store"),
        index="results/{place}/{images}/index.parquet",
    output:
        "results/{place}/{images}/masks.h5",
    log:
        "results/logs/draw_masks/{place}/{images}.log",
    conda:
        "../envs/linexp.yaml"
    threads: 8
    resources:
        mem_mb=memory(drawing),
        runtime=runtime(drawing),
    params:
        images=lambda wc: config["probes" if wc.place == "probes" else "training_sets"][wc.images],
        seed=config["seed"],
    script:
        "../workflow/scripts/draw_masks.py"


rule index_images:
    input:
        script=script_file("index_images"),
        library=library("image_sources", "probe_index", "runtime", "store"),
        images=lambda wc: image_files(wc.place, wc.images),
    output:
        "results/{place}/{images}/index.parquet",
    log:
        "results/logs/index_images/{place}/{images}.log",
    conda:
        "../envs/linexp.yaml"
    threads: 8
    resources:
        mem_mb=memory(reading),
        runtime=runtime(reading),
    params:
        images=lambda wc: image_settings(wc.place, wc.images),
        split=lambda wc: config["split"] if wc.place == "probes" else TRAINING_SPLIT,
        seed=config["seed"],
    script:
        "../workflow/scripts/index_images.py"


rule make_labels:
    input:
        script=script_file("make_labels"),
        library=library("class_lists", "image_sources", "labels", "probe_index", "runtime", "store"),
        images=lambda wc: image_files(wc.place, wc.images),
        index="results/{place}/{images}/index.parquet",
    output:
        "results/{place}/{images}/labels.h5",
    log:
        "results/logs/make_labels/{place}/{images}.log",
    conda:
        "../envs/linexp.yaml"
    threads: 8
    resources:
        mem_mb=memory(reading),
        runtime=runtime(reading),
    params:
        images=lambda wc: image_settings(wc.place, wc.images),
    script:
        "../workflow/scripts/make_labels.py"


rule make_concept_set:
    input:
        script=script_file("make_concept_set"),
        library=library("class_lists", "concepts", "runtime", "store"),
        labels="results/probes/{probe}/labels.h5",
        files=lambda wc: [part["file"] for part in concept_set_members(wc) if "file" in part],
    output:
        "results/probes/{probe}/concepts/{concept_set}.parquet",
    log:
        "results/logs/make_concept_set/{probe}/{concept_set}.log",
    conda:
        "../envs/linexp.yaml"
    resources:
        mem_mb=memory(small),
        runtime=runtime(small),
    params:
        members=lambda wc: concept_set_members(wc),
    script:
        "../workflow/scripts/make_concept_set.py"
