"""Errors planted one at a time, each of which `rerate verify` must find and name by the check that is
there for it: with the digests left as they were, and with every digest above the change made right again,
so that only what the files say of each other can tell."""
import json
import pathlib
import re
import shutil
import subprocess
import sys
from decimal import Decimal

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "ranks"))
from harness import main, require  # noqa: E402

BOOK = """rerate: 1
currency: USD
period: month
bucket: day
usage:
  account: account_id
  timestamp: ts
  event_id: event_id
  meter: meter
  quantity: quantity
  version: version
  void: void
  dimensions: [region, model]
meters:
  calls: {aggregate: count}
  peak: {aggregate: max, by: [region]}
  tokens: {aggregate: sum, by: [model, region]}
plans:
  payg:
    versions:
      - from: 2025-01-01
        charges:
          - {meter: calls, per_unit: "0.003"}
          - {meter: peak, per_unit: "0.05", split: [region]}
          - {meter: tokens, per_unit: "0.0107", split: [region]}
          - {id: fee, flat: 5}
contracts:
  acme: {plan: payg, accounts: [a1, a2, a3], pool: true, bill_to: a2, start: 2025-01-01}
  both: {plan: payg, accounts: [a4, a5], bill_to: payer, start: 2025-01-01, end: 2025-03-01}
subscriptions: subscriptions.csv
"""
SUBSCRIPTIONS = "account,plan,start,end\n" + "".join(f"a{i},payg,2025-01-01,\n" for i in range(6, 20))
HEADER = "event_id,account_id,ts,meter,quantity,region,model,version,void\n"
RUN = ("run", "--progress", "none", "--max-quarantine", "100%", "--shards", "64")


def write_usage(folder):
    """Four files with copies, copies that differ, corrections, bad records, one of them repaired, and
    accounts that nobody bills."""
    for number in range(4):
        rows, meters = [], ("calls", "peak", "tokens", "tokens")
        for i in range(300):
            event, account = number * 280 + i, f"a{(number * 7 + i) % 22 + 1}"  # 20 are shared
            when = f"2025-0{event % 2 + 1}-{event % 27 + 1:02}T{event % 24:02}:00:00Z"
            quantity = 1 + event % 97 if number % 2 else f"{1 + event % 97}.25"
            rows.append(f"e{event % 280 if i % 50 == 49 else event},{account},{when},"
                        f"{meters[event % 4]},{quantity},{'eu us'.split()[event % 2]},m{event % 3},,\n")
        rows[17] = rows[17].replace("2025", "20-5")
        rows[99] = "e,a1,2025-01-03T00:00:00Z,tokens,\"many, many\",eu,m1,,\n"
        rows[200] = rows[5]
        rows[202] = rows[7].replace(",,", ",2,")  # corrects
        rows[203] = rows[8].replace(",,", ",,yes")  # withdraws
        rows[204] = rows[9].replace(",,", ",-1,")  # is superseded
        if number == 3:
            rows[205] = f"e17,a18,2025-01-02T00:00:00Z,tokens,3,eu,m1,,\n"  # repairs u0's
        rows[201] = rows[6].replace(",eu,", ",us,").replace(",m0", ",m2")
        (folder / "usage" / f"u{number}.csv").write_text(HEADER + "".join(rows))


def make(program, scratch, ranks, *options):
    """A workspace of two increments, each published."""
    folder = scratch / f"made-{ranks}{''.join(options)}"
    (folder / "usage").mkdir(parents=True)
    (folder / "book.yaml").write_text(BOOK)
    (folder / "subscriptions.csv").write_text(SUBSCRIPTIONS)
    write_usage(folder)
    for files in (("usage/u0.csv", "usage/u1.csv"), ("usage",)):
        program.run(ranks, *RUN, *options, "-w", "w", "book.yaml", *files, cwd=folder)
    return folder


