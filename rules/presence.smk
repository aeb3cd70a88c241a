rule make_label_presence:
    input:
        index="results/probes/{probe}/index.parquet",
        labels="results/probes/{probe}/labels.h5",
    output:
        "results/probes/{probe}/P/label/P.h5",
    log:
        "results/logs/make_label_presence/{probe}.log",
    conda:
        "../envs/linexp.yaml"
    resources:
        mem_mb=memory(resources.presence_of_labels),
        runtime=runtime(resources.presence_of_labels),
    params:
        paper_parity=config["paper_parity"],
    message:
        "Make P of the labels of {wildcards.probe}"
    script:
        "../workflow/scripts/make_label_presence.py"


rule find_crops:
    input:
        unpack(needs(place_files.crop_files)),
    output:
        "results/{target}/crops.h5",
    log:
        "results/logs/find_crops/{target}.log",
    wildcard_constraints:
        target=one_of(networks),
    conda:
        "../envs/linexp.yaml"
    threads: threads_of_target
    resources:
        mem_mb=memory(resources.finding_crops),
        runtime=runtime(resources.finding_crops),
    params:
        model=ask(model_files.up_to_layers),
        images=ask(inputs.probe_settings),
    message:
        "Find what {wildcards.target} sees of each image"
    script:
        "../workflow/scripts/find_crops.py"


rule measure_areas:
    input:
        unpack(needs(place_files.area_files)),
    output:
        "results/probes/{probe}/places/{target}_{grid}/areas.h5",
    log:
        "results/logs/measure_areas/{probe}/{target}_{grid}.log",
    conda:
        "../envs/linexp.yaml"
    threads: threads_of_target
    resources:
        mem_mb=memory(resources.measuring_areas),
        runtime=runtime(resources.measuring_areas),
    params:
        images=ask(place_files.measured_images),
        pixel_labels=ask(place_files.labelled_pixels),
        grid=lambda wc: int(wc.grid),
    message:
        "Measure what covers the {wildcards.grid} × {wildcards.grid} cells that {wildcards.target} sees of {wildcards.probe}"
    script:
        "../workflow/scripts/measure_areas.py"


rule make_area_presence:
    input:
        index="results/probes/{probe}/index.parquet",
        areas="results/probes/{probe}/places/{target}_{grid}/areas.h5",
    output:
        "results/probes/{probe}/P/area/{target}_{grid}/P.h5",
    log:
        "results/logs/make_area_presence/{probe}/{target}_{grid}.log",
    wildcard_constraints:
        grid="1",
    conda:
        "../envs/linexp.yaml"
    resources:
        mem_mb=memory(resources.presence_of_labels),
        runtime=runtime(resources.presence_of_labels),
    params:
        paper_parity=config["paper_parity"],
    message:
        "Make P of what covers what {wildcards.target} sees of {wildcards.probe}"
    script:
        "../workflow/scripts/make_area_presence.py"


rule make_pseudo_presence:
    input:
        unpack(needs(inputs.pseudo_presence_files)),
    output:
        "results/probes/{probe}/P/{concept_set}/{explainers}/P.h5",
    log:
        "results/logs/make_pseudo_presence/{probe}/{concept_set}/{explainers}.log",
    conda:
        "../envs/linexp.yaml"
    threads: 8
    resources:
        mem_mb=memory(resources.presence_of_concepts),
        runtime=runtime(resources.presence_of_concepts),
    params:
        min_presence=config["min_presence"],
        paper_parity=config["paper_parity"],
    message:
        "Make P of {wildcards.concept_set} in {wildcards.probe} by {wildcards.explainers}"
    script:
        "../workflow/scripts/make_pseudo_presence.py"


rule make_both_presence:
    input:
        index="results/probes/{probe}/index.parquet",
        labels="results/probes/{probe}/P/label/P.h5",
        pseudo="results/probes/{probe}/P/{concept_set}/{explainers}/P.h5",
    output:
        "results/probes/{probe}/P/{concept_set}/{explainers}/both_{label_weight}/P.h5",
    log:
        "results/logs/make_both_presence/{probe}/{concept_set}/{explainers}/{label_weight}.log",
    conda:
        "../envs/linexp.yaml"
    threads: 8
    resources:
        mem_mb=memory(resources.presence_of_both),
        runtime=runtime(resources.presence_of_both),
    params:
        label_weight=lambda wc: float(wc.label_weight),
        paper_parity=config["paper_parity"],
    message:
        "Make P of labels and of {wildcards.concept_set} in {wildcards.probe} by {wildcards.explainers}"
    script:
        "../workflow/scripts/make_both_presence.py"


rule compute_moments:
    input:
        index="results/probes/{probe}/index.parquet",
        presence="results/probes/{probe}/P/{presence}/P.h5",
    output:
        "results/probes/{probe}/P/{presence}/moments.h5",
    log:
        "results/logs/compute_moments/{probe}/{presence}.log",
    conda:
        "../envs/linexp.yaml"
    threads: 8
    resources:
        mem_mb=memory(resources.summing_moments),
        runtime=runtime(resources.summing_moments),
    message:
        "Compute the moments of P of {wildcards.presence} in {wildcards.probe}"
    script:
        "../workflow/scripts/compute_moments.py"
