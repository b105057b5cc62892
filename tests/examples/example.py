"""Runs an example on one rank and on three, proves what it published (`rerate verify`), and hands it to
the caller's checks."""
import csv
import json
import os
import subprocess
import sys
import tempfile

SKIPPED = 77


class Result:
    def __init__(self, folder, output):
        self.folder = folder
        self.output = output
        with open(os.path.join(folder, "reconciliation.json"), encoding="utf-8") as file:
            self.reconciliation = json.load(file)

    def rows(self, name):
        with open(os.path.join(self.folder, name), encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def bytes(self):
        return {name: open(os.path.join(self.folder, name), "rb").read()
                for name in sorted(os.listdir(self.folder))}


def run(example, program, ranks, folder):
    env = {**os.environ, "RERATE": program, "OUT": folder}
    done = subprocess.run([os.path.join(example, "run.sh"), str(ranks)], env=env, timeout=100,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    print(done.stdout)
    if done.returncode == SKIPPED:
        sys.exit(SKIPPED)
    if done.returncode != 0:
        sys.exit(f"run.sh on {ranks} ranks: exit code {done.returncode}")
    verify = subprocess.run([program, "verify", "-w", folder], timeout=100, check=False,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if verify.returncode != 0:
        sys.exit(f"rerate verify after {ranks} ranks: {verify.stdout}")
    return Result(os.path.join(folder, "results", "latest"), done.stdout)


def check(what, found, expected):
    if found != expected:
        sys.exit(f"{what}: {found}, not {expected}")


def main(checks):
    example, program = sys.argv[1:]
    with tempfile.TemporaryDirectory() as scratch:
        results = [run(example, program, ranks, os.path.join(scratch, str(ranks)))
                   for ranks in (1, 3)]
        for result in results:
            checks(result)
        check("the bytes of 3 ranks", results[1].bytes() == results[0].bytes(), True)
