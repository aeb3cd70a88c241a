rule embed_images:
    input:
        unpack(image_text_files),
        script=script_file("embed_images"),
        library=library("image_batches", "image_sources", "image_text", "probe_index", "runtime", "store"),
        images=lambda wc: image_files("probes", wc.probe),
        index="results/probes/{probe}/index.parquet",
    output:
        "results/probes/{probe}/embeddings/{image_text_model}.h5",
    log:
        "results/logs/embed_images/{probe}/{image_text_model}.log",
    conda:
        "../envs/linexp.yaml"
    threads: 8
    resources:
        mem_mb=memory(embedding_images),
        runtime=runtime(embedding_images),
        gpu=1,
    params:
        model=lambda wc: model_only(wc.image_text_model),
        images=lambda wc: image_settings("probes", wc.probe),
        batch_size=lambda wc: config["image_text_models"][wc.image_text_model]["batch_size"],
    script:
        "../workflow/scripts/embed_images.py"


rule embed_concepts:
    input:
        unpack(image_text_files),
        script=script_file("embed_concepts"),
        library=library("image_text", "runtime", "store"),
        concepts="results/probes/{probe}/concepts/{concept_set}.parquet",
    output:
        "results/probes/{probe}/concepts/{concept_set}/{image_text_model}.h5",
    log:
        "results/logs/embed_concepts/{probe}/{concept_set}/{image_text_model}.log",
    conda:
        "../envs/linexp.yaml"
    # a small model takes longer to load than to run, so several are loaded at once
    threads: lambda wc: 1 if "trained" in config["image_text_models"][wc.image_text_model] else 8
    resources:
        mem_mb=memory(embedding_concepts),
        runtime=runtime(embedding_concepts),
        gpu=1,
    params:
        model=lambda wc: model_only(wc.image_text_model),
    script:
        "../workflow/scripts/embed_concepts.py"


rule embed_explanations:
    input:
        unpack(image_text_files),
        script=script_file("embed_explanations"),
        library=library("explanations", "image_text", "runtime", "store"),
        explanations="results/{target}/{layer}/explanations/{method}.parquet",
    output:
        "results/{target}/{layer}/concepts/{image_text_model}/{method}.h5",
    log:
        "results/logs/embed_explanations/{target}/{layer}/{image_text_model}/{method}.log",
    conda:
        "../envs/linexp.yaml"
    threads: lambda wc: 1 if "trained" in config["image_text_models"][wc.image_text_model] else 8
    resources:
        mem_mb=memory(embedding_explanations),
        runtime=runtime(embedding_explanations),
        gpu=1,
    params:
        model=lambda wc: model_only(wc.image_text_model),
    script:
        "../workflow/scripts/embed_explanations.py"


rule calibrate:
    input:
        unpack(calibration_files),
        script=script_file("calibrate"),
        library=library("calibration", "probe_index", "runtime", "store"),
    output:
        "results/calibration/{image_text_model}.json",
    log:
        "results/logs/calibrate/{image_text_model}.log",
    conda:
        "../envs/linexp.yaml"
    resources:
        mem_mb=memory(calibrating),
        runtime=runtime(calibrating),
    params:
        calibration=lambda wc: config["image_text_models"][wc.image_text_model]["calibration"],
        paper_parity=config["paper_parity"],
    script:
        "../workflow/scripts/calibrate.py"
