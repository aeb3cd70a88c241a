"""The bars of the means: from zero, wherever the scale begins."""

import numpy as np
import pandas as pd
import pytest

from linexp.explorer.layer_page import mean_bar, mean_scales


def test_a_negative_mean_ends_at_zero_and_its_interval_is_cut_at_the_scale():
    bar = mean_bar(-0.2, -0.3, -0.1, start=-0.25)
    assert bar == {"begin": 4.0, "width": 16.0, "zero": 20.0, "negative": True, "low": 0.0, "span": 12.0}


def test_a_positive_mean_begins_at_zero():
    assert mean_bar(0.5, 0.4, 0.7, start=0.0) == {
        "begin": 0.0, "width": 50.0, "zero": 0.0, "negative": False, "low": 40.0, "span": 30.0
    }  # fmt: skip
    bar = mean_bar(0.5, 0.4, 0.7, start=-1.0)
    assert bar["begin"] == bar["zero"] == 50 and bar["width"] == 25


def test_a_mean_without_interval_has_none_and_an_undefined_one_no_bar():
    bar = mean_bar(0.5, np.nan, np.nan, start=0.0)
    assert bar is not None and "low" not in bar
    assert mean_bar(np.nan, np.nan, np.nan, start=0.0) is None


def test_the_scale_of_a_score_begins_at_its_lowest_end_but_at_0_at_most():
    summary = pd.DataFrame(
        {
            "correlation": [0.3, -0.1],
            "correlation_low": [0.2, np.nan],
            "ablation_optim": [0.1, 0.2],
            "ablation_optim_low": [-0.05, 0.1],
            "ablation_norm": [np.nan, 0.3],
            "ablation_norm_low": [np.nan, 0.1],
        }
    )
    assert mean_scales(summary) == pytest.approx({"correlation": -0.1, "ablation_optim": -0.05, "ablation_norm": 0.0})
    assert mean_scales(summary - 5)["correlation"] == -1
