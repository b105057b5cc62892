#!/usr/bin/env python3
"""Peak memory of each rank with and without `--memory`, on inputs that are hard on it (skew.py).

    tests/bench/memory.py build/release/rerate --records 10000000 --memory 256M
    tests/bench/memory.py build/release/rerate --sample DIR --memory 256M --cases sample

Prints a table: the peak of each rank until reading and resolving end and in all, the wall time and its ratio to that of
the unlimited run, and the bytes of the runs in the state. Ends with 1 when published bytes differ, or
a rank takes more than the limit and `--beside`."""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import skew

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "ranks"))
from harness import MPI  # noqa: E402

MIB = 1 << 20


def size_of(text):
    unit = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}.get(text[-1:].upper())
    return int(text[:-1]) * unit if unit else int(text)


# ---- on each rank: run the program and note its peak -------------------------------------------------

def peak_of(pid):
    """The most resident memory so far, in bytes; 0 when the process is gone."""
    try:
        for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    return 0


def phase_of(workspace):
    try:
        return json.loads((workspace / "state/progress.json").read_text())["phase"]
    except (OSError, ValueError):
        return None


def watch(out, workspace, command):
    """Runs the command; writes {phase: peak at its last sight} to `out`-RANK."""
    process = subprocess.Popen(command)
    peaks = {}

    def look():
        while process.returncode is None:
            phase, peak = phase_of(workspace), peak_of(process.pid)
            if phase and peak:
                peaks[phase] = peak
            time.sleep(0.005)
    looker = threading.Thread(target=look)
    looker.start()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    looker.join()
    peaks["all"] = usage.ru_maxrss * 1024
    peaks["cpu"] = usage.ru_utime + usage.ru_stime
    rank = os.environ.get("OMPI_COMM_WORLD_RANK", "0")
    pathlib.Path(f"{out}-{rank}").write_text(json.dumps(peaks))
    return process.returncode


# ---- the table -------------------------------------------------------------------------------------------

class Run:
    """One run of the program, measured."""

    def __init__(self, program, ranks, folder, scratch, memory, more):
        workspace, out = scratch / "w", scratch / "peaks"
        shutil.rmtree(workspace, ignore_errors=True)
        limit = ["--memory", memory] if memory else []
        inner = [program, "run", "-w", workspace, *limit, *more, "--max-quarantine", "100%",
                 folder / "book.yaml", folder / "usage"]
        command = ["mpirun", "-n", ranks, sys.executable, __file__, "--watch", out, workspace,
                   *inner]
        began = time.monotonic()
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                              env={**MPI, **os.environ}, cwd=folder, stdin=subprocess.DEVNULL)
        self.seconds = time.monotonic() - began
        if done.returncode != 0:
            sys.exit(f"exit {done.returncode}: {' '.join(map(str, inner))}\n{done.stderr[-2000:]}")
        ranks_peaks = [json.loads(pathlib.Path(f"{out}-{rank}").read_text())
                       for rank in range(ranks)]
        self.reading = [peaks.get("reading", 0) for peaks in ranks_peaks]
        self.resolving = [peaks.get("resolving", 0) for peaks in ranks_peaks]
        self.peaks = [peaks["all"] for peaks in ranks_peaks]
        self.cpu = sum(peaks["cpu"] for peaks in ranks_peaks)
        runs = list((workspace / "state/runs").iterdir())
        self.n_runs = len(runs)
        self.bytes = sum(run.stat().st_size for run in runs)
        latest = workspace / "results/latest"
        self.result = {file.name: file.read_bytes() for file in latest.iterdir()}
        self.records = json.loads(self.result["reconciliation.json"])["records"]["read"]


def mib(values):
    return " ".join(f"{value / MIB:.0f}" for value in values)


def row(name, memory, run, ratio):
    return (f"{name:10} {run.records:>9} {memory or '-':>6} {mib(run.reading):>12} "
            f"{mib(run.resolving):>14} {mib(run.peaks):>12} "
            f"{run.seconds:7.2f} {ratio:>6} {run.cpu:7.2f} {run.bytes / MIB:8.0f} {run.n_runs:5}")


def measure(arguments, name, folder, scratch):
    """Prints the rows of one case; false when something does not hold."""
    free = Run(arguments.program, arguments.ranks, folder, scratch, None, arguments.option)
    print(row(name, None, free, ""), flush=True)
    good = True
    for memory in arguments.memory:
        run = Run(arguments.program, arguments.ranks, folder, scratch, memory, arguments.option)
        print(row(name, memory, run, f"{run.seconds / free.seconds:.2f}"),
              flush=True)
        if run.result != free.result:
            print(f"{name}: --memory {memory} publishes other bytes")
            good = False
        what, peaks = ("all", run.peaks) if not arguments.reading else ("reading", run.reading)
        if max(peaks) > size_of(memory) + size_of(arguments.beside):
            print(f"{name}: --memory {memory}: {what}: a rank takes {max(peaks) / MIB:.0f} MiB")
            good = False
    return good


def main():
    if sys.argv[1:2] == ["--watch"]:
        sys.exit(watch(sys.argv[2], pathlib.Path(sys.argv[3]), sys.argv[4:]))
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=lambda path: pathlib.Path(path).resolve())
    parser.add_argument("--records", type=int, default=10_000_000)
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--memory", action="append", help="a limit; may be given again")
    parser.add_argument("--beside", default="100M", help="what may come on top of the limit")
    parser.add_argument("--reading", action="store_true", help="hold the peak of reading to it only")
    parser.add_argument("--cases", nargs="*", help=f"of {', '.join(skew.CASES)}; a name and '-' is "
                        "without event ids; `sample` is the folder that --sample names")
    parser.add_argument("--sample", type=pathlib.Path, help="with book.yaml and usage/")
    parser.add_argument("--option", action="append", default=[], help="for the program")
    parser.add_argument("--scratch", type=pathlib.Path, help="keeps the samples")
    arguments = parser.parse_args()
    arguments.memory = arguments.memory or ["256M"]
    cases = arguments.cases or ([] if arguments.sample else [*skew.CASES, "lists-"])
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="rr-memory-", dir=arguments.scratch))
    print(f"{'case':10} {'records':>9} {'limit':>6} {'reading MiB':>12} {'resolving MiB':>14} {'peak MiB':>12} {'wall s':>7} "
          f"{'ratio':>6} {'cpu s':>7} {'runs MiB':>8} {'runs':>5}")
    good = True
    try:
        for name in cases or ["sample"]:
            folder = arguments.sample.resolve() if name == "sample" else \
                (arguments.scratch or scratch).resolve() / f"{name}-{arguments.records}"
            if not folder.exists():
                skew.make(name.rstrip("-"), arguments.records, folder, ids=not name.endswith("-"))
            good &= measure(arguments, name, folder, scratch)
    finally:
        shutil.rmtree(scratch)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
