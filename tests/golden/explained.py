"""Explanations as people read them: the examples, whose invoices were worked out by hand, and a small book with
late, repeated and withdrawn usage, hostile names and a price that was wrong. What must be said is in explain/; with
--write yes it is written anew, to be read."""
import csv
import fcntl
import json
import pathlib
import shutil
import sys

HERE = pathlib.Path(__file__).resolve().parent
EXAMPLES = HERE.parents[1] / "examples"
SAID = HERE / "explain"
sys.path.insert(0, str(HERE.parent / "ranks"))
from harness import main, require  # noqa: E402

USAGE, REFUSED, INPUT = 64, 65, 66

# What is asked of each example.
ASKED = {
    "enterprise": {"nova-lab": [], "nova-shop": ["--period", "2025-Q3"], "orbit-us": [], "orbit-eu": []},
    "payments": {"atelier": [], "kissaten": []},
    "saas-seats": {"cedar": [], "dogwood": []},
    "llm-api": {"lab": []},
    "object-storage": {"films": []},
}


def same(arguments, name, said):
    path = SAID / name
    if arguments.write:
        path.write_text(said, encoding="utf-8")
    want = path.read_text(encoding="utf-8")
    for number, (a, b) in enumerate(zip(want.splitlines(), said.splitlines()), 1):
        require(a == b, f"{name} line {number}:\n  wanted {a}\n  said   {b}")
    require(want == said, f"{name}: {len(said)} bytes instead of {len(want)}")


def examples(program, scratch, arguments):
    for example, accounts in ASKED.items():
        folder = scratch / example
        shutil.copytree(EXAMPLES / example, folder)
        program.run(None, "run", "-w", "ws", "--progress", "none", "book.yaml", "usage.csv", cwd=folder)
        for account, options in accounts.items():
            out, _ = program.run(None, "explain", "-w", "ws", "--account", account, *options, cwd=folder)
            same(arguments, f"{example}-{account}.txt", out)
    out, _ = program.run(None, "explain", "-w", "ws", "--account", "atelier", "--json", cwd=scratch / "payments")
    same(arguments, "payments-atelier.json", json.dumps(json.loads(out), indent=1) + "\n")


def story(program, folder):
    """Three results: as billed, with a price fixed, and with late usage."""
    for path in (SAID / "story").iterdir():
        shutil.copy(path, folder)
    quiet = ("--progress", "none", "--max-quarantine", "1")
    program.run(None, "run", "-w", "ws", *quiet, "book.yaml", "march.csv", cwd=folder)
    program.run(3, "rate", "-w", "ws", *quiet, "fixed.yaml", cwd=folder)
    program.run(3, "run", "-w", "ws", *quiet, "fixed.yaml", "late.csv", cwd=folder)


def what_changed(program, scratch, arguments):
    story(program, scratch)

    def explain(name, *words):
        out, _ = program.run(None, "explain", "-w", "ws", *words, cwd=scratch)
        same(arguments, name, out)
        return out

    explain("story-old.txt", "--account", "acme", "1")
    explain("story-prices.txt", "--account", "acme", "1", "2")
    explain("story-usage.txt", "--account", "acme", "0002-0003")
    explain("story-both.txt", "--account", "acme", "1", "3")
    explain("story-new-account.txt", "--account", "late only", "2", "3")
    said = explain("story-hostile.txt", "--account", "evil\x1b[31m\u202e\n")
    require("\x1b" not in said and "\u202e" not in said, "a name moves the terminal")
    out, _ = program.run(None, "explain", "-w", "ws", "--account", "acme", "--json", "1", "3", cwd=scratch)
    same(arguments, "story-both.json", json.dumps(json.loads(out), indent=1) + "\n")
    out, _ = program.run(3, "explain", "-w", "ws", "--account", "acme", "1", "3", cwd=scratch)
    same(arguments, "story-both.txt", out)


def what_is_not_there(program, scratch, arguments):
    """Each says what there is instead."""
    story(program, scratch)

    def refuse(code, text, *words):
        out, err = program.run(None, "explain", "-w", "ws", *words, cwd=scratch, code=code)
        require(out == "" and text in err, f"{words}: {out}{err}")

    refuse(USAGE, "explain wants --account", "1")
    refuse(USAGE, "explain wants --account", "--account", "acme", "1", "2", "3")
    refuse(INPUT, "there is no result 9", "--account", "acme", "9")
    refuse(INPUT, "neither a line nor usage", "--account", "Acme")
    refuse(INPUT, "it has a subscription or a contract", "--account", "idle", "1")
    refuse(INPUT, "there are lines in 2025-03", "--account", "acme", "--period", "2025-04", "1")
    refuse(INPUT, "of the charges calls, gb, seats, minimum", "--account", "acme", "--charge", "gbs", "1")
    program.run(None, "run", "-w", "ws", "--fresh", "--max-quarantine", "1", "fixed.yaml", "late.csv", cwd=scratch)
    refuse(INPUT, "does not know any more what result 0001 is of", "--account", "acme", "1")
    text = (scratch / "book.yaml").read_text()
    (scratch / "other.yaml").write_text(text.replace("meters:", "bucket: hour\nmeters:", 1))
    program.run(None, "run", "-w", "ws", "--fresh", "--max-quarantine", "1", "other.yaml", "march.csv", cwd=scratch)
    refuse(INPUT, "does not know any more what result 0001 is of", "--account", "acme", "1")


def accounts_of(result):
    """All that a result has rows of."""
    found = set()
    for table in ("lines", "unrated", "shares"):
        rows = list(csv.DictReader((result / f"{table}.csv").read_text().splitlines()))
        found |= {row["account"] for row in rows}
    return sorted(found)


