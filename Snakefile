from snakemake.utils import min_version

min_version("9.27")


container: "envs/linexp.sif"  # for --sdm apptainer


include: "rules/common.smk"
include: "rules/probes.smk"
include: "rules/models.smk"
include: "rules/concepts.smk"
include: "rules/presence.smk"
include: "rules/areas.smk"
include: "rules/dense.smk"
include: "rules/activations.smk"
include: "rules/explanations.smk"
include: "rules/dissection.smk"
include: "rules/effects.smk"
include: "rules/blocks.smk"
include: "rules/image_blocks.smk"
include: "rules/scores.smk"
include: "rules/ceilings.smk"
include: "rules/layer_figures.smk"
include: "rules/neuron_figures.smk"
include: "rules/explorer.smk"
include: "rules/tables.smk"


rule all:
    default_target: True
    input:
        expand("results/{layer}/scores.parquet", layer=config["run"]),
        expand("results/{layer}/summary.csv", layer=config["run"]),
        expand("results/{layer}/comparison.csv", layer=config["run"]),
        needs(evaluation_files.reports_of_run),
        needs(figure_files.figures_of_run),
        needs(inputs.stability_of_run),


recipes.attach(workflow, stop, logger.info, partial(image_blocks.blocks_of, config))
