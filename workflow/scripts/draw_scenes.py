"""Draw scenes. Output: Parquet with the encoded images, their class and the concepts that are true of them."""

from linexp.artifacts import store
from linexp.jobs import runtime
from linexp.scenes import data

runtime.start(snakemake)
table = data.draw_images(
    snakemake.params.images["images"],
    snakemake.params.images["size"],
    snakemake.params.images["first"],
    snakemake.params.seed,
    snakemake.threads,
)
store.write_table(snakemake.output[0], store.provenance_of(snakemake, ""), table)
