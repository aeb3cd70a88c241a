"""What every script does first: its log, its threads, its errors in one line."""

import contextlib
import ctypes
import os
import re
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import LinexpError
from ..workflow import LIBRARY, SCRIPTS, SNAKEFILE
from . import gpu_memory, write_errors

if TYPE_CHECKING:
    from torch import nn  # which most jobs do without


class _Tee:
    """A text stream that writes whole lines to several others, so that lines of jobs side by side never mix."""

    def __init__(self, *streams):
        self.streams = streams
        self.begun = ""

    def write(self, text: str) -> int:
        lines, newline, rest = text.rpartition("\n")
        if newline:
            self._write(self.begun + lines + newline)
            self.begun = ""
        self.begun += rest
        return len(text)

    def flush(self) -> None:
        self._write(self.begun)
        self.begun = ""
        for stream in self.streams:
            stream.flush()

    def _write(self, text: str) -> None:
        for stream in self.streams:
            stream.write(text)

    def isatty(self) -> bool:
        return False


def _report_in_one_line(kind, error, traceback) -> None:
    if _is_echo(traceback):
        return
    if issubclass(kind, OSError):
        error = write_errors.explained(error, error.filename or "a file") or error
    error = gpu_memory.explained(error) or error
    # a full disk takes no log; standard error itself comes first
    with contextlib.suppress(OSError):
        if isinstance(error, LinexpError):
            print(f"linexp: {error}", file=sys.stderr)
        elif issubclass(kind, KeyboardInterrupt):
            print("linexp: interrupted; run the same command again to go on", file=sys.stderr)
        else:
            sys.__excepthook__(kind, error, traceback)
    if isinstance(error, write_errors.WriteError):
        os._exit(1)  # HDF5 would try to write again at the end, and crash


def _is_echo(traceback) -> bool:
    """Whether h5py says of an object that it lets go of what has been said of writing it."""
    return traceback is not None and traceback.tb_frame.f_code.co_name == "h5py._objects.ObjectID._dealloc"


def _report_unraisable(unraisable) -> None:
    if not _is_echo(unraisable.exc_traceback):
        sys.__unraisablehook__(unraisable)


def start(snakemake) -> None:
    """Send standard error to the rule's log as well, and report a `LinexpError` without a traceback.

    The log stays open until the process ends, so the traceback of an unexpected error reaches it too.

    Raises
    ------
    LinexpError
        This library is not the one beside the script, so the job would run other code than it says.
    """
    sys.excepthook, sys.unraisablehook = _report_in_one_line, _report_unraisable
    if snakemake.log:
        path = Path(snakemake.log[0])
        path.parent.mkdir(parents=True, exist_ok=True)
        sys.stderr = _Tee(sys.__stderr__, path.open("w", buffering=1, encoding="utf-8"))
    _check_beside(snakemake.scriptdir)


def _check_beside(scripts: str) -> None:
    """Raise a `LinexpError` if this library is not the one that belongs to the scripts in a folder."""
    if Path(scripts).resolve() != SCRIPTS:
        raise LinexpError(
            f"linexp is imported from {LIBRARY.parent}, not for {scripts}; take {LIBRARY.parent} out of PYTHONPATH, "
            f"or use {SNAKEFILE}"
        )


def import_from(folder: str) -> None:
    """Let the jobs that this process starts import the library in a folder of scripts, whatever is installed.

    Snakemake puts the folder of a job's script last among those that Python looks in.

    Raises
    ------
    LinexpError
        This library is another one, so plans would be of other code than what jobs run.
    """
    _check_beside(folder)
    known = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys([folder, *known]))


def check_python(path: str) -> None:
    """Raise a `LinexpError` if Snakemake cannot start scripts with the Python at a path, which it does not quote."""
    if re.search(r"[\s'\"\\$`;&|<>()]", path):
        raise LinexpError(
            f"Python is at {path}, and Snakemake starts no script with one that has a blank or such in its path; "
            "install it in a folder without"
        )


def device() -> str:
    """`cuda` where a GPU can be used, else `cpu`."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def on_device(network: "nn.Module") -> "nn.Module":
    """A network on the device that is used; its float32 is float32 there, and not the TF32 that GPUs convolve in."""
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch 2.9 announces that this setting will get another name
        torch.backends.cudnn.allow_tf32 = False
    return network.to(device())


def keep_freed_memory() -> None:
    """Let glibc use freed memory again rather than give it back, for work on many blocks of the same size.

    A forward pass on a CPU makes and drops large tensors, and so do products of blocks; a page of fresh memory costs
    as much as computing what goes into it. Nothing above 1 GiB is kept (32 MiB in older releases). All threads share
    what is kept, if this is called before they start. Elsewhere than under glibc nothing happens.
    """
    trim_threshold, mmap_threshold, arena_max = -1, -3, -8  # of malloc.h
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt and (mallopt(mmap_threshold, 2**30) or mallopt(mmap_threshold, 2**25)):
        mallopt(trim_threshold, 2**31 - 1)
        mallopt(arena_max, 1)
