"""A metric, a kind of images, a source of networks, a figure and a layout of explanations are a file and a line each.

A baseline of one's own is in test_baselines.py.
"""

import h5py
import numpy as np
import pandas as pd
import pytest

LIBRARY = "workflow/scripts/linexp"
LAYER = "results/net/layer4"

METRIC = '''
"""Mean absolute error."""

import numpy as np

from .metric import Metric

METRIC = Metric(
    name="toy",
    label="toy",
    of_columns=lambda columns: -np.abs(columns.activations - columns.simulated).mean(axis=1),
    higher_is_better=True,
    formula="-mean |a - s|",
    source="a test",
    bounds=None,
    trusted=False,
)
'''

KIND = '''
"""Grey images, each of a class of its own."""

import numpy as np
from PIL import Image

from ..image_source import ImageSource
from .kind import Kind


class Greys(ImageSource):
    def __init__(self, images):
        self.keys = [f"grey{level}" for level in range(images)]
        self.labels = np.arange(images, dtype=np.int32)
        self.class_names = [f"grey {level}" for level in range(images)]

    def content(self, row):
        return bytes([row])

    def decode(self, content):
        return Image.new("RGB", (8, 8), (content[0],) * 3)


KIND = Kind(
    keys="""
description: Grey images.
required: [root]
properties:
  root: {description: A folder that is not looked into., type: string}
  levels: {description: How many., type: integer, maximum: 256, default: 20}
""",
    how_to_get="make the folder",
    labels=lambda _entry: {"classes"},
    open=lambda entry, _paths, _class_names: Greys(entry["levels"]),
    images=lambda entry: entry["levels"],
)
'''

SOURCE = '''
"""Networks of one convolution."""

from .source import Source


def build(model):
    from torch import nn

    return nn.Sequential(nn.Conv2d(3, model["width"], 3), nn.ReLU())


SOURCE = Source(
    keys="""
description: A network of one convolution.
required: [width]
properties:
  width: {description: Its neurons., type: integer}
  weights: {$ref: "#/$defs/weights", default: none}
  preprocess: {$ref: "#/$defs/preprocess"}
  untrained: {$ref: "#/$defs/untrained"}
""",
    build=build,
    name_key="width",
)
'''

FIGURE = '''
"""How many neurons each method explains."""

from collections import Counter

from .figure import LayerFigure


def draw(artifacts, settings):
    from matplotlib.figure import Figure

    counts = Counter(artifacts["scores"]["method"].to_pylist())
    figure = Figure()
    figure.subplots().bar(list(counts), list(counts.values()))
    figure.suptitle(settings["title"])
    return figure


FIGURE = LayerFigure(draw=draw, label="neurons", caption="Neurons that each method explains in {layer}.")
'''

FORMAT = '''
"""A unit, and a word."""

from .format import Format, single

FORMAT = Format(("toy_unit", "word"), lambda row, neuron: single(neuron, [row.text("word")]))
'''


def add(project, package: str, name: str, code: str) -> None:
    """The file, and the line in the registry; nothing else."""
    folder = project.folder / LIBRARY / package
    (folder / f"{name}.py").write_text(code)
    registry = folder / "__init__.py"
    text = registry.read_text()
    assert text.count("_NAMES = (") == 1
    registry.write_text(text.replace("_NAMES = (", f'_NAMES = ("{name}", '))


def test_a_metric_is_scored_checked_and_summarised(project):
    add(project, "metrics", "toy", METRIC)
    project.run(f"{LAYER}/scores.parquet", f"{LAYER}/sanity.csv", f"{LAYER}/summary.csv")
    scores = pd.read_parquet(project.folder / LAYER / "scores.parquet")
    assert (scores["toy"].dropna() <= 0).all() and scores["toy"].notna().any()
    assert "toy" in set(pd.read_csv(project.folder / LAYER / "sanity.csv")["metric"])


def test_a_kind_of_images_is_indexed_and_labelled(project):
    add(project, "probes/kinds", "greys", KIND)
    config = project.config()
    config["probes"]["greys"] = {"kind": "greys", "root": "."}
    project.configure(config)
    project.run("results/probes/greys/labels.h5")
    index = pd.read_parquet(project.folder / "results/probes/greys/index.parquet")
    assert len(index) == 20 and len(set(index["sha256"])) == 20
    config["probes"]["greys"]["root"] = "nowhere"
    project.configure(config)
    said = project.plan("results/probes/greys/labels.h5", "--forcerun", "index_images")
    assert said.status == 1 and said.last.endswith("root: nowhere does not exist; make the folder")


@pytest.mark.long
def test_networks_of_a_source_are_recorded(project):
    add(project, "networks/sources", "one_convolution", SOURCE)
    config = project.config()
    normal = {"resize": 32, "mean": [0.5] * 3, "std": [0.5] * 3}
    model = {"source": "one_convolution", "width": 5, "preprocess": normal}
    own = {"model": model, "layers": {"relu": {"module": "1", "pool": "max", "ablation": False}}}
    config["targets"]["mine"] = config["targets"]["net"] | own
    project.configure(config)
    project.run("results/mine/relu/activations.h5")
    with h5py.File(project.folder / "results/mine/relu/activations.h5") as file:
        recorded = file["activations"][:]
    assert 5 in recorded.shape and recorded.any()
    config["targets"]["mine"]["model"] = model | {"depth": 2}
    project.configure(config)
    said = project.plan("results/mine/relu/activations.h5")
    assert said.status == 1 and "targets.mine.model.depth: unknown key" in said.last


@pytest.mark.long
def test_a_figure_is_drawn_with_the_whole_workflow(project):
    add(project, "figures/of_layer", "toy", FIGURE)
    assert f"{LAYER}/figures/toy.svg" in {file for job in project.plan().jobs for file in job.outputs}
    project.run(f"{LAYER}/figures/toy.svg")
    assert "le_siglip" in (project.folder / LAYER / "figures/toy.svg").read_text()


@pytest.mark.parametrize("format", [pytest.param("auto", marks=pytest.mark.long), "toy"])
def test_a_layout_of_published_explanations_is_read(project, format):
    add(project, "importers", "toy", FORMAT)
    neurons = range(pd.read_parquet(project.folder / LAYER / "explanations/le_label.parquet")["neuron"].max() + 1)
    words = np.array(["guitar", "kitchen"])[np.arange(len(neurons)) % 2]
    pd.DataFrame({"toy_unit": neurons, "word": words}).to_csv(project.folder / "toy.csv", index=False)
    config = project.config()
    config["methods"]["published"] = {"kind": "imported", "file": "toy.csv", "format": format}
    config["targets"]["net"]["methods"].append("published")
    project.configure(config)
    project.run(f"{LAYER}/explanations/published.parquet")
    explained = pd.read_parquet(project.folder / LAYER / "explanations/published.parquet")
    assert [concepts.tolist() for concepts in explained["concepts"]] == [[word] for word in words]
