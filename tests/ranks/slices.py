"""Promise 6 and 2: one account with most of the records, little memory, very many runs: whatever slices the
records are resolved in, and however often runs are merged, the bytes published are the same."""
import json
import pathlib
import random
import signal
import time
import zlib

from harness import CSV, main, require, require_equal, result_of

LEAST = "1" # the program takes what it can't do without
TINY = "2M" # few records at once, and eight open runs


def rewrite_usage(source, target, pieces, account_of):
    """The records of a plain sample, dealt out to files in order; account_of may change their accounts."""
    rows, header = [], None
    for file in sorted(pathlib.Path(source, "usage").iterdir()):
        lines = file.read_text().splitlines(keepends=True)
        header, rows = lines[0], rows + lines[1:]
    names = header.strip().split(",")
    event, account = names.index("event_id"), names.index("account_id")
    for i, row in enumerate(rows):
        fields = row.split(",")
        fields[account] = account_of(fields[event], fields[account])
        rows[i] = ",".join(fields)
    target.mkdir()
    for piece in range(pieces):
        part = rows[piece * len(rows) // pieces:(piece + 1) * len(rows) // pieces]
        (target / f"part-{piece:03}.csv").write_text(header + "".join(part))


def book_beside(source, folder, *edits):
    text = pathlib.Path(source, "book.yaml").read_text()
    for old, new in edits:
        require(old in text, f"'{old}' in the book")
        text = text.replace(old, new)
    (folder / "book.yaml").write_text(text)
    (folder / "subscriptions.csv").write_bytes(pathlib.Path(source, "subscriptions.csv").read_bytes())


NO_IDS = ("  event_id: event_id\n", "")


def mostly_one(event, account):
    """Six of ten records belong to one account; copies of an event stay together."""
    return "acct-heavy" if zlib.crc32(event.encode()) % 10 < 6 else account


def manifest_of(workspace):
    try:
        return json.loads(pathlib.Path(workspace, "state", "manifest.json").read_text())
    except FileNotFoundError:
        return {"runs": [], "shards": 1}


def runs_of(workspace, kind):
    return [run for run in manifest_of(workspace)["runs"] if run["kind"] == kind]


def heavy_sample(scratch, arguments, *edits):
    rewrite_usage(arguments.plain, scratch / "usage", 3, mostly_one)
    book_beside(arguments.plain, scratch, *edits)


def run(program, ranks, scratch, workspace, *options, usage=("usage",), code=0):
    return program.run(ranks, "run", "-w", workspace, "--progress", "none", *options, "book.yaml",
                       *usage, cwd=scratch, code=code)


def one_account_with_most_records(program, scratch, arguments):
    heavy_sample(scratch, arguments)
    run(program, None, scratch, scratch / "whole")
    want = result_of(scratch / "whole")
    for ranks in [None] + [int(n) for n in arguments.ranks.split(",")]:
        for memory in (TINY, LEAST) if ranks in (None, 3) else (TINY,):
            workspace = scratch / f"w-{ranks}-{memory}"
            run(program, ranks, scratch, workspace, "--memory", memory)
            require_equal(want, result_of(workspace), f"{ranks} ranks, --memory {memory}")
            parts = [entry for entry in runs_of(workspace, "cells") if "high" in entry]
            require(parts, "a shard was cut, and not all of it merged again")
    program.run(2, "rate", "-w", workspace, "--memory", "64M", "book.yaml", cwd=scratch)
    require_equal(want, result_of(workspace), "with more memory")


def stop_once(program, scratch, workspace, dice):
    """Starts a run and ends it once it has resolved something; returns whether that was in time."""
    ranks, patience = dice.choice((None, 2, 3, 4)), time.monotonic() + 60
    before = len(runs_of(workspace, "cells"))
    process = program.start(ranks, "run", "-w", workspace, "--progress", "none",
                            "--checkpoint-every", "0", "--memory", dice.choice((TINY, "1M", "3M")),
                            "book.yaml", "usage", cwd=scratch)
    while (process.poll() is None and len(runs_of(workspace, "cells")) <= before and
           time.monotonic() < patience):
        time.sleep(0.002)
    kill = ranks is None and dice.random() < 0.5
    process.send_signal(signal.SIGKILL if kill else signal.SIGUSR1)
    _, said = process.communicate(timeout=60)
    require(process.returncode in (0, 75, -9), f"exit {process.returncode}: {said}")
    return process.returncode != 0 and bool(runs_of(workspace, "cells"))


def stops_between_slices(program, scratch, arguments):
    """Stopped or killed when some slices are resolved, then on other ranks with another memory."""
    heavy_sample(scratch, arguments)
    run(program, None, scratch, scratch / "whole")
    want, dice, met = result_of(scratch / "whole"), random.Random(5), 0
    for attempt in range(10):
        workspace = scratch / f"w{attempt}"
        for _ in range(3):
            met += stop_once(program, scratch, workspace, dice)
        run(program, dice.choice((None, 2, 3)), scratch, workspace, "--memory", "16M")
        require_equal(want, result_of(workspace), f"attempt {attempt}")
        program.run(None, "verify", "-w", workspace, cwd=scratch)
        if met >= int(arguments.stops or 3):
            return
    require(False, f"only {met} runs were stopped between slices")


def named_files(workspace):
    """Files that a generation of the manifest names."""
    names = set()
    for name in ("manifest.json", "manifest.previous.json"):
        text = (pathlib.Path(workspace) / "state" / name).read_text()
        names |= {entry["name"] for entry in json.loads(text)["runs"]}
    return names


def overlapping(runs):
    """The most runs that hold one fingerprint of one shard: those of whole shards are enough here."""
    shards = {}
    for entry in runs:
        if "high" not in entry:
            for shard in range(entry["first_shard"], entry["end_shard"]):
                shards[shard] = shards.get(shard, 0) + 1
    return max(shards.values())


def increments(program, scratch, arguments, kind, *edits):
    pieces = int(arguments.pieces or 24)
    rewrite_usage(arguments.plain, scratch / "usage", pieces, mostly_one)
    book_beside(arguments.plain, scratch, *edits)
    run(program, 2, scratch, scratch / "whole")
    workspace, dice = scratch / "w", random.Random(6)
    order = list(range(pieces))
    dice.shuffle(order)
    for i, piece in enumerate(order):
        run(program, dice.choice((None, 2, 3)), scratch, workspace, "--memory", TINY,
            usage=[f"usage/part-{piece:03}.csv"])
        files = {file.name for file in (workspace / "state" / "runs").iterdir()}
        require(files == named_files(workspace), "nothing but what a generation names is kept")
        require(overlapping(runs_of(workspace, kind)) <= 8, f"runs of {kind} stay few")
    require_equal(result_of(scratch / "whole"), result_of(workspace), "bit by bit",
                  CSV + ("reconciliation.json",))
    program.run(None, "verify", "-w", workspace, cwd=scratch)


def many_runs_of_records(program, scratch, arguments):
    increments(program, scratch, arguments, "records")


def many_runs_of_cells(program, scratch, arguments):
    increments(program, scratch, arguments, "cells", NO_IDS)


def few_accounts_with_many_records(program, scratch, arguments):
    """Shards without a record stand before shards with more than are resolved together."""
    rewrite_usage(arguments.plain, scratch / "usage", 3,
                  lambda event, account: f"acct-{zlib.crc32(event.encode()) % 2}")
    book_beside(arguments.plain, scratch)
    want = None
    for ranks, memory in ((None, "1G"), (None, TINY), (3, "1G")):
        workspace = scratch / f"w-{ranks}-{memory}"
        run(program, ranks, scratch, workspace, "--memory", memory)
        want = want or result_of(workspace)
        require_equal(want, result_of(workspace), f"{ranks} ranks, --memory {memory}")


def the_first_refused_copy_is_named(program, scratch, arguments):
    """Of all copies, whichever slices they are in and whoever resolves these."""
    heavy_sample(scratch, arguments, ("  event_id: event_id\n",
                                      "  event_id: event_id\n  duplicates: error\n"))
    told = set()
    for ranks, memory in ((None, "64M"), (None, TINY), (2, TINY), (3, "3M"), (4, TINY)):
        _, said = run(program, ranks, scratch, scratch / f"w-{ranks}-{memory}", "--memory", memory,
                      "--checkpoint-every", "0" if memory == TINY else "60s", code=65)
        told.add("\n".join(line for line in said.splitlines() if line.startswith("rerate: ")))
    require(len(told) == 1 and "duplicates: error" in str(told), f"one message: {told}")


if __name__ == "__main__":
    main({test.__name__: test for test in (
        one_account_with_most_records, stops_between_slices, many_runs_of_records,
        many_runs_of_cells, few_accounts_with_many_records, the_first_refused_copy_is_named)},
         "--plain", "--ranks", "--stops", "--pieces")
