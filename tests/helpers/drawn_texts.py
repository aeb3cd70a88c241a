"""Where the texts of a figure lie once it is drawn."""

import matplotlib
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from linexp.figures.style import STYLE


def texts_of(figure: Figure) -> list[tuple[str, object]]:
    """Every text that is drawn with its box in pixels; labels of ticks beyond the ends of an axis are not."""
    with matplotlib.rc_context(STYLE):
        FigureCanvasAgg(figure).draw()
        beyond = set()
        for axis in figure.findobj(Axis):
            low, high = sorted(axis.get_view_interval())
            ticks = [*axis.get_major_ticks(), *axis.get_minor_ticks()]
            beyond |= {label for tick in ticks if not low <= tick.get_loc() <= high for label in tick.findobj(Text)}
        texts = [text for text in figure.findobj(Text) if text.get_text().strip() and text.get_visible()]
        return [(text.get_text(), text.get_window_extent()) for text in texts if text not in beyond]


def check_texts(figure: Figure) -> list[str]:
    """That no text leaves the figure or overlaps another; returns the texts."""
    boxes = texts_of(figure)
    width, height = figure.bbox.size
    for number, (content, box) in enumerate(boxes):
        assert min(box.x0, box.y0, width - box.x1, height - box.y1) >= 0, content
        for other, other_box in boxes[:number]:
            apart_x = min(box.x1, other_box.x1) - max(box.x0, other_box.x0)
            apart_y = min(box.y1, other_box.y1) - max(box.y0, other_box.y0)
            # boxes reach down to where descenders would be, so lines may touch by a few pixels
            assert apart_x <= 1 or apart_y <= 6, (content, other)
    return [content for content, _ in boxes]
