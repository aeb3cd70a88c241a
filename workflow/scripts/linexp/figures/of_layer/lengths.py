"""How many concepts explanations have, by method."""

from .figure import Artifacts, LayerFigure, Settings


def draw(artifacts: Artifacts, settings: Settings):
    from ..scores import draw_lengths

    scores = artifacts["scores"].to_pandas()
    of_simulator = scores[scores["simulator"] == settings["simulator"]]
    lengths = {method: rows["n_concepts"].to_numpy() for method, rows in of_simulator.groupby("method", sort=False)}
    return draw_lengths(lengths, settings["title"])


FIGURE = LayerFigure(
    draw=draw,
    label="lengths of explanations",
    caption="How many concepts the explanations of {layer} have, by method, as shares of the neurons.",
)
