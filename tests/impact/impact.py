"""What changed between two results: small cases computed by hand, with both book and usage changed, contracts,
names that need quotes and compressed tables; the same bytes on any number of ranks and with little memory;
what went out is corrected once; and FOCUS rows, column by column."""
import collections
import csv
import decimal
import io
import json
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "ranks"))
from harness import main, require, require_equal  # noqa: E402

RANKS = (None, 2, 3, 4, 7)
HEADER = "id,account,time,meter,quantity,region\n"
BOOK = """rerate: 1
currency: USD
timezone: {zone}
period: month
bucket: day
usage: {{account: account, timestamp: time, event_id: id, meter: meter, quantity: quantity, dimensions: [region]}}
meters:
  calls: {{aggregate: sum, by: [region]}}
plans:
  payg:
    versions:
      - from: 2025-01-01
        charges:
          - {{id: base, flat: "{flat}"}}
          - {{meter: calls, per_unit: "{price}"}}
{rest}
"""
DEFAULT = "default_plan: payg"


def book(folder, name, price, flat="10.00", rest=DEFAULT, zone="UTC"):
    (folder / name).write_text(BOOK.format(price=price, flat=flat, rest=rest, zone=zone))


def usage(folder, name, *records):
    """(account, month, quantity): one record each."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for i, (account, month, quantity) in enumerate(records):
        writer.writerow([f"{name}-{i}", account, f"2025-{month:02}-10T12:00:00Z", "calls", quantity, "eu"])
    (folder / name).write_text(HEADER + out.getvalue())


def impact_of(workspace, name="0001-0002"):
    return {file.name: file.read_bytes() for file in (workspace / "impact" / name).iterdir()}


def rows(table):
    return list(csv.reader(io.StringIO(table.decode(), newline="")))[1:]


def dicts(table):
    return list(csv.DictReader(io.StringIO(table.decode(), newline="")))


def facts_of(workspace, name="0001-0002"):
    return json.loads(impact_of(workspace, name)["impact.json"])


def by_hand(program, scratch, arguments):
    """A price from 0.333 to 0.3336 and a fee from 10 to 9; then 5 late calls; then both at once."""
    book(scratch, "book.yaml", "0.333")
    book(scratch, "fixed.yaml", "0.3336", "9.00")
    usage(scratch, "u.csv", ("acme", 1, 10), ("acme", 2, 10), ("zeta", 1, 3))
    usage(scratch, "late.csv", ("acme", 2, 5))

    def run(*what):
        return program.run(None, *what, "--progress", "none", cwd=scratch)
    run("run", "-w", "w", "book.yaml", "u.csv")
    run("rate", "-w", "w", "fixed.yaml")
    run("run", "-w", "w", "fixed.yaml", "late.csv")
    out, _ = program.run(None, "impact", "-w", "w", "1", "2", cwd=scratch)
    require("delta     -2.98 USD: old 37.66, new 34.68\n" in out and "price -2.9862" in out, out)
    require("accounts  2 pay less, 0 more, 0 the same, in USD\n" in out, out)
    fix = impact_of(scratch / "w")
    # 10 x 0.333 = 3.33 and 10 x 0.3336 = 3.336, which is 3.34; 3 x 0.333 = 0.999 and 1.0008, both 1.00
    require(rows(fix["lines.csv"]) == [
        ["acme", "2025-01", "base", "", "USD", "10.00", "9.00", "-1.00", "-1", "0", "0"],
        ["acme", "2025-01", "calls", "", "USD", "3.33", "3.34", "0.01", "0.006", "0", "0.004"],
        ["acme", "2025-02", "base", "", "USD", "10.00", "9.00", "-1.00", "-1", "0", "0"],
        ["acme", "2025-02", "calls", "", "USD", "3.33", "3.34", "0.01", "0.006", "0", "0.004"],
        ["zeta", "2025-01", "base", "", "USD", "10.00", "9.00", "-1.00", "-1", "0", "0"],
        ["zeta", "2025-01", "calls", "", "USD", "1.00", "1.00", "0.00", "0.0018", "0", "-0.0018"]],
        fix["lines.csv"])
    require(rows(fix["adjustments.csv"]) == [
        ["acme", "2025-01", "USD", "13.33", "12.34", "-0.99", "credit"],
        ["acme", "2025-02", "USD", "13.33", "12.34", "-0.99", "credit"],
        ["zeta", "2025-01", "USD", "11.00", "10.00", "-1.00", "credit"]], fix["adjustments.csv"])
    facts = facts_of(scratch / "w")
    require(facts["middle"] == {"is": "new"} and facts["accounts"] == [
        {"currency": "USD", "less": 2, "more": 0, "unchanged": 0}], facts)
    require(facts["distribution"] == [
        {"currency": "USD", "kind": "credit", "at_least": "1", "below": "10", "accounts": 2, "delta": "-2.98"}],
        facts["distribution"])
    require([top["account"] for top in facts["top"]] == ["acme", "zeta"], facts["top"])
    program.run(None, "impact", "-w", "w", "2", "3", cwd=scratch)
    late = impact_of(scratch / "w", "0002-0003")
    # 15 x 0.3336 = 5.004
    require(rows(late["lines.csv"]) == [["acme", "2025-02", "calls", "", "USD", "3.34", "5.00", "1.66", "0",
                                         "1.668", "-0.008"]], late["lines.csv"])
    require(facts_of(scratch / "w", "0002-0003")["middle"] == {"is": "old"}, "the middle is the old result")
    for ranks in (None, 3, 7):  # more than there are accounts
        program.run(ranks, "impact", "-w", "w", "0001", "latest", cwd=scratch)
        both = impact_of(scratch / "w", "0001-0003")
        require(["acme", "2025-02", "calls", "", "USD", "3.33", "5.00", "1.67", "0.006", "1.668", "-0.004"]
                in rows(both["lines.csv"]), both["lines.csv"])
        require(facts_of(scratch / "w", "0001-0003")["middle"] == {"is": "rated", "increment": 1}, "rated")
        require(sorted(both) == ["adjustments.csv", "impact.json", "lines.csv"], sorted(both))
    require(sorted(p.name for p in (scratch / "w" / "results").iterdir()) ==
            ["0001", "0002", "0003", "latest"], "rating the middle leaves nothing behind")
    out, _ = program.run(None, "impact", "-w", "w", "--json", cwd=scratch)
    said = json.loads(out)
    require(said["impact"] == "0002-0003" and said["unchanged"] and not said["nothing_to_adjust"], out)


DEAL = """default_plan: payg
contracts:
  deal:
    plan: payg
    accounts: [eu, us]
    bill_to: us
    pool: true
    start: 2025-01-01
    end: 2025-04-01
    commit: {amount: "30", every: contract, billed: arrears}
    credits:
      - {id: promo, amount: "4", from: 2025-01-01}
