"""Broden's labels as people read them."""

import re


def readable_name(label: str) -> str:
    """A label without the mark of colours (-c) and scenes (-s), and with blanks for underscores."""
    # a hyphen elsewhere belongs to the name, as in polka-dotted
    return re.sub("-[cs]$", "", label).replace("_", " ").strip()
