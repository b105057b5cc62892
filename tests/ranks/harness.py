"""What the tests of the whole program share: running it on some ranks, and comparing results."""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

MPI = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
       "OMPI_MCA_rmaps_base_oversubscribe": "1", "OMPI_MCA_hwloc_base_binding_policy": "none",
       "OMPI_MCA_mpi_yield_when_idle": "1", "OMPI_MCA_btl_vader_single_copy_mechanism": "none",
       "OMPI_MCA_odls_base_sigkill_timeout": "0"}


class Failed(Exception):
    """A promise did not hold."""


def require(condition, text):
    if not condition:
        raise Failed(text)


class Program:
    """rerate, with a scratch folder for MPI that goes away with the test."""

    def __init__(self, path, scratch):
        self.path = str(pathlib.Path(path).resolve())
        mpi = pathlib.Path(scratch) / "mpi"
        mpi.mkdir()
        self.env = {**MPI, **os.environ, "OMPI_MCA_orte_tmpdir_base": str(mpi),
                    "OMPI_MCA_btl_vader_backing_directory": str(mpi)}

    def command(self, ranks, *arguments):
        """None: without a launcher."""
        launcher = [] if ranks is None else ["mpirun", "-n", str(ranks)]
        return [*launcher, self.path, *map(str, arguments)]

    def start(self, ranks, *arguments, cwd, **more):
        return subprocess.Popen(self.command(ranks, *arguments), cwd=cwd, env=self.env, text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, **more)

    def run(self, ranks, *arguments, cwd, code=0, env=None):
        """Returns (standard output, standard error) of a run that ends with one of these codes."""
        done = subprocess.run(self.command(ranks, *arguments), cwd=cwd, text=True, timeout=300,
                              stdin=subprocess.DEVNULL, capture_output=True,
                              env={**self.env, **(env or {})})
        codes = code if isinstance(code, tuple) else (code,)
        require(done.returncode in codes,
                f"exit {done.returncode} instead of {code}: {' '.join(done.args)}\n"
                f"{done.stdout[-2000:]}{done.stderr[-4000:]}")
        return done.stdout, done.stderr


def result_of(workspace, name="latest"):
    """The bytes of a published result, by file name."""
    folder = pathlib.Path(workspace) / "results" / name
    require((folder / "_SUCCESS").exists(), f"{folder}: no result")
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def but_for_its_making(result):
    """Without what run.json says of how it came about: how many lines were carried over."""
    facts = json.loads(result["run.json"])
    del facts["priced"], facts["own_digest"]
    return {**result, "run.json": json.dumps(facts).encode()}


def results(workspace):
    """The names of what a reader can see."""
    folder = pathlib.Path(workspace) / "results"
    names = os.listdir(folder) if folder.exists() else []
    return sorted(name for name in names if not name.startswith("."))


def difference(a, b, names=None):
    """What two results differ in; None when in nothing."""
    for name in sorted(names or set(a) | set(b)):
        if a.get(name) == b.get(name):
            continue
        rows = [(f"{name} is missing in one of them".encode(),) * 2]
        if name in a and name in b:
            rows = [pair for pair in zip(a[name].split(b"\n"), b[name].split(b"\n"))
                    if pair[0] != pair[1]] or [(b"(longer)", b"(longer)")]
        return f"{name}: {rows[0][0][:300]!r} and {rows[0][1][:300]!r}"
    return None


def require_equal(a, b, what, names=None):
    found = difference(a, b, names)
    require(found is None, f"{what}: {found}")


CSV = ("lines.csv", "invoices.csv", "unrated.csv", "conflicts.csv", "quarantine.csv")


def main(tests, *options):
    """Runs each test of {name: function(program, scratch, arguments)} in a folder of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    for option in options:
        parser.add_argument(option)
    parser.add_argument("--only", choices=sorted(tests))
    arguments = parser.parse_args()
    failed = 0
    for name, test in tests.items():
        if arguments.only not in (None, name):
            continue
        scratch = pathlib.Path(tempfile.mkdtemp(prefix="rr-"))
        try:
            began = time.monotonic()
            test(Program(arguments.program, scratch), scratch, arguments)
            print(f"ok    {name} ({time.monotonic() - began:.1f} s)", flush=True)
            shutil.rmtree(scratch)
        except (Failed, subprocess.TimeoutExpired) as error:
            print(f"FAIL  {name}: {error}\n      kept in {scratch}", flush=True)
            failed += 1
    sys.exit(1 if failed else 0)