"""


def contracts(program, scratch, arguments):
    """A pooled contract with a credit and a commitment that falls short less once calls cost more: us pays
    10 for the pool's fee, 10 and 20 calls at 0.20, then at 0.50."""
    book(scratch, "book.yaml", "0.20", rest=DEAL)
    book(scratch, "fixed.yaml", "0.50", rest=DEAL)
    usage(scratch, "u.csv", ("eu", 1, 4), ("us", 1, 6), ("eu", 2, 20), ("solo", 1, 1), ("us", 3, 10))
    for what in (("run", "-w", "w", "book.yaml", "u.csv"), ("rate", "-w", "w", "fixed.yaml")):
        program.run(None, *what, "--progress", "none", cwd=scratch)
    program.run(2, "impact", "-w", "w", cwd=scratch)
    made = impact_of(scratch / "w")
    # metered 2 + 4 + 2 = 8, 22 short of 30; then 5 + 10 + 5 = 20, 10 short
    require(rows(made["lines.csv"]) == [
        ["solo", "2025-01", "calls", "", "USD", "0.20", "0.50", "0.30", "0.3", "0", "0"],
        ["us", "2025-01", "calls", "", "USD", "2.00", "5.00", "3.00", "3", "0", "0"],
        ["us", "2025-02", "calls", "", "USD", "4.00", "10.00", "6.00", "6", "0", "0"],
        ["us", "2025-03", "calls", "", "USD", "2.00", "5.00", "3.00", "3", "0", "0"],
        ["us", "2025-03", "commit", "", "USD", "22.00", "10.00", "-12.00", "-12", "0", "0"]],
        made["lines.csv"])
    require(rows(made["adjustments.csv"]) == [
        ["solo", "2025-01", "USD", "10.20", "10.50", "0.30", "debit"],
        ["us", "2025-01", "USD", "8.00", "11.00", "3.00", "debit"],
        ["us", "2025-02", "USD", "14.00", "20.00", "6.00", "debit"],
        ["us", "2025-03", "USD", "34.00", "25.00", "-9.00", "credit"]], made["adjustments.csv"])
    # Another payer: nothing changes but for who pays.
    book(scratch, "other.yaml", "0.50", rest=DEAL.replace("bill_to: us", "bill_to: eu"))
    program.run(None, "rate", "-w", "w", "other.yaml", "--progress", "none", cwd=scratch)
    program.run(None, "impact", "-w", "w", "2", "3", cwd=scratch)
    moved = collections.Counter(row[0] for row in rows(impact_of(scratch / "w", "0002-0003")["adjustments.csv"]))
    require(moved == {"eu": 3, "us": 3}, moved)
    # What is booked of it is taken back from one and billed to the other.
    alone = DEAL.replace("    pool: true\n", "").replace("[eu, us]", "[de, eu, us]")
    for workspace, payer in (("v", "us"), ("v", "eu")):
        book(scratch, f"{payer}.yaml", "0.20", rest=alone.replace("bill_to: us", f"bill_to: {payer}"))
        program.run(None, "run", "-w", "v", f"{payer}.yaml", "u.csv", "--progress", "none", cwd=scratch)
    program.run(3, "impact", "-w", "v", "--closed-through", "2025-02", "--book-in", "2025-03", cwd=scratch)
    booked = dicts(impact_of(scratch / "v")["corrections.csv"])
    require([(row["payer"], row["amount"]) for row in booked
             if (row["account"], row["corrects"], row["charge"]) == ("eu", "2025-01", "calls")] ==
            [("eu", "0.80"), ("us", "-0.80")], booked)
    require([(row["payer"], row["amount"]) for row in booked
             if (row["account"], row["corrects"], row["charge"]) == ("de", "2025-02", "base")] ==
            [("eu", "10.00"), ("us", "-10.00")], "an account whose lines are the same")
    require(sum(decimal.Decimal(row["amount"]) for row in booked) == 0, booked)


