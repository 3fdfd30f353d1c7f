"""A task of a Slurm job step as a worker of a run: its address, those of the others, its GPU."""

from __future__ import annotations

import json
import os

from gan_cli.base.errors import ConfigError
from gan_cli.base.machines import cluster, machine

PORTS, OF_A_JOB = range(10_000, 30_000), 64
"""Below those that Linux gives to outgoing connections; each job has some by its number."""


def take_gpu() -> None:
    """Where a task sees the GPUs of its whole node, it takes the one of its place there; before
    TensorFlow looks.
    """
    gpus = machine.gpus() if cluster.is_slurm() else []
    if len(gpus) > 1:
        local = int(os.environ.get("SLURM_LOCALID", "0"))
        os.environ["CUDA_VISIBLE_DEVICES"] = gpus[local % len(gpus)]


def name_workers() -> None:
    """Say in TF_CONFIG what Slurm says in its own variables.

    TensorFlow's SlurmClusterResolver sorts nodes by their names, n10 before n9, which is not the
    order in which Slurm numbers their tasks.

    Raises:
        ConfigError: the variables are not as Slurm's documentation has them.
    """
    found = cluster.worker() if cluster.is_slurm() else None
    if found is None:
        return
    nodes = os.environ.get("SLURM_STEP_NODELIST", "")
    tasks = os.environ.get("SLURM_STEP_TASKS_PER_NODE", "")
    try:
        known = addresses(nodes, tasks, int(os.environ.get("SLURM_JOB_ID", "0")))
    except ValueError:
        known = []
    if len(known) != found.count:
        raise ConfigError(
            f"Slurm's variables do not say where {found.count} tasks are: SLURM_STEP_NODELIST="
            f"{nodes}, SLURM_STEP_TASKS_PER_NODE={tasks}; TF_CONFIG= would"
        )
    task = {"type": "worker", "index": found.index}
    os.environ[cluster.CONFIG] = json.dumps({"cluster": {"worker": known}, "task": task})


def addresses(nodes: str, tasks: str, job: int) -> list[str]:
    """HOST:PORT of each task in the order of their numbers, one node after the other.

    Ports differ by task too, so that several nodes may be names of one machine.

    Args:
        nodes: such as n[08-10],m1.
        tasks: of each node, such as 2(x3),1.

    Raises:
        ValueError: they are not so.
    """
    from tensorflow.python.distribute.cluster_resolver import slurm_cluster_resolver as slurm

    try:
        hosts, counts = slurm.expand_hostlist(nodes), slurm.expand_tasks_per_node(tasks)
    except AssertionError as error:
        raise ValueError(nodes) from error
    first = PORTS[job * OF_A_JOB % len(PORTS)]
    places = [host for host, count in zip(hosts, counts, strict=True) for _ in range(count)]
    return [f"{host}:{first + number}" for number, host in enumerate(places)]
