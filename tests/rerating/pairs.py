#!/usr/bin/python3
"""Holds re-rating against the oracle on random pairs of results: a random book and state, and then
another book, more usage, or both. What the program says changed must be, row by row, what the oracle says;
the old amounts and the differences must be the new amounts, for each account, period and currency; what is
carried over from an old result must be what is priced anew; and the workspace must verify. Half of the pairs
close some periods, issue them, book the corrections of the rest, and must then find nothing left. A pair
that differs is kept."""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from decimal import Decimal, getcontext
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'oracle'))
import bookedits  # noqa: E402
import compare  # noqa: E402
import features  # noqa: E402
import impact  # noqa: E402
import impactfacts  # noqa: E402
import ledger  # noqa: E402
import oracle  # noqa: E402
import randombook  # noqa: E402
from agree import call  # noqa: E402
from dice import Dice  # noqa: E402
from editablebook import EditableBook  # noqa: E402
from events import DataError  # noqa: E402
from results import Differs, facts_of, require, require_same  # noqa: E402
from tables import read_table  # noqa: E402
from timing import labels_between  # noqa: E402
from trials import run_trials  # noqa: E402

FILES = ['a.csv', 'a-1.csv', 'b.csv.zst', 'c.csv', 'd.csv', 'usage-é.csv']
RANKS = [1, 1, 1, 1, 1, 1, 2, 3, 4, 7]
KINDS = ['prices', 'prices', 'usage', 'both', 'both', 'both in two steps']
OPTIONS = ['--max-quarantine', '100%', '--progress', 'none']
# Amounts have up to 20 digits before the point and 18 after it.
getcontext().prec = 80


