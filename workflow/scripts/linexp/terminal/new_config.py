"""The configuration that a new folder begins with."""

import json
import re
from pathlib import Path
from typing import Any

import jinja2
import yaml

from ..config.checks import whole_schema
from ..errors import LinexpError, suggest
from ..networks.sources import SOURCES
from ..probes.sources import open_source
from ..workflow import LIBRARY, SCHEMA

TEMPLATE = LIBRARY / "resources" / "new_folder" / "config.yaml"
EXAMPLE = {"source": "torchvision", "name": "resnet50", "weights": "IMAGENET1K_V1"}
EXAMPLE_LAYER = {"module": "layer4", "pool": "avg"}


def configuration(folder: Path, model: str | None, images: Path | None) -> tuple[str, str]:
    """The text of a configuration, and the layer that it explains, as target/layer.

    Parameters
    ----------
    folder
        Where it is to lie.
    model, images
        As in `new_folder.write`.
    """
    entry = _named(model) if model else EXAMPLE
    layer, remark = _last_layer(entry) if model else (EXAMPLE_LAYER, "its last maps, averaged over their places")
    target = _name(entry[SOURCES[entry["source"]].name_key]) if model else "my_model"
    values = {
        "target": target,
        "model": _in_one_line(entry),
        "others": [_commented(source) for source in SOURCES if source != entry["source"]],
        "layer": _name(layer["module"]),
        "entry": _in_one_line(layer),
        "remark": remark,
        **_of_images(folder, images),
    }
    template = jinja2.Template(TEMPLATE.read_text(encoding="utf-8"), keep_trailing_newline=True)
    return template.render(values), f"{target}/{values['layer']}"


def _named(model: str) -> dict[str, Any]:
    """The entry of a network that is given as SOURCE:NAME."""
    source, _, name = model.partition(":")
    by_name = [known for known, source in SOURCES.items() if source.preprocessing]
    if source not in SOURCES or not name:
        form = f"--model: {model!r} is not of the form SOURCE:NAME, as in timm:convnext_atto"
        raise LinexpError(f"{form}; {suggest(source, by_name)}")
    if source not in by_name:
        raise LinexpError(
            f"--model: a network of source {source} needs more than a name; leave --model out, and write it into "
            "config.yaml, which has a line for it"
        )
    return example(source) | {SOURCES[source].name_key: name}


def _last_layer(entry: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """The entry of a network's last layer, and what it is."""
    from PIL import Image

    from ..networks.targets import build_network, preprocessing
    from .first_layer import first_layer

    network = build_network(entry)
    found = first_layer(network, preprocessing(entry)(Image.new("RGB", (256, 256))))
    layer = {"module": found.module, "pool": found.pool}
    if found.channels == "last":
        layer["channels"] = "last"
    return layer, f"{found.neurons:,} neurons"


def _of_images(folder: Path, images: Path | None) -> dict[str, str]:
    """What the configuration says of the images, and the methods that are possible with them."""
    methods = ["le_siglip", "best_concept", "clip_dissect"]
    root = Path("images")
    if images:
        if not images.is_dir():
            raise LinexpError(f"--images: {images} is not a folder; give the folder that the images are in")
        source = open_source({"kind": "image_folder", "root": str(images)})
        if source.class_names:
            methods.insert(0, "le_label")
        root, here = images.resolve(), folder.resolve()
        root = root.relative_to(here) if root.is_relative_to(here) else root
    return {"root": json.dumps(str(root), ensure_ascii=False), "methods": ", ".join(methods)}


def example(source: str) -> dict[str, Any]:
    """An entry with all that a source requires, as the examples of its keys have it."""
    keys, parts = yaml.safe_load(SOURCES[source].keys), whole_schema(SCHEMA)["$defs"]
    entry = {"source": source}
    for key in keys["required"]:
        described = keys["properties"][key]
        shared = parts[described["$ref"].rpartition("/")[2]] if "$ref" in described else {}
        entry[key] = (shared | described)["examples"][0]
    return entry


def _commented(source: str) -> str:
    about = yaml.safe_load(SOURCES[source].keys)["description"]
    return f"{_in_one_line(example(source))}    # {' '.join(about.split()).rstrip('.')}"


def _in_one_line(entry: dict[str, Any]) -> str:
    return yaml.safe_dump(entry, default_flow_style=True, sort_keys=False, width=1000, allow_unicode=True).strip()


def _name(text: str) -> str:
    """A text as a name in the configuration."""
    return re.sub("[^A-Za-z0-9]+", "_", text).strip("_")
