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


rule index_places:
    input:
        index="results/probes/{probe}/index.parquet",
    output:
        "results/probes/{probe}/places/{grid}/index.parquet",
    log:
        "results/logs/index_places/{probe}/{grid}.log",
    conda:
        "../envs/linexp.yaml"
    resources:
        mem_mb=memory(resources.indexing_places),
        runtime=runtime(resources.indexing_places),
    params:
        grid=lambda wc: int(wc.grid),
    message:
        "Index the {wildcards.grid} × {wildcards.grid} places of the images of {wildcards.probe}"
    script:
        "../workflow/scripts/index_places.py"


rule make_area_presence_at_places:
    input:
        index="results/probes/{probe}/places/{grid}/index.parquet",
        areas="results/probes/{probe}/places/{target}_{grid}/areas.h5",
    output:
        "results/probes/{probe}/P/area/{target}_{grid}/P.h5",
    log:
        "results/logs/make_area_presence_at_places/{probe}/{target}_{grid}.log",
    wildcard_constraints:
        grid=r"[2-9]|[1-9]\d+",
    conda:
        "../envs/linexp.yaml"
    threads: 8
    resources:
        mem_mb=memory(resources.presence_at_places),
        runtime=runtime(resources.presence_at_places),
    params:
        paper_parity=config["paper_parity"],
    message:
        "Look at P of what covers the {wildcards.grid} × {wildcards.grid} places that {wildcards.target} sees of {wildcards.probe}"
    script:
        "../workflow/scripts/make_presence_at_places.py"


rule make_pseudo_presence_at_places:
    input:
        unpack(needs(place_files.pseudo_places_files)),
    output:
        "results/probes/{probe}/P/{concept_set}/{explainers}/places/{target}_{grid}/P.h5",
    log:
        "results/logs/make_pseudo_presence_at_places/{probe}/{concept_set}/{explainers}/{target}_{grid}.log",
    conda:
        "../envs/linexp.yaml"
    threads: 8
    resources:
        mem_mb=memory(resources.presence_at_places),
        runtime=runtime(resources.presence_at_places),
    params:
        paper_parity=config["paper_parity"],
    message:
        "Look at P of {wildcards.concept_set} at places of {wildcards.probe} by {wildcards.explainers}"
    script:
        "../workflow/scripts/make_presence_at_places.py"
