"""Promise 2: the bytes published depend on the inputs and the book alone, not on the number of ranks,
the split of the inputs, the memory, the shards, or in how many runs the usage came."""
import csv
import json
import pathlib
import subprocess

from harness import CSV, but_for_its_making, main, require, require_equal, result_of, results


def all_ranks(arguments):
    return [int(n) for n in arguments.ranks.split(",")]


def fewer_ranks(arguments):
    """Where it is not the ranks that differ."""
    return [int(n) for n in (arguments.fewer or arguments.ranks).split(",")]


def run_at(program, ranks, folder, workspace, *options, book="book.yaml", usage=("usage",)):
    program.run(ranks, "run", "-w", workspace, *options, book, *usage, cwd=folder)
    return result_of(workspace)


def same_at_ranks(all_of_them, program, scratch, folder, *options, book="book.yaml", want=None):
    """`want` is what they must equal; else the first one's result."""
    for ranks in all_of_them:
        got = run_at(program, ranks, folder, scratch / f"w{ranks}", *options, book=book)
        want = want or got
        require_equal(want, got, f"{ranks} ranks {' '.join(options)}")
        require(results(scratch / f"w{ranks}") == ["0001", "latest"], "one result")
    return want


def reference(program, scratch, arguments):
    return run_at(program, None, arguments.sample, scratch / "reference")


def default(program, scratch, arguments):
    want = reference(program, scratch, arguments)
    require(want["lines.csv"].count(b"\n") > 10000, "a sample with many lines")
    same_at_ranks(all_ranks(arguments), program, scratch, arguments.sample, want=want)


def plain_input_in_small_splits(program, scratch, arguments):
    want = same_at_ranks(fewer_ranks(arguments), program, scratch, arguments.plain, "--split", "64K")
    require_equal(reference(program, scratch, arguments), want, "plain or zstd", CSV)


def little_memory(program, scratch, arguments):
    same_at_ranks(fewer_ranks(arguments), program, scratch, arguments.sample, "--memory", "4M",
                  want=reference(program, scratch, arguments))


def compressed_results(program, scratch, arguments):
    want = reference(program, scratch, arguments)
    got = same_at_ranks(fewer_ranks(arguments), program, scratch, arguments.sample, "--compress", "zstd")
    for name in CSV:
        plain = subprocess.run(["zstd", "-dc"], input=got[name + ".zst"], capture_output=True,
                               check=True).stdout
        require(plain == want[name], f"{name}.zst has the content of {name}")


def few_shards(program, scratch, arguments):
    same_at_ranks(fewer_ranks(arguments), program, scratch, arguments.sample, "--shards", "3",
                  want=reference(program, scratch, arguments))


def edited_book(arguments, scratch, name, old, new):
    """A copy of the sample's book, beside a copy of its subscriptions, with `old` replaced."""
    sample = pathlib.Path(arguments.sample)
    text = (sample / "book.yaml").read_text()
    require(old in text, f"'{old}' in the book")
    (scratch / name).write_text(text.replace(old, new))
    (scratch / "subscriptions.csv").write_bytes((sample / "subscriptions.csv").read_bytes())
    return scratch / name


def without_event_ids(program, scratch, arguments):
    book = edited_book(arguments, scratch, "no-ids.yaml", "  event_id: event_id\n", "")
    same_at_ranks(fewer_ranks(arguments), program, scratch, arguments.sample, book=book)


def rate_equals_a_fresh_run(program, scratch, arguments):
    book = edited_book(arguments, scratch, "dearer.yaml", '"0.0004"', '"0.00051"')
    want = run_at(program, None, arguments.sample, scratch / "fresh", book=book)
    run_at(program, 3, arguments.sample, scratch / "w")
    for ranks in fewer_ranks(arguments):
        program.run(ranks, "rate", "-w", scratch / "w", book, cwd=arguments.sample)
        require_equal(but_for_its_making(want), but_for_its_making(result_of(scratch / "w")),
                      f"rate at {ranks} ranks")
    require(results(scratch / "w") == ["0001", "0002", "latest"],
            "the same result is not published twice")


