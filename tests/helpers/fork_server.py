"""Loads what Snakemake and its jobs take, and forks for each client: `python fork_server.py CLIENT ADDRESS`."""

import atexit
import contextlib
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import sys
import threading
from pathlib import Path

LOADED = (
    *("h5py", "jsonschema", "matplotlib.pyplot", "numba", "pandas", "pyarrow.parquet", "scipy.optimize", "scipy.stats"),
    *("snakemake.cli", "threadpoolctl", "torch", "torchvision", "open_clip"),
)


def serve(address: str) -> None:
    """Answer clients until the parent of this process has ended."""
    for name in LOADED:
        importlib.import_module(name)
    parent, listening = os.getppid(), socket.socket(socket.AF_UNIX)
    listening.bind(address)
    listening.listen(64)
    listening.settimeout(1)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for a fork
    gc.freeze()  # else collecting in a fork copies memory
    print("ready", flush=True)
    while os.getppid() == parent:
        with contextlib.suppress(TimeoutError):
            client, _ = listening.accept()
            if os.fork() == 0:
                listening.close()
                client.setblocking(True)
                _answer(client)
            client.close()


def _answer(client: socket.socket) -> None:
    """Run what a client asks for with its folder, environment and streams, send the status, and end this process."""
    length, streams, _, _ = socket.recv_fds(client, 8, 3)
    arguments, folder, environment = json.loads(client.recv(int.from_bytes(length), socket.MSG_WAITALL))
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    try:
        _as_python(arguments)
        status = 0
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        status = 1
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    client.send(bytes([status]))
    os._exit(status)


def _as_python(arguments: list[str]) -> None:
    """What `python` does with `-m snakemake …`, or with the path of a script."""
    kind, *rest = arguments
    known = [place for place in os.environ.get("PYTHONPATH", "").split(os.pathsep) if place]
    script = [] if kind == "-m" else [str(Path(kind).parent)]
    sys.path[:] = [*script, *known, *(place for place in sys.path[1:] if place not in known)]
    sys.dont_write_bytecode = bool(os.environ.get("PYTHONDONTWRITEBYTECODE"))
    _take_threads(int(os.environ["OMP_NUM_THREADS"]))
    if kind == "-m":
        _run_snakemake(rest)
    else:
        sys.argv[:] = arguments
        runpy.run_path(kind, run_name="__main__")


def _take_threads(threads: int) -> None:
    """What libraries do with OMP_NUM_THREADS while they are loaded."""
    sys.modules["threadpoolctl"].threadpool_limits(threads)
    sys.modules["torch"].set_num_threads(threads)


def _run_snakemake(arguments: list[str]) -> None:
    """Snakemake's command, whose scripts are run by clients in place of processes that load all anew."""
    from snakemake.script import PythonScript

    def execute_script(script, fname, edit=False):
        script._execute_cmd(f"{sys.executable} -I -S {CLIENT} {ADDRESS} {{fname:q}}", fname=fname)

    PythonScript.execute_script = execute_script
    sys.argv[:] = arguments
    sys.modules["snakemake.cli"].main(arguments[1:])


if __name__ == "__main__":
    CLIENT, ADDRESS = sys.argv[1:]
    serve(ADDRESS)
