"""`rate` is killed, or a disk is full or fails, at any of its calls while it carries lines over: nothing half is
published, and the same command, undisturbed, publishes the same bytes."""
import os
import pathlib
import random
import shutil
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / name) for name in ("ranks", "oracle")]
from harness import main, require, require_equal, result_of, results  # noqa: E402
from results import priced  # noqa: E402

KINDS = ("KILL", "ENOSPC", "SHORT", "EIO")
PRICE, FIXED = 'per_unit: "0.00035"', 'per_unit: "0.00036"'


class Fix:
    """A sample that is billed, and a book with another price."""

    def __init__(self, program, scratch, arguments):
        self.program, self.folder, self.shim = program, scratch, arguments.shim
        sample = pathlib.Path(arguments.sample).resolve()
        text = (sample / "book.yaml").read_text()
        require(text.count(PRICE) == 1, PRICE)
        for name in ("book.yaml", "subscriptions.csv"):
            shutil.copy(sample / name, scratch / name)
        (scratch / "fixed.yaml").write_text(text.replace(PRICE, FIXED))
        program.run(None, "run", "-w", "base", "book.yaml", sample / "usage", cwd=scratch)

    def fork(self, workspace):
        shutil.rmtree(self.folder / workspace, ignore_errors=True)
        shutil.copytree(self.folder / "base", self.folder / workspace, symlinks=True)

    def rate(self, workspace, ranks, *options, code=0, env=None):
        return self.program.run(ranks, "rate", "-w", workspace, "--progress", "none", *options, "fixed.yaml",
                                cwd=self.folder, code=code, env=env)

    def disturbed(self, ranks, rank, at, kind):
        """What the faulty calls were, as rows of the shim's log, and whether a result was told."""
        log = self.folder / "log"
        log.unlink(missing_ok=True)
        env = {"LD_PRELOAD": self.shim, "FAULT_DIR": str(self.folder / "w"), "FAULT_AT": str(at),
               "FAULT_KIND": kind, "FAULT_LOG": str(log)}
        if rank is not None:
            env["FAULT_RANK"] = str(rank)
        out, _ = self.rate("w", ranks, code=(0, 73, 74, 137, -9), env=env)
        return log.read_text().splitlines(), "result " in out


def any_call(program, scratch, arguments):
    fix = Fix(program, scratch, arguments)
    fix.fork("w")
    fix.rate("w", 2)
    computed, carried = priced(scratch / "w" / "results" / "0002")
    require(0 < computed < carried, f"{computed} lines computed, {carried} carried over")
    base, want = result_of(scratch / "base"), result_of(scratch / "w")
    dice = random.Random(int(arguments.seed or 1))
    for ranks, rank in ((None, None), (3, 0), (3, 2)):
        fix.fork("w")
        total = len(fix.disturbed(ranks, rank, 0, "EIO")[0])
        require(total > (0 if rank else 8), f"only {total} calls were seen")
        tries = min(int(arguments.tries), total)
        for i in range(tries):
            at = dice.randint(i * total // tries + 1, (i + 1) * total // tries)
            one_call(fix, ranks, rank, at, KINDS[(i + dice.randrange(2)) % len(KINDS)], base, want)
        print(f"      {tries} of {total} calls of {'one process' if rank is None else f'rank {rank} of {ranks}'}")


def one_call(fix, ranks, rank, at, kind, base, want):
    what = f"{kind} at call {at} of rank {rank} of {ranks}"
    fix.fork("w")
    calls, told = fix.disturbed(ranks, rank, at, kind)
    if at <= len(calls):
        what += f" ({calls[at - 1]})"
        noticed = kind in ("KILL", "SHORT") or "progress" in " ".join(calls[max(at - 2, 0):at])
        require(not told or noticed, f"{what}: was not noticed")
    require_equal(base, result_of(fix.folder / "w", "0001"), f"{what}: what was there")
    if "0002" in results(fix.folder / "w"):
        require_equal(want, result_of(fix.folder / "w", "0002"), f"{what}: results/0002")
    fix.rate("w", 1 if ranks else 2)
    require(os.readlink(fix.folder / "w" / "results" / "latest") == "0002", f"{what}: latest")
    require_equal(want, result_of(fix.folder / "w"), f"{what}, then again")
    fix.program.run(None, "verify", "-w", "w", cwd=fix.folder)


if __name__ == "__main__":
    main({"any_call": any_call}, "--sample", "--shim", "--tries", "--seed")
