"""Top Impact of a layer, or of all layers of a target (Eq. 4)."""

from .figure import Artifacts, LayerFigure, Settings


def draw(artifacts: Artifacts, settings: Settings):
    from ..top_impact import draw_top_impact

    tables = [table.to_pandas() for table in artifacts["impacts"]]
    return draw_top_impact(dict(zip(settings["layers"], tables, strict=True)), settings["title"])


FIGURE = LayerFigure(
    draw=draw,
    label="Top Impact",
    caption="Top Impact of {layer} (Eq. 4 of the paper): the share of a neuron's effect on the output that its most "
    "activating images have.",
    inputs=("impacts",),
    settings=("title", "layers"),
    requires=("impact", "labels"),
)
