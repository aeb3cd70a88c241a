"""What the scripts of the page compute, against numpy, the library and trying all possibilities."""

import re

import numpy as np
import pytest

from linexp.explorer.intervals import correlations_with_intervals


@pytest.fixture(scope="module")
def computing(browser, layer):
    """A page that is opened once, to compute on."""
    page = browser.new_page()
    page.goto(layer.url())
    page.wait_for_selector("html.ready", timeout=60_000)
    yield page.evaluate
    page.close()


@pytest.mark.parametrize("seed", range(5))
def test_correlation_interval_and_line_are_those_of_the_library(computing, seed):
    rng = np.random.default_rng(seed)
    x = rng.gamma(0.5, size=60)
    y = x * rng.normal() + rng.gamma(0.5, size=60)
    found = computing("([x, y]) => linexp.numbers.correlate(x, y)", [x.tolist(), y.tolist()])
    value, low, high = (values[0] for values in correlations_with_intervals(x[:, None], y[:, None]))
    assert [found["r"], found["low"], found["high"]] == pytest.approx([value, low, high], abs=1e-12)
    assert [found["slope"], found["intercept"]] == pytest.approx(np.polyfit(x, y, 1).tolist(), abs=1e-9)
    assert computing("x => linexp.numbers.correlate(x, x.map(() => 3))", x.tolist()) is None


def test_a_simulation_is_the_weighted_sum_of_the_columns(computing):
    rng = np.random.default_rng(0)
    weights, p = rng.normal(size=4), rng.random((4, 30))
    script = "([weights, p]) => [...linexp.numbers.simulate(weights, p, p[0].length)]"
    assert computing(script, [weights.tolist(), p.tolist()]) == pytest.approx((weights @ p).tolist(), abs=1e-12)


@pytest.mark.parametrize(("low", "high"), [(0, 3.56), (-0.2, 1), (0, 0.0037), (-1200, 45000), (2.5, 2.6)])
def test_ticks_are_all_multiples_of_a_round_step_within_the_axis(computing, low, high):
    ticks = computing("([low, high]) => linexp.numbers.ticks(low, high)", [low, high])
    values = [value for value, _ in ticks]
    step = values[1] - values[0]
    assert re.fullmatch(r"[125]e[+-]\d+", f"{step:.0e}") and 3 <= len(values) <= 5
    multiples = np.arange(np.ceil(low / step - 1e-6), np.floor(high / step + 1e-6) + 1) * step
    assert values == pytest.approx(multiples.tolist(), abs=1e-9 * max(abs(low), abs(high)))
    texts = [float(text.replace("−", "-")) for _, text in ticks]
    assert texts == pytest.approx(values, abs=1e-3 * step)


def lines_of(widths: list[float], room: float, gap: float) -> int:
    lines, used = 1, 0.0
    for width in widths:
        if used and used + gap + width > room:
            lines, used = lines + 1, width
        else:
            used += width + (gap if used else 0)
    return lines


@pytest.mark.parametrize("seed", range(8))
def test_as_many_chips_are_kept_as_fit_with_their_count_behind_them(computing, seed):
    rng = np.random.default_rng(seed)
    widths = rng.integers(20, 160, 12).tolist()
    room, gap, lines, more = 300, 5, 1 + seed % 3, 44
    found = computing("given => linexp.fitting.chipsThatFit(...given)", [widths, room, gap, lines, more])
    fitting = [n for n in range(1, 12) if lines_of([*widths[:n], more], room, gap) <= lines]
    assert found == (12 if lines_of(widths, room, gap) <= lines else max(fitting, default=1))


@pytest.mark.parametrize("room", [20, 34, 40, 47, 55, 80])
def test_columns_go_in_their_order_until_the_others_fit(computing, room):
    columns = [
        {"name": "a", "width": 10},
        {"name": "b", "width": 8, "goes": 2},
        {"name": "c", "width": 9, "goes": 1},
        {"name": "d", "width": 7, "goes": 1},
        {"name": "e", "width": 12, "goes": 3},
        {"name": "f", "width": 5, "goes": 1},
    ]
    found = computing("([columns, room]) => linexp.fitting.columnsThatFit(columns, room, 'f')", [columns, room])
    left = [column["name"] for column in columns]
    for gone in "dcbe":
        if sum(column["width"] for column in columns if column["name"] in left) > room:
            left.remove(gone)
    assert [column["name"] for column in found] == left
