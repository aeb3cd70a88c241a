"""Snakemake's report, of what is made already."""

import re
from collections.abc import Callable

from ..errors import LinexpError

_NOT_THERE = re.compile(r"File (.+) marked for report but does not exist")


def of_what_is_made(workflow, stop: Callable[[Exception], None]) -> Callable:
    """The method `create_report` of Snakemake's workflow, which says what to do where something is not made yet.

    Parameters
    ----------
    workflow
        Snakemake's.
    stop
        Ends Snakemake with an error in one line.
    """
    create_report = workflow.create_report

    def create(*args, **kwargs):
        try:
            return create_report(*args, **kwargs)
        except Exception as error:  # a WorkflowError of Snakemake, which this library does not import
            found = _NOT_THERE.search(str(error))
            if found is None:
                raise
            stop(
                LinexpError(f"{found[1]}, which the report shows, is not made yet; run the same without --report first")
            )

    return create
