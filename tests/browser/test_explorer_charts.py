"""What is drawn: bars from zero, areas on both sides of the axis, round ticks, names that break where they may."""

import re
from itertools import pairwise

import numpy as np
import pytest

from helpers.screens import DESKTOP, PHONE
from linexp.figures.area_chart import area_chart

BOTH = pytest.mark.parametrize(
    "page", [{"viewport": DESKTOP}, {"viewport": PHONE}], indirect=True, ids=["wide", "narrow"]
)
ROUND = re.compile(r"0|0\.0*[125]|[125]0*")


def numbers(texts: list[str]) -> list[float]:
    return [float(text.replace("−", "-").replace(",", "")) for text in texts]


def with_negative(layer) -> int:
    return next(one.neuron for one in layer.explained["le"] if min(one.weights, default=0) < -1)


@pytest.mark.parametrize("view", ["", "#neuron="])
def test_a_negative_score_is_a_bar_to_the_left_of_zero(many_methods, opened, view):
    scores = many_methods.scores.dropna(subset=["correlation"])
    row = scores[scores["method"] == "best"].sort_values("correlation").iloc[0]
    assert row["correlation"] < -0.02
    page = opened(many_methods.url(f"{view}{row['neuron'] if view else '#method=best'}"))
    table = page.locator(".methods tbody tr").nth(1) if view else page.locator(f'tr[data-neuron="{row["neuron"]}"]')
    cell = table.locator(".wide" if view else ".shown")
    assert cell.locator(".value").inner_text().startswith("−")
    fill, zero = (cell.locator(f".score-bar {part}").bounding_box() for part in (".fill", ".zero"))
    assert fill["width"] > 1
    assert fill["x"] + fill["width"] == pytest.approx(zero["x"], abs=1)


@BOTH
def test_concepts_of_negative_weight_have_areas_below_the_axis_and_few_images_are_pale(layer, opened, page):
    neuron = with_negative(layer)
    opened(layer.url(f"#neuron={neuron}"))
    explanation = layer.explained["le"][neuron]
    presence = layer.p[:, [layer.concepts.index(name) for name in explanation.concepts]].astype(np.float32)
    chart = area_chart(layer.activations[:, neuron], presence, explanation.concepts, np.array(explanation.weights))
    assert chart.below.names
    drawing = page.locator(".area-box svg.chart")
    axis = float(drawing.locator("line").first.get_attribute("y1"))
    tops = drawing.locator("path.area").evaluate_all("paths => paths.map(path => path.getBBox().y)")
    assert sum(top >= axis - 0.1 for top in tops) >= len(chart.below.names)
    pale = [number for number in chart.counts if 0 < number < 10]
    assert drawing.locator(".few").count() == len(pale) > 0
    legend = page.locator(".legend").nth(1).inner_text()
    assert all(name in legend for name in chart.below.names)
    page.locator(".area-box summary").click()
    cells = page.locator(".area-box tbody tr").first.locator("td").all_inner_texts()
    expected = [f"{100 * share:.0f} %" for share in chart.below.shares[0]]
    assert cells[-len(expected) :] == expected


@BOTH
def test_ticks_are_round_numbers_and_no_label_of_a_chart_is_cut_or_hides_another(layer, opened, page):
    opened(layer.url(f"#neuron={with_negative(layer)}"))
    axes = page.locator(".scatter g").first.locator("text:not(.strong)").all_text_contents()
    values = numbers(axes)
    steps = {round(b - a, 9) for a, b in pairwise(values) if b > a}
    assert len(values) > 3 and all(ROUND.fullmatch(f"{step:g}") for step in steps)
    for chart in page.locator("svg.chart:visible").all():
        frame = chart.bounding_box()
        boxes = [text.bounding_box() for text in chart.locator("text").all()]
        for box in boxes:
            assert box["x"] >= frame["x"] - 1 and box["x"] + box["width"] <= frame["x"] + frame["width"] + 1
        for i, a in enumerate(boxes):
            for b in boxes[:i]:
                apart = a["x"] >= b["x"] + b["width"] or b["x"] >= a["x"] + a["width"]
                assert apart or a["y"] >= b["y"] + b["height"] - 3 or b["y"] >= a["y"] + a["height"] - 3


