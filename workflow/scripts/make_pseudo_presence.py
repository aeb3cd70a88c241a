"""P of LE (SigLIP): calibrated similarity. Output: HDF5 with P (n_images, n_kept) float32 and its statistics."""

from linexp import presence, probe_index, runtime, store

runtime.start(snakemake)
files = snakemake.input
index = store.read_table(files.index)
calibration = store.read_json(files.calibration)
(concepts,) = store.read_arrays(files.concepts, "embeddings")
provenance = store.Provenance.of(snakemake, store.same_probe(files.index, files.images, files.concepts))
with store.open_arrays(files.images) as images, store.create_arrays(snakemake.output[0], provenance) as file:
    presence.write_presence(
        file,
        lambda rows: (
            presence.probabilities(block, concepts, calibration["a"], calibration["b"])
            for block in store.row_blocks(images["embeddings"], rows)
        ),
        store.read_strings(files.concepts, "concepts"),
        probe_index.fitting_rows(index, snakemake.params.paper_parity),
        len(index),
        min_top_mean=presence.MIN_TOP_MEAN,
    )
