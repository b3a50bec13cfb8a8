"""A SLURM cluster of two nodes on this machine, by the programs of Debian's packages.

::

    python -m tests.cluster.slurm snakemake --profile config/profiles/slurm    # any command

starts the cluster, runs the command with its environment, and stops it. All files are in a
temporary folder, and all ports are free ones: SLURM's own configuration in ``/etc`` is neither read
nor written. The nodes are two slurmd on one machine, so that their file system is shared. The GPUs
of the second are character devices like ``/dev/null``: SLURM takes them for real ones, and tells
each job the numbers of its own in ``CUDA_VISIBLE_DEVICES``.
"""

import getpass
import os
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

PACKAGES = "slurmctld slurmd slurm-client slurmdbd munge mariadb-server"
PROGRAMS = (
    "munged", "mariadb-install-db", "mariadbd", "slurmdbd", "slurmctld", "slurmd", "sbatch",
    "setpriv",
)  # fmt: skip
PATH = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
ACCOUNT = "lab"
NODES = {"node1": "", "node2": "Gres=gpu:h100:2"}
# The jobs of the tests need little of what rules request: nodes may promise more than the machine
# has.
CPUS, MEMORY_MB, GPUS = 8, 64_000, 2
PARTITIONS = {"cpu": "node1", "gpu": "node2", "both": "node[1-2]"}
SECONDS = 60  # for a daemon to start

SLURMDBD = """\
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
DbdHost={host}
DbdAddr=127.0.0.1
DbdPort={ports[dbd]}
SlurmUser=root
PidFile={folder}/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={ports[database]}
StorageUser=slurm
StoragePass={password}
"""
SLURM = """\
ClusterName=tests
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[control]}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmdParameters=config_overrides
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={ports[dbd]}
AccountingStoragePass={folder}/munge.socket
AccountingStorageTRES=gres/gpu
AccountingStoreFlags=job_comment
# without cgroups: processes are those of a job's tree, and memory is what they have together
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
TaskProlog={folder}/task_prolog
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0
MpiDefault=none
GresTypes=gpu
KillWait=2
SlurmdTimeout=10
ReturnToService=2
"""
# The executor's plugin takes SLURM_CONF out of the environment in which a job calls srun.
SRUN = """\
#!/bin/sh
SLURM_CONF={folder}/slurm.conf exec {srun} "$@"
"""
# Each step of a job tells what it sees.
TASK_PROLOG = """\
#!/bin/sh
echo "$SLURM_JOB_ID ${{SLURM_STEP_ID:-batch}} $SLURMD_NODENAME ${{CUDA_VISIBLE_DEVICES:-none}}" >> {folder}/steps
"""


class Step(NamedTuple):
    """A step of a job: where it ran, and the devices that it was given, "none" where it has none."""

    job: str
    step: str
    node: str
    devices: str


def missing() -> str:
    """Why no cluster can be started here; empty if one can."""
    if os.geteuid() != 0:
        return "daemons of SLURM start jobs as root, which this user is not"
    absent = [name for name in PROGRAMS if not shutil.which(name, path=PATH)]
    if absent:
        return f"{', '.join(absent)} not found: apt-get install --no-install-recommends {PACKAGES}"
    return ""


