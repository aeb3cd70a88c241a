rule embed_places:
    input:
        unpack(needs(dense_files.place_embedding_files)),
    output:
        "results/probes/{probe}/places/{target}_{grid}/{image_text_model}.h5",
    log:
        "results/logs/embed_places/{probe}/{target}_{grid}/{image_text_model}.log",
    wildcard_constraints:
        target=one_of(networks - on_cut_probes),
    conda:
        "../envs/linexp.yaml"
    threads: threads_of_image_text
    resources:
        mem_mb=memory(resources.embedding_places),
        runtime=runtime(resources.embedding_places),
        gpu=1,
        batch_size=of_image_text_model("batch_size"),
    params:
        model=ask(model_files.image_encoder),
        dense=ask(dense_files.way),
        images=ask(place_files.measured_images),
        grid=lambda wc: int(wc.grid),
    message:
        "Embed the {wildcards.grid} × {wildcards.grid} places that {wildcards.target} sees of {wildcards.probe} with {wildcards.image_text_model}"
    script:
        "../workflow/scripts/embed_places.py"


rule calibrate_places:
    input:
        unpack(needs(dense_files.place_calibration_files)),
    output:
        "results/probes/{probe}/places/{target}_{grid}/{image_text_model}.json",
    log:
        "results/logs/calibrate_places/{probe}/{target}_{grid}/{image_text_model}.log",
    wildcard_constraints:
        target=one_of(networks),
    conda:
        "../envs/linexp.yaml"
    resources:
        mem_mb=memory(resources.calibrating_places),
        runtime=runtime(resources.calibrating_places),
    params:
        calibration=of_image_text_model("calibration"),
        paper_parity=config["paper_parity"],
    message:
        "Calibrate {wildcards.image_text_model} at places of {wildcards.probe}"
    script:
        "../workflow/scripts/calibrate_places.py"


rule measure_place_quality:
    input:
        unpack(needs(dense_files.place_quality_files)),
    output:
        "results/probes/{probe}/places/{target}_{grid}/quality/{image_text_model}.csv",
    log:
        "results/logs/measure_place_quality/{probe}/{target}_{grid}/{image_text_model}.log",
    wildcard_constraints:
        target=one_of(networks),
        probe=one_of(name for name in config["probes"] if dense_files.has_pixel_labels(config, name)),
    conda:
        "../envs/linexp.yaml"
    resources:
        mem_mb=memory(resources.calibrating_places),
        runtime=runtime(resources.calibrating_places),
    message:
        "Measure how well {wildcards.image_text_model} tells what is where in {wildcards.probe}"
    script:
        "../workflow/scripts/measure_place_quality.py"
