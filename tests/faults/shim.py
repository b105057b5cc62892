"""A write, sync or rename that fails, or a process that dies there, at any of the calls of a run:
the run ends with 73 or 74, nothing half is published, and the same command, undisturbed, publishes
the same bytes. Only what is no part of a result (the progress file) may fail unnoticed."""
import pathlib
import random
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "ranks"))
from harness import main, require, require_equal, result_of, results  # noqa: E402

KINDS = ("ENOSPC", "EIO", "SHORT", "KILL")
OPTIONS = ("--memory", "4M", "--split", "256K")


def run(program, ranks, arguments, workspace, code, env=None):
    return program.run(ranks, "run", "-w", workspace, *OPTIONS, "book.yaml", "usage",
                       cwd=arguments.sample, code=code, env=env)


def faults(arguments, workspace, rank, at, kind, log):
    env = {"LD_PRELOAD": arguments.shim, "FAULT_DIR": str(workspace), "FAULT_AT": str(at),
           "FAULT_KIND": kind, "FAULT_LOG": str(log)}
    return {**env, "FAULT_RANK": str(rank)} if rank is not None else env


def calls_of(log):
    return [row.split(" ", 2) for row in log.read_text().splitlines()]


def is_progress(calls, at):
    """The call belongs to progress.json, or is the sync of its folder after its rename."""
    return any("progress.json" in path for _, _, path in calls[max(at - 2, 0):at])


def check_one(program, arguments, scratch, want, ranks, rank, at, kind):
    workspace, log = scratch / "w", scratch / "log"
    what = f"{kind} at call {at} of rank {rank}"
    out, said = run(program, ranks, arguments, workspace, code=(0, 73, 74, 137, -9),
                    env=faults(arguments, workspace, rank, at, kind, log))
    calls = calls_of(log)
    if at > len(calls): # work is dealt out on demand: this time the rank had less of it
        require(ranks and "result " in out, f"{what}: was never reached")
        require_equal(want, result_of(workspace), f"{what}, which was not reached")
        shutil.rmtree(workspace)
        log.unlink()
        return False
    what += f" ({' '.join(calls[at - 1][1:])})"
    finished = "result " in out
    require(not finished or kind in ("KILL", "SHORT") or is_progress(calls, at),
            f"{what}: was not noticed")
    if not finished and kind in ("ENOSPC", "EIO"):
        cause = {"ENOSPC": "No space left", "EIO": "Input/output error"}[kind]
        # HDF5 may tell a cause of its own.
        require(cause in said or ".h5" in said, f"{what}: the message lacks the cause: {said}")
    for name in results(workspace):
        require_equal(want, result_of(workspace, name), f"{what}: results/{name}")
    run(program, 1 if ranks else 2, arguments, workspace, code=0)
    require_equal(want, result_of(workspace), f"{what}, then again")
    program.run(None, "verify", "-w", workspace, cwd=arguments.sample)
    shutil.rmtree(workspace)
    log.unlink()
    return True


def check_many(program, scratch, arguments, ranks, rank):
    workspace, log = scratch / "w", scratch / "log"
    run(program, ranks, arguments, workspace, code=0,
        env=faults(arguments, workspace, rank, 0, "EIO", log))
    want, total = result_of(workspace), len(calls_of(log))
    shutil.rmtree(workspace)
    log.unlink()
    require(total > (4 if rank else 8), f"only {total} calls were seen")
    dice = random.Random(int(arguments.seed or 1))
    tries, reached = min(int(arguments.tries), total), 0
    for i in range(tries):
        # One in each stretch of calls; the last ones publish, so one of them is always tried.
        first, end = i * total // tries + 1, (i + 1) * total // tries
        at = total - 1 - i % 4 if i == tries - 1 else dice.randint(first, end)
        reached += check_one(program, arguments, scratch, want, ranks, rank, at,
                             KINDS[i % len(KINDS)])
    require(reached > tries // 2, f"{reached} of {tries} calls were reached")
    print(f"      {reached} of {total} calls")


def one_rank_alone(program, scratch, arguments):
    check_many(program, scratch, arguments, None, None)


def rank_zero_of_three(program, scratch, arguments):
    check_many(program, scratch, arguments, 3, 0)


def rank_two_of_three(program, scratch, arguments):
    check_many(program, scratch, arguments, 3, 2)


if __name__ == "__main__":
    main({test.__name__: test for test in (one_rank_alone, rank_zero_of_three, rank_two_of_three)},
         "--sample", "--shim", "--tries", "--seed")
