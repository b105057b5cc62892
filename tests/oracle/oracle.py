#!/usr/bin/python3
"""The slow and simple implementation of `rerate run`: from the book and the usage to the files of
a result. Exit code 65: the data is refused; 78: the book is wrong."""

import argparse
import json
import os
import sys
from collections import defaultdict
from fractions import Fraction
from pathlib import Path

import book as books
import decimals
import rating
import shares
import usage as usages
from events import DataError
from lines import money
from nodes import BookError
from tables import write_table

LINES = 'account,contract,period,plan,charge,detail,from,to,quantity,exact,amount,currency'
INVOICES = 'account,period,currency,lines,total'
SHARES = 'contract,period,charge,detail,from,account,quantity,amount'
UNRATED = 'account,period,meter,detail,quantity,records,reason'
CONFLICTS = 'account,kept_file,kept_record,file,record,differs'
QUARANTINE = 'file,record,offset,code,raw'


def rated(book_path, usage_paths):
    """The lines alone."""
    book = books.load(book_path)
    return rating.rate(book, usages.read(book, usage_paths).metered)[0]


def run(book_path, usage_paths, folder):
    """Writes the files; returns the lines."""
    book = books.load(book_path)
    usage = usages.read(book, usage_paths)
    lines, unrated = rating.rate(book, usage.metered)
    conflicts = usages.conflicts(book, usage)
    quarantine = sorted((bad.row() for bad in usage.quarantine),
                        key=lambda row: (os.fsencode(row[0]), row[1]))
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, header, body in [
            ('lines', LINES, [line.row() for line in lines]),
            ('invoices', INVOICES, invoices(lines)),
            ('shares', SHARES, shares.rows(lines)),
            ('unrated', UNRATED, unrated),
            ('conflicts', CONFLICTS, conflicts),
            ('quarantine', QUARANTINE, quarantine)]:
        write_table(folder / f'{name}.csv', header.split(','), body)
    records, meters = usages.totals(book, usage)
    reconciliation = {'records': records, 'conflicts': len(conflicts), 'meters': meters,
                      'totals': totals(lines), 'balanced': True}
    text = json.dumps(reconciliation, indent=1, ensure_ascii=False)
    (folder / 'reconciliation.json').write_text(text + '\n', encoding='utf-8')
    return lines


def invoices(lines):
    groups = defaultdict(list)
    for line in lines:
        groups[line.payer, line.period.label, line.currency].append(line.amount)
    return [(account, period, currency, len(amounts), money(sum(amounts), currency))
            for (account, period, currency), amounts in sorted(groups.items())]


def totals(lines):
    groups = defaultdict(list)
    for line in lines:
        groups[line.currency, line.period.label].append(line)
    rows = []
    for (currency, period), group in sorted(groups.items()):
        amount = sum((line.amount for line in group), Fraction(0))
        exact = sum((line.exact for line in group), Fraction(0))
        rows.append({'currency': currency, 'period': period, 'lines': len(group),
                     'amount': money(amount, currency), 'exact': decimals.plain(exact),
                     'residue': decimals.plain(amount - exact)})
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('book')
    parser.add_argument('usage', nargs='+')
    parser.add_argument('-o', dest='folder', required=True)
    args = parser.parse_args()
    try:
        run(args.book, args.usage, args.folder)
    except DataError as error:
        print(error, file=sys.stderr)
        return 65
    except BookError as error:
        print(error, file=sys.stderr)
        return 78
    return 0


if __name__ == '__main__':
    sys.exit(main())
