"""What methods are called where people read: by what they are, not by their keys in the configuration."""

from collections.abc import Mapping
from typing import Any

from ..config.checks import Config
from .inputs import target_of

_KINDS = {
    "best_concept": "Best single concept",
    "clip_dissect": "CLIP-Dissect",
    "network_dissection": "Network Dissection",
}
_PRESENCES = {"label": "labels", "area": "covered areas", "pseudo": "pseudo-labels", "both": "both"}


def title_of(name: str, method: Mapping[str, Any]) -> str:
    """Of a method by its entry in the configuration, such as `LE (pseudo-labels), top 5`, or else its key."""
    if method["kind"] != "linear":
        return _KINDS.get(method["kind"], name.replace("_", " "))
    way = f", top {method['top_k']}" if "top_k" in method else ", full search" if "search" in method else ""
    return f"LE ({_PRESENCES[method['presence']]}){way}"


def method_titles(config: Config, wildcards) -> list[str]:
    """Those of the methods of a target, in its order; the keys of methods that would be called the same are added."""
    names = target_of(config, wildcards)["methods"]
    titles = [title_of(name, config["methods"][name]) for name in names]
    return [
        f"{title} · {name}" if titles.count(title) > 1 else title for name, title in zip(names, titles, strict=True)
    ]
