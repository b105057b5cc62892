#!/usr/bin/env python3
"""`rate` stays within its memory: whatever the number of cells of an account, of parties and of subscriptions.

For each of them a state is made without a limit, then priced with `--memory 16M`, all of it, and once more with
another price, which touches every account; the peak of the process must stay below a bound that it would exceed
if they were all in memory, and the bytes must be those of the first pricing. A rank with nothing to do takes some
25 MB."""
import datetime
import random
import subprocess
import sys

from harness import main, require, require_equal, result_of

BOOK = """rerate: 1
currency: USD
period: {period}
usage:
  account: account
  timestamp: time
  meter: {{const: used}}
  quantity: quantity
  dimensions: [item]
meters:
  used: {{aggregate: sum, by: [item]}}
plans:
  payg: {{versions: [{{from: 2024-01-01, charges: [{{meter: used, split: [item], per_unit: "0.01"}}]}}]}}
default_plan: payg
"""
DAYS = [(datetime.date(2025, 1, 1) + datetime.timedelta(day)).isoformat() for day in range(360)]
LIMIT = "16M"


def write(folder, rows, period="year", more=""):
    (folder / "usage").mkdir(parents=True)
    (folder / "book.yaml").write_text(BOOK.format(period=period) + more)
    with open(folder / "usage" / "usage.csv", "w") as file:
        file.write("account,time,quantity,item\n")
        file.writelines(f"{account},{day},{quantity},{item}\n"
                        for account, day, quantity, item in rows)


# A process starts with the peak of the one that starts it, so a small one does.
STARTER = """
import os, sys
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(pid, 0)
print(usage.ru_maxrss, file=sys.stderr)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def peak_of_rate(program, folder, *arguments):
    """MiB."""
    command = program.command(None, "rate", "-w", "w", "--memory", LIMIT, "--progress", "none", *arguments)
    done = subprocess.run([sys.executable, "-c", STARTER, *command], cwd=folder, env=program.env,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    require(done.returncode == 0, f"exit {done.returncode}: {done.stderr}")
    return int(done.stderr.split()[-1]) / 1024


def require_bounded(program, folder, most):
    program.run(None, "run", "-w", "w", "book.yaml", "usage", "--memory", "2G", cwd=folder)
    before = result_of(folder / "w")
    peaks = [peak_of_rate(program, folder, "--all", "book.yaml")]
    require_equal(before, result_of(folder / "w"), folder.name)
    text = (folder / "book.yaml").read_text()
    (folder / "dearer.yaml").write_text(text.replace('per_unit: "0.01"', 'per_unit: "0.02"'))
    peaks.append(peak_of_rate(program, folder, "dearer.yaml"))
    require(result_of(folder / "w")["lines.csv"] != before["lines.csv"],
            f"{folder.name}: another price changes nothing")
    require(not [entry for entry in (folder / "w" / "results").iterdir()
                 if entry.name.startswith(".making")], "nothing is left behind")
    require(max(peaks) < most, f"{folder.name}: {peaks} MiB with --memory {LIMIT}, bound {most}")
    print(f"{folder.name}: {peaks[0]:.0f} MiB, and {peaks[1]:.0f} MiB while lines are carried over")


def an_account_with_many_cells(program, scratch, arguments):
    """600,000 cells of one account: 70 MiB and more if they were together."""
    folder = scratch / "account"
    write(folder, (("whale", day, number % 7 + 1, f"item-{number:05d}")
                   for day in DAYS[:300] for number in range(2000)))
    require_bounded(program, folder, 48)


def lines_of_many_periods(program, scratch, arguments):
    """350,000 lines of one account, a period at a time; what is priced stays, some 110 bytes a group."""
    folder = scratch / "periods"
    write(folder, (("whale", day, number % 7 + 1, f"item-{number:05d}")
                   for day in DAYS[::30] for number in range(29000)), period="month")
    require_bounded(program, folder, 100)


def parties_with_many_cells(program, scratch, arguments):
    """600,000 cells of 2,000 contracts."""
    folder = scratch / "parties"
    contracts = "".join(f"  deal-{deal}:\n    plan: payg\n    start: 2025-01-01\n"
                        f"    accounts: [a-{deal}, b-{deal}]\n" + "    pool: true\n" * (deal % 2)
                        for deal in range(2000))
    write(folder, ((f"{'ab'[day % 2]}-{deal}", DAYS[day], deal % 5, f"an-item-with-a-long-name-{day % 3}")
                   for day in range(300) for deal in range(2000)), more="contracts:\n" + contracts)
    require_bounded(program, folder, 48)


def many_subscriptions(program, scratch, arguments):
    """400,000 rows of accounts without usage, in no order."""
    folder = scratch / "subscriptions"
    write(folder, [("someone", DAYS[0], 1, "x")], more="subscriptions: subscriptions.csv\n")
    rows = [f"account-{number:06d},payg,{DAYS[number % 300]}," for number in range(400000)]
    random.Random(5).shuffle(rows)
    (folder / "subscriptions.csv").write_text("account,plan,start,end\n" + "\n".join(rows) + "\n")
    require_bounded(program, folder, 48)


if __name__ == "__main__":
    main({test.__name__: test for test in (
        an_account_with_many_cells, lines_of_many_periods, parties_with_many_cells,
        many_subscriptions)})
