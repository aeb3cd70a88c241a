"""The one kind of error that a user's input can cause."""


class LinexpError(Exception):
    """Something in the input is wrong; the message says in one line what, where and what to do."""
