"""CLIP-Dissect explanations of a layer. Output: Parquet, one row a neuron."""

from linexp import clip_dissect, explanations, fitting_data, probe_index, runtime, store

runtime.start(snakemake)
files, params = snakemake.input, snakemake.params
fingerprint = store.same_probe(files.images, files.concepts, files.activations, files.index)
rows = probe_index.fitting_rows(store.read_table(files.index), params.paper_parity)
neurons, activations = fitting_data.read_activations(files.activations, params.neurons)
(images,), (concepts,) = (store.read_arrays(path, "embeddings") for path in (files.images, files.concepts))
explained = clip_dissect.explain(
    images[rows] @ concepts.T,
    activations[rows],
    neurons,
    store.read_strings(files.concepts, "concepts"),
    {name: value for name, value in params.method.items() if name not in ("kind", "explainer", "concepts")},
)
store.write_table(snakemake.output[0], store.Provenance.of(snakemake, fingerprint), explanations.to_table(explained))
