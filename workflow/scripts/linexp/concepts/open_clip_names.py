"""The names of image-text models, looked up without loading open_clip, which takes seconds."""

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..errors import LinexpError, suggest


@cache
def _configurations() -> dict[str, Path]:
    """The files in which open_clip has its models, by their names."""
    found = find_spec("open_clip")
    folders = found.submodule_search_locations if found else None
    return {path.stem: path for folder in folders or () for path in Path(folder, "model_configs").glob("*.json")}


@cache
def known_names() -> frozenset[str]:
    """The models that open_clip has a configuration of; none where it is not installed, as it may be for planning."""
    return frozenset(_configurations())


def vision_of(model: str) -> dict[str, Any]:
    """What the configuration of a model, or of a file, says of its image encoder; nothing if it cannot be read here."""
    path = Path(model) if model.endswith(".json") else _configurations().get(name_in_open_clip(model))
    try:
        content = json.loads(path.read_text(encoding="utf-8")) if path else {}
        return dict(content.get("model_cfg", content).get("vision_cfg", {}))
    except (OSError, ValueError, TypeError, AttributeError):
        return {}  # whoever builds the model says what is wrong


def name_in_open_clip(model: str) -> str:
    """A model's name as open_clip has it: OpenAI writes ViT-B/32. Places such as `hf-hub:owner/name` stay."""
    return model if ":" in model else model.replace("/", "-")


def check_name(model: str, place: str) -> None:
    """Raise a `LinexpError` with the closest name if open_clip knows none of that name."""
    name = name_in_open_clip(model)
    if known_names() and ":" not in model and name not in known_names():
        raise LinexpError(f"{place}: {name!r} is no model of open_clip; {suggest(name, sorted(known_names()))}")
