#!/usr/bin/python3
"""Holds what a state says of one account's usage (runtime/account_usage.h) against the oracle, on random books
and histories: usage that comes in increments, corrected, withdrawn and sent twice across them, on random numbers
of ranks, with little memory, so that runs are spilled, merged and cut. For every increment, each account's
records must be counted where the oracle counts them, by meter, dimensions, day, file and class; and the cells
must be those that pricing was fed then. A history that differs is kept."""

import argparse
import json
import os
import shutil
import sys
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'oracle'))
import book as books  # noqa: E402
import features  # noqa: E402
import nodes  # noqa: E402
import randombook  # noqa: E402
import usage as usages  # noqa: E402
from agree import call  # noqa: E402
from dice import Dice  # noqa: E402
from timing import period_of  # noqa: E402
from trials import run_trials  # noqa: E402

FILES = ['a.csv', 'a-1.csv', 'a-10.csv', 'a-2.csv.zst', 'B.csv', 'b.csv', 'c.csv', 'd.csv.zst', 'e.csv',
         'usage-é.csv', 'x.csv', 'y.csv', 'z.csv']
RANKS = [1, 1, 2, 3]
MEMORY = ['64K', '64K', '256K', '16M']
READING_MEMORY = [0, 1 << 28]  # the least: few runs are open at once, and few records are in memory
UNKNOWN = 'nobody knows'
CLASSES = ['counted', *usages.events.WITHHELD]
EPOCH = date(1970, 1, 1)


class Differs(Exception):
    """Something is not what it must be."""


def require(condition, text):
    if not condition:
        raise Differs(text)


