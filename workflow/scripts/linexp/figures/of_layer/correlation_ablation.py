"""Correlation against ablation score, with the quadratic fit (Fig. 5)."""

from .figure import Artifacts, LayerFigure, Settings


def draw(artifacts: Artifacts, settings: Settings):
    from ..scores import draw_correlation_against_ablation

    return draw_correlation_against_ablation(artifacts["scores"].to_pandas(), settings["title"], settings["simulator"])


FIGURE = LayerFigure(
    draw=draw,
    label="correlation and ablation score",
    caption="Correlation and ablation score of every explanation of {layer}, with the quadratic fit of all of them "
    "(Fig. 5 of the paper).",
    requires=("ablation",),
)