def nothing_new_changes_nothing(program, scratch, arguments):
    first = run_at(program, 3, arguments.sample, scratch / "w")
    out, _ = program.run(2, "run", "-w", scratch / "w", "--json", "book.yaml", "usage",
                         cwd=arguments.sample)
    require(json.loads(out)["unchanged"], f"says unchanged: {out}")
    require(results(scratch / "w") == ["0001", "latest"], "no second result")
    require_equal(first, result_of(scratch / "w"), "result untouched")


def cut_usage(folder, target):
    """The records of a plain sample, dealt out to four files, so that copies are far apart. The third
    has records of the first again with another quantity: the first by path must count."""
    rows, header = [], None
    for file in sorted(pathlib.Path(folder, "usage").iterdir()):
        lines = file.read_bytes().splitlines(keepends=True)
        header, rows = lines[0], rows + lines[1:]
    target.mkdir()
    quarter = len(rows) // 4
    for piece in range(4):
        part = rows[piece * quarter:(piece + 1) * quarter if piece < 3 else len(rows)]
        if piece == 2:
            fields = [row.split(b",") for row in rows[:quarter:50]]
            part += [b",".join(row[:4] + [b"7777"] + row[5:]) for row in fields]
        (target / f"part-{piece}.csv").write_bytes(header + b"".join(part))


def usage_in_several_runs(program, scratch, arguments):
    cut_usage(arguments.plain, scratch / "usage")
    book = pathlib.Path(arguments.plain, "book.yaml").resolve()
    no_ids = edited_book(arguments, scratch, "no-ids.yaml", "  event_id: event_id\n", "")
    for name, path in (("ids", book), ("no-ids", no_ids)):
        want = run_at(program, 2, scratch, scratch / f"{name}-at-once", book=path)
        # The last files first: order is by path, not by arrival.
        for ranks, usage in ((3, ["usage/part-3.csv", "usage/part-2.csv"]),
                             (1, ["usage/part-0.csv"]), (4, ["usage"])):
            got = run_at(program, ranks, scratch, scratch / f"{name}-bit-by-bit", book=path,
                         usage=usage)
        require_equal(want, got, f"{name}: bit by bit", CSV + ("reconciliation.json",))
        if path == book:
            require(got["conflicts.csv"].count(b"\n") > 100, "copies that differ are conflicts")
            require_equal(reference(program, scratch, arguments), got, "the first copies count",
                          ("lines.csv", "invoices.csv"))


WHOLE_BOOK = """\
rerate: 1
currency: USD
timezone: America/Santiago
bucket: day
usage: {account: account_id, timestamp: timestamp, event_id: event_id, meter: meter,
        quantity: quantity, dimensions: [region, model]}
meters:
  tokens: {aggregate: sum, by: [model]}
  high: {aggregate: percentile, p: 95, match: tokens, by: [region]}
  mean: {aggregate: average, match: tokens}
  regions: {aggregate: unique, of: region, match: api_calls}
  disks: {aggregate: time_weighted, match: storage_gb}
  sets: {aggregate: time_weighted, values: level, match: storage_gb, by: [region]}
  api_calls: {aggregate: count}
  storage_gb: {aggregate: latest}
plans:
  payg: &payg
    minimum: "3"
    versions:
      - from: 2024-01-01
        charges:
          - {id: fee, flat: "9.99", prorate: true}
          - {meter: tokens, units: {divide_by: 1000, round: up}, cases: [{where: {model: small}, per_unit: "0.01"}, {graduated: [{up_to: 5, unit: "0.02", flat: "1"}, {unit: "0.015"}]}]}
          - {id: each, meter: tokens, percent: {rate: "0.01", fixed: "0.001", per_event: {min: "0.002", max: "0.5"}}}
          - {meter: high, split: [region], graduated_percent: [{up_to: 1000, rate: 1}, {rate: "0.5"}], maximum: "7"}
          - {meter: mean, per_unit: "0.003", discount: {percent: "12.5"}}
          - {meter: regions, per_unit: "1.5"}
          - {meter: disks, per_unit: "0.07"}
          - {meter: sets, split: [region], per_unit: "0.03"}
          - {meter: api_calls, package: {size: 10, amount: "0.05"}, minimum: "0.4"}
      - {from: 2025-02-10, charges: [{meter: tokens, per_unit: "0.00001"}, {meter: sets, per_unit: "0.02"}]}
default_plan: payg
contracts: contracts.yaml
subscriptions: subscriptions.csv
"""