class Workspace:
    """A copy of a good one, in which something is changed."""

    def __init__(self, whole, path, plant):
        if path.exists():
            shutil.rmtree(path)
        shutil.copytree(whole, path, symlinks=True)
        self.folder, self.path, self.helper = path, path / "w", plant

    def plant(self, *arguments):
        return subprocess.run([self.helper, *map(str, arguments)], check=True, text=True,
                              capture_output=True).stdout

    def result(self, name):
        return self.path / "results" / "0002" / name

    def runs(self, kind):
        """The runs of a kind, the largest first."""
        runs = json.loads((self.path / "state/manifest.json").read_text())["runs"]
        names = [run["name"] for run in sorted(runs, key=lambda run: -run["items"])
                 if run["kind"] == kind]
        return [self.path / "state" / "runs" / name for name in names]

    def column(self, run, name):
        return [int(row) for row in self.plant("show", run, name).split()]

    def edit_run(self, run, *edits):
        self.plant("run", run, *edits)
        self.plant("state", self.path)

    def edit_manifest(self, change, seal=True):
        path = self.path / "state" / "manifest.json"
        manifest = json.loads(path.read_text())
        change(manifest)
        path.write_text(json.dumps(manifest))
        if seal:
            self.plant("state", self.path)

    def edit_json(self, name, change, seal=True):
        path = self.result(name)
        content = json.loads(path.read_text())
        change(content)
        path.write_text(json.dumps(content, indent=2) + "\n")
        if seal:
            self.seal()

    def seal(self):
        self.plant("result", self.result(""))

    def edit_rows(self, name, change, seal=True):
        """Changes the rows below the header."""
        path = self.result(name)
        rows = path.read_text().splitlines(keepends=True)
        change(rows)
        path.write_text("".join(rows))
        if seal:
            self.seal()


def replace_field(column, change):
    """A change of the field of a row in the middle."""
    def edit(rows):
        at = len(rows) // 2
        fields = rows[at].rstrip("\n").split(",")
        fields[column] = change(fields[column])
        rows[at] = ",".join(fields) + "\n"
    return edit


def other_digit(text):
    """The last digit that is not a zero becomes another."""
    at = max(i for i, c in enumerate(text) if c in "123456789")
    return text[:at] + ("8" if text[at] == "9" else "9") + text[at + 1:]