def invoices(workspace, result):
    """{(payer, period, currency): total}"""
    table = (workspace / "results" / result / "invoices.csv").read_bytes()
    return collections.Counter({(row["account"], row["period"], row["currency"]): decimal.Decimal(row["total"])
                                for row in dicts(table)})


def corrected(workspace, owners):
    """What customers have been sent for each period: the invoices of its owner and what was corrected."""
    sent = collections.Counter()
    for period, result in owners.items():
        sent.update({key: total for key, total in invoices(workspace, result).items() if key[1] == period})
    for table in sorted((workspace / "issued").glob("*/corrections.csv")):
        for row in dicts(table.read_bytes()):
            sent[row["payer"], row["corrects"], row["currency"]] += decimal.Decimal(row["amount"])
    return {key: total for key, total in sent.items() if total}


def closed(program, scratch, arguments):
    """January to March went out; a fix, then late usage: each is corrected once, in an open period."""
    months = [f"2025-{month:02}" for month in range(1, 6)]
    book(scratch, "book.yaml", "0.333")
    book(scratch, "fixed.yaml", "0.3336", "9.00")
    usage(scratch, "u.csv", *[(a, m, 7 * m + len(a)) for a in ("acme", "zeta", 'a,"b"') for m in range(1, 6)])
    usage(scratch, "late.csv", ("acme", 2, 5), ("new", 1, 2), ("zeta", 5, 1))
    workspace = scratch / "w"

    def call(*what, ranks=None):
        return program.run(ranks, *what, cwd=scratch)[0]

    def close(through, book_in, *names):
        return call("impact", "-w", "w", *names, "--closed-through", through, "--book-in", book_in)
    call("run", "-w", "w", "book.yaml", "u.csv", "--progress", "none")
    require("issued    3 periods, 2025-01 to 2025-03" in call("issue", "-w", "w", "1", "--through", "2025-03"), "")
    call("rate", "-w", "w", "fixed.yaml", "--progress", "none")
    out = close("2025-03", "2025-05", "1", "2")
    require("booked    -2.98 USD in 2025-05 for 2025-01, in 6 corrections\n" in out, out)
    corrections = dicts(impact_of(workspace)["corrections.csv"])
    require({(row["period"], row["corrects"]) for row in corrections} ==
            {("2025-05", month) for month in months[:3]}, "corrections of closed periods alone")
    out = call("issue", "-w", "w", "2")
    require("issued    2 periods, 2025-04 to 2025-05" in out and "issued    18 corrections" in out, out)
    owners = {**dict.fromkeys(months[:3], "0001"), **dict.fromkeys(months[3:], "0002")}
    require(corrected(workspace, owners) == dict(invoices(workspace, "0002")), "what was sent is the new result")
    for ranks in (None, 3):
        out = program.run(ranks, "impact", "-w", "w", "1", "2", "--closed-through", "2025-03", "--book-in",
                          "2025-05", cwd=scratch)[0]
        require(out.startswith("nothing to adjust\n"), out)
        again = impact_of(workspace)
        require(not any(rows(again[name]) for name in again if name.endswith(".csv")), "headers only")
    require("nothing to issue" in call("issue", "-w", "w", "2"), "all of it went out")
    # Late usage in closed periods, now through April, together with another price.
    book(scratch, "again.yaml", "0.34", "9.00")
    call("run", "-w", "w", "again.yaml", "late.csv", "--progress", "none")
    close("2025-04", "2025-05")
    late = dicts(impact_of(workspace, "0002-0003")["corrections.csv"])
    [row] = [r for r in late if (r["account"], r["corrects"], r["charge"]) == ("acme", "2025-02", "calls")]
    # 18 calls were billed at 0.3336 = 6.0048, 6.00; 23 x 0.34 = 7.82 by way of 18 x 0.34 = 6.12
    require((row["amount"], row["price_effect"], row["usage_effect"], row["rounding"], row["kind"]) ==
            ("1.82", "0.1152", "1.7", "0.0048", "debit"), row)
    call("issue", "-w", "w", "0002-0003")
    owners["2025-05"] = "0002"
    sent = corrected(workspace, owners)
    want = {key: total for key, total in invoices(workspace, "0003").items() if key[1] <= "2025-04"}
    require({key: total for key, total in sent.items() if key[1] <= "2025-04"} == want, "corrections alone")
    require(not dicts_after(program, scratch, workspace), "nothing is left in closed periods")
    moves = [json.loads(line) for line in (workspace / "history.log").read_text().splitlines()]
    require([m["to"] for m in moves if m["move"] == "issue"] == ["0001", "0002", "0003"], moves)
    call("verify", "-w", "w")


