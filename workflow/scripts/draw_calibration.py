"""Draw the reliability diagrams of the image-text models of a layer. Output: PNG or SVG."""

from linexp import figure_style, reliability_figure, runtime, store

runtime.start(snakemake)
paths, params = snakemake.input.calibrations, snakemake.params
calibrations = [
    store.read_json(path) | {"name": name, "role": role}
    for (name, role), path in zip(params.calibrated, paths, strict=True)
]
figure = reliability_figure.draw_reliability(calibrations, params.title)
provenance = store.Provenance.of(snakemake, "").attributes()
with store.atomic(snakemake.output[0]) as temporary:
    figure_style.save_figure(figure, temporary, snakemake.wildcards.format, provenance)
