"""sbatch, srun and sacct as far as submitit needs them: tasks are processes of this machine, with
the variables that Slurm gives them. `install` puts them into a folder for the PATH.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from itertools import product
from pathlib import Path

NODES = "127.0.0.[9-10]"
"""Names of this machine; sorted as text, the second comes first."""


def install(folder: Path) -> str:
    """The PATH with these commands in front."""
    folder.mkdir()
    for name in ("sbatch", "srun", "sacct"):
        path = folder / name
        path.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{__file__}" {name} "$@"\n')
        path.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def sbatch(script: str) -> None:
    """Start the script, or each task of its array, and answer at once."""
    flags = dict(re.findall(r"^#SBATCH --([\w-]+)=(\S+)", Path(script).read_text(), re.M))
    nodes, each = int(flags.get("nodes", 1)), int(flags.get("ntasks-per-node", 1))
    assert nodes == 2
    jobs = Path(os.environ["SLURM_JOBS"])
    jobs.mkdir(exist_ok=True)
    number = 100 + len(list(jobs.iterdir()))
    last = re.match(r"0-(\d+)", flags.get("array", ""))
    for place in range(int(last[1]) + 1) if last else [None]:
        name = str(number) if place is None else f"{number}_{place}"
        variables = {
            "SLURM_JOB_ID": str(number + (place or 0)),
            "SLURM_JOB_NODELIST": NODES,
            "SLURM_JOB_NUM_NODES": str(nodes),
            "SLURM_NTASKS": str(nodes * each),
            "SLURM_TASKS_PER_NODE": f"{each}(x{nodes})",
        }
        if place is not None:
            variables |= {"SLURM_ARRAY_JOB_ID": str(number), "SLURM_ARRAY_TASK_ID": str(place)}
        (jobs / name).write_text("RUNNING")
        ending = (
            f'bash "{script}" && echo COMPLETED > "{jobs / name}" || echo FAILED > "{jobs / name}"'
        )
        subprocess.Popen(
            ["bash", "-c", ending],
            env=os.environ | variables,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    print(f"Submitted batch job {number}")


def srun(*arguments: str) -> None:
    """Start all tasks, wait for them; the largest exit code."""
    given = list(arguments)
    files = {}
    while given[0].startswith("--"):
        flag = given.pop(0)
        if flag in ("--output", "--error"):
            files[flag] = given.pop(0)
    job = os.environ
    nodes, count = int(job["SLURM_JOB_NUM_NODES"]), int(job["SLURM_NTASKS"])
    tasks = []
    for number, (node, local) in enumerate(product(range(nodes), range(count // nodes))):
        variables = {
            "SLURM_PROCID": str(number),
            "SLURM_NODEID": str(node),
            "SLURM_LOCALID": str(local),
            "SLURM_STEP_ID": "0",
            "SLURM_STEP_NUM_TASKS": job["SLURM_NTASKS"],
            "SLURM_STEP_NODELIST": job["SLURM_JOB_NODELIST"],
            "SLURM_STEP_TASKS_PER_NODE": job["SLURM_TASKS_PER_NODE"],
        }
        out, err = (Path(_named(files[each], number)) for each in ("--output", "--error"))
        with out.open("ab") as said, err.open("ab") as failed:
            tasks.append(
                subprocess.Popen(given, env=os.environ | variables, stdout=said, stderr=failed)
            )
    sys.exit(max(abs(each.wait()) for each in tasks))


def sacct(*arguments: str) -> None:
    """The state of each job and of each task of an array."""
    print("JobID|State|NodeList")
    for path in sorted(Path(os.environ["SLURM_JOBS"]).iterdir()):
        print(f"{path.name}|{path.read_text().strip()}|{NODES}")


def _named(pattern: str, task: int) -> str:
    job = os.environ
    for key, value in {
        "%A": job.get("SLURM_ARRAY_JOB_ID", ""),
        "%a": job.get("SLURM_ARRAY_TASK_ID", ""),
        "%j": job["SLURM_JOB_ID"],
        "%t": str(task),
    }.items():
        pattern = pattern.replace(key, value)
    return pattern


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