class History:
    def __init__(self, seed, arguments, folder):
        self.dice, self.folder, self.arguments = Dice(f'usage of accounts {seed}'), folder, arguments
        self.settings = {'has_event_id': seed % 3 > 0,  # else only cells are kept
                         'duplicates': self.dice.choice(['first', 'last'])}
        if arguments.accounts:
            self.settings['accounts'] = randombook.ACCOUNTS[:arguments.accounts]
        names = self.dice.sample(FILES, self.dice.randint(2, len(FILES)))
        randombook.make(seed, arguments.records, folder, features.SUBSETS['whole'], names, **self.settings)
        self.dice.shuffle(names)
        cuts = sorted(self.dice.sample(range(1, len(names)), self.dice.randint(0, min(9, len(names) - 1))))
        self.increments = [names[start:end] for start, end in zip([0, *cuts], [*cuts, len(names)])]
        os.chdir(folder)  # the state names files as they are given
        self.book = books.load('book.yaml')
        self.bucket = nodes.read_yaml('book.yaml').get('bucket', 'day')

    def check(self):
        files, after = [], []
        shards = self.dice.choice([1, 3, 4096])  # alone in a shard, or with others
        for n, new in enumerate(self.increments, 1):
            self.run('run', '-w', 'ws', '--max-quarantine', '100%', '--progress', 'none', '--shards',
                     shards, '--memory', self.dice.choice(MEMORY), '--split',
                     self.dice.choice(['1K', '16K', '32M']), 'book.yaml', *new)
            shutil.copytree('ws/state', f'then-{n}/state')
            files += new
            after.append(list(files))
        for n, known in enumerate(after, 1):
            if n == len(after) or self.dice.chance(60):
                self.check_increment(n, n == len(after), usages.read(self.book, known))
        self.check_damage()

    def run(self, *arguments):
        ranks = self.dice.choice(RANKS)
        launcher = ['mpirun', '-n', str(ranks)] if ranks != 1 else []
        self.call(*launcher, self.arguments.rerate, *arguments)

    def call(self, *line):
        code, said = call([str(word) for word in line], self.folder)
        require(code == 0, f'exit code {code}: {" ".join(map(str, line))}\n{said[-3000:]}')
        return said

    def check_increment(self, n, last, usage):
        records = [*usage.kept, *(record for copies in usage.withheld.values() for record in copies)]
        accounts = self.accounts = sorted({record.account for record in records}) + [UNKNOWN]
        again = self.dice.choice(accounts)
        said = self.read(0 if last and self.dice.chance(50) else n, [*accounts, again])
        if said is None:
            return
        require(said.pop() == said[accounts.index(again)], f'{again}: another answer when asked again')
        pricing = {line['account']: line['cells']
                   for line in self.lines('reduce', 'ws' if last else f'then-{n}')}
        for account, found in zip(accounts, said):
            where = f'increment {n}, account {account!r}'
            self.check_cells(found['cells'], pricing.get(account, []), last, where)
            require(found['has_origins'] == bool(self.settings['has_event_id']), where)
            if found['has_origins']:
                self.check_origins(account, found, usage, where)
        require(pricing.keys() <= set(accounts), f'cells of {pricing.keys() - set(accounts)}')

    def lines(self, *arguments):
        return [json.loads(line) for line in self.call(self.arguments.program, *arguments).splitlines()]

    def read(self, increment, accounts):
        """None where the increment can't be told apart any more."""
        line = [self.arguments.program, 'read', 'ws', increment, self.dice.choice(READING_MEMORY), *accounts]
        code, said = call([str(word) for word in line], self.folder)
        if code == 64 and not self.settings['has_event_id'] and 'was merged into one run' in said:
            return None
        require(code == 0, f'exit code {code}: {line}\n{said[-3000:]}')
        return [json.loads(text) for text in said.splitlines()]

    def check_cells(self, found, expected, last, where):
        """Byte for byte. Of a state that is looked back at, positions in states are others."""
        def shown(cells):
            return cells if last else [{**cell, 'state': ''} for cell in cells]
        require(shown(found) == shown(expected), f'{where}: cells\n{found}\nand pricing was fed\n{expected}')

    def check_origins(self, account, found, usage, where):
        expected, tally = Counter(), Counter()
        for name, records in [('counted', usage.kept), *usage.withheld.items()]:
            for record in records:
                if record.account == account:
                    tally[name if name != 'counted' or record.meters else 'not_metered'] += 1
                    expected.update((*self.cell(meter, record), record.path, name) for meter in record.meters)
        actual, in_cells = Counter(), {}
        order = [(bytes.fromhex(origin['key']), origin['bucket']) for origin in found['origins']]
        require(order == sorted(set(order)), f'{where}: origins are not in order')
        for origin in found['origins']:
            if origin['counts']['counted']:
                in_cells[origin['key'], origin['bucket']] = origin['counts']['counted']
            files = origin['files']
            require(list(files) == sorted(files, key=os.fsencode), f'{where}: files are not in order')
            require(all(sum(counts.values()) for counts in files.values()), f'{where}: a file of nothing')
            require({name: sum(counts[name] for counts in files.values()) for name in CLASSES}
                    == origin['counts'], f'{where}: {origin} does not sum')
            if origin['meter'] < len(self.book.meters):
                for path, counts in files.items():
                    actual.update({(*self.place(origin), path, name): n for name, n in counts.items() if n})
        require(actual == expected, f'{where}: {Counter(actual) - expected} where the oracle has '
                f'{expected - Counter(actual)}')
        require({(cell['key'], cell['bucket']): cell['records'] for cell in found['cells']} == in_cells,
                f'{where}: cells of other records')
        said = found['tally']
        said.pop('conflicts')
        require({name: n for name, n in said.items() if n} == dict(tally), f'{where}: {said} and {dict(tally)}')

    def cell(self, meter, record):
        day = period_of(self.book.period, record.day).start if self.bucket == 'period' else record.day
        return meter.name, tuple(record.dimensions[name] for name in meter.by), day

    def place(self, origin):
        meter = sorted(self.book.meters, key=lambda meter: meter.name.encode())[origin['meter']]
        return meter.name, tuple(origin['by']), EPOCH + timedelta(origin['day'])

    def check_damage(self):
        """Nothing is read of runs whose digests are wrong."""
        kind = 'records' if self.settings['has_event_id'] else 'cells'
        runs = list(Path('ws/state/runs').glob(f'{kind}-*'))
        for run in runs:
            data = bytearray(run.read_bytes())
            data[self.dice.randrange(len(data))] ^= 1 << self.dice.randrange(8)
            run.write_bytes(data)
        accounts = [account for account in self.accounts if account != UNKNOWN]
        line = [self.arguments.program, 'read', 'ws', 0, 0, *accounts[:1]]
        code, said = call([str(word) for word in line], self.folder)
        require(not accounts or (code == 74 and 'it is damaged' in said), f'damaged runs: {code}: {said}')


def attempt(seed, arguments, folder):
    try:
        history = History(seed, arguments, folder)
        history.check()
    except Differs as differs:
        return str(differs)
    return ''


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--rerate', required=True, type=Path, help='the program')
    parser.add_argument('--program', required=True, type=Path, help='the one that shows usage')
    parser.add_argument('--histories', type=int, default=20)
    parser.add_argument('--first-seed', type=int, default=1)
    parser.add_argument('--records', type=int, default=300, help='usage records of a history')
    parser.add_argument('--accounts', type=int, help='so many; else some')
    parser.add_argument('--jobs', type=int, default=1, help='histories at a time')
    arguments = parser.parse_args()
    arguments.rerate = arguments.rerate.resolve(strict=True)
    arguments.program = arguments.program.resolve(strict=True)
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.histories)
    return run_trials('rerate-account-usage-', arguments.jobs, attempt,
                      [(f'history {seed}', (seed, arguments)) for seed in seeds])


if __name__ == '__main__':
    sys.exit(main())
