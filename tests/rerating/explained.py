#!/usr/bin/env python3
"""Random pairs of results, explained: for every account the lines of an explanation are the rows of the result, its
arithmetic comes to them in exact fractions, and the effects of two results are those of their impact.

    explained.py --rerate build/release/rerate --trials 5
"""
import argparse
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / 'oracle')]
import waterfall  # noqa: E402
from agree import MPI, TIME_LIMIT  # noqa: E402
from events import DataError  # noqa: E402
from pairs import Differs, Pair, require, rows  # noqa: E402
from trials import run_trials  # noqa: E402

LINE = ('account', 'contract', 'period', 'plan', 'charge', 'detail', 'from', 'to', 'quantity', 'exact', 'amount',
        'currency')
EFFECTS = ('account', 'period', 'charge', 'detail', 'currency', 'old', 'new', 'delta', 'price_effect',
           'usage_effect', 'rounding')
CHANGES = ('delta', 'price_effect', 'usage_effect', 'rounding')


class Result:
    """The tables of a result, by account."""

    def __init__(self, folder):
        self.lines, self.invoices, self.unrated, self.shares = (
            rows(folder / f'{name}.csv') for name in ('lines', 'invoices', 'unrated', 'shares'))

    def accounts(self):
        return {row['account'] for table in (self.lines, self.unrated, self.shares) for row in table}

    def lines_of(self, account):
        """Its own, and pooled ones that it has a share of."""
        pooled = {tuple(row[key] for key in ('contract', 'period', 'charge', 'detail', 'from'))
                  for row in self.shares if row['account'] == account}
        return [row for row in self.lines if row['account'] == account or
                tuple(row[key] for key in ('contract', 'period', 'charge', 'detail', 'from')) in pooled]

    def shares_of(self, line):
        return [{key: row[key] for key in ('account', 'quantity', 'amount')} for row in self.shares
                if all(row[key] == line[key] for key in ('contract', 'period', 'charge', 'detail', 'from'))]


def same(actual, expected, what):
    actual, expected = (sorted(map(str, side)) for side in (actual, expected))
    if actual != expected:
        only = [[row for row in a if row not in b][:2] for a, b in ((actual, expected), (expected, actual))]
        raise Differs(f'{what}: explained {only[0]}, the result has {only[1]}')


class ExplainedPair(Pair):
    """A pair whose accounts are explained as soon as its impact is there."""

    most = 0  # accounts of a pair; 0: all

    def check_impact(self):
        super().check_impact()
        self.explain_all([Result(self.tables(number)) for number in self.numbers])

    def check_closed(self):
        pass

    def explain_all(self, results):
        accounts = sorted(results[0].accounts() | results[1].accounts())
        if self.most and len(accounts) > self.most:
            accounts = self.dice.sample(accounts, self.most)
        with ThreadPoolExecutor(2) as pool:
            for _ in pool.map(lambda account: self.explain_account(account, results), accounts):
                pass

    def explain(self, account, *results, code=0):
        line = [self.rerate, 'explain', '-w', 'ws', '--account', account, '--json', *map(str, results)]
        done = subprocess.run(line, cwd=self.folder, env={**os.environ, **MPI}, capture_output=True,
                              timeout=TIME_LIMIT, stdin=subprocess.DEVNULL)
        require(done.returncode == code, f'exit code {done.returncode}: {line}\n{done.stderr.decode()}')
        return json.loads(done.stdout) if code == 0 else None

    def explain_account(self, account, results):
        try:
            both = self.explain(account, *self.numbers)
            for side, result in zip(('old', 'new'), results):
                self.same_as_the_result(account, both[side], result)
                for line in both[side]['lines']:
                    waterfall.Replay(line).check()
            known = account in results[1].accounts()
            alone = self.explain(account, self.numbers[1], code=0 if known else 66)
            require(not known or {**alone, 'account': None} == {**both['new'], 'account': None},
                    'alone and side by side')
            self.same_effects(account, both['changes'], results)
        except (Differs, waterfall.Wrong) as wrong:
            raise Differs(f'account {account!r}: {wrong}') from wrong

    def same_as_the_result(self, account, explained, result):
        lines = result.lines_of(account)
        same([[line[key] for key in LINE] for line in explained['lines']],
             [[row[key] for key in LINE] for row in lines], 'lines')
        for line in explained['lines']:
            require(line.get('shares', []) == result.shares_of(line), f'shares of {line}')
        payers = {(line['payer'], line['period'], line['currency']) for line in explained['lines']}
        same([[row['account'], row['period'], row['currency'], str(row['lines']), row['total']]
              for row in explained['invoices']],
             [[row['account'], row['period'], row['currency'], row['lines'], row['total']]
              for row in result.invoices
              if row['account'] == account or (row['account'], row['period'], row['currency']) in payers],
             'invoices')
        same([[row['period'], row['meter'], row['detail'], row['quantity'], str(row['usage']['records']),
               row['reason']] for row in explained['unrated']],
             [[row['period'], row['meter'], row['detail'], row['quantity'], row['records'], row['reason']]
              for row in result.unrated if row['account'] == account], 'unrated')

    def same_effects(self, account, changes, results):
        changed = [change for change in changes if not change['share'] and
                   any(float(change[key]) for key in CHANGES)]
        same([[change[key] for key in EFFECTS] for change in changed],
             [[row[key] for key in EFFECTS] for row in rows(self.impact() / 'lines.csv')
              if row['account'] == account], 'effects')


def attempt(seed, records, rerate, most, folder):
    for n in range(100):
        pair = ExplainedPair(seed + n * 10**9, records, rerate, folder / str(n))
        pair.most = most
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
    parser.add_argument('--most', type=int, default=0, help='accounts of a pair to explain; 0: all')
    parser.add_argument('--jobs', type=int, default=1, help='pairs at a time')
    args = parser.parse_args()
    rerate = args.rerate.resolve(strict=True)
    return run_trials('rerate-explained-', args.jobs, attempt,
                      [(f'pair {seed}', (seed, args.records, rerate, args.most))
                       for seed in range(args.seed, args.seed + args.trials)])


if __name__ == '__main__':
    sys.exit(main())
