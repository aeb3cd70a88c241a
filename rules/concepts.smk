rule embed_images:
    input:
        unpack(needs(model_files.image_text_files)),
        images=needs(inputs.probe_files),
        index="results/probes/{probe}/index.parquet",
    output:
        "results/probes/{probe}/embeddings/{image_text_model}.h5",
    log:
        "results/logs/embed_images/{probe}/{image_text_model}.log",
    wildcard_constraints:
        probe=one_of(set(config["probes"]) - cut_probes),
    conda:
        "../envs/linexp.yaml"
    threads: threads_of_image_text
    resources:
        mem_mb=memory(resources.embedding_images),
        runtime=runtime(resources.embedding_images),
        gpu=1,
        batch_size=of_image_text_model("batch_size"),
    params:
        model=ask(model_files.image_encoder),
        images=ask(inputs.probe_settings),
    message:
        "Embed the images of {wildcards.probe} with {wildcards.image_text_model}"
    script:
        "../workflow/scripts/embed_images.py"


rule embed_concepts:
    input:
        unpack(needs(model_files.image_text_files)),
        concepts="results/probes/{probe}/concepts/{concept_set}.parquet",
    output:
        "results/probes/{probe}/concepts/{concept_set}/{image_text_model}.h5",
    log:
        "results/logs/embed_concepts/{probe}/{concept_set}/{image_text_model}.log",
    conda:
        "../envs/linexp.yaml"
    # a small model takes longer to load than to run, so several are loaded at once
    threads: threads_of_image_text
    resources:
        mem_mb=memory(resources.embedding_concepts),
        runtime=runtime(resources.embedding_concepts),
        gpu=1,
    params:
        model=ask(model_files.text_encoder),
    message:
        "Embed the concepts {wildcards.concept_set} with {wildcards.image_text_model}"
    script:
        "../workflow/scripts/embed_concepts.py"


rule embed_explanations:
    input:
        unpack(needs(model_files.image_text_files)),
        explanations="results/{target}/{layer}/explanations/{method}.parquet",
    output:
        "results/{target}/{layer}/concepts/{image_text_model}/{method}.h5",
    log:
        "results/logs/embed_explanations/{target}/{layer}/{image_text_model}/{method}.log",
    conda:
        "../envs/linexp.yaml"
    threads: threads_of_image_text
    resources:
        mem_mb=memory(resources.embedding_explanations),
        runtime=runtime(resources.embedding_explanations),
        gpu=1,
    params:
        model=ask(model_files.text_encoder),
    message:
        "Embed the texts of {wildcards.method} for {wildcards.target}/{wildcards.layer} with {wildcards.image_text_model}"
    script:
        "../workflow/scripts/embed_explanations.py"


rule calibrate:
    input:
        unpack(needs(model_files.calibration_files)),
    output:
        "results/calibration/{image_text_model}.json",
    log:
        "results/logs/calibrate/{image_text_model}.log",
    conda:
        "../envs/linexp.yaml"
    resources:
        mem_mb=memory(resources.calibrating),
        runtime=runtime(resources.calibrating),
    params:
        calibration=of_image_text_model("calibration"),
        paper_parity=config["paper_parity"],
    message:
        "Calibrate {wildcards.image_text_model}"
    script:
        "../workflow/scripts/calibrate.py"
