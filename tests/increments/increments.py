"""Usage that comes in increments: whatever they are, the bytes of one go; each input's totals; and the
state as it was after any of them."""
import collections
import decimal
import json
import pathlib
import random
import shutil
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "ranks"))
from harness import Failed, main, require, require_equal, result_of, results  # noqa: E402

decimal.getcontext().prec = 60
BOOKS = ("ids.yaml", "no-ids.yaml")
LENIENT = ("run", "--max-quarantine", "100%", "--split", "64K")


def all_ranks(arguments):
    """0: without a launcher."""
    return [int(n) or None for n in arguments.ranks.split(",")]


def spoil(fields, dice):
    """A record that is quarantined; where it keeps its event id, a good one repairs it."""
    at, value = dice.choice(((0, ""), (1, ""), (2, "noon"), (3, "disks"), (3, "disks")))
    if dice.random() < 0.5:
        fields = ["bad-" + fields[0], *fields[1:]]
    return [*fields[:at], value, *fields[at + 1:-1], ""]


def correct(row, dice):
    """A record with a version, most often the first, and rarely one that withdraws its event."""
    version = dice.choice(("", "", "", "", "", "1", "2", "3"))
    return f"{row},{version},{dice.choice(('true', 'false', '', '', '', '', '', ''))}"