@pytest.mark.parametrize("page", [{"viewport": PHONE}], indirect=True, ids=["phone"])
def test_the_name_of_a_method_breaks_at_an_underscore_alone(many_methods, opened):
    page = opened(many_methods.url("#neuron=0"))
    name = page.locator(".methods tbody th", has_text="network_dissection")
    lines = name.evaluate("""cell => {
      const tops = [...cell.childNodes].filter((node) => node.data).map((node) => {
        const range = document.createRange();
        range.selectNodeContents(node);
        return range.getClientRects().length;
      });
      return tops;
    }""")
    assert lines == [1, 1]


def test_metrics_and_statuses_have_their_names(layer, opened):
    page = opened(layer.url("#neuron=0"))
    page.get_by_text("All metrics").click()
    text = page.locator("#explanations ~ details", has_text="All metrics").inner_text()
    assert "ablation (optim)" in text and "AUPRC" in text and "_" not in text.replace("not_above", "")
    page = opened(layer.url("#layer"))
    assert "0.400 of always answering with how frequent concepts are" in page.locator("#layer").inner_text()


def chart_of(layer, neuron: int):
    explanation = layer.explained["le"][neuron]
    presence = layer.p[:, [layer.concepts.index(name) for name in explanation.concepts]].astype(np.float32)
    return area_chart(layer.activations[:, neuron], presence, explanation.concepts, np.array(explanation.weights))


@BOTH
def test_names_are_written_in_the_areas_that_have_room_for_them(layer, opened, page):
    written = 0
    for neuron in (0, 7, with_negative(layer)):
        opened(layer.url(f"#neuron={neuron}"))
        chart = chart_of(layer, neuron)
        inside = page.locator(".area-box svg.chart").evaluate("""chart => {
          const areas = [...chart.querySelectorAll("path.area")];
          return [...chart.querySelectorAll(".area-label")].map((text) => {
            const { x, y, width, height } = text.getBBox();
            const corners = [[x, y + 3], [x + width, y + 3], [x, y + height - 3], [x + width, y + height - 3]];
            const points = corners.map(([left, top]) => new DOMPoint(left, top));
            const around = areas.filter((area) => points.every((point) => area.isPointInFill(point)));
            return [text.textContent, around.map((area) => area.getAttribute("class"))];
          });
        }""")
        names = [*chart.names, "none of these", *chart.below.names]
        for name, classes in inside:
            place = names.index(name)
            colour = "area none" if place == len(chart.names) else f"area colour-{place - (place > len(chart.names))}"
            assert classes == [colour]
        written += len(inside)
    assert written >= 3


@BOTH
def test_bars_above_the_areas_are_the_numbers_of_images_on_a_logarithmic_scale(layer, opened, page):
    opened(layer.url("#neuron=7"))
    counts = chart_of(layer, 7).counts
    heights = page.locator(".bar-of-bin").evaluate_all("bars => bars.map(bar => Number(bar.getAttribute('height')))")
    expected = np.log1p(counts) / np.log1p(counts.max()) * max(heights)
    assert heights == pytest.approx(expected.tolist(), abs=0.01)


def test_the_value_of_a_line_between_its_points_is_that_of_numpy(layer, opened):
    page = opened(layer.url())
    points = [[0, 5], [2, 9], [2.5, 1], [7, 1], [10, -3]]
    at = [-1, 0, 0.4, 2, 2.1, 5, 8.7, 10, 12]
    found = page.evaluate("([points, at]) => at.map(x => linexp.areaLabels.heightAt(points, x))", [points, at])
    assert found == pytest.approx(np.interp(at, *zip(*points, strict=True)).tolist())
