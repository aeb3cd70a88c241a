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


rule make_pseudo_presence:
    input:
        index="results/probes/{probe}/index.parquet",
        images="results/probes/{probe}/embeddings/{image_text_model}.h5",
        concepts="results/probes/{probe}/concepts/{concept_set}/{image_text_model}.h5",
        calibration="results/calibration/{image_text_model}.json",
    output:
        "results/probes/{probe}/P/{concept_set}/{image_text_model}/P.h5",
    log:
        "results/logs/make_pseudo_presence/{probe}/{concept_set}/{image_text_model}.log",
    conda:
        "../envs/linexp.yaml"
    threads: 8
    resources:
        mem_mb=memory(resources.presence_of_concepts),
        runtime=runtime(resources.presence_of_concepts),
    params:
        paper_parity=config["paper_parity"],
    message:
        "Make P of {wildcards.concept_set} in {wildcards.probe} by {wildcards.image_text_model}"
    script:
        "../workflow/scripts/make_pseudo_presence.py"


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