class Pair:
    """An old result and a new one in a workspace, and what the oracle says of both."""

    def __init__(self, seed, records, rerate, folder):
        self.dice, self.rerate, self.folder = Dice(f'pair {seed}'), rerate, folder
        self.kind = self.dice.choice(KINDS)
        names = self.dice.sample(FILES, self.dice.randint(2, len(FILES)))
        subset = features.SUBSETS['core' if self.dice.chance(10) else 'whole']
        randombook.make(seed, records, folder, subset, names, duplicates=self.dice.choice(['first', 'last']))
        self.dice.shuffle(names)
        known = len(names) if self.kind == 'prices' else self.dice.randint(1, len(names) - 1)
        self.known, self.late = names[:known], names[known:]
        self.books, self.words = ['book.yaml', 'book.yaml'], []
        if self.kind != 'usage':
            self.fix()

    def fix(self):
        book = EditableBook.read(self.folder / 'book.yaml')
        edited, self.words = bookedits.edit(book, self.dice)
        self.books[1] = 'fixed.yaml'
        edited.write(self.folder / 'fixed.yaml', self.dice)

    def check(self):
        """Raises Differs; DataError where the oracle refuses the data."""
        old_book, new_book = self.books
        everything = self.known + self.late
        self.old = self.ask_oracle(old_book, self.known, 'oracle-old')
        self.middle = self.ask_oracle(new_book, self.known, 'oracle-middle')
        self.new = self.ask_oracle(new_book, everything, 'oracle-new')
        self.numbers = [self.make_old()]
        self.compare('oracle-old', self.numbers[0])
        self.numbers.append(self.make_new())
        self.compare('oracle-new', self.numbers[1])
        if self.numbers[0] != self.numbers[1]:
            self.check_impact()
            if self.dice.chance(50):
                self.check_closed()
        self.call('verify', '-w', 'ws', ranks=1)

    def ask_oracle(self, book, files, name):
        os.chdir(self.folder)  # results name files as they are given
        return impact.sums(oracle.run(book, files, name))

    def call(self, *arguments, ranks=None):
        """Returns what it said."""
        ranks = ranks or self.dice.choice(RANKS)
        launcher = ['mpirun', '-n', str(ranks)] if ranks != 1 else []
        line = [*launcher, self.rerate, *map(str, arguments)]
        code, said = call(line, self.folder)
        require(code == 0, f'exit code {code}: {" ".join(map(str, line))}\n{said[-3000:]}')
        return said

    def compare(self, name, number, workspace='ws'):
        found = compare.compare(self.folder / name, self.tables(number, workspace))
        require(not found, f'result {number} of {workspace} and {name}:\n' + '\n'.join(found))

    def result(self, number, workspace='ws'):
        return self.folder / workspace / 'results' / f'{number:04}'

    def tables(self, number, workspace='ws'):
        """A folder with the tables of a result, unpacked where they are compressed."""
        result, plain = self.result(number, workspace), self.folder / f'{workspace}-{number}-unpacked'
        if not (result / 'lines.csv.zst').exists():
            return result
        if not plain.exists():
            shutil.copytree(result, plain)
            packed = sorted(plain.glob('*.csv.zst'))
            subprocess.run(['zstd', '-dq', '--rm', *packed], check=True)
        return plain

    def options(self):
        return [*OPTIONS, *(['--compress', 'zstd'] if self.dice.chance(15) else [])]

    def make_old(self):
        """In one increment or two."""
        if self.dice.chance(30) and len(self.known) > 1:
            self.call('run', '-w', 'ws', *OPTIONS, self.books[0],
                      *self.known[:self.dice.randint(1, len(self.known) - 1)])
        self.call('run', '-w', 'ws', *self.options(), self.books[0], *self.known)
        return self.latest()

    def make_new(self):
        """Returns its number. A result that changes nothing is none: then it is the old one."""
        old_book, new_book = self.books
        if self.kind == 'both in two steps':
            self.call('run', '-w', 'ws', *OPTIONS, old_book, *self.late)
        elif self.kind != 'prices':
            self.call('run', '-w', 'ws', *self.options(), new_book, *self.late)
            return self.latest()
        self.copy('all')
        options = self.options()
        self.call('rate', '-w', 'ws', *options, new_book)
        self.call('rate', '-w', 'all', '--all', *options, new_book)
        self.same_results(self.latest(), 'all')
        return self.latest()

    def copy(self, workspace):
        shutil.copytree(self.folder / 'ws', self.folder / workspace, symlinks=True)

    def latest(self, workspace='ws'):
        return int((self.folder / workspace / 'results' / 'latest').resolve().name)

    def same_results(self, number, other):
        """Carried over or priced anew: the same bytes, but for how many lines were."""
        require(self.latest(other) == number, f'{other} has another number of results')
        require_same(self.result(number), self.result(number, other))

    def check_impact(self):
        self.copy('again')
        self.call('impact', '-w', 'ws', *self.numbers)
        made = self.impact()
        self.same_rows(made / 'lines.csv', impact.LINES,
                       impact.line_rows(self.old, self.middle, self.new))
        self.same_rows(made / 'adjustments.csv', impact.ADJUSTMENTS,
                       impact.adjustment_rows(self.old, self.new))
        self.same_facts(made, impactfacts.facts(self.old, self.middle, self.new))
        self.check_sums(made)
        self.call('impact', '-w', 'again', *self.numbers)
        again = self.impact('again')
        both = [{path.name: path.read_bytes() for path in folder.iterdir()} for folder in (made, again)]
        require(both[0].keys() == both[1].keys(), f'{sorted(both[0])} and {sorted(both[1])}')
        for name in both[0]:
            require(both[0][name] == both[1][name], f'{name}: other bytes')

    def impact(self, workspace='ws'):
        old, new = self.numbers
        return self.folder / workspace / 'impact' / f'{old:04}-{new:04}'

    def same_rows(self, path, header, expected):
        actual_header, actual = read_table(path)
        require(','.join(actual_header) == header, f'{path}: {actual_header}')
        expected = [list(row) for row in expected]
        for number, (a, b) in enumerate(zip(expected, actual), 1):
            require(a == b, f'{path} row {number}:\n  oracle {a}\n  rerate {b}')
        require(len(actual) == len(expected), f'{path}: {len(actual)} rows, the oracle has {len(expected)}: '
                f'{(expected + actual)[min(len(actual), len(expected)):][:3]}')

    def same_facts(self, made, expected):
        said = json.loads((made / 'impact.json').read_text(encoding='utf-8'))
        for name, value in expected.items():
            value, actual = meaningful(value), meaningful(said[name])
            require(actual == value, f'impact.json: {name}:\n  oracle {value}\n  rerate {actual}')

    def check_sums(self, made):
        """From the files alone: Σ old + Σ delta = Σ new for each account, period and currency, of lines and
        of invoices; and effects sum to deltas."""
        for table, amount, changes in (('lines', 'amount', 'lines'), ('invoices', 'total', 'adjustments')):
            old_sums, new_sums = (summed(self.tables(number) / f'{table}.csv', amount)
                                  for number in self.numbers)
            deltas = summed(made / f'{changes}.csv', 'delta')
            for key in old_sums.keys() | new_sums.keys() | deltas.keys():
                require(old_sums[key] + deltas[key] == new_sums[key], f'{changes} of {key} do not sum')
        for row in rows(made / 'lines.csv'):
            effects = [Decimal(row[key]) for key in ('price_effect', 'usage_effect', 'rounding')]
            require(sum(effects) == Decimal(row['delta']), f'effects do not sum: {row}')

    def check_closed(self):
        """Periods that went out stay; they are corrected once."""
        periods = sorted({key.period for key in [*self.old, *self.new]})
        if len(periods) < 2:
            return
        self.through, self.booked_in = sorted(self.dice.sample(periods, 2))
        self.went = ledger.Ledger()
        old = self.numbers[0]
        if self.dice.chance(80):
            issued_through = self.dice.choice(periods)
            self.call('issue', '-w', 'ws', old, '--through', issued_through, ranks=1)
            self.went.issue(old, self.old, self.rated(old), issued_through)
        self.book()
        if self.dice.chance(50):
            self.fix_again()
            self.book()

    def lacks_what_went_out(self):
        """The new result does not rate a closed period that was issued; its impact is refused."""
        closed = {period for period in self.went.owned if period <= self.through}
        return not closed <= set(self.rated(self.numbers[1]))

    def rated(self, number):
        """The periods that a result rates."""
        periods = facts_of(self.result(number))['periods']
        kind = EditableBook.read(self.folder / self.books[0]).top.get('period', 'month')
        return labels_between(kind, periods['from'], periods['to']) if periods else []

    def book(self):
        """Issues the corrections, with the new result or alone; then there are none."""
        if self.lacks_what_went_out():
            return
        booking = self.same_booking()
        if self.dice.chance(30):
            self.call('issue', '-w', 'ws', '{:04}-{:04}'.format(*self.numbers), ranks=1)
            self.went.issue_corrections(booking)
        else:
            self.call('issue', '-w', 'ws', self.numbers[1], ranks=1)
            self.went.issue_booked(booking, self.numbers[1], self.rated(self.numbers[1]))
        require(not self.same_booking().correction_rows(), 'the oracle has something left')

    def fix_again(self):
        """The new result is the old one of another fix."""
        book = EditableBook.read(self.folder / self.books[1])
        edited, words = bookedits.edit(book, self.dice)
        edited.write(self.folder / 'again.yaml', self.dice)
        self.words += ['and then', *words]
        self.old, self.new = self.new, self.ask_oracle('again.yaml', self.known + self.late, 'oracle-again')
        self.middle = self.new
        self.call('rate', '-w', 'ws', *OPTIONS, 'again.yaml')
        self.numbers = [self.numbers[1], self.latest()]
        self.compare('oracle-again', self.numbers[1])

    def same_booking(self):
        """Makes the impact on what went out; returns the oracle's."""
        old, new = self.numbers
        booking = self.went.book(self.old, self.middle, new, self.new, self.through, self.booked_in)
        self.call('impact', '-w', 'ws', old, new, '--closed-through', self.through,
                  '--book-in', self.booked_in)
        made = self.impact()
        self.same_rows(made / 'corrections.csv', ledger.CORRECTIONS, booking.correction_rows())
        self.same_rows(made / 'lines.csv', impact.LINES, booking.line_rows())
        self.same_rows(made / 'adjustments.csv', impact.ADJUSTMENTS, booking.adjustment_rows())
        self.same_facts(made, impactfacts.facts(booking.base, booking.middle, booking.new))
        return booking


