"""Draw the reliability diagrams of the image-text models of a layer. Output: PNG or SVG."""

from linexp.artifacts import store
from linexp.figures import calibration, style
from linexp.jobs import runtime

runtime.start(snakemake)
paths, params = snakemake.input.calibrations, snakemake.params
calibrations = [
    store.read_json(path) | {"name": name, "role": role}
    for (name, role), path in zip(params.calibrated, paths, strict=True)
]
figure = calibration.draw_reliability(calibrations, params.title)
provenance = store.provenance_of(snakemake, "")
with store.create_file(snakemake.output[0], provenance) as temporary:
    style.save_figure(figure, temporary, snakemake.wildcards.format, provenance.summary())
