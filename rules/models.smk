rule train_classifier:
    input:
        script=script_file("train_classifier"),
        library=library("image_sources", "probe_index", "runtime", "store", "training", "weights"),
        images=lambda wc: image_files("models", training_set(wc.classifier)),
        index=lambda wc: f"results/models/{training_set(wc.classifier)}/index.parquet",
    output:
        weights="results/models/{classifier}/weights.safetensors",
        training="results/models/{classifier}/training.json",
    log:
        "results/logs/train_classifier/{classifier}.log",
    conda:
        "../envs/linexp.yaml"
    threads: 2
    resources:
        mem_mb=memory(lambda wc: training(wc.classifier)),
        runtime=runtime(lambda wc: training(wc.classifier)),
        gpu=1,
    params:
        model=lambda wc: config["trained_models"][wc.classifier],
        images=lambda wc: image_settings("models", training_set(wc.classifier)),
        seed=config["seed"],
    script:
        "../workflow/scripts/train_classifier.py"


rule train_image_text:
    input:
        script=script_file("train_image_text"),
        library=library("image_sources", "probe_index", "runtime", "store", "training", "weights"),
        configuration=lambda wc: config["trained_models"][wc.trained_image_text]["model"],
        images=lambda wc: image_files("models", training_set(wc.trained_image_text)),
        index=lambda wc: f"results/models/{training_set(wc.trained_image_text)}/index.parquet",
        labels=lambda wc: f"results/models/{training_set(wc.trained_image_text)}/labels.h5",
    output:
        weights="results/models/{trained_image_text}/weights.safetensors",
        training="results/models/{trained_image_text}/training.json",
    log:
        "results/logs/train_image_text/{trained_image_text}.log",
    conda:
        "../envs/linexp.yaml"
    threads: 2
    resources:
        mem_mb=memory(lambda wc: training(wc.trained_image_text)),
        runtime=runtime(lambda wc: training(wc.trained_image_text)),
        gpu=1,
    params:
        model=lambda wc: config["trained_models"][wc.trained_image_text],
        images=lambda wc: image_settings("models", training_set(wc.trained_image_text)),
        seed=config["seed"],
    script:
        "../workflow/scripts/train_image_text.py"


rule download_target_weights:
    input:
        script=script_file("download_target_weights"),
        library=library("runtime", "store", "targets", "weights"),
    output:
        "results/models/targets/{target}.safetensors",
    log:
        "results/logs/download_target_weights/{target}.log",
    localrule: True
    conda:
        "../envs/linexp.yaml"
    params:
        model=lambda wc: config["targets"][wc.target]["model"],
    script:
        "../workflow/scripts/download_target_weights.py"


rule download_image_text_weights:
    input:
        script=script_file("download_image_text_weights"),
        library=library("image_text", "runtime", "store", "weights"),
    output:
        "results/models/image_text/{image_text_model}.safetensors",
    log:
        "results/logs/download_image_text_weights/{image_text_model}.log",
    localrule: True
    conda:
        "../envs/linexp.yaml"
    params:
        model=lambda wc: image_text_settings(wc.image_text_model),
    script:
        "../workflow/scripts/download_image_text_weights.py"