def dicts_after(program, scratch, workspace):
    program.run(None, "impact", "-w", "w", "2", "3", "--closed-through", "2025-04", "--book-in", "2025-05",
                cwd=scratch)
    return dicts(impact_of(workspace, "0002-0003")["corrections.csv"])


def refuses(program, scratch, arguments):
    book(scratch, "book.yaml", "0.2")
    book(scratch, "fixed.yaml", "0.3")
    usage(scratch, "u.csv", ("acme", 1, 7), ("acme", 2, 7), ("acme", 3, 7))
    for what in (("run", "-w", "w", "book.yaml", "u.csv"), ("rate", "-w", "w", "fixed.yaml"),
                 ("rate", "-w", "w", "fixed.yaml", "--from", "2025-02", "--stage")):
        program.run(None, *what, "--progress", "none", cwd=scratch)
    program.run(None, "issue", "-w", "w", "1", cwd=scratch)
    booked = ("--closed-through", "2025-02", "--book-in", "2025-03")
    for code, text, *what in (
            (64, "are one result", "impact", "1", "0001"),
            (64, "wants two results", "impact", "1"),
            (66, "there is no result 9", "impact", "1", "9"),
            (64, "give both", "impact", "--book-in", "2025-03"),
            (64, "is closed through", "impact", "--closed-through", "2025-02", "--book-in", "2025-02"),
            (64, "is no period", "impact", "--closed-through", "spring", "--book-in", "2025-02"),
            (64, "are written like 2025-01", "impact", "1", "2", "--closed-through", "2025-Q1", "--book-in",
             "2025-Q2"),
            (65, "does not rate 2025-01, which was issued", "impact", "1", "3", *booked),
            (65, "was never published", "issue", "3"),
            (66, "there is no impact 0001-0002", "issue", "1-2"),
            (64, "are written like 2025-01", "issue", "2", "--through", "2025"),
            (66, "there is no result 8", "issue", "8")):
        _, err = program.run(None, what[0], "-w", "w", *what[1:], cwd=scratch, code=code)
        require(text in err, err)
    program.run(None, "impact", "-w", "w", "1", "2", *booked, cwd=scratch)
    program.run(None, "issue", "-w", "w", "1-2", cwd=scratch)
    _, err = program.run(None, "impact", "-w", "w", "1", "2", "--closed-through", "2025-01", "--book-in",
                         "2025-03", cwd=scratch, code=64)
    require("they stay closed" in err, err)
    table = scratch / "w" / "results" / "0002" / "lines.csv"
    table.write_bytes(table.read_bytes().replace(b",2.1,2.10,", b",2.1,2.11,", 1))
    _, err = program.run(None, "impact", "-w", "w", "1", "2", cwd=scratch, code=65)
    require("the lines read are not those it is of" in err, err)
    require(not list((scratch / "w" / "impact").glob(".making*")), "an impact that failed leaves nothing")