def contract(number, accounts):
    """A deal of some accounts: pooled or not, with a commitment in arrears or upfront, and credits."""
    pool = number % 2
    return f"""\
deal-{number:03}:
  plan: payg
  accounts: [{", ".join(accounts)}]
  bill_to: {accounts[-1]}
  pool: {"true" if pool else "false"}
  start: 2025-01-{1 + number % 20:02}
  {"end: 2025-03-05" if number % 3 == 0 else ""}
  charges: [{{meter: api_calls, per_unit: "0.002"}}]
  discount: {{percent: {number % 7}}}
  commit: {{amount: "{number % 5 * 10}", every: {["period", "quarter", "year"][number % 3]},
           billed: {["arrears", "upfront"][pool]}, overage: "1.25"}}
  credits: [{{id: first, amount: "5", from: 2025-01-01, until: 2025-02-01, priority: 1}},
            {{id: rest, amount: "40", from: 2025-01-15, charges: [tokens, fee]}}]
"""


def write_whole_book(folder, accounts):
    """Contracts of five accounts each; a sixth joins by a row of the subscriptions."""
    deals, rows = [], ["account,plan,start,end,contract"]
    for number in range(len(accounts) // 8):
        some = accounts[number * 8:number * 8 + 8]
        deals.append(contract(number, some[:5]))
        rows.append(f"{some[5]},,2025-01-25,,deal-{number:03}")
        rows.append(f'"{some[6]}",payg,2025-01-02,2025-03-01,')
        rows.append(f"{some[0]},payg,2024-12-20,,")
    (folder / "book.yaml").write_text(WHOLE_BOOK)
    (folder / "contracts.yaml").write_text("".join(deals))
    (folder / "subscriptions.csv").write_text("\n".join(rows) + "\n")


def accounts_of(folder):
    """The accounts of a plain sample, in the order of its usage: their shards are anywhere."""
    file = sorted(pathlib.Path(folder, "usage").iterdir())[0]
    rows = file.read_text().splitlines()[1:]
    return list(dict.fromkeys(row.split(",")[1] for row in rows))[:400]


def rows_within(table, first, last):
    """The rows of a CSV table whose period lies in [first, last]."""
    header, *rows = table.decode().splitlines(keepends=True)
    at = header.split(",").index("period")
    kept = (row for row in rows if first <= next(csv.reader([row]))[at] <= last)
    return "".join([header, *kept]).encode()


def periods_are_parts_of_the_whole(program, scratch, whole):
    """Whatever periods are asked for: balances of contracts and levels follow from their begin."""
    for ranks, options, first, last in (
            (1, ("--from", "2025-02"), "2025-02", "9999"),
            (3, ("--from", "2025-03", "--to", "2025-03"), "2025-03", "2025-03"),
            (2, ("--to", "2025-01"), "", "2025-01")):
        program.run(ranks, "rate", "-w", scratch / "whole-None", *options, "book.yaml", cwd=scratch)
        want = {name: rows_within(whole[name], first, last)
                for name in ("lines.csv", "invoices.csv", "shares.csv", "unrated.csv")}
        require_equal(want, result_of(scratch / "whole-None"), f"{ranks} ranks {options}", want)
        require(b"\n" in want["lines.csv"].split(b"\n", 1)[1], f"lines in {options}")


def contracts_of_accounts_of_many_shards(program, scratch, arguments):
    write_whole_book(scratch, accounts_of(arguments.plain))
    usage = [str(pathlib.Path(arguments.plain, "usage").resolve())]
    want = None
    for ranks in [None] + all_ranks(arguments):
        workspace = scratch / f"whole-{ranks}"
        got = run_at(program, ranks, scratch, workspace, usage=usage)
        want = want or got
        require_equal(want, got, f"{ranks} ranks")
    require(want["shares.csv"].count(b"\n") > 100, "pooled lines are shared")
    for name in (b"commit,", b"commit_used", b"overage", b"credit:first", b"minimum"):
        require(name in want["lines.csv"], f"lines of {name}")
    program.run(3, "verify", "-w", workspace, cwd=scratch)
    periods_are_parts_of_the_whole(program, scratch, want)
    shares = workspace / "results" / "latest" / "shares.csv"
    rows = shares.read_text().splitlines(keepends=True)
    shares.write_text("".join(rows[:5] + rows[6:]))
    out, _ = program.run(None, "verify", "-w", workspace, cwd=scratch, code=65)
    require("FAILED  shares: results/0001: " in out, f"a share that is missing: {out[-400:]}")


def replace_in(file, old, new):
    text = file.read_text()
    require(old in text, f"'{old}' in {file.name}")
    file.write_text(text.replace(old, new, 1))


def contracts_that_cannot_be_cut(program, scratch, arguments):
    """Anchors reach from contract to contract, so that every rank reads all: the same result."""
    accounts = accounts_of(arguments.plain)
    usage = [str(pathlib.Path(arguments.plain, "usage").resolve())]
    results_of = []
    for name in ("cut", "whole"):
        folder = scratch / name
        folder.mkdir()
        write_whole_book(folder, accounts)
        if name == "whole":
            replace_in(folder / "contracts.yaml", "  pool: true", "  pool: &yes true")
            replace_in(folder / "contracts.yaml", "  pool: true", "  pool: *yes")
        results_of.append(run_at(program, 3, folder, folder / "w", usage=usage))
    require_equal(*results_of, "cut and whole", CSV)


def break_contract(folder):
    replace_in(folder / "contracts.yaml", "deal-007:\n  plan: payg", "deal-007:\n  plan: pay")


def double_contract(folder):
    replace_in(folder / "contracts.yaml", "deal-009:", "deal-003:")


def break_row(folder):
    replace_in(folder / "subscriptions.csv", "2025-01-25,,deal-004", "2025-01-25,deal-004")


def break_day(folder):
    replace_in(folder / "subscriptions.csv", "2025-01-02,2025-03-01", "2025-01-02,2025-13-01")


def open_quote(folder):
    file = folder / "subscriptions.csv"
    file.write_text(file.read_text() + '"never closed,payg,2025-01-01,,\n')


def overlap(folder):
    file = folder / "subscriptions.csv"
    row = [row for row in file.read_text().splitlines() if row.endswith("2024-12-20,,")][3]
    file.write_text(file.read_text() + row.replace("2024-12-20", "2025-02-01") + "\n")


def double_stay(folder):
    file = folder / "subscriptions.csv"
    row = [row for row in file.read_text().splitlines() if row.endswith("deal-002")][0]
    file.write_text(file.read_text() + row.replace("deal-002", "deal-005") + "\n")


def drop_header(folder):
    replace_in(folder / "subscriptions.csv", "account,plan", "account,plans")


def mistakes_are_told_alike(program, scratch, arguments):
    """Files that ranks read in parts, with one mistake each: told in the same words by one rank and by several."""
    accounts = accounts_of(arguments.plain)
    usage = str(pathlib.Path(arguments.plain, "usage").resolve())
    for mistake in (break_contract, double_contract, break_row, break_day, open_quote, overlap,
                    double_stay, drop_header):
        folder = scratch / mistake.__name__
        folder.mkdir()
        write_whole_book(folder, accounts)
        mistake(folder)
        told = set()
        for ranks in (None, 2, fewer_ranks(arguments)[-1]):
            _, err = program.run(ranks, "run", "-w", "w", "book.yaml", usage, cwd=folder, code=78)
            told.add("\n".join(line for line in err.splitlines() if line.startswith("rerate: ")))
        require(len(told) == 1 and ("contracts.yaml:" in str(told) or
                                    "subscriptions.csv:" in str(told)), f"one message: {told}")
        require(not (folder / "w" / "results").exists(), "nothing published")


if __name__ == "__main__":
    main({test.__name__: test for test in (
        default, plain_input_in_small_splits, little_memory, few_shards, compressed_results, without_event_ids,
        rate_equals_a_fresh_run, nothing_new_changes_nothing, usage_in_several_runs,
        contracts_of_accounts_of_many_shards, contracts_that_cannot_be_cut, mistakes_are_told_alike)},
         "--sample", "--plain", "--ranks", "--fewer")
