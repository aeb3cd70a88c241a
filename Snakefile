from snakemake.utils import min_version

min_version("9.6")


include: "rules/check_config.smk"


configfile: "config.yaml"


container: "envs/linexp.sif"  # for --sdm apptainer


include: "rules/common.smk"
include: "rules/model_inputs.smk"
include: "rules/inputs.smk"
include: "rules/evaluation_inputs.smk"
include: "rules/dissection_inputs.smk"
include: "rules/block_inputs.smk"
include: "rules/table_inputs.smk"
include: "rules/resources.smk"
include: "rules/evaluation_resources.smk"
include: "rules/figure_inputs.smk"
include: "rules/explorer_inputs.smk"
include: "rules/probes.smk"
include: "rules/models.smk"
include: "rules/embeddings.smk"
include: "rules/activations.smk"
include: "rules/presence.smk"
include: "rules/explanations.smk"
include: "rules/network_dissection.smk"
include: "rules/ablation.smk"
include: "rules/neuron_blocks.smk"
include: "rules/scores.smk"
include: "rules/figures.smk"
include: "rules/layer_figures.smk"
include: "rules/explorer.smk"
include: "rules/tables.smk"


rule all:
    default_target: True
    input:
        expand("results/{layer}/scores.parquet", layer=config["run"]),
        expand("results/{layer}/summary.csv", layer=config["run"]),
        expand("results/{layer}/comparison.csv", layer=config["run"]),
        expand("results/{layer}/report/index.html", layer=config["run"]),
        figures_of_run,
