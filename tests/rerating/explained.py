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
import explanations  # noqa: E402
import pairs  # noqa: E402
import waterfall  # noqa: E402
from agree import MPI, TIME_LIMIT  # noqa: E402
from pairs import Differs, Pair, require  # noqa: E402
from trials import run_trials  # noqa: E402


class ExplainedPair(Pair):
    """A pair whose accounts are explained as soon as its impact is there."""

    most = 0  # accounts of a pair; 0: all

    def check_impact(self):
        super().check_impact()
        self.explain_all([explanations.Result(self.tables(number)) for number in self.numbers])

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
            explanations.check_pair(account, both, results, self.impact())
            known = account in results[1].accounts()
            alone = self.explain(account, self.numbers[1], code=0 if known else 66)
            require(not known or {**alone, 'account': None} == {**both['new'], 'account': None},
                    'alone and side by side')
        except (Differs, waterfall.Wrong) as wrong:
            raise Differs(f'account {account!r}: {wrong}') from wrong


def attempt(seed, records, rerate, most, folder):
    def make(*arguments):
        pair = ExplainedPair(*arguments)
        pair.most = most
        return pair
    return pairs.attempt(seed, records, rerate, folder, make)


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
