"""Networks that the workflow trains itself."""

from .source import Source

KEYS = """
description: A network that the workflow trains itself.
required: [name]
properties:
  name: {description: A classifier under trained_models., type: string, examples: [scenes_resnet]}
  untrained: {$ref: "#/$defs/untrained"}
"""

SOURCE = Source(keys=KEYS, build=None)