def explained(program, folder, account, *results):
    out, _ = program.run(None, "explain", "-w", "ws", "--account", account, "--json", *results, cwd=folder)
    return json.loads(out)


def same_effects(account, both, impact):
    """What changed of an account is what the impact says."""
    columns = "period", "charge", "detail", "currency", "old", "new", "delta", "price_effect", "usage_effect", "rounding"
    rows = [[row[name] for name in columns] for row in csv.DictReader((impact / "lines.csv").read_text().splitlines())
            if row["account"] == account]
    said = [[row[name] for name in columns] for row in both["changes"] if not row["share"] and
            any(float(row[name]) for name in columns[-4:])]
    require(sorted(said) == sorted(rows), f"{account}: effects {said}, the impact has {rows}")
    return len(rows)


def of_some_periods(program, scratch, arguments):
    """Whatever periods a result was asked for, plain and compressed: balances and levels come from before. That each
    explanation is what the result says is proved by explain itself."""
    folder = HERE / "periods"
    for name in ("book.yaml", "usage.csv"):
        shutil.copy(folder / name, scratch)
    program.run(None, "run", "-w", "ws", "book.yaml", "usage.csv", cwd=scratch)
    asked = (("--from", "2025-03"), ("--from", "2025-02", "--to", "2025-03"), ("--to", "2025-05"),
             ("--from", "2024-11", "--to", "2025-01"))
    for options in asked:
        program.run(None, "rate", "-w", "ws", "--stage", *options, "book.yaml", cwd=scratch)
    for number in range(1, 2 + len(asked)):
        result = scratch / "ws/results" / f"{number:04}"
        accounts = accounts_of(result)
        require(accounts, f"{result}: no accounts")
        for account in accounts:
            explained(program, scratch, account, number)
    said = explained(program, scratch, "ann", 2)
    periods = sorted({line["period"] for line in said["lines"]})
    require(periods[0] == "2025-03", f"periods: {periods}")
    text = (scratch / "book.yaml").read_text()
    (scratch / "other.yaml").write_text(text.replace('per_unit: "1"', 'per_unit: "2"', 1))
    (scratch / "more.csv").write_text("id,account,time,meter,quantity\nz1,ann,2025-02-11T12:00:00Z,calls,7\n"
                                      "z2,ann,2025-07-11T12:00:00Z,calls,7\n")
    program.run(None, "run", "-w", "ws", "--compress", "zstd", "other.yaml", "more.csv", cwd=scratch)
    last = 2 + len(asked)
    program.run(None, "impact", "-w", "ws", 1, last, cwd=scratch)
    changed = [same_effects(account, explained(program, scratch, account, 1, last),
                            scratch / f"ws/impact/0001-{last:04}")
               for account in accounts_of(scratch / "ws/results/0001")]
    require(sum(map(bool, changed)) > 3, f"few lines changed: {changed}")
    both = explained(program, scratch, "ann", 2, last)
    require("other periods" in both["no_effects"] and
            not any("price_effect" in row for row in both["changes"]), f"effects: {both['changes'][:2]}")


def without_event_ids(program, scratch, arguments):
    """The state keeps no records: nothing is said of files and duplicates."""
    for name in ("book.yaml", "usage.csv"):
        shutil.copy(HERE / "edges" / name, scratch)
    program.run(None, "run", "-w", "ws", "book.yaml", "usage.csv", cwd=scratch)
    for account in accounts_of(scratch / "ws/results/0001"):
        for line in explained(program, scratch, account)["lines"]:
            require(set(line.get("usage", {})) <= {"records"}, f"{account}: {line}")
    out, _ = program.run(None, "explain", "-w", "ws", "--account", "ida", cwd=scratch)
    same(arguments, "edges-ida.txt", out)


def nothing_is_written(program, scratch, arguments):
    """Also beside a job that holds the lock."""
    story(program, scratch)

    def files():
        return {path: path.stat().st_mtime_ns for path in (scratch / "ws").rglob("*")}

    before = files()
    with (scratch / "ws/lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for words in (["1"], ["1", "3"]):
            program.run(None, "explain", "-w", "ws", "--account", "acme", *words, cwd=scratch)
    require(files() == before, "a file was written")


def a_result_that_says_otherwise(program, scratch, arguments):
    """Of a changed row nothing is explained; the row is named."""
    story(program, scratch)
    for table, was, instead in (("lines.csv", ",gb,region=eu,", ",gb,region=us,"),
                                ("invoices.csv", "acme,2025-03,USD,", "acme,2025-03,EUR,"),
                                ("unrated.csv", "acme,2025-03,", "acme,2025-04,")):
        path = scratch / "ws/results/0001" / table
        text = path.read_text()
        require(was in text, f"{table}: {text}")
        path.write_text(text.replace(was, instead, 1))
        _, err = program.run(None, "explain", "-w", "ws", "--account", "acme", "1", cwd=scratch, code=REFUSED)
        require(f"results/0001/{table}: row " in err and "of 'acme'" in err, err)
        program.run(None, "explain", "-w", "ws", "--account", "late only", "3", cwd=scratch)
        path.write_text(text)
    program.run(None, "explain", "-w", "ws", "--account", "acme", "1", cwd=scratch)


if __name__ == "__main__":
    main({test.__name__: test for test in (examples, what_changed, what_is_not_there, of_some_periods,
                                           without_event_ids, nothing_is_written, a_result_that_says_otherwise)}, "--write")
