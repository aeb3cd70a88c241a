rule train_classifier:
    input:
        unpack(needs(model_files.training_files)),
    output:
        weights="results/models/{trained_model}/weights.safetensors",
        training="results/models/{trained_model}/training.json",
    log:
        "results/logs/train_classifier/{trained_model}.log",
    wildcard_constraints:
        trained_model=one_of(names_of_kind("trained_models", "classifier")),
    conda:
        "../envs/linexp.yaml"
    threads: 1  # small networks learn no faster with two, and others are trained beside them
    resources:
        mem_mb=memory(resources.training),
        runtime=runtime(resources.training),
        gpu=1,
    params:
        model=ask(model_files.trained_entry),
        images=ask(model_files.training_settings),
        seed=config["seed"],
    message:
        "Train the classifier {wildcards.trained_model}"
    script:
        "../workflow/scripts/train_classifier.py"


rule train_image_text:
    input:
        unpack(needs(model_files.image_text_training_files)),
    output:
        weights="results/models/{trained_model}/weights.safetensors",
        training="results/models/{trained_model}/training.json",
    log:
        "results/logs/train_image_text/{trained_model}.log",
    wildcard_constraints:
        trained_model=one_of(names_of_kind("trained_models", "image_text")),
    conda:
        "../envs/linexp.yaml"
    threads: 1  # small networks learn no faster with two, and others are trained beside them
    resources:
        mem_mb=memory(resources.training),
        runtime=runtime(resources.training),
        gpu=1,
    params:
        model=ask(model_files.trained_entry),
        images=ask(model_files.training_settings),
        seed=config["seed"],
    message:
        "Train the image-text model {wildcards.trained_model}"
    script:
        "../workflow/scripts/train_image_text.py"


rule train_sae:
    input:
        unpack(needs(model_files.sae_training_files)),
    output:
        weights="results/models/{trained_model}/weights.safetensors",
        training="results/models/{trained_model}/training.json",
    log:
        "results/logs/train_sae/{trained_model}.log",
    wildcard_constraints:
        trained_model=one_of(names_of_kind("trained_models", "sae")),
    conda:
        "../envs/linexp.yaml"
    threads: 1  # as the other trainings
    resources:
        mem_mb=memory(resources.training_sae),
        runtime=runtime(resources.training_sae),
        gpu=1,
        batch_size=ask(model_files.sae_batch_size),
    params:
        model=ask(model_files.sae_settings),
        network=ask(model_files.sae_network),
        layer=ask(model_files.sae_places),
        images=ask(model_files.training_settings),
        seed=config["seed"],
    message:
        "Train the sparse autoencoder {wildcards.trained_model}"
    script:
        "../workflow/scripts/train_sae.py"


rule fetch_repository:
    output:
        "results/models/hub/{repository}.zip",
    log:
        "results/logs/fetch_repository/{repository}.log",
    wildcard_constraints:
        repository=one_of(map(re.escape, model_files.repositories(config))),
    localrule: True
    conda:
        "../envs/linexp.yaml"
    params:
        repository=ask(model_files.repository),
    message:
        "Fetch the code of {wildcards.repository}"
    script:
        "../workflow/scripts/fetch_repository.py"


rule download_target_weights:
    input:
        unpack(needs(model_files.code_files)),
    output:
        "results/models/targets/{target}.safetensors",
    log:
        "results/logs/download_target_weights/{target}.log",
    localrule: True
    conda:
        "../envs/linexp.yaml"
    params:
        model=ask(model_files.downloaded),
    message:
        "Download the weights of {wildcards.target}"
    script:
        "../workflow/scripts/download_target_weights.py"


rule download_image_text_weights:
    output:
        "results/models/image_text/{image_text_model}.safetensors",
    log:
        "results/logs/download_image_text_weights/{image_text_model}.log",
    localrule: True
    conda:
        "../envs/linexp.yaml"
    params:
        model=ask(model_files.image_encoder),
    message:
        "Download the weights of {wildcards.image_text_model}"
    script:
        "../workflow/scripts/download_image_text_weights.py"
