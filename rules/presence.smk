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
        index=needs(inputs.moments_index),
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