def double(rows):
    rows.insert(len(rows) // 2, rows[len(rows) // 2])


def remove(rows):
    del rows[len(rows) // 2]


def swap(rows):
    at = len(rows) // 2
    rows[at], rows[at - 1] = rows[at - 1], rows[at]


def empty(rows):
    del rows[1:]


# ---- errors in the state ----

def drop_run(kind):
    def plant(w):
        name = w.runs(kind)[0].name
        w.edit_manifest(lambda m: m["runs"].__delitem__(
            next(i for i, run in enumerate(m["runs"]) if run["name"] == name)))
    return plant


def lose_run(w):
    w.runs("records")[0].unlink()


def swap_runs(w):
    a, b = w.runs("records")[:2]
    content = a.read_bytes()
    a.write_bytes(b.read_bytes())
    b.write_bytes(content)


def replace_run(w):
    """Another run stands in its place, and the manifest has that one's digest."""
    a, b = w.runs("records")[:2]
    shutil.copy(a, b)
    w.plant("state", w.path)


def name_run_twice(w):
    w.edit_manifest(lambda m: m["runs"].append(m["runs"][0]))


def double_run(w):
    run = w.runs("records")[0]
    copy = run.with_name("records-copy.h5")
    shutil.copy(run, copy)
    w.edit_manifest(lambda m: m["runs"].append(
        {**next(r for r in m["runs"] if r["name"] == run.name), "name": copy.name}))


def flip_byte(path):
    def plant(w):
        at = path(w)
        content = bytearray(at.read_bytes())
        content[len(content) // 2] ^= 4
        at.write_bytes(content)
    return plant


def first_with(items, least):
    """Where the first account with so many items begins."""
    start = 0
    for n in items:
        if n >= least:
            return start
        start += n
    raise AssertionError("no such account")


def swap_records(w):
    run = w.runs("records")[0]
    at = first_with(w.column(run, "account_items"), 2)
    w.edit_run(run, *(f"{c}:{at}~{at + 1}" for c in (
        "fingerprint_high", "fingerprint_low", "time_ns", "position", "row_key", "value0")))


def swap_cells(w):
    run = w.runs("cells")[0]
    at = first_with(w.column(run, "account_items"), 2)
    w.edit_run(run, f"cell_key:{at}~{at + 1}", f"bucket:{at}~{at + 1}")


def edit_run(kind, *edits):
    return lambda w: w.edit_run(w.runs(kind)[0], *edits)


def change_value(w):
    """A quantity of a record: its scale is 0.01."""
    run = w.runs("records")[0]
    values = w.column(run, "value0")
    at = next(i for i, value in enumerate(values) if value > 0)
    w.edit_run(run, f"value0:{at}={values[at] + 100}")


def change_position(w):
    """A record takes the number of another of its file."""
    run = w.runs("records")[0]
    positions = w.column(run, "position")
    w.edit_run(run, f"position:3={positions[4]}")


def change_event(w):
    """A record is no copy any more."""
    run, high = None, []
    for run in w.runs("records"):
        high = w.column(run, "fingerprint_high")
        twice = [i for i in range(1, len(high)) if high[i] == high[i - 1]]
        if twice:
            at = twice[0]
            w.edit_run(run, f"fingerprint_low:{at}=0xffffffffffffffff")
            return
    raise AssertionError("no copies in one run")


def withdraw(w):
    """A record's rank (version 0) becomes that of a void one; it stands in the last value column."""
    run = w.runs("records")[0]
    at = w.column(run, "value1").index(0)
    w.edit_run(run, f"value1:{at}=1")


def move_bad(m):
    """A bad record more of one input, and one less of another."""
    for at, step in ((0, 1), (1, -1)):
        m["files"][at]["tally"]["quarantined"]["bad_quantity"] += step
        m["files"][at]["tally"]["quarantined"] = {
            code: n for code, n in m["files"][at]["tally"]["quarantined"].items() if n}


def set_in(*path, to):
    def change(content):
        for step in path[:-1]:
            content = content[step]
        content[path[-1]] = to(content[path[-1]])
    return change


def manifest(*path, to, seal=True):
    return lambda w: w.edit_manifest(set_in(*path, to=to), seal)


def more(n):
    return n + 1


def more_of_sum(text):
    return str(int(text.split(".")[0]) + 1)


def resolved(m):
    """What the last increment resolved."""
    return m["increments"][-1]["resolved"]


def move_quantity(m):
    """From what was aggregated to what was duplicate: the sum stays."""
    sums = resolved(m)["meters"][0]
    sums[1], sums[2] = str(int(sums[1]) - 1), str(int(sums[2]) + 1)


def move_record(m):
    resolved(m)["aggregated"] -= 1
    resolved(m)["duplicate"] += 1


STATE = {
    "a changed digit in the manifest": ("manifest", manifest("generation", to=more, seal=False)),
    "an older generation": ("manifest before", manifest("generation", to=lambda n: 1)),
    "no manifest": ("manifest", lambda w: (w.path / "state/manifest.json").unlink()),
    "another way to read usage": ("meters", manifest(
        "state_text", to=lambda text: text.replace("meter=calls\n", "metre=calls\n"))),
    "a changed byte in a run": ("runs", flip_byte(lambda w: w.runs("records")[0])),
    "a lost run": ("runs", lose_run),
    "two runs swapped": ("runs", swap_runs),
    "a run named twice": ("runs", name_run_twice),
    "a run in the place of another": ("order", replace_run),
    "a dropped run of records": ("records", drop_run("records")),
    "a doubled run of records": ("records", double_run),
    "a dropped run of cells": ("coverage", drop_run("cells")),
    "a dropped run of quarantine": ("texts", drop_run("quarantine")),
    "a dropped run of conflicts": ("texts", drop_run("conflicts")),
    "more items than there are": ("order", manifest("runs", 0, "items", to=more)),
    "fewer shards than the run has": ("order", manifest("runs", 0, "end_shard", to=lambda n: 1)),
    "more shards than the run has": ("order", manifest("shards", to=lambda n: 2 * n)),
    "records swapped": ("order", swap_records),
    "a record of an unknown input": ("order", edit_run("records", "position:7=0x70000000001")),
    "a record beyond its input": ("order", edit_run("records", "position:7=0xfffff")),
    "a key that is none": ("order", edit_run("records", "row_key:5=4000000")),
    "keys out of order": ("order", edit_run("records", "key:0=255")),
    "a changed name of an account": ("order", edit_run("records", "account_name:0=98")),
    "a changed hash of an account": ("order", edit_run("records", "account_hash:0=1")),
    "a wrong index of shards": ("order", edit_run("records", "shard_item:63=1")),
    "an account with fewer records": ("order", edit_run("records", "account_items:0=1")),
    "cells swapped": ("order", swap_cells),
    "a cell of a bucket far away": ("order", edit_run("cells", "bucket:0=30000")),
    "a cell without records": ("order", edit_run("cells", "records:0=0")),
    "a changed state of a cell": ("order", edit_run("cells", "state:0=0xff")),
    "a text cut short": ("order", edit_run("quarantine", "text:3-")),
    "a changed quantity of a record": ("cells", change_value),
    "a changed number of records of a cell": ("cells", edit_run("cells", "records:0=77")),
    "a record with another's number": ("records", change_position),
    "a copy that is none": ("events", change_event),
    "one more record read": ("progress", manifest("files", 0, "tally", "read", to=more)),
    "one more record aggregated": ("balance", manifest("increments", -1, "resolved", "aggregated", to=more)),
    "a copy for an event": ("events", lambda w: w.edit_manifest(move_record)),
    "a quantity moved": ("events", lambda w: w.edit_manifest(move_quantity)),
    "an event withdrawn that is not": ("events", withdraw),
    "a dropped run of repaired records": ("texts", drop_run("repaired")),
    "bad records of another input": ("records", lambda w: w.edit_manifest(move_bad)),
    "an input of another time": ("records", manifest("files", 0, "tally", "first_ns", to=more)),
    "an input of another increment": ("order", manifest("files", 0, "increment", to=more)),
    "more quantity read": ("balance", manifest("files", 1, "tally", "meters", 0, 1, to=more_of_sum)),
    "one more conflict": ("texts", manifest("increments", -1, "resolved", "conflicts", to=more)),
    "a part that begins late": ("progress", manifest("files", 1, "splits", 0, 2, to=more)),
    "a changed input": ("inputs", flip_byte(lambda w: w.folder / "usage" / "u1.csv")),
}

# ---- errors in a result ----

TABLES = {
    "lines": {"account": 0, "exact": 9, "amount": 10},
    "invoices": {"account": 0, "lines": 3, "total": 4},
    "shares": {"contract": 0, "amount": 7},
    "quarantine": {"record": 1},
    "conflicts": {"kept_record": 2},
    "unrated": {"quantity": 4},
}


def rows(name, change, seal=True):
    return lambda w: w.edit_rows(f"{name}.csv", change, seal)


def facts(*path, to, seal=True):
    return lambda w: w.edit_json("run.json", set_in(*path, to=to), seal)


def balance(*path, to):
    return lambda w: w.edit_json("reconciliation.json", set_in(*path, to=to))


def move_between_invoices(rows_):
    """A cent from one invoice to another: all sums stay."""
    for at, cent in ((3, 1), (4, -1)):
        fields = rows_[at].rstrip("\n").split(",")
        cents = int(fields[4].replace(".", "")) + cent
        rows_[at] = ",".join([*fields[:4], f"{cents // 100}.{cents % 100:02}"]) + "\n"


def swap_files(w):
    a, b = w.result("lines.csv"), w.result("invoices.csv")
    content = a.read_bytes()
    a.write_bytes(b.read_bytes())
    b.write_bytes(content)


def of_before(name, seal):
    """The file of the result before stands in this one's place."""
    def plant(w):
        shutil.copy(w.path / "results" / "0001" / name, w.result(name))
        if seal:
            w.seal()
    return plant


def another_book(w):
    with open(w.result("book.yaml"), "a") as file:
        file.write("# dearer\n")
    w.seal()


def move_between_inputs(content):
    """All sums stay."""
    for at, step in ((0, 1), (1, -1)):
        meters = content["inputs"][at]["meters"]
        meters["tokens"] = str(Decimal(meters["tokens"]) + step)


def more_money(content):
    """Amount and exact sum rise together: the residue stays."""
    for name in ("amount", "exact"):
        content["totals"][0][name] = str(Decimal(content["totals"][0][name]) + 1)


def move_record_of_result(content):
    content["records"]["aggregated"] -= 1
    content["records"]["duplicate"] += 1


def latest_to(target):
    def plant(w):
        (w.path / "results" / "latest").unlink()
        if target:
            (w.path / "results" / "latest").symlink_to(target)
    return plant


def history(change):
    """Changes the lines of history.log."""
    def plant(w):
        path = w.path / "history.log"
        lines = path.read_text().splitlines(keepends=True)
        change(lines)
        path.write_text("".join(lines))
    return plant


def other_subscriptions(w):
    kept, = (w.path / "books").iterdir()
    text = subprocess.run(["zstd", "-dc", kept], check=True, capture_output=True).stdout
    packed = subprocess.run(["zstd", "-c"], input=text.replace(b"a7", b"b7"), check=True, capture_output=True)
    kept.write_bytes(packed.stdout)


def date_back(lines):
    lines[0] = re.sub('"time":"....', '"time":"1999', lines[0])


RESULT = {
    **{f"a changed digit in {name}.csv": ("files", rows(name, replace_field(
        list(columns.values())[-1], other_digit), False)) for name, columns in TABLES.items()},
    "a changed digit in run.json": ("facts", facts("inputs", 0, "bytes", to=more, seal=False)),
    "a changed digit in the reconciliation": ("files", flip_byte(
        lambda w: w.result("reconciliation.json"))),
    "a changed byte in the book": ("files", flip_byte(lambda w: w.result("book.yaml"))),
    "a removed file": ("files", lambda w: w.result("unrated.csv").unlink()),
    "a file too many": ("files", lambda w: w.result("notes.txt").write_text("hello")),
    "no _SUCCESS": ("files", lambda w: w.result("_SUCCESS").unlink()),
    "two files swapped": ("files", swap_files),
    "lines of the result before": ("files", of_before("lines.csv", False)),
    "lines of the result before, with their digest": ("invoices", of_before("lines.csv", True)),
    "quarantine of the result before": ("quarantine", of_before("quarantine.csv", True)),
    "another book, with its digest": ("files", another_book),
    "subscriptions that are not kept": ("books", lambda w: shutil.rmtree(w.path / "books")),
    "subscriptions of others": ("books", other_subscriptions),
    "a changed amount of a line": ("lines", rows("lines", replace_field(10, other_digit))),
    "a cent more on a line": ("invoices", rows("lines", replace_field(
        10, lambda t: t[:-1] + chr(ord(t[-1]) ^ 1)))),
    "a changed exact amount": ("totals", rows("lines", replace_field(9, other_digit))),
    "a number that is none": ("lines", rows("lines", replace_field(8, lambda t: t + "x"))),
    "a number with needless zeros": ("lines", rows("lines", replace_field(8, lambda t: "0" + t))),
    "a date that is none": ("lines", rows("lines", replace_field(6, lambda t: "2025-02-30"))),
    "a period that is none": ("lines", rows("lines", replace_field(2, lambda t: "2025-13"))),
    "a period that was not rated": ("lines", rows("lines", replace_field(2, lambda t: "2031-01"))),
    "a currency that is none": ("lines", rows("lines", replace_field(11, lambda t: "USX"))),
    "a field too many": ("lines", rows("lines", replace_field(5, lambda t: "a,b"))),
    "quotes where none are needed": ("lines", rows("lines", replace_field(3, lambda t: f'"{t}"'))),
    "another header": ("lines", rows("lines", lambda r: r.__setitem__(
        0, r[0].replace("plan,", "Plan,")))),
    "no line end at the end": ("lines", rows("lines", lambda r: r.__setitem__(-1, r[-1][:-1]))),
    "a changed account of a line": ("lines", rows("lines", replace_field(0, lambda t: "zz"))),
    **{f"a doubled row in {name}.csv": (check, rows(name, double)) for name, check in {
        "lines": "lines", "invoices": "invoices", "shares": "shares", "quarantine": "quarantine",
        "conflicts": "conflicts"}.items()},
    **{f"two rows swapped in {name}.csv": (name, rows(name, swap)) for name in TABLES},
    **{f"a removed row in {name}.csv": (check, rows(name, remove)) for name, check in {
        "lines": "invoices", "invoices": "invoices", "shares": "shares",
        "quarantine": "quarantine", "conflicts": "conflicts"}.items()},
    "no lines at all": ("invoices", rows("lines", empty)),
    "a wrong total": ("invoices", rows("invoices", replace_field(4, other_digit))),
    "a wrong number of lines": ("invoices", rows("invoices", replace_field(3, other_digit))),
    "a cent on another invoice": ("invoices", rows("invoices", move_between_invoices)),
    "a wrong share": ("shares", rows("shares", replace_field(7, other_digit))),
    "a share of another line": ("shares", rows("shares", replace_field(2, lambda t: t + "!"))),
    "another payer": ("invoices", facts("payers", "both", to=lambda name: "a6")),
    "a reason that is none": ("unrated", rows("unrated", replace_field(6, lambda t: "forgotten"))),
    "a changed code": ("quarantine", rows("quarantine", replace_field(3, lambda t: "too_long"))),
    "quarantine of an unknown file": ("quarantine", rows("quarantine", lambda r: r.__setitem__(
        1, r[1].replace("u0.csv", "u.csv")))),
    "a conflict with itself": ("conflicts", rows("conflicts", lambda r: r.__setitem__(
        1, ",".join((r[1].split(",")[0], *r[1].split(",")[1:3], *r[1].split(",")[1:3], "ts\n"))))),
    "records that do not balance": ("reconciliation", balance("records", "read", to=more)),
    "a quantity that does not balance": ("reconciliation", balance(
        "meters", "tokens", "aggregated", to=more_of_sum)),
    "a wrong residue": ("reconciliation", balance("totals", 0, "residue", to=more_of_sum)),
    "lines that nobody computed": ("priced", facts("priced", "carried", to=more)),
    "not balanced": ("reconciliation", balance("balanced", to=lambda b: False)),
    "a wrong sum of money": ("totals", lambda w: w.edit_json("reconciliation.json", more_money)),
    "a wrong number of lines in all": ("totals", balance("totals", 0, "lines", to=more)),
    "another number of records of an input": ("inputs of result", lambda w: w.edit_json(
        "inputs.json", set_in("inputs", 0, "records", to=more))),
    "a quantity moved between inputs": ("inputs of result", lambda w: w.edit_json(
        "inputs.json", move_between_inputs)),
    "an input too few": ("inputs of result", lambda w: w.edit_json(
        "inputs.json", lambda c: c["inputs"].pop())),
    "another digest of an input": ("inputs of result", facts(
        "inputs", 0, "digest", to=lambda d: d[::-1])),
    "a missing sum": ("totals", lambda w: w.edit_json(
        "reconciliation.json", lambda c: c["totals"].pop())),
    "counts that are not the state's": ("state of result", lambda w: w.edit_json(
        "reconciliation.json", move_record_of_result)),
    "a latest that names nothing": ("latest", latest_to("0009")),
    "no latest": ("latest", latest_to(None)),
    "a removed line of history": ("history", history(lambda lines: lines.pop(0))),
    "another time of a move": ("history", history(date_back)),
    "a move that is none": ("history", history(lambda lines: lines.append("{}\n"))),
}


def find_all(program, scratch, arguments, errors):
    whole = make(program, scratch, 3)
    plant = str(pathlib.Path(arguments.plant).resolve())
    missed = []
    every = int(arguments.every or 1)
    for what, (check, error) in list(errors.items())[::every]:
        workspace = Workspace(whole, scratch / "planted", plant)
        error(workspace)
        out, said = program.run(None, "verify", "-w", "w", cwd=workspace.folder, code=(0, 65))
        failed = [line for line in out.splitlines() if line.startswith("FAILED")]
        if not any(line.startswith(f"FAILED  {check}: ") for line in failed):
            missed.append(f"{what}: is to be found by '{check}': " + "; ".join(failed))
        elif f"{check} (" not in said:
            missed.append(f"{what}: the message names '{check}': {said}")
    require(not missed, f"{len(missed)} of {len(errors)} errors:\n" + "\n".join(missed))
    print(f"      {len(errors) // every} errors")


def errors_in_the_state(program, scratch, arguments):
    find_all(program, scratch, arguments, STATE)


def errors_in_a_result(program, scratch, arguments):
    find_all(program, scratch, arguments, RESULT)


def nothing_is_found_where_nothing_is_wrong(program, scratch, arguments):
    for ranks, options in ((None, ()), (3, ()), (2, ("--compress", "zstd"))):
        folder = make(program, scratch, ranks, *options)
        out, _ = program.run(None, "verify", "-w", "w", cwd=folder)
        odd = [line for line in out.splitlines()[:-1] if not line.startswith("ok ")]
        require(not odd, f"{ranks} ranks: only good lines: {odd}")
        require(any("results/0001: of 2 inputs; the state has moved on" in line
                    for line in out.splitlines()), f"says that the state has moved on: {out}")
        again, _ = program.run(3, "verify", "-w", "w", cwd=folder)
        require(again == out, f"the same on three ranks: {again}")
        told, _ = program.run(None, "verify", "-w", "w", "--json", cwd=folder)
        told = json.loads(told)
        require(told["failed"] == 0 and told["ok"] == len(told["checks"]), f"as JSON: {told}")


def what_is_away_is_said(program, scratch, arguments):
    folder = make(program, scratch, 1)
    (folder / "usage" / "u2.csv").unlink()
    out, _ = program.run(None, "verify", "-w", "w", cwd=folder)
    require("3 inputs are what was read; 1 are not there" in out, f"says it: {out}")
    out, _ = program.run(None, "verify", "-w", "w", "--inputs", cwd=folder, code=65)
    require("FAILED  inputs: state: usage/u2.csv" in out, f"an error when asked for: {out}")
    (folder / "w/state/runs/records-of-a-dead-run.h5").write_text("left over")
    out, _ = program.run(None, "verify", "-w", "w", cwd=folder)
    require("1 leftovers" in out, f"leftovers are no error: {out}")
    program.run(None, "verify", "-w", "nowhere", cwd=folder, code=66)
    (folder / "bare").mkdir()
    program.run(None, "verify", "-w", "bare", cwd=folder, code=66)
    shutil.rmtree(folder / "w" / "state")
    out, _ = program.run(None, "verify", "-w", "w", cwd=folder, code=65)
    require("FAILED  manifest: " in out and "ok      lines: results/0002" in out,
            f"a result without its state: {out}")


if __name__ == "__main__":
    main({test.__name__: test for test in (
        nothing_is_found_where_nothing_is_wrong, what_is_away_is_said, errors_in_the_state,
        errors_in_a_result)}, "--plant", "--every")
