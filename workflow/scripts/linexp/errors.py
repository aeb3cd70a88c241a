"""The one kind of error that a user's input can cause."""

import re

NOT_ONE_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What does not belong into a line of text: control characters, line breaks, and what stands for no character."""


class LinexpError(Exception):
    """Something in the input is wrong; the message says in one line what, where and what to do."""

    def __init__(self, message: str):
        super().__init__(NOT_ONE_LINE.sub(lambda found: ascii(found[0])[1:-1], message))