class Cluster:
    """A running cluster; `started` makes one.

    Attributes
    ----------
    folder : Path
        Of its configuration, logs and state.
    environment : dict
        In which SLURM's commands, and whatever calls them, mean this cluster.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **os.environ, "PATH": f"{folder / 'bin'}:{PATH}", "SLURM_CONF": str(folder / "slurm.conf"),
            "USER": getpass.getuser(),  # which the executor's plugin reads
        }  # fmt: skip
        self.daemons: dict[str, subprocess.Popen[bytes]] = {}

    def ask(self, *command: str) -> str:
        """What one of SLURM's commands prints."""
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=True
        ).stdout  # fmt: skip

    def states(self, columns: str = "JobIDRaw,State,Comment") -> list[list[str]]:
        """A row of these columns for each job of the cluster's life."""
        told = self.ask(
            "sacct", "--allocations", "--parsable2", "--noheader", "--duplicates",
            "--starttime", "now-1days", "--format", columns,
        )  # fmt: skip
        return [line.split("|") for line in told.splitlines()]

    def jobs(self, rule: str) -> list[str]:
        """Ids of the jobs of a rule that run."""
        told = self.ask("squeue", "--noheader", "--states", "running", "--format", "%i|%k")
        rows = (line.split("|", 1) for line in told.splitlines())
        return [job for job, comment in rows if comment.startswith(f"rule_{rule}_")]

    def steps(self) -> list[Step]:
        """All steps that jobs have begun."""
        path = self.folder / "steps"
        lines = path.read_text().splitlines() if path.exists() else []
        return [Step(*line.split()) for line in lines]

    def start(self, name: str, *command: str | Path) -> None:
        """Start a daemon, which ends with this process at the latest."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self.daemons[name] = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", *command], env=self.environment,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def start_node(self, node: str) -> None:
        """Start the daemon of a node."""
        self.start(node, "slurmd", "-D", "-N", node)

    def lose_node(self, node: str) -> None:
        """End a node as a power cut would: its daemon, and all that runs on it."""
        self.daemons[node].kill()
        self.daemons[node].wait()
        for process in self.processes(node):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)

    def processes(self, node: str = "") -> list[int]:
        """Processes of jobs of this cluster, on one node or on all, those that watch them included."""
        conf = f"SLURM_CONF={self.folder / 'slurm.conf'}".encode()
        name = f"SLURMD_NODENAME={node}".encode()
        found = []
        for path in Path("/proc").glob("[0-9]*/environ"):
            with suppress(OSError):
                values = path.read_bytes().split(b"\0")
                of_job = any(value.startswith(name) for value in values)
                if conf in values and of_job:
                    found.append(int(path.parent.name))
        return found

    def stop(self) -> None:
        """End all jobs, then all daemons, the last started first."""
        with suppress(subprocess.SubprocessError, TimeoutError):  # of a cluster that is not whole
            self.ask("scancel", "--user", self.environment["USER"], "--full", "--signal", "KILL")
            self.ask("scancel", "--user", self.environment["USER"])
            until(lambda: not self.ask("squeue", "--noheader"), "the end of all jobs", 20)
        for daemon in reversed(self.daemons.values()):
            daemon.terminate()
            with suppress(subprocess.TimeoutExpired):
                daemon.wait(10)
            daemon.kill()


def until(condition: Callable[[], object], what: str, seconds: float = SECONDS) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds:g} s in vain for {what}")
        time.sleep(0.1)


@contextmanager
def started() -> Iterator[Cluster]:
    """A cluster for the block; `missing` says whether one can be started."""
    folder = Path(tempfile.mkdtemp(prefix="slurm-"))
    cluster = Cluster(folder)
    try:
        start(cluster, configure(folder))
        yield cluster
    except TimeoutError as error:
        logs = "\n".join(tail(path) for path in sorted(folder.glob("*.log")))
        raise TimeoutError(f"{error}\n{logs}") from error
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


def tail(path: Path) -> str:
    """The last lines of a log."""
    return f"{path.name}:\n{path.read_text(errors='replace')[-1000:]}"


def configure(folder: Path) -> int:
    """Write the configuration of all daemons; the port of their database."""
    folder.chmod(0o755)
    for name in ("state", "dev", "database", "bin"):
        (folder / name).mkdir()
    names = ("control", "dbd", "database", *NODES)
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    host, password = socket.gethostname().split(".")[0], secrets.token_hex(8)
    facts = {"folder": folder, "host": host, "ports": ports, "password": password}
    nodes = "".join(
        f"NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[name]} CPUs={CPUS} "
        f"RealMemory={MEMORY_MB} {more}\n"
        for name, more in NODES.items()
    )
    partitions = "".join(
        f"PartitionName={name} Nodes={nodes} Default={'YES' if name == 'cpu' else 'NO'} "
        "MaxTime=7-0\n"
        for name, nodes in PARTITIONS.items()
    )
    for i in range(GPUS):
        os.mknod(folder / f"dev/nvidia{i}", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    texts = {
        "slurm.conf": SLURM.format(**facts) + nodes + partitions,
        "slurmdbd.conf": SLURMDBD.format(**facts),
        "gres.conf": f"NodeName=node2 Name=gpu Type=h100 Flags=nvidia_gpu_env "
        f"File={folder}/dev/nvidia[0-{GPUS - 1}]\n",
        "task_prolog": TASK_PROLOG.format(**facts),
        "bin/srun": SRUN.format(folder=folder, srun=shutil.which("srun")),
        "database.sql": "CREATE DATABASE slurm_acct_db;\n"
        f"CREATE USER slurm@'127.0.0.1' IDENTIFIED BY '{password}';\n"
        "GRANT ALL ON slurm_acct_db.* TO slurm@'127.0.0.1';\n",
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o600 if name in ("slurmdbd.conf", "database.sql") else 0o755)
    (folder / "munge.key").write_bytes(secrets.token_bytes(1024))
    (folder / "munge.key").chmod(0o400)
    return ports["database"]


def start(cluster: Cluster, port: int) -> None:
    """Start all daemons, each once that which it needs answers; the database listens on `port`."""
    folder = cluster.folder
    cluster.start(
        "munged", "munged", "--foreground", "--force", "--key-file", folder / "munge.key",
        "--socket", folder / "munge.socket",
        "--pid-file", folder / "munged.pid", "--seed-file", folder / "munge.seed",
    )  # fmt: skip
    database = ["--no-defaults", "--user=root", f"--datadir={folder}/database"]
    subprocess.run(
        ["mariadb-install-db", *database, "--auth-root-authentication-method=normal",
         "--skip-test-db"],
        env=cluster.environment, capture_output=True, check=True,
    )  # fmt: skip
    cluster.start(
        "database", "mariadbd", *database, f"--socket={folder}/database.socket",
        f"--pid-file={folder}/database.pid", "--bind-address=127.0.0.1", f"--port={port}",
        f"--init-file={folder}/database.sql", "--innodb-buffer-pool-size=64M",
        "--innodb-lock-wait-timeout=900", "--innodb-log-file-size=16M",
    )  # fmt: skip
    until(lambda: answers(port), "the database")
    cluster.start("slurmdbd", "slurmdbd", "-D")
    until(lambda: succeeds(cluster, "sacctmgr", "--noheader", "show", "cluster"), "slurmdbd")
    for what in (
        ["cluster", "tests"],
        ["account", ACCOUNT],
        ["user", cluster.environment["USER"], f"Account={ACCOUNT}"],
    ):
        cluster.ask("sacctmgr", "--immediate", "add", *what)
    cluster.start("slurmctld", "slurmctld", "-D")
    for node in NODES:
        cluster.start_node(node)
    until(lambda: idle(cluster) == len(NODES), "idle nodes")


def idle(cluster: Cluster) -> int:
    """How many nodes wait for jobs."""
    if not succeeds(cluster, "sinfo"):
        return 0
    told = cluster.ask("sinfo", "--noheader", "--Node", "--partition", "both", "--format", "%T")
    return told.split().count("idle")


def answers(port: int) -> bool:
    """Whether something listens on a port of this machine."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def succeeds(cluster: Cluster, *command: str) -> bool:
    """Whether a command ends well."""
    done = subprocess.run(command, env=cluster.environment, capture_output=True, check=False)
    return not done.returncode


def free_ports(n: int) -> list[int]:
    """Different ports of this machine that nothing listens on."""
    sockets = [socket.socket() for _ in range(n)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def main() -> int:
    """The command."""
    if reason := missing():
        print(reason, file=sys.stderr)
        return 1
    if len(sys.argv) == 1:
        print(__doc__, file=sys.stderr)
        return 1
    with started() as cluster:
        print(f"SLURM_CONF={cluster.environment['SLURM_CONF']}", file=sys.stderr)
        return subprocess.run(sys.argv[1:], env=cluster.environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
