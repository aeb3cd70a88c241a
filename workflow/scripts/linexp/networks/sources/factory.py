"""Networks that a function of the user's returns."""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING

from ...errors import LinexpError
from ..user_code import files_behind
from .source import Model, Source

if TYPE_CHECKING:
    from torch import nn

KEYS = r"""
description: A network that a function of yours returns.
required: [call, checkpoint, preprocess]
properties:
  call:
    description: package.module:function, which returns the network
    type: string
    pattern: "^[\\w.]+:\\w+$(?!\\n)"
    examples: ["my_package.models:build"]
  checkpoint: {description: "Path of its weights, or `none`.", type: string, examples: [path/to/weights.safetensors]}
  arguments: {$ref: "#/$defs/arguments"}
  preprocess: {$ref: "#/$defs/preprocess"}
  output: {$ref: "#/$defs/output"}
  untrained: {$ref: "#/$defs/untrained"}
"""


def build(model: Model) -> nn.Module:
    """What the function returns; its module is also looked for in the folder that the workflow runs in."""
    module, _, function = model["call"].partition(":")
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    try:
        factory = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise LinexpError(f"model.call: {model['call']} cannot be imported ({error}); correct it") from error
    return factory(**model.get("arguments", {}))


SOURCE = Source(
    keys=KEYS,
    build=build,
    name_key="call",
    weights_key="checkpoint",
    code=lambda model: files_behind(model["call"].partition(":")[0]),
)
