"""A write, sync, rename or link that fails, or a process that dies there, at each of the calls of a
publication: `latest` names the one result or the other, the history can be read, and the same command goes
through and leaves what an undisturbed one leaves."""
import pathlib
import shutil
import sys

from workspace import Workspace

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "ranks"))
from harness import main, require  # noqa: E402

KINDS = ("KILL", "ENOSPC", "EIO", "SHORT")


def check_one(w, arguments, command, at, kind):
    log = w.folder / "log"
    env = {"LD_PRELOAD": arguments.shim, "FAULT_DIR": str(w.path), "FAULT_AT": str(at),
           "FAULT_KIND": kind, "FAULT_LOG": str(log)}
    before, moves = w.latest(), w.moves()
    out, said = w.run(*command, code=(0, 73, 74, -9), env=env)
    calls = log.read_text().splitlines()
    log.unlink()
    if at > len(calls):
        return False
    what = f"{kind} at call {calls[at - 1]}"
    require(w.latest() in ("0001", "0002"), f"{what}: latest is {w.latest()}")
    require(kind == "KILL" or "latest  " not in out or w.latest() != before, f"{what}: {out}")
    if "history.log" in what and kind in ("ENOSPC", "EIO"):
        require(w.moves() == moves, f"{what}: a line that was not written whole is taken off again")
    require("FAILED" not in w.verify(), f"{what}: the workspace is whole")
    out, _ = w.run(*command)
    require(w.latest() != before, f"{what}: the same command goes through: {out}")
    told = [move for move in w.moves()[len(moves):] if move[0] != "found"]
    require(1 <= len(told) <= 2 and all(move[2] == w.latest() for move in told),
            f"{what}: every move has a line: {told}")
    w.verify()
    return True


def check_each(w, arguments, command):
    kept = w.folder / "kept"
    shutil.copytree(w.path, kept, symlinks=True)
    every, reached = int(arguments.every or 1), 0
    tries = [(at, kind) for at in range(1, 100) for kind in KINDS]
    for at, kind in tries[::every]:
        if not check_one(w, arguments, command, at, kind):
            break
        reached += 1
        shutil.rmtree(w.path)
        shutil.copytree(kept, w.path, symlinks=True)
    require(reached * every >= 25, f"{reached} faults")
    print(f"      {reached} faults at {at - 1} calls")


def publishing(program, scratch, arguments):
    w = Workspace(program, scratch / "w")
    w.rate("new", "--stage")
    check_each(w, arguments, ("publish", "2", "--max-delta", "8"))


def rolling_back(program, scratch, arguments):
    w = Workspace(program, scratch / "w")
    w.rate("new")
    check_each(w, arguments, ("rollback", "1"))


if __name__ == "__main__":
    main({test.__name__: test for test in (publishing, rolling_back)}, "--shim", "--every")
