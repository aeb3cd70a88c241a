"""What recordings of a target are told of its classes, by the losses that are to be computed from them."""

from types import SimpleNamespace

import pytest

from helpers.configs import SCHEMA, small
from linexp.config.checks import checked
from linexp.planning import figure_files, model_files

OTHER = SimpleNamespace(target="other", layer="last")


def planned(loss: str, **further):
    config = small()
    config["targets"]["other"] |= {"ablation": {"loss": loss}, **further}
    return config


@pytest.mark.parametrize(
    ("loss", "class_map", "told"),
    [
        ("cross_entropy", None, None),
        ("kl", None, "if_equal"),
        ("kl", "none", "none"),
        ("kl", {"cat": 3}, {"cat": 3}),
        ("cross_entropy", {"cat": 3}, {"cat": 3}),
    ],
)
def test_classes_have_to_be_mapped_only_where_a_loss_needs_labels(loss, class_map, told):
    config = planned(loss, **({"class_map": class_map} if class_map else {}))
    assert model_files.class_map(checked(config, SCHEMA), OTHER) == told


def test_a_target_that_shares_recordings_counts_with_its_loss():
    config = planned("kl")
    config["targets"]["like_it"] = {"like": "other", "methods": ["dissect"], "ablation": {"loss": "cross_entropy"}}
    assert model_files.class_map(checked(config, SCHEMA), OTHER) is None


def test_top_impact_is_drawn_with_the_rest_only_where_labels_are_sure(monkeypatch):
    monkeypatch.setattr(figure_files, "has_labels", lambda _config, _wildcards: True)
    for loss, class_map, drawn in (("kl", None, False), ("kl", {"cat": 3}, True), ("cross_entropy", None, True)):
        config = planned(loss, **({"class_map": class_map} if class_map else {})) | {"run": ["other/last"]}
        figures = figure_files.figures_of_run(checked(config, SCHEMA), None)
        assert ("results/other/last/figures/top_impact.svg" in figures) == drawn