def plant(program, scratch, path, change, check):
    """A change to a file, that `verify` finds by this check."""
    before = path.read_bytes()
    after = change(before)
    require(after != before, f"{path}: nothing was planted")
    path.write_bytes(after)
    _, err = program.run(None, "verify", "-w", "w", cwd=scratch, code=65)
    require(check in err, f"{path}: {err}")
    path.write_bytes(before)


def verified(program, scratch, arguments):
    """Errors in impacts and in what was issued, each found by its check."""
    book(scratch, "book.yaml", "0.333")
    book(scratch, "fixed.yaml", "0.3336", "9.00")
    usage(scratch, "u.csv", ("acme", 1, 10), ("acme", 2, 10), ("zeta", 1, 3))
    for what in (("run", "-w", "w", "book.yaml", "u.csv"), ("rate", "-w", "w", "fixed.yaml")):
        program.run(None, *what, "--progress", "none", cwd=scratch)
    for what in (("issue", "1"), ("impact", "1", "2", "--closed-through", "2025-01", "--book-in", "2025-02"),
                 ("issue", "2")):
        program.run(None, what[0], "-w", "w", *what[1:], cwd=scratch)
    out, _ = program.run(None, "verify", "-w", "w", cwd=scratch)
    require("ok      rows of impact: impact/0001-0002: 3 adjustments, 6 lines and 4 corrections add up\n" in out
            and "ok      issued: issued: 2 entries" in out, out)
    made, issued = scratch / "w" / "impact" / "0001-0002", scratch / "w" / "issued"
    for path, old, new, check in ((made / "lines.csv", b"0.004\n", b"0.005\n", "impact (impact/0001-0002)"),
                                  (made / "impact.json", b"2.98", b"2.99", "impact (impact/0001-0002)"),
                                  (issued / "0001" / "issue.json", b"2025-02", b"2025-03", "issued (issued)"),
                                  (issued / "0002" / "corrections.csv", b"0.01", b"0.02", "issued (issued)")):
        plant(program, scratch, path, lambda text, old=old, new=new: text.replace(old, new), check)
    for name, old, new in (("lines.csv", b",0.006,0,0.004", b",0.006,0,0.005"),
                           ("lines.csv", b",3.33,3.34,0.01,", b",3.32,3.34,0.01,"),
                           ("adjustments.csv", b"13.33,12.34,-0.99", b"13.33,12.35,-0.98"),
                           ("corrections.csv", b",0.01,0.006,0,0.004", b",0.02,0.006,0,0.014")):
        before = {path: path.read_bytes() for path in made.iterdir()}
        require(old in before[made / name], f"{name}: nothing was planted")
        (made / name).write_bytes(before[made / name].replace(old, new, 1))
        subprocess.run([arguments.plant, "impact", made], check=True)
        _, err = program.run(None, "verify", "-w", "w", cwd=scratch, code=65)
        require("1 checks failed: rows of impact (impact/0001-0002)" in err, err)
        for path, text in before.items():
            path.write_bytes(text)
    (made / "more.csv").write_text("")
    _, err = program.run(None, "verify", "-w", "w", cwd=scratch, code=65)
    require("impact (impact/0001-0002)" in err, err)
    (made / "more.csv").unlink()
    (issued / "0001").rename(issued / "0007")
    _, err = program.run(None, "verify", "-w", "w", cwd=scratch, code=65)
    require("issued (issued)" in err, err)
    (issued / "0007").rename(issued / "0001")
    program.run(None, "verify", "-w", "w", cwd=scratch)


