#!/usr/bin/env python3
"""Makes inputs that are hard on memory or on one rank, quickly: the same bytes for the same arguments.

    tests/bench/skew.py CASE RECORDS DIR [--no-ids]

writes DIR/book.yaml, DIR/subscriptions.csv and DIR/usage/*.csv. The cases are in CASES."""
import argparse
import pathlib
import random

RECORDS_A_FILE = 500_000
BOOK = """\
rerate: 1
currency: USD
timezone: UTC
bucket: day
usage: {{account: account, timestamp: timestamp, {event_id}meter: meter, quantity: quantity,
        dimensions: [part]}}
meters:
  calls: {{aggregate: count}}
  tokens: {{aggregate: sum, by: [part]}}
  parts: {{aggregate: unique, of: part, match: tokens}}
  middle: {{aggregate: percentile, p: 50, match: tokens}}
plans:
  payg:
    versions:
      - from: 2025-01-01
        charges:
          - {{meter: calls, per_unit: "0.0004"}}
          - {{meter: tokens, split: [part], per_unit: "0.000002"}}
{more}default_plan: payg
subscriptions: subscriptions.csv
"""
# Of states that own memory, where they stay small: all values of a cell are kept.
LISTS = """\
          - {meter: parts, per_unit: "0.5"}
          - {meter: middle, per_unit: "0.01"}
"""


class Case:
    """How record i, with a random number, gets its account, meter and part."""

    def __init__(self, account, meter=None, part=None, lists=False, bad=False):
        self.account = account
        self.meter = meter or (lambda i, r: "calls" if r % 3 == 0 else "tokens")
        self.part = part or (lambda i, r: "abc"[r % 3])
        self.lists, self.bad = lists, bad


def some(n):
    return lambda i, r: f"acct-{r // 7 % n:07}"


CASES = {
    "even": Case(some(100_000)),
    # One account with 60 % of all records.
    "account": Case(lambda i, r: "whale" if r % 5 < 3 else f"acct-{r // 7 % 50_000:07}"),
    # One meter with 99 %.
    "meter": Case(some(20_000), meter=lambda i, r: "calls" if r % 100 == 0 else "tokens"),
    # Every account has one record, up to ten million.
    "accounts": Case(lambda i, r: f"customer-{i * 7919 % 10_000_000:012}"),
    # The first million has accounts of their own, the others few.
    "million": Case(lambda i, r: f"one-{i:09}" if i < 1_000_000 else f"acct-{r // 7 % 2000:07}"),
    # A hundred thousand values to split by.
    "split": Case(some(2_000), part=lambda i, r: f"value-{r // 11 % 100_000:06}"),
    # A third of the records can't be read, and are long.
    "bad": Case(some(2_000), bad=True),
    # States that own memory.
    "lists": Case(some(3_000), lists=True),
}


def write_usage(case, records, folder, ids):
    folder.mkdir(parents=True, exist_ok=True)
    header = ("event_id," if ids else "") + "account,timestamp,meter,quantity,part\n"
    for first in range(0, records, RECORDS_A_FILE):
        dice = random.Random(first)
        rows = [header]
        for i in range(first, min(first + RECORDS_A_FILE, records)):
            r = dice.getrandbits(48)
            second = i * 31_000_000 // records
            quantity = "many" * (r % 50) if case.bad and r % 3 == 1 else r % 4000 + 1
            event = f"e{i if r % 211 else max(0, i - r % 5000):011x}," if ids else ""
            rows.append(f"{event}{case.account(i, r)},{1735689600 + second},{case.meter(i, r)},"
                        f"{quantity},{case.part(i, r >> 8)}\n")
        (folder / f"usage-{first // RECORDS_A_FILE:05}.csv").write_text("".join(rows))


def make(name, records, folder, ids=True):
    folder, case = pathlib.Path(folder), CASES[name]
    write_usage(case, records, folder / "usage", ids)
    text = BOOK.format(event_id="event_id: event_id, " if ids else "",
                       more=LISTS if case.lists else "")
    (folder / "book.yaml").write_text(text)
    (folder / "subscriptions.csv").write_text("account,plan,start,end\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", choices=sorted(CASES))
    parser.add_argument("records", type=int)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--no-ids", action="store_true")
    arguments = parser.parse_args()
    make(arguments.case, arguments.records, arguments.folder, not arguments.no_ids)
