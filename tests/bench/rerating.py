#!/usr/bin/env python3
"""What a fix costs: pricing again, the impact and an explanation, each against `run` from CSV, in turn.

    tests/bench/rerating.py build/release/rerate
    tests/bench/rerating.py build/release/rerate --records 1000000 --accounts 5000 --rounds 2

Each round does everything once, every other one in reverse order. Prints a table: medians and minima in seconds, and the
median over rounds of the ratio to `run` in the same round. Ends with 1 when `rate` and `rate --all` do
not publish the same bytes."""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "ranks"))
from harness import MPI  # noqa: E402

# One charge of one plan; the sample's default plan.
CHARGE, FIXED = 'per_unit: "0.00035"', 'per_unit: "0.00036"'


class Bench:
    def __init__(self, arguments, folder):
        self.arguments, self.folder = arguments, folder
        self.env = {**MPI, **os.environ, "OMPI_MCA_orte_tmpdir_base": str(folder / "mpi")}
        (folder / "mpi").mkdir()
        self.sample = folder / "sample"
        self.cases = {"run from CSV": self.run, "rate, one charge fixed": self.rate,
                      "rate --all": self.rate_all, "impact": self.impact,
                      "explain, cold": self.explain_cold, "explain, warm": self.explain}

    def call(self, *command, ranks=None):
        """Seconds."""
        ranks = ranks or self.arguments.ranks
        pinned = ["taskset", "-c", self.arguments.cpus] if self.arguments.cpus else []
        launcher = ["mpirun", "-n", str(ranks)] if ranks > 1 else []
        line = [*pinned, *launcher, self.arguments.program, *map(str, command)]
        began = time.monotonic()
        done = subprocess.run(line, cwd=self.folder, env=self.env, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
        seconds = time.monotonic() - began
        if done.returncode != 0:
            sys.exit(f"bench: {' '.join(line)}\n{done.stdout[-3000:]}")
        return seconds

    # ---- what is measured: each in a workspace of its own ----

    def prepare(self):
        arguments = self.arguments
        self.call("generate", "--records", arguments.records, "--accounts", arguments.accounts,
                  "-o", self.sample, ranks=1)
        text = (self.sample / "book.yaml").read_text()
        assert text.count(CHARGE) == 1
        (self.sample / "fixed.yaml").write_text(text.replace(CHARGE, FIXED))
        self.call("run", "-w", "base", "--progress", "none", "sample/book.yaml", "sample/usage")
        self.fork("base", "changed")
        self.price("changed")
        self.call("impact", "-w", "changed", 1, 2)
        self.account = self.some_account()

    def some_account(self):
        """One in the middle, which the fix is for."""
        rows = (self.folder / "changed" / "impact" / "0001-0002" / "adjustments.csv").read_text().split("\n")
        return rows[len(rows) // 2].split(",")[0]

    def fork(self, source, target):
        """Another workspace with the same content; what never changes is not copied."""
        def take(path, to):
            kept = any(part in pathlib.Path(path).parts for part in ("runs", "results", "books"))
            return os.link(path, to) if kept else shutil.copy2(path, to)
        shutil.rmtree(self.folder / target, ignore_errors=True)
        shutil.copytree(self.folder / source, self.folder / target, copy_function=take, symlinks=True)

    def price(self, workspace, *options):
        return self.call("rate", "-w", workspace, "--progress", "none", *options, "sample/fixed.yaml")

    def run(self):
        shutil.rmtree(self.folder / "fresh", ignore_errors=True)
        return self.call("run", "-w", "fresh", "--progress", "none", "sample/book.yaml", "sample/usage")

    def rate(self):
        self.fork("base", "rated")
        return self.price("rated")

    def rate_all(self):
        self.fork("base", "rated-all")
        return self.price("rated-all", "--all")

    def impact(self):
        self.fork("changed", "compared")
        shutil.rmtree(self.folder / "compared" / "impact")
        return self.call("impact", "-w", "compared", 1, 2)

    def explain(self):
        return self.call("explain", "-w", "changed", "--account", self.account, "1", "2", ranks=1)

    def explain_cold(self):
        """No page of the workspace is in memory."""
        for path in (self.folder / "changed").rglob("*"):
            if path.is_file():
                file = os.open(path, os.O_RDONLY)
                os.fsync(file)
                os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
                os.close(file)
        return self.explain()

    # ---- all of it ----

    def measure(self):
        seconds = {name: [] for name in self.cases}
        for number in range(self.arguments.rounds):
            order = list(self.cases) if number % 2 == 0 else list(reversed(self.cases))
            for name in order:
                seconds[name].append(self.cases[name]())
        return seconds

    def facts(self):
        manifest = json.loads((self.folder / "base/state/manifest.json").read_text())
        items = Counter()
        for run in manifest["runs"]:
            items[run["kind"]] += run["items"]
        priced = json.loads((self.folder / "rated/results/0002/run.json").read_text())["priced"]
        return {"records": items["records"], "cells": items["cells"], "priced": priced,
                "load": os.getloadavg()[0], "ranks": self.arguments.ranks}

    def same_bytes(self):
        """Carried over or priced anew, the tables are the same."""
        a, b = (self.folder / name / "results/0002" for name in ("rated", "rated-all"))
        return all((b / path.name).read_bytes() == path.read_bytes() for path in sorted(a.glob("*.csv")))


def show(facts, seconds):
    print(f"{facts['records']:,} records, {facts['cells']:,} cells, {facts['ranks']} ranks; "
          f"load {facts['load']:.1f}")
    print("`rate`: {computed:,} lines computed, {carried:,} carried over".format(**facts["priced"]))
    print(f"{'':24}{'median s':>10}{'min s':>10}{'of run':>10}")
    for name, times in seconds.items():
        ratio = statistics.median(a / b for a, b in zip(times, seconds["run from CSV"]))
        print(f"{name:24}{statistics.median(times):10.3f}{min(times):10.3f}{ratio:10.3f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=lambda path: str(pathlib.Path(path).resolve(strict=True)))
    parser.add_argument("--records", type=int, default=8_000_000)
    parser.add_argument("--accounts", type=int, default=40_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--cpus", help="as 2,3: those alone")
    parser.add_argument("--json", metavar="FILE", help="all seconds, too")
    parser.add_argument("--scratch", help="where the folder that is removed in the end is made")
    arguments = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="rerate-bench-", dir=arguments.scratch))
    try:
        bench = Bench(arguments, folder)
        bench.prepare()
        seconds, facts = bench.measure(), bench.facts()
        show(facts, seconds)
        if arguments.json:
            pathlib.Path(arguments.json).write_text(json.dumps({**facts, "seconds": seconds}, indent=1))
        if not bench.same_bytes():
            sys.exit("bench: `rate` and `rate --all` publish different bytes")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