def sample(scratch):
    """Accounts whose names need quotes, sort before others, and share prefixes."""
    names = ['a', 'a,b', 'a"b"', 'a\nb', 'ab', 'é', ' ', '"', 'z' * 300] + [f"n{i:03}" for i in range(40)]
    book(scratch, "book.yaml", "0.333")
    book(scratch, "fixed.yaml", "0.334")
    usage(scratch, "u.csv", *[(name, m, i + m) for i, name in enumerate(names) for m in range(1, 5)])
    usage(scratch, "late.csv", *[(name, 2, 3) for name in names[::3]])


def ranks(program, scratch, arguments):
    sample(scratch)
    for workspace, options in (("w", ()), ("z", ("--compress", "zstd"))):
        for what in (("run", "book.yaml", "u.csv"), ("run", "fixed.yaml", "late.csv")):
            program.run(2, what[0], "-w", workspace, *what[1:], *options, "--progress", "none", cwd=scratch)
        program.run(None, "issue", "-w", workspace, "1", "--through", "2025-03", cwd=scratch)
        first = None
        for n in RANKS:
            program.run(n, "impact", "-w", workspace, "1", "2", "--closed-through", "2025-02", "--book-in",
                        "2025-04", cwd=scratch)
            made = impact_of(scratch / workspace)
            first = first or made
            require_equal(first, made, f"{workspace}, {n} ranks")
            for file in (scratch / workspace / "impact" / "0001-0002").iterdir():
                file.unlink()
    tables = ("lines.csv", "adjustments.csv", "corrections.csv", "focus.csv")
    require(len(rows(first["lines.csv"])) > 100, "there is much to compare")
    program.run(None, "impact", "-w", "w", "1", "2", "--closed-through", "2025-02", "--book-in", "2025-04",
                cwd=scratch)
    require_equal(first, impact_of(scratch / "w"), "plain and compressed", tables)


def heavy(program, scratch, arguments):
    """An account with more rows than may be in memory is put aside, and comes out the same."""
    split = "\n          - {id: split, meter: calls, split: [region], per_unit: \"0.1\"}"
    book(scratch, "book.yaml", '0.333"}' + split.replace("0.1\"}", "0.1"))
    book(scratch, "fixed.yaml", '0.333"}' + split.replace("0.1\"}", "0.15"))
    lines = [f"e{i},{'big' if i % 50 else 'small'},2025-0{1 + i % 9}-10T00:00:00Z,calls,{i % 7 + 1},r{i // 9:04}"
             for i in range(9000)]
    (scratch / "u.csv").write_text(HEADER + "\n".join(lines) + "\n")
    for what in (("run", "-w", "w", "book.yaml", "u.csv"), ("rate", "-w", "w", "fixed.yaml")):
        program.run(None, *what, "--progress", "none", cwd=scratch)
    first = None
    for n, memory in ((None, "1G"), (None, "1K"), (3, "1K")):
        program.run(n, "impact", "-w", "w", "--memory", memory, cwd=scratch)
        made = impact_of(scratch / "w")
        first = first or made
        require_equal(first, made, f"{n} ranks, {memory}")
        for file in (scratch / "w" / "impact" / "0001-0002").iterdir():
            file.unlink()
    require(len(rows(first["lines.csv"])) == 9000, "every line of the account differs")


