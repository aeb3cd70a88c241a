rule make_label_presence:
    input:
        script=script_file("make_label_presence"),
        library=library("presence", "probe_index", "runtime", "store"),
        index="results/probes/{probe}/index.parquet",
        labels="results/probes/{probe}/labels.h5",
    output:
        "results/probes/{probe}/P/label/P.h5",
    log:
        "results/logs/make_label_presence/{probe}.log",
    conda:
        "../envs/linexp.yaml"
    resources:
        mem_mb=memory(presence_of_labels),
        runtime=runtime(presence_of_labels),
    params:
        paper_parity=config["paper_parity"],
    script:
        "../workflow/scripts/make_label_presence.py"


rule make_pseudo_presence:
    input:
        script=script_file("make_pseudo_presence"),
        library=library("parallel", "presence", "probe_index", "runtime", "store"),
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
        mem_mb=memory(presence_of_concepts),
        runtime=runtime(presence_of_concepts),
    params:
        paper_parity=config["paper_parity"],
    script:
        "../workflow/scripts/make_pseudo_presence.py"


rule compute_moments:
    input:
        script=script_file("compute_moments"),
        library=library("moments", "parallel", "probe_index", "progress", "runtime", "store"),
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
        mem_mb=memory(summing_moments),
        runtime=runtime(summing_moments),
    script:
        "../workflow/scripts/compute_moments.py"
