"""A SLURM of one node on the loopback interface, with a GPU that is none: its daemons, and what its scheduler knows."""

import os
import re
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

CONFIGURATION = Path("/etc/slurm")
NAMES = ("slurm.conf", "gres.conf")
ENDED = {"COMPLETED", "FAILED", "CANCELLED", "OUT_OF_MEMORY", "TIMEOUT", "NODE_FAIL"}

# SelectType: cores and memory are given out, not nodes. OverMemoryKill: a job that takes more than it asked for is
# ended. config_overrides: the node has what is written here, whatever the machine has.
SLURM_CONF = """\
# Of a test of linexp (make test-slurm), which removes it when it ends. Left over? Remove it.
ClusterName=linexp
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={folder}/munge/socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=defer,sched_interval=2,bf_interval=2,batch_sched_delay=1
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=2
MinJobAge=86400
GresTypes=gpu
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory=32000 Gres=gpu:a100:1 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""
GRES_CONF = "NodeName={host} Name=gpu Type=a100 File=/dev/null\n"


class ClusterError(Exception):
    """The cluster cannot be started here; the message says why."""


def free_ports(number: int) -> list[int]:
    """Ports of the loopback interface that nobody listens on."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


@contextmanager
def configured(folder: Path) -> Iterator[None]:
    """Write /etc/slurm/slurm.conf, where alone the executor's jobs look for it, and remove it afterwards.

    Raises
    ------
    ClusterError
        There is a configuration already; it is not touched.
    """
    for name in NAMES:
        if (CONFIGURATION / name).exists():
            raise ClusterError(
                f"{CONFIGURATION / name} exists: this machine has a SLURM of its own, which is left alone"
            )
    made = not CONFIGURATION.exists()
    CONFIGURATION.mkdir(exist_ok=True)
    controller_port, node_port = free_ports(2)
    values = {"host": socket.gethostname().split(".")[0], "folder": folder, "cpus": max(2, os.cpu_count())}
    values |= {"controller_port": controller_port, "node_port": node_port}
    try:
        for name, text in zip(NAMES, (SLURM_CONF, GRES_CONF), strict=True):
            (CONFIGURATION / name).write_text(text.format(**values))
        yield
    finally:
        for name in NAMES:
            (CONFIGURATION / name).unlink(missing_ok=True)
        if made:
            CONFIGURATION.rmdir()


@contextmanager
def daemon(folder: Path, *command: str) -> Iterator[subprocess.Popen]:
    """A process in the foreground with a log of its own, ended afterwards."""
    with (folder / f"{Path(command[0]).name}.log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until(condition, what: str, seconds: float = 30):
    """What the condition gives as soon as it is true."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > end:
            raise ClusterError(f"after {seconds:g} s: {what}")
        time.sleep(0.2)
    return found


def output_of(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else ""


def jobs() -> list[dict[str, str]]:
    """The jobs that the controller knows, as `scontrol` prints them: JobId, JobState, TRES, Comment and so on."""
    lines = output_of("scontrol", "show", "job", "--oneliner").splitlines()
    return [dict(re.findall(r"(?:^| )([A-Za-z/:]+)=(\S*)", line)) for line in lines if line.startswith("JobId=")]


def end_jobs() -> None:
    """Cancel what still runs and wait for its end, as jobs outlive the daemons."""
    running = [job["JobId"] for job in jobs() if job["JobState"] not in ENDED]
    if running:
        subprocess.run(["scancel", *running], check=True)
        wait_until(lambda: all(job["JobState"] in ENDED for job in jobs()), "jobs go on after scancel")


@contextmanager
def running_cluster(folder: Path) -> Iterator[None]:
    """Start munged, slurmctld and slurmd in `folder` and wait for an idle node; end them all afterwards."""
    folder.chmod(0o711)
    munge = folder / "munge"
    for name in ("munge", "state", "spool"):
        (folder / name).mkdir(mode=0o700)
    munge.chmod(0o711)
    key = munge / "key"
    key.touch(mode=0o600)
    key.write_bytes(secrets.token_bytes(128))
    places = [f"--{name}-file={munge / name}" for name in ("key", "pid", "seed")]
    with ExitStack() as stack:
        stack.enter_context(configured(folder))
        stack.enter_context(daemon(folder, "munged", "--foreground", f"--socket={munge / 'socket'}", *places))
        wait_until((munge / "socket").exists, f"munged has no socket; see its log in {folder}")
        stack.enter_context(daemon(folder, "slurmctld", "-D", "-i"))
        stack.enter_context(daemon(folder, "slurmd", "-D"))
        wait_until(lambda: "idle" in output_of("sinfo", "-h", "-o", "%T"), f"no idle node; see the logs in {folder}")
        stack.callback(end_jobs)
        yield