DATE = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
MONEY = r"-?\d+\.\d\d"
# name: (may be null, what it looks like); in the order of the alphabet.
FOCUS = {
    "BilledCost": (False, MONEY), "BillingAccountId": (False, ".+"), "BillingAccountName": (True, "x"),
    "BillingCurrency": (False, "USD"), "BillingPeriodEnd": (False, DATE), "BillingPeriodStart": (False, DATE),
    "ChargeCategory": (False, "Usage|Purchase|Credit"), "ChargeClass": (False, "Correction"),
    "ChargeDescription": (False, "Correction of .+"), "ChargeFrequency": (False, "One-Time|Recurring|Usage-Based"),
    "ChargePeriodEnd": (False, DATE), "ChargePeriodStart": (False, DATE), "ConsumedQuantity": (True, "x"),
    "ConsumedUnit": (True, "x"), "ContractedCost": (False, MONEY), "ContractedUnitPrice": (True, "x"),
    "EffectiveCost": (False, f"0|{MONEY}"), "InvoiceId": (True, "x"), "InvoiceIssuerName": (False, "Acme Cloud"),
    "ListCost": (False, MONEY), "ListUnitPrice": (True, "x"), "PricingCategory": (True, "Standard"),
    "PricingQuantity": (True, "x"), "PricingUnit": (True, "x"), "ProviderName": (False, "Acme Cloud"),
    "PublisherName": (False, "Acme Cloud"), "ServiceCategory": (False, "Other"), "ServiceName": (False, ".+"),
    "ServiceSubcategory": (False, r"Other \(Other\)"), "SkuId": (True, ".+"), "SkuMeter": (True, "calls"),
    "SkuPriceDetails": (True, "x"), "SkuPriceId": (True, "x"), "SubAccountId": (False, ".+"),
    "SubAccountName": (True, "x"), "x_Detail": (True, ".+"), "x_PriceEffect": (False, r"-?\d+(\.\d+)?"),
    "x_Rounding": (False, r"-?\d+(\.\d+)?"), "x_UsageEffect": (False, r"-?\d+(\.\d+)?")}


