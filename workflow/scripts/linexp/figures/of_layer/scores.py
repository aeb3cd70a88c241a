"""The distribution of scores by method."""

from .figure import Artifacts, LayerFigure, Settings


def draw(artifacts: Artifacts, settings: Settings):
    from ..scores import draw_scores

    return draw_scores(artifacts["scores"].to_pandas(), settings["title"], settings["simulator"])


FIGURE = LayerFigure(
    draw=draw,
    label="scores by method",
    caption="Scores of all explanations of {layer} by method: a dot a neuron, boxes for the middle half and the "
    "median, whiskers from the 5th to the 95th percentile, a diamond at the mean.",
)
