"""The one kind of error that a user's input can cause, and what its message is made of."""

import difflib
import re
from collections.abc import Iterable
from typing import Any

NOT_ONE_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What does not belong into a line of text: control characters, line breaks, and what stands for no character."""


class LinexpError(Exception):
    """Something in the input is wrong; the message says in one line what, where and what to do."""

    def __init__(self, message: str):
        super().__init__(NOT_ONE_LINE.sub(lambda found: ascii(found[0])[1:-1], message))


def shortened(text: str, length: int) -> str:
    """A text cut to a length."""
    return text if len(text) <= length else text[: length - 3] + "..."


def suggest(word: Any, known: Iterable[Any]) -> str:
    """The remedy for a name that is not among those known: the closest one, or all."""
    known = [str(name) for name in known]
    close = difflib.get_close_matches(str(word), known, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"use one of {shortened(', '.join(known), 100)}" if known else "there is none yet, add one"
