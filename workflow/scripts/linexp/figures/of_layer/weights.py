"""The weights of concepts in the explanations of some neurons, as a heat map."""

from ...explanations import from_table
from .figure import Artifacts, LayerFigure, Settings

CHOSEN = "Neurons: from the best to the least explained, evenly spaced by rank of test correlation."


def draw(artifacts: Artifacts, settings: Settings):
    from ..weights import draw_weight_map, ranked_neurons, select

    scores, method = artifacts["scores"].to_pandas(), settings["method"]
    rows = scores[(scores["method"] == method) & (scores["simulator"] == settings["simulator"])]
    correlations = dict(zip(rows["neuron"], rows["correlation"], strict=True))
    neurons, remark = settings["neurons"], ""
    if not neurons:
        neurons, remark = ranked_neurons(correlations), CHOSEN
    return draw_weight_map(select(from_table(artifacts["explanations"]), neurons), settings["title"], method, remark)


FIGURE = LayerFigure(
    draw=draw,
    label="weights of concepts",
    caption="Weights of concepts in the explanations of some neurons of {layer} by {method}: those asked for by "
    "number, or a selection from the best to the least explained.",
    inputs=("scores", "explanations"),
    settings=("title", "simulator", "method", "neurons"),
)