def meaningful(entries):
    """Without what comes to 0 on all sides."""
    sums = ('old', 'new', 'delta', 'price_effect', 'usage_effect')
    return [entry for entry in entries
            if any(Decimal(entry[name]) for name in sums if name in entry) or 'old' not in entry]


def rows(path):
    header, body = read_table(path)
    return [dict(zip(header, row)) for row in body]


def summed(path, amount):
    found = defaultdict(Decimal)
    for row in rows(path):
        found[row['account'], row['period'], row['currency']] += Decimal(row[amount])
    return found


def attempt(seed, records, rerate, folder, make=Pair):
    """What differs in the pair of this seed, as text; empty when all agree. Where the oracle refuses the
    data, another pair takes its place."""
    for n in range(100):
        pair = make(seed + n * 10**9, records, rerate, folder / str(n))
        try:
            pair.check()
        except DataError:
            continue
        except Differs as differs:
            return f'{pair.kind}: {pair.known} + {pair.late}, {pair.words}\n{differs}'
        return ''
    return 'all data is refused'


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--rerate', required=True, type=Path, help='the program')
    parser.add_argument('--trials', type=int, default=20)
    parser.add_argument('--seed', type=int, default=1, help='of the first pair')
    parser.add_argument('--records', type=int, default=150, help='usage records of a pair')
    parser.add_argument('--jobs', type=int, default=1, help='pairs at a time')
    args = parser.parse_args()
    rerate = args.rerate.resolve(strict=True)
    return run_trials('rerate-pairs-', args.jobs, attempt,
                      [(f'pair {seed}', (seed, args.records, rerate))
                       for seed in range(args.seed, args.seed + args.trials)])


if __name__ == '__main__':
    sys.exit(main())
