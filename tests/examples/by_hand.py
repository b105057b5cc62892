"""An example whose README works its invoices out by hand, with its result in expected/.

Its book must draw no warning, its result must be the expected one byte for byte, and the README must
be right: each table under a heading `### PAYER, PERIOD: TOTAL CURRENCY` has one row for each line of
that invoice, the arithmetic of a row comes to the line's `exact`, and its amounts to the total. A
table with a column `share` does the same for shares.csv.
"""
import math
import pathlib
import re
import subprocess
import sys
from fractions import Fraction

from example import check, main

FOLDER = pathlib.Path(sys.argv[1])
PROGRAM = sys.argv[2]
HEADING = re.compile(r"### (\S+), (\S+): (-?[\d.]+) ([A-Z]{3})$")
KEYS = ("account", "charge", "detail", "from")
SIGNS = {"×": "*", "÷": "/", "−": "-", "%": "/100", "⌈": "ceil(", "⌉": ")"}


def value(text):
    """What a piece of arithmetic comes to: `3.5 × (1,000 − 2) ÷ 7`, `max(0.16, 0.25)`, `⌈7 ÷ 2⌉`."""
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text)
    text = "".join(SIGNS.get(sign, sign) for sign in text)
    if not re.fullmatch(r"(?:[\d.+*/() ,-]|ceil|min|max)+", text):
        sys.exit(f"README.md: not arithmetic: {text}")
    text = re.sub(r"\d[\d.]*", r"Fraction('\g<0>')", text)
    names = {"Fraction": Fraction, "ceil": lambda n: Fraction(math.ceil(n)), "min": min, "max": max}
    return Fraction(eval(text, {"__builtins__": {}}, names))


def shown(number):
    """As the program shows it: to 18 places, half even."""
    return Fraction(round(number * 10 ** 18), 10 ** 18)


def come_to(what, chain, result):
    """`a = b = c`: all parts are equal, and equal to the result."""
    for part in chain.split("="):
        if shown(value(part)) != Fraction(result):
            sys.exit(f"README.md: {what}: {part.strip()} is not {result}")


def tables(lines):
    """The rows of the tables of each invoice: (payer, period, total, currency, [row])."""
    found, header = [], None
    for line in lines:
        heading = HEADING.match(line)
        if heading:
            found.append((*heading.groups(), []))
        elif line.startswith("#"):
            found.append((None,) * 4 + ([],))
        cells = [cell.strip().strip("`").replace("\\|", "|")
                 for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if not line.startswith("|"):
            header = None
        elif header is None:
            header = cells
        elif not set(line) <= set("|-: \n"):
            found[-1][4].append(dict(zip(header, cells, strict=True)))
    return [invoice for invoice in found if invoice[0]]


def the_one(rows, wanted, what):
    found = [row for row in rows if all(row[key] == text for key, text in wanted.items())]
    check(f"README.md: {what} {wanted}: rows of the result", len(found), 1)
    return found[0]


def check_lines(invoices, lines, totals):
    left = list(lines)
    for payer, period, total, currency, rows in invoices:
        what = f"{payer}, {period}"
        rows = [row for row in rows if "amount" in row]
        invoice = the_one(totals, {"account": payer, "period": period, "currency": currency}, what)
        check(f"README.md: {what}: total", total, invoice["total"])
        check(f"README.md: {what}: lines", len(rows), int(invoice["lines"]))
        check(f"README.md: {what}: sum", sum(value(row["amount"]) for row in rows), value(total))
        for row in rows:
            wanted = {"account": payer, "period": period, "currency": currency,
                      **{key: row[key] for key in KEYS if key in row}}
            line = the_one(left, wanted, what)
            left.remove(line)
            come_to(f"{what}, {row['charge']}: quantity", row["quantity"] or "0", line["quantity"])
            come_to(f"{what}, {row['charge']}", row["arithmetic"], line["exact"])
            check(f"README.md: {what}, {row['charge']}", row["amount"], line["amount"])
    check("lines that README.md does not explain", left, [])
    check("invoices", len(invoices), len(totals))


def check_shares(invoices, shares):
    """README.md leaves out what stays whole, on one member."""
    def line(row):
        return row["period"], row["contract"], row["charge"], row["detail"], row["from"]
    lines = [line(row) for row in shares]
    left = [row for row in shares if lines.count(line(row)) > 1]
    for _, period, _, _, rows in invoices:
        for row in rows:
            if "share" in row:
                what = f"share of {row['charge']}, {row['account']}, {period}"
                wanted = {"period": period, **{key: row[key] for key in KEYS if key in row}}
                share = the_one(left, wanted, "a share")
                left.remove(share)
                come_to(what, row["quantity"], share["quantity"])
                check(f"README.md: {what}", row["share"], share["amount"])
                if abs(value(row["arithmetic"]) - value(row["share"])) >= Fraction(1, 100):
                    sys.exit(f"README.md: {what}: {row['arithmetic']} is not near {row['share']}")
    check("shares that README.md does not explain", left, [])


def checks(result):
    for file in sorted((FOLDER / "expected").iterdir()):
        found = (pathlib.Path(result.folder) / file.name).read_text(encoding="utf-8")
        check(file.name, found, file.read_text(encoding="utf-8"))
    check("unrated", result.rows("unrated.csv"), [])
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    for line in re.findall(r"^(?:records|billed) .*$", text, re.MULTILINE):
        check(f"README.md: {line}: in the output", line in result.output.splitlines(), True)
    invoices = tables(text.splitlines())
    check_lines(invoices, result.rows("lines.csv"), result.rows("invoices.csv"))
    check_shares(invoices, result.rows("shares.csv"))


def check_book():
    done = subprocess.run([PROGRAM, "check", FOLDER / "book.yaml"], timeout=20, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    check(f"rerate check: {done.stdout}", (done.returncode, len(done.stdout.splitlines())), (0, 1))


check_book()
main(checks)
