"""Files that are whole as soon as they have their name."""

import contextlib
import glob
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

from ..jobs import run_lock, write_errors


@contextlib.contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """Give a temporary name to write to; move it to `path` if all went well, remove it if not.

    The name is this call's own, so a job that outlived its run never writes into the file of the job that followed it.
    Temporary files that killed jobs left are removed, where this job is known to be the only one at work on `path`.

    Raises
    ------
    LinexpError
        The file cannot be written, or another run has begun since this job was started.
    """
    path = Path(path)
    temporary = path.with_name(f"{path.name}.{uuid.uuid4().hex[:8]}.tmp")
    alone = run_lock.belongs_to_latest()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for left in path.parent.glob(f"{glob.escape(path.name)}.????????.tmp") if alone else ():
            left.unlink(missing_ok=True)
        yield temporary
        run_lock.belongs_to_latest()
        os.replace(temporary, path)
    except Exception as error:
        explained = write_errors.explained(error, path, temporary, path.parent)
        if explained is None:
            raise
        raise explained from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
