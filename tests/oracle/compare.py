#!/usr/bin/python3
"""Compares a result of rerate with that of the oracle: every CSV file row by row, and the numbers
of reconciliation.json. Prints the first differences; exit code 1 when there are some."""

import argparse
import json
import sys
from itertools import zip_longest
from pathlib import Path

from tables import read_table

TABLES = ('lines', 'invoices', 'shares', 'unrated', 'conflicts', 'quarantine')
UNORDERED = ('unrated',)              # rows may tie in the columns they are sorted by
SAME_KEYS = ('records', 'meters') # and all within; elsewhere a side may have keys that the other has not
MOST = 5                              # differences shown of a file
CUT = 200                             # characters shown of a field


def compare(oracle, result):
    """The differences, as lines of text."""
    found = []
    for name in TABLES:
        found += compare_tables(name, Path(oracle) / f'{name}.csv', Path(result) / f'{name}.csv')
    name = 'reconciliation.json'
    try:
        both = [json.loads((Path(folder) / name).read_bytes(), parse_float=str)
                for folder in (oracle, result)]
        found += compare_values(name, *both)
    except (OSError, ValueError) as error:
        found.append(f'{name}: {error}')
    return found


def compare_tables(name, oracle, result):
    try:
        (header, expected), (their_header, actual) = read_table(oracle), read_table(result)
    except (OSError, TypeError, ValueError) as error:  # TypeError: a row that is no row
        return [f'{result}: can not be read: {error}']
    if header != their_header:
        return [f'{name}.csv: header: oracle {header}, rerate {their_header}']
    if name in UNORDERED:
        expected, actual = sorted(expected), sorted(actual)
    if expected == actual:
        same_bytes = name in UNORDERED or oracle.read_bytes() == result.read_bytes()
        return [] if same_bytes else [f'{name}.csv: the same rows in other bytes']
    differing = [(number, a, b) for number, (a, b) in enumerate(zip_longest(expected, actual), 1)
                 if a != b]
    found = [f'{name}.csv: {len(expected)} rows from the oracle, {len(actual)} from rerate, '
             f'{len(differing)} differ']
    if sorted(expected) == sorted(actual):
        found.append(f'{name}.csv: the same rows in another order')
    for number, a, b in differing[:MOST]:
        found += [f'{name}.csv row {number}:', f'  oracle {show(a)}', f'  rerate {show(b)}']
        if a and b and len(a) == len(b):
            columns = [column for column, x, y in zip(header, a, b) if x != y]
            found.append(f'  differ in {", ".join(columns)}')
    found += only_in('oracle', name, expected, actual) + only_in('rerate', name, actual, expected)
    return found


def only_in(side, name, rows, others):
    others = set(map(tuple, others))
    alone = [row for row in rows if tuple(row) not in others]
    return [f'{name}.csv: only {side} has {show(row)}' for row in alone[:MOST]]


def show(row):
    return 'no row' if row is None else str([field[:CUT] for field in row])


def compare_values(where, expected, actual, same_keys=False):
    if isinstance(expected, dict) and isinstance(actual, dict):
        if same_keys and expected.keys() != actual.keys():
            return [f'{where}: oracle {expected}, rerate {actual}']
        return [text for key in expected if key in actual
                for text in compare_values(f'{where}: {key}', expected[key], actual[key],
                                           same_keys or key in SAME_KEYS)]
    if isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        return [text for i, (a, b) in enumerate(zip(expected, actual))
                for text in compare_values(f'{where}[{i}]', a, b)]
    if str(expected) == str(actual):
        return []
    return [f'{where}: oracle {expected}, rerate {actual}']


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('oracle')
    parser.add_argument('result')
    args = parser.parse_args()
    found = compare(args.oracle, args.result)
    print('\n'.join(found) or 'the same')
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main())
