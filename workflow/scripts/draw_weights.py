"""Draw the weights of concepts in the explanations of some neurons as a heat map. Output: PNG or SVG."""

from linexp import explanations
from linexp.artifacts import store
from linexp.figures import style, weights
from linexp.jobs import runtime

runtime.start(snakemake)
files, params = snakemake.input, snakemake.params
provenance = store.provenance_of(snakemake, store.same_probe(files.scores, files.explanations))
scores = store.read_table(files.scores).to_pandas()
chosen = scores[(scores["method"] == params.method) & (scores["simulator"] == params.simulator)]
correlations = dict(zip(chosen["neuron"], chosen["correlation"], strict=True))
explained = explanations.from_table(store.read_table(files.explanations))
if params.neurons:
    neurons, remark = params.neurons, ""
else:
    neurons = weights.ranked_neurons(correlations)
    remark = "Neurons: from the best to the least explained, evenly spaced by rank of test correlation."
figure = weights.draw_weight_map(weights.select(explained, neurons), params.title, params.method, remark)
with store.create_file(snakemake.output[0], provenance) as temporary:
    style.save_figure(figure, temporary, snakemake.wildcards.format, provenance.summary())
