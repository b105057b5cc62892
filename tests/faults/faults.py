"""Stopping, damage, rivals, changed inputs and bad records: what is noticed, what is said, and that
nothing wrong is ever published."""
import json
import os
import pathlib
import random
import shutil
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "ranks"))
from harness import main, require, require_equal, result_of, results  # noqa: E402


def run(program, ranks, folder, workspace, *options, code=0):
    return program.run(ranks, "run", "-w", workspace, *options, "book.yaml", "usage", cwd=folder,
                       code=code)


def reference(program, scratch, folder):
    run(program, None, folder, scratch / "reference")
    return result_of(scratch / "reference")


def wait_for(condition, what, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        require(time.monotonic() < end, f"waited in vain: {what}")
        time.sleep(0.002)


def ranks_of(launcher):
    """The process ids of the ranks below an mpirun."""
    with open(f"/proc/{launcher}/task/{launcher}/children") as file:
        return [int(pid) for pid in file.read().split()]


def has_lock(workspace):
    lock = pathlib.Path(workspace, "lock")
    return lock.exists() and lock.stat().st_size > 0


def usr1_stops_with_a_checkpoint(program, scratch, arguments):
    want, stopped = reference(program, scratch, arguments.sample), 0
    for attempt in range(40):
        workspace = scratch / f"w{attempt}"
        ranks = 1 + attempt % 3
        process = program.start(ranks, "run", "-w", workspace, "--split", "64K", "book.yaml",
                                "usage", cwd=arguments.sample)
        wait_for(lambda: has_lock(workspace) or process.poll() is not None, "the lock")
        time.sleep(0.01 * (attempt % 8))
        process.send_signal(signal.SIGUSR1)
        out, said = process.communicate(timeout=60)
        require(process.returncode in (0, 75), f"exit {process.returncode}: {said}")
        if process.returncode == 75:
            stopped += 1
            require("give the same command again" in said, f"says how to go on: {said}")
            require(results(workspace) == [], "nothing is published by a stopped run")
            run(program, 4 - ranks, arguments.sample, workspace, "--split", "64K")
        require_equal(want, result_of(workspace), f"stopped at {ranks} ranks, attempt {attempt}")
        shutil.rmtree(workspace)
        if stopped == int(arguments.stops or 4):
            return
    require(False, f"only {stopped} of 40 runs could be stopped in time")


def flip(path, dice):
    """Changes a letter or digit: white space has no meaning in JSON."""
    content = bytearray(path.read_bytes())
    while True:
        at = dice.randrange(len(content))
        if path.suffix != ".json" or chr(content[at]).isalnum():
            break
    content[at] ^= 1 << dice.randrange(4)
    path.write_bytes(content)


def flipped_bits_are_noticed(program, scratch, arguments):
    dice = random.Random(7)
    whole = scratch / "whole"
    run(program, 3, arguments.sample, whole, "--memory", "4M")
    want = result_of(whole)
    files = [file for file in sorted((whole / "state").rglob("*")) if file.is_file() and
             file.name != "manifest.previous.json" and not file.name.startswith("progress")]
    require(len(files) >= 3, "a manifest and runs")
    for file in dice.sample(files, min(len(files), int(arguments.flips or 6))) + [
            whole / "state" / "manifest.json"]:
        workspace = scratch / "w"
        shutil.copytree(whole, workspace, symlinks=True)
        flip(workspace / file.relative_to(whole), dice)
        out, _ = program.run(None, "verify", "-w", workspace, cwd=scratch, code=65)
        require(file.name in out, f"{file.name}: verify names it: {out}")
        _, said = program.run(2, "rate", "-w", workspace, "book.yaml", cwd=arguments.sample,
                              code=(0, 65, 66, 74))
        require(file.name in said, f"{file.name}: rate says it: {said}")
        _, said = run(program, 3, arguments.sample, workspace, code=(0, 74))
        for name in results(workspace):
            require_equal(want, result_of(workspace, name), f"{file.name}: results/{name}")
        run(program, 2, arguments.sample, workspace, "--fresh")
        require_equal(want, result_of(workspace), f"{file.name}: --fresh")
        program.run(None, "verify", "-w", workspace, cwd=scratch)
        shutil.rmtree(workspace)


def flipped_results_are_found(program, scratch, arguments):
    dice = random.Random(8)
    whole = scratch / "whole"
    run(program, 3, arguments.sample, whole)
    for name in ("lines.csv", "invoices.csv", "reconciliation.json", "book.yaml", "run.json"):
        workspace = scratch / "w"
        shutil.copytree(whole, workspace, symlinks=True)
        flip(workspace / "results" / "0001" / name, dice)
        out, _ = program.run(None, "verify", "-w", workspace, cwd=scratch, code=65)
        require(name in out, f"verify names {name}: {out}")
        shutil.rmtree(workspace)


def one_writer_at_a_time(program, scratch, arguments):
    want, workspace = reference(program, scratch, arguments.sample), scratch / "w"
    first = program.start(2, "run", "-w", workspace, "--split", "64K", "book.yaml", "usage",
                          cwd=arguments.sample)
    ranks = []
    try:
        wait_for(lambda: has_lock(workspace) or first.poll() is not None, "the lock")
        ranks = ranks_of(first.pid)
        for pid in ranks:
            os.kill(pid, signal.SIGSTOP)
        require(first.poll() is None, "the first run was too fast")
        _, said = run(program, 1, arguments.sample, workspace, code=73)
        require("another run" in said, f"says why: {said}")
        require(results(workspace) == [], "the second published nothing")
    finally:
        for pid in ranks:
            os.kill(pid, signal.SIGKILL)
        first.kill()
        first.communicate()
    run(program, 3, arguments.sample, workspace, "--split", "64K")
    require_equal(want, result_of(workspace), "the lock of a dead run is taken over")


def consumed_files_must_stay(program, scratch, arguments):
    shutil.copytree(arguments.sample, scratch / "s")
    usage, workspace = next((scratch / "s" / "usage").iterdir()), scratch / "w"
    content = usage.read_bytes()
    run(program, 2, scratch / "s", workspace)
    want = result_of(workspace)

    def change(at, new):
        usage.write_bytes(content[:at] + new + content[at + len(new):])

    for what, spoil in (("one byte", lambda: change(len(content) // 2, b"#")),
                        ("longer", lambda: usage.write_bytes(content + content[-60:])),
                        ("shorter", lambda: usage.write_bytes(content[:-60])),
                        ("vanished", usage.unlink)):
        spoil()
        # The folder must not be empty, or it would be that which is refused.
        shutil.copy(usage.parent / "../subscriptions.csv", usage.parent / "other.csv")
        _, said = run(program, 2, scratch / "s", workspace, code=66)
        require(usage.name in said, f"{what}: names the file: {said}")
        (usage.parent / "other.csv").unlink()
        usage.write_bytes(content)
    run(program, 3, scratch / "s", workspace) # the same bytes at another time
    require(results(workspace) == ["0001", "latest"], "nothing was published")
    require_equal(want, result_of(workspace), "the old file was put back")


BAD_USAGE = '''event_id,account_id,timestamp,meter,quantity,region,model
e1,a,2025-01-05T00:00:00Z,api_calls,1,eu,
e2,a,yesterday,api_calls,1,eu,
e3,,2025-01-05T00:00:00Z,api_calls,1,eu,
,a,2025-01-05T00:00:00Z,api_calls,1,eu,
e5,a,2025-01-05T00:00:00Z,tokens,many,eu,small
e6,a,2025-01-05T00:00:00Z,tokens,,eu,small
e7,a,2025-01-05T00:00:00Z,teapots,1,eu,
e8,a,2025-01-05T00:00:00Z,tokens
e9,"a, ""b""",3000-01-01T00:00:00Z,api_calls,1,eu,
e10,b,2025-01-06T00:00:00Z,tokens,10,eu,small
'''
BAD = [(2, "bad_timestamp"), (3, "missing_account"), (4, "missing_event_id"), (5, "bad_quantity"),
       (6, "missing_quantity"), (7, "unknown_meter"), (8, "bad_row"), (9, "out_of_range")]


def quoted(text):
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in ',"') else text


def bad_records_block_or_are_listed(program, scratch, arguments):
    folder = scratch / "s"
    shutil.copytree(arguments.sample, folder)
    shutil.rmtree(folder / "usage")
    (folder / "usage").mkdir()
    (folder / "usage" / "u.csv").write_text(BAD_USAGE)
    lines = BAD_USAGE.splitlines(keepends=True)
    want = "file,record,offset,code,raw\n" + "".join(
        f"usage/u.csv,{record},{sum(len(line) for line in lines[:record])},{code},"
        f"{quoted(lines[record].strip())}\n" for record, code in BAD)
    for ranks in (None, 3):
        workspace = scratch / f"w{ranks}"
        for limit in (None, "7") if ranks else ("79%",):
            options = ("--max-quarantine", limit) if limit else ()
            _, said = run(program, ranks, folder, workspace, *options, code=65)
            require("8 of 10 records" in said and "bad_row 1" in said, f"says how many: {said}")
            require(results(workspace) == [], f"--max-quarantine {limit}: nothing is published")
            got = (workspace / "quarantine.csv").read_text()
            require(got == want, f"quarantine.csv beside the state:\n{got}")
        for limit in ("8",) if ranks else ("80%", "100%"):
            run(program, ranks, folder, workspace, "--max-quarantine", limit)
        require(results(workspace) == ["0001", "latest"], "published once")
        result = result_of(workspace)
        require(result["quarantine.csv"].decode() == want, "quarantine.csv of the result")
        records = json.loads(result["reconciliation.json"])["records"]
        require(records["quarantined"] == {code: 1 for _, code in BAD},
                f"counted by code: {records}")
        require((records["read"], records["aggregated"]) == (10, 2), f"balanced: {records}")


if __name__ == "__main__":
    main({test.__name__: test for test in (
        usr1_stops_with_a_checkpoint, flipped_bits_are_noticed, flipped_results_are_found,
        one_writer_at_a_time, consumed_files_must_stay, bad_records_block_or_are_listed)},
         "--sample", "--stops", "--flips")