def focus(program, scratch, arguments):
    """FOCUS 1.2: names, order, nulls, values, dates in UTC and numbers of every column."""
    deal = DEAL.replace("pool: true", "").replace("arrears", "upfront")
    book(scratch, "book.yaml", "0.20", rest=deal, zone="Europe/Berlin")
    book(scratch, "fixed.yaml", "0.50", "12.00", zone="Europe/Berlin",
         rest=deal.replace('"30"', '"40"').replace('"4"', '"5"'))
    usage(scratch, "u.csv", ("eu", 1, 4), ("us", 2, 20), ("solo", 3, 10), ("solo", 4, 1))
    for what in (("run", "-w", "w", "book.yaml", "u.csv"), ("rate", "-w", "w", "fixed.yaml")):
        program.run(None, *what, "--progress", "none", cwd=scratch)
    program.run(None, "impact", "-w", "w", "--closed-through", "2025-03", "--book-in", "2025-04", "--provider",
                "Acme Cloud", cwd=scratch)
    made = impact_of(scratch / "w")
    table = dicts(made["focus.csv"])
    require(list(table[0]) == list(FOCUS), list(table[0]))
    require(sorted(FOCUS) == list(FOCUS), "in the order of the alphabet")
    for row in table:
        for name, value in row.items():
            nullable, form = FOCUS[name]
            require(nullable if value == "" else re.fullmatch(form, value, re.DOTALL), f"{name}: {value!r}")
        # Midnight in Berlin; the clock goes forward on 30 March.
        require((row["BillingPeriodStart"], row["BillingPeriodEnd"]) ==
                ("2025-03-31T22:00:00Z", "2025-04-30T22:00:00Z"), row)
        require(row["ChargeFrequency"] == {"Usage": "Usage-Based", "Purchase": "Recurring",
                                           "Credit": "One-Time"}[row["ChargeCategory"]], row)
        require((row["SkuId"] == "") == (row["PricingCategory"] == "") == (row["ChargeCategory"] == "Credit"), row)
        require(row["SkuMeter"] == "" or row["SkuId"] != "", row)
        require(row["ListCost"] == row["ContractedCost"] == row["BilledCost"], row)
        prepaid = row["ServiceName"] in ("commit", "commit_used")
        require(row["EffectiveCost"] == ("0" if prepaid else row["BilledCost"]), row)
    of = {row["ServiceName"]: row["ChargeCategory"] for row in table}
    require(of == {"base": "Purchase", "calls": "Usage", "commit": "Purchase", "commit_used": "Purchase",
                   "credit:promo": "Credit"}, of)
    months = {(row["ChargePeriodStart"], row["ChargePeriodEnd"]) for row in table}
    require(months == {("2024-12-31T23:00:00Z", "2025-01-31T23:00:00Z"),
                       ("2025-01-31T23:00:00Z", "2025-02-28T23:00:00Z"),
                       ("2025-02-28T23:00:00Z", "2025-03-31T22:00:00Z")}, months)
    billed = [decimal.Decimal(row["amount"]) for row in dicts(made["corrections.csv"])]
    require([decimal.Decimal(row["BilledCost"]) for row in table] == [b for b in billed if b], "the corrections")


def contract_of(account, price):
    return f"""  deal {account}:
    plan: payg
    accounts: [{account}]
    start: 2025-01-01
    end: 2025-04-01
    charges: [{{id: calls of {account}, meter: calls, per_unit: "{price}"}}]
    commit: {{amount: "30", every: contract, billed: {"upfront" if account > "e" else "arrears"}}}
"""


def filed_contracts(program, scratch, arguments):
    """What FOCUS says of charges that only one contract has, in the book or in a file beside it."""
    accounts = [f"{letter}-corp" for letter in "abcdefghij"]
    usage(scratch, "u.csv", *((account, month, 7) for account in accounts for month in (1, 2, 4)))
    for name, price in (("book", "0.20"), ("fixed", "0.50")):
        deals = "".join(contract_of(account, price) for account in accounts)
        book(scratch, f"{name}.yaml", "0.10", rest=f"{DEFAULT}\ncontracts:\n{deals}")
        book(scratch, f"{name}-filed.yaml", "0.10", rest=f"{DEFAULT}\ncontracts: {name}-deals.yaml")
        (scratch / f"{name}-deals.yaml").write_text(deals.replace("\n  ", "\n")[2:])
    found = []
    for more, ranks in (("", None), ("-filed", None), ("-filed", 3)):
        workspace = f"w{more}{ranks}"
        for what in (("run", f"book{more}.yaml", "u.csv"), ("rate", f"fixed{more}.yaml")):
            program.run(None, what[0], "-w", workspace, *what[1:], "--progress", "none", cwd=scratch)
        program.run(ranks, "impact", "-w", workspace, "--closed-through", "2025-03", "--book-in", "2025-04",
                    cwd=scratch)
        found.append(impact_of(scratch / workspace)["focus.csv"])
    require(found[0] == found[1] == found[2], "the same rows")
    require({(row["ServiceName"], row["SkuMeter"]) for row in dicts(found[0])} >=
            {(f"calls of {account}", "calls") for account in accounts}, "each charge has its meter")


if __name__ == "__main__":
    main({"by_hand": by_hand, "contracts": contracts, "closed": closed, "refuses": refuses, "focus": focus,
          "filed_contracts": filed_contracts, "ranks": ranks, "heavy": heavy, "verified": verified}, "--plant")