def prepare(arguments, folder):
    """Usage in as many files as there will be increments, arriving in another order than that of their
    paths; with copies and corrections far from each other, records that are bad, and quantities that
    are no numbers where no meter takes them. Returns the files in the order they arrive."""
    n, dice = int(arguments.increments), random.Random(3)
    sample = pathlib.Path(arguments.sample)
    (folder / "usage").mkdir()
    shutil.copy(sample / "subscriptions.csv", folder)
    book = (sample / "book.yaml").read_text()
    line = "  event_id: event_id\n"
    ids = book.replace(line, line + "  version: version\n  void: void\n")
    (folder / "ids.yaml").write_text(ids)
    (folder / "no-ids.yaml").write_text(book.replace(line, ""))
    (folder / "dearer-ids.yaml").write_text(ids.replace('"0.0004"', '"0.00051"'))
    header, *rows = sorted(sample.glob("usage/*"))[0].read_text().splitlines()
    header, rows = header + ",version,void", [correct(row, dice) for row in rows]
    parts = [rows[i * len(rows) // n:(i + 1) * len(rows) // n] for i in range(n)]
    for i, part in enumerate(parts):
        copies = [row.split(",") for row in dice.sample(parts[(i + 3) % n], 40)]
        part += [correct(",".join([*row[:4], "7777", *row[5:-2]]), dice) for row in copies]
        part += [",".join(spoil(row.split(","), dice)) for row in dice.sample(part, 9)]
        part += [",".join([*row[:3], "api_calls", "many", *row[5:]]).replace("evt", f"x{i}-")
                 for row in (row.split(",") for row in dice.sample(part[:500], 5))]
        dice.shuffle(part)
    names = [f"usage/part-{i:02}.csv" for i in range(n)]
    for name, part in zip(names, parts):
        (folder / name).write_text("\n".join([header, *part]) + "\n")
    dice.shuffle(names)
    return names


def run_all(program, folder, workspace, book, names, ranks):
    """One run for each file; the result after each."""
    after = []
    for i, name in enumerate(names):
        program.run(ranks[i % len(ranks)], *LENIENT, "-w", workspace, book, name, cwd=folder)
        after.append(result_of(workspace))
    return after


def at_once(program, folder, workspace, book, names, ranks=2):
    program.run(ranks, *LENIENT, "-w", workspace, book, *names, cwd=folder)
    return result_of(workspace)


def increments_give_the_bytes_of_one_go(program, scratch, arguments):
    names = prepare(arguments, scratch)
    for book in BOOKS:
        for ranks in all_ranks(arguments):
            after = run_all(program, scratch, scratch / f"{book}-{ranks}", book, names, [ranks])
            whole = at_once(program, scratch, scratch / f"{book}-{ranks}-whole", book, names, ranks)
            require_equal(whole, after[-1], f"{book} at {ranks} ranks")
        some = len(names) // 2
        part = at_once(program, scratch, scratch / f"{book}-part", book, names[:some])
        require_equal(part, after[some - 1], f"{book}: the first {some}")
        reconciliation = json.loads(whole["reconciliation.json"])
        require(reconciliation["records"]["quarantined"]["unknown_meter"] > 0, "bad records")
        if book == "ids.yaml":
            require(whole["conflicts.csv"].count(b"\n") > 5, "copies that differ")
            for name in ("duplicate", "superseded", "voided", "void"):
                require(reconciliation["records"][name] > 3, f"{name} records")
            require(sum(reconciliation["records"]["repaired"].values()) > 3, "repaired records")


def number(text):
    try:
        return decimal.Decimal(text)
    except decimal.InvalidOperation:
        return decimal.Decimal(0)


def totals_of(folder, name, checks_ids):
    """What inputs.json must say of a file, found out in another way."""
    codes, fed = collections.Counter(), collections.defaultdict(decimal.Decimal)
    quantity, times, records = decimal.Decimal(0), [], 0
    for row in (folder / name).read_text().splitlines()[1:]:
        event, account, when, meter, amount = row.split(",")[:5]
        records += 1
        code = ("missing_account" if account == "" else
                "missing_event_id" if event == "" and checks_ids else
                "bad_timestamp" if when == "noon" else
                "unknown_meter" if meter == "disks" else None)
        if code:
            codes[code] += 1
            continue
        times.append(when)
        quantity += number(amount)
        fed[meter] += 1 if meter == "api_calls" else number(amount)
    return records, quantity, dict(fed), dict(codes), min(times), max(times)


def inputs_are_told_in_full(program, scratch, arguments):
    names = prepare(arguments, scratch)
    for book in BOOKS:
        result = at_once(program, scratch, scratch / f"w-{book}", book, names, 3)
        inputs = json.loads(result["inputs.json"])["inputs"]
        require([entry["path"] for entry in inputs] == sorted(names), "in order of path")
        for entry in inputs:
            records, quantity, fed, codes, first, last = totals_of(scratch, entry["path"],
                                                                   book == "ids.yaml")
            size = (scratch / entry["path"]).stat().st_size
            require((entry["size"], entry["records"]) == (size, records), f"{entry}")
            require(decimal.Decimal(entry["quantity"]) == quantity, f"{quantity}: {entry}")
            require(entry["quarantined"] == codes, f"{codes}: {entry}")
            # The sample's times end in Z and drop zeros, as ours: they are compared as they stand.
            require(entry["first"][:19] == first[:19] and entry["last"][:19] == last[:19],
                    f"{first} {last}: {entry}")
            got = {meter: decimal.Decimal(sum) for meter, sum in entry["meters"].items()}
            require(got == fed, f"{fed}: {entry}")
        said = {entry["path"]: entry["digest"]
                for entry in json.loads(result["run.json"])["inputs"]}
        require(said == {entry["path"]: entry["digest"] for entry in inputs}, "digests")
        program.run(None, "verify", "-w", scratch / f"w-{book}", cwd=scratch)


def status_tells_the_increments(program, scratch, arguments):
    names = prepare(arguments, scratch)
    groups = [names[:1], names[1:3], names[3:]]
    for group in groups:
        program.run(2, *LENIENT, "-w", "w", "ids.yaml", *group, cwd=scratch)
    program.run(1, *LENIENT, "-w", "w", "ids.yaml", *names, cwd=scratch)
    out, _ = program.run(None, "status", "-w", "w", "--json", cwd=scratch)
    increments = json.loads(out)["increments"]
    require([i["number"] for i in increments] == [1, 2, 3], f"what brings nothing is none: {out}")
    for said, group in zip(increments, groups):
        totals = [totals_of(scratch, name, True) for name in group]
        require(said["files"] == len(group), f"files: {said}")
        require(said["records"] == sum(t[0] for t in totals), f"records: {said}")
        require(said["quarantined"] == sum(sum(t[3].values()) for t in totals), f"{said}")
        require(said["when"].endswith("Z") and said["when"][:2] == "20", f"when: {said}")
    out, _ = program.run(None, "status", "-w", "w", cwd=scratch)
    require(f"increment 2: {increments[1]['when']}, 2 inputs, {increments[1]['records']} records, "
            f"{increments[1]['quarantined']} quarantined" in out, f"for people: {out}")


def state_of(workspace):
    return {file.name: file.read_bytes() for file in sorted((workspace / "state").rglob("*"))
            if file.is_file() and file.name != "progress.json"}


def the_state_as_it_was(program, scratch, arguments):
    names = prepare(arguments, scratch)
    ranks = all_ranks(arguments)
    for book in BOOKS:
        workspace = scratch / f"w-{book}"
        after = run_all(program, scratch, workspace, book, names, ranks)
        options = ("--max-quarantine", "100%", "-w", workspace, book)
        program.run(None, "rate", *options, cwd=scratch)  # removes runs that are no more
        kept, shown = state_of(workspace), results(workspace)
        for n in range(1, len(names) + 1):
            out, _ = program.run(ranks[n % len(ranks)], "rate", "--as-of", n, "--json", *options,
                                 cwd=scratch)
            said = json.loads(out)
            require(said["result"] == f"{n:04}" and said["unchanged"], f"it stands: {out}")
        require(results(workspace) == shown, "no new result")
        shutil.rmtree(workspace / "results")
        (workspace / "history.log").unlink()
        for turn, n in enumerate(range(len(names), 0, -1), 1):
            out, _ = program.run(ranks[n % len(ranks)], "rate", "--as-of", n, *options,
                                 cwd=scratch)
            require(f"as of     increment {n};" in out, f"the summary says it: {out}")
            require_equal(after[n - 1], result_of(workspace, f"{turn:04}"), f"{book} as of {n}")
        require("latest" not in results(workspace), "`latest` does not move")
        require(state_of(workspace) == kept, "the state stays, and nothing is left beside it")
        program.run(2, "rate", *options, cwd=scratch)
        require_equal(after[-1], result_of(workspace), "the state as it is")
        require(len(results(workspace)) == len(names) + 1, "`latest` moves to the result there is")
        program.run(None, "verify", "-w", workspace, cwd=scratch)


def another_book_as_of_then(program, scratch, arguments):
    names = prepare(arguments, scratch)
    run_all(program, scratch, scratch / "w", "ids.yaml", names, [2])
    want = at_once(program, scratch, scratch / "fresh", "dearer-ids.yaml", names[:2])
    latest = result_of(scratch / "w")
    for ranks in all_ranks(arguments):
        out, _ = program.run(ranks, "rate", "--as-of", "2", "--max-quarantine", "100%", "-w", "w",
                             "dearer-ids.yaml", cwd=scratch)
        require_equal(want, result_of(scratch / "w", f"{len(names) + 1:04}"), f"{ranks} ranks")
    require_equal(latest, result_of(scratch / "w"), "`latest` stays")
    refusals = []
    program.run(1, "run", "-w", "first", "ids.yaml", names[0], cwd=scratch, code=65)
    for workspace, as_of in (("first", ()), ("w", ("--as-of", "1"))):
        _, said = program.run(2, "rate", *as_of, "-w", workspace, "ids.yaml", cwd=scratch, code=65)
        refusals.append([line.split(";")[0] for line in said.splitlines()
                         if "are quarantined" in line])
        refusals.append((scratch / workspace / "quarantine.csv").read_bytes())
    require(refusals[:2] == refusals[2:] and len(refusals[0]) == 1,
            f"quarantine is that of then: {refusals}")


def increments_that_are_not_there(program, scratch, arguments):
    names = prepare(arguments, scratch)
    run_all(program, scratch, scratch / "w", "ids.yaml", names[:2], [2])
    for asked in ("0", "3", "4294967297", "two", "", "-1", "1.0"):
        for ranks in (None, 2):
            _, said = program.run(ranks, "rate", "-w", "w", f"--as-of={asked}", "ids.yaml",
                                  cwd=scratch, code=64)
            require(f"--as-of {asked}: " in said and "status" in said, f"{asked}: {said}")
    _, said = program.run(None, "run", "-w", "w", "--as-of", "1", "ids.yaml", names[0],
                          cwd=scratch, code=64)
    require("no such option of run" in said, f"run: {said}")


def consumed_files_stay(program, scratch, arguments):
    names = prepare(arguments, scratch)
    run_all(program, scratch, scratch / "w", "ids.yaml", names[:3], [2])
    program.run(2, *LENIENT, "-w", "w", "ids.yaml", *names[:3], cwd=scratch)
    latest, state = result_of(scratch / "w"), state_of(scratch / "w")
    for name in names[:3]:
        file = scratch / name
        content = file.read_bytes()
        for what, new in (("changed its content", content[:-9] + b"x" + content[-8:]),
                          ("changed its size", content + b"\n"), ("vanished", None)):
            file.unlink()
            if new is not None:
                file.write_bytes(new)
            for given in ((names[3],), tuple(names)):
                _, said = program.run(3, *LENIENT, "-w", "w", "ids.yaml", *given, cwd=scratch,
                                      code=66)
                require(name in said and (what in said or "vanished" == what), f"{what}: {said}")
            require(state_of(scratch / "w") == state, "the state stays as it was")
        file.write_bytes(content)
    program.run(2, *LENIENT, "-w", "w", "ids.yaml", *names[:3], cwd=scratch)
    require_equal(latest, result_of(scratch / "w"), "put back, all is as it was")
    (scratch / "other.csv").symlink_to(scratch / names[1])
    for other in ("./" + names[1], "other.csv"):
        _, said = program.run(2, *LENIENT, "-w", "w", "ids.yaml", names[3], other, cwd=scratch,
                              code=66)
        require("is the same file as" in said and names[1] in said, f"under another name: {said}")
    require(state_of(scratch / "w") == state, "nothing is read twice")


def kills_between_and_within(program, scratch, arguments):
    """A run of any increment is killed, and goes on with other ranks."""
    names, dice = prepare(arguments, scratch), random.Random(5)
    for book in BOOKS:
        want = run_all(program, scratch, scratch / f"{book}-want", book, names, [2])
        workspace, killed = scratch / f"{book}-w", 0
        for i, name in enumerate(names):
            command = (*LENIENT, "--checkpoint-every", "0s", "-w", workspace, book, name)
            process = program.start(1 + i % 3, *command, cwd=scratch)
            time.sleep(dice.random() * 0.6)
            process.send_signal(signal.SIGKILL)
            process.communicate()
            killed += process.returncode != 0
            time.sleep(0.3)
            program.run(3 - i % 3, *command, cwd=scratch)
            require_equal(want[i], result_of(workspace), f"{book}: killed in increment {i + 1}")
        require(killed > 0, "some were killed")
        shutil.rmtree(workspace / "results")
        for n in range(1, len(names), 2):
            command = ("rate", "--as-of", n, "--max-quarantine", "100%", "-w", workspace, book)
            process = program.start(2, *command, cwd=scratch)
            time.sleep(dice.random() * 0.6)
            process.send_signal(signal.SIGKILL)
            process.communicate()
            time.sleep(0.3)
            out, _ = program.run(1 + n % 3, *command, "--json", cwd=scratch)
            require_equal(want[n - 1], result_of(workspace, json.loads(out)["result"]),
                          f"{book}: killed as of {n}")
        out, _ = program.run(None, "status", "-w", workspace, "--json", cwd=scratch)
        require(len(json.loads(out)["increments"]) == len(names), f"one for each: {out}")


def inputs_given_before_a_stopped_run_went_on(program, scratch, arguments):
    """They join its increment: between the two there was no state that could have been priced."""
    names = prepare(arguments, scratch)
    want = at_once(program, scratch, scratch / "want", "no-ids.yaml", names)
    for attempt in range(40):
        workspace = scratch / f"w{attempt}"
        process = program.start(2, *LENIENT, "-w", workspace, "no-ids.yaml", *names[:3],
                                cwd=scratch)
        while process.poll() is None and not (workspace / "state" / "manifest.json").exists():
            time.sleep(0.001)
        process.send_signal(signal.SIGUSR1)
        process.communicate()
        if process.returncode == 75:
            _, said = program.run(2, "rate", "-w", workspace, "--as-of", "1", "no-ids.yaml",
                                  cwd=scratch, code=(0, 65, 66))
            program.run(3, *LENIENT, "-w", workspace, "no-ids.yaml", *names, cwd=scratch)
            require_equal(want, result_of(workspace), "all of it")
            out, _ = program.run(None, "status", "-w", workspace, "--json", cwd=scratch)
            counts = [i["files"] for i in json.loads(out)["increments"]]
            if counts == [len(names)]:
                return
            require(counts == [3, len(names) - 3], f"all was read before it stopped: {out}")
    raise Failed("no run could be stopped in time")


QUICK = (increments_give_the_bytes_of_one_go, inputs_are_told_in_full, the_state_as_it_was)
FULL = QUICK + (status_tells_the_increments, another_book_as_of_then,
                increments_that_are_not_there, consumed_files_stay, kills_between_and_within,
                inputs_given_before_a_stopped_run_went_on)

if __name__ == "__main__":
    main({test.__name__: test for test in (QUICK if "quick" in sys.argv else FULL)},
         "--sample", "--increments", "--ranks", "--tier")
