#!/usr/bin/python3
"""Holds rerate against the oracle on random histories: usage that comes in random increments of files,
one run after the other, on random numbers of ranks, with little memory. The records are corrected,
withdrawn, sent twice and repaired across them; some runs are interrupted, and given again. After each
increment the result must be the oracle's of all files so far, class by class and line by line, and so
when it is asked for after later ones. In the end it must be, byte by byte, that of one run with all
files. A history that differs is kept."""

import argparse
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import compare
import features as feature_switch
import randombook
from agree import HERE, MPI, call
from dice import Dice
from tables import read_table
from trials import run_trials

FILES = ['a.csv', 'a-1.csv', 'a-10.csv', 'a-2.csv.zst', 'B.csv', 'b.csv', 'c.csv', 'd.csv.zst', 'e.csv',
         'usage-é.csv', 'x.csv', 'y.csv', 'z.csv']
RANKS = [1, 1, 2, 3, 4]
MEMORY = ['64K', '256K', '1M', '16M']
SPLITS = ['1K', '16K', '32M']
REFUSED, WRONG_USAGE = 65, 64


class Differs(Exception):
    """A result that is not what it must be."""


def require(condition, text):
    if not condition:
        raise Differs(text)


class History:
    def __init__(self, seed, records, rerate, folder):
        self.dice, self.rerate, self.folder = Dice(f'history {seed}'), rerate, folder
        names = self.dice.sample(FILES, self.dice.randint(3, len(FILES)))
        settings = {'has_event_id': True} if self.dice.chance(70) else {}
        randombook.make(seed, records, folder, feature_switch.SUBSETS['whole'], names, **settings)
        self.dice.shuffle(names)
        cuts = sorted(self.dice.sample(range(1, len(names)),
                                       self.dice.randint(1, min(9, len(names) - 1))))
        self.increments = [names[start:end] for start, end in zip([0, *cuts], [*cuts, len(names)])]

    def check(self):
        """Goes through the history. Raises Differs."""
        files, codes = [], []
        for n, new in enumerate(self.increments, 1):
            files += new
            code = self.ask_oracle(n, files)
            codes.append(code)
            self.check_limit(n, files, code)
            given = files if self.dice.chance(50) else new
            self.run('steps', given, code)
            if code == 0:
                self.compare(n, self.latest('steps'))
        self.look_back(codes)
        self.run('at-once', files, code)
        if code == 0:
            self.same_bytes()
            self.verify()

    def ask_oracle(self, n, files):
        """What it makes of these files is in oracle-N; its exit code."""
        oracle = [sys.executable, HERE / 'oracle.py', 'book.yaml', *files, '-o', f'oracle-{n}']
        code, said = call(oracle, self.folder)
        require(code in (0, REFUSED), f'the oracle failed with {code}:\n{said}')
        return code

    def call(self, command, workspace, *arguments):
        line = self.line(self.dice.choice(RANKS), command, workspace, arguments)
        code, said = call(line, self.folder)
        return code, f'{" ".join(map(str, line))}\n{said[-3000:]}'

    def line(self, ranks, command, workspace, arguments):
        launcher = ['mpirun', '-n', str(ranks)] if ranks != 1 else []
        return [*launcher, self.rerate, command, '-w', workspace, *arguments]

    def interrupt(self, workspace, arguments):
        """Starts a run and kills it, or asks several ranks to stop."""
        ranks = self.dice.choice(RANKS)
        process = subprocess.Popen(self.line(ranks, 'run', workspace, arguments), cwd=self.folder,
                                   env={**os.environ, **MPI}, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        time.sleep(self.dice.random() * (0.1 if ranks == 1 else 0.8))
        process.send_signal(signal.SIGKILL if ranks == 1 else signal.SIGUSR1)
        process.wait()

    def run(self, workspace, files, expected_code, limit='100%'):
        options = ['--max-quarantine', limit, '--progress', 'none', '--memory',
                   self.dice.choice(MEMORY), '--split', self.dice.choice(SPLITS), 'book.yaml', *files]
        if self.dice.chance(20):
            self.interrupt(workspace, options)
        before = self.results(workspace)
        code, said = self.call('run', workspace, *options)
        require(code == expected_code, f'exit code {code} where {expected_code} is expected: {said}')
        require(code == 0 or self.results(workspace) == before, f'a result was published: {said}')

    def results(self, workspace):
        return sorted(path.name for path in (self.folder / workspace / 'results').glob('0*'))

    def check_limit(self, n, files, code):
        """As many bad records as are in quarantine may be published, and not one fewer: those that
        were repaired are none of them. The others are listed beside the state."""
        if code != 0 or self.dice.chance(60):
            return
        oracle = self.folder / f'oracle-{n}' / 'quarantine.csv'
        bad = len(read_table(oracle)[1])
        if bad > 0:
            self.run('steps', files, REFUSED, str(bad - 1))
            listed = self.folder / 'steps' / 'quarantine.csv'
            require(listed.read_bytes() == oracle.read_bytes(), f'{listed} is not {oracle}')
        self.run('steps', files, 0, str(bad))
        require(not (self.folder / 'steps' / 'quarantine.csv').exists(), 'a list of what is allowed')

    def look_back(self, codes):
        """What an increment gave can be had again after later ones. Without event ids only while its
        cells were not merged with those of others; that is said."""
        has_events = 'event_id:' in (self.folder / 'book.yaml').read_text(encoding='utf-8')
        for n, expected_code in enumerate(codes, 1):
            if self.dice.chance(60):
                continue
            code, said = self.call('rate', 'steps', '--as-of', str(n), '--max-quarantine', '100%',
                                   '--progress', 'none', '--json', 'book.yaml')
            if code == WRONG_USAGE and not has_events and 'was merged into one run' in said:
                continue
            require(code == expected_code, f'exit code {code} instead of {expected_code}: {said}')
            if code == 0:
                number = re.search('"result":"([0-9]+)"', said)[1]
                self.compare(n, self.folder / 'steps' / 'results' / number)

    def compare(self, n, result):
        found = compare.compare(self.folder / f'oracle-{n}', result)
        require(not found, f'after increment {n} of {self.increments}:\n' + '\n'.join(found))

    def latest(self, workspace):
        return self.folder / workspace / 'results' / 'latest'

    def same_bytes(self):
        steps, at_once = [{path.name: path.read_bytes() for path in self.latest(name).iterdir()}
                          for name in ('steps', 'at-once')]
        for name in sorted(steps.keys() | at_once.keys()):
            require(steps.get(name) == at_once.get(name), f'{name}: steps and at-once differ')

    def verify(self):
        code, said = call([self.rerate, 'verify', '-w', 'steps'], self.folder)
        require(code == 0, f'verify: exit code {code}\n{said}')


def attempt(seed, records, rerate, folder):
    """What differs in the history of this seed, as text; empty when all agree."""
    try:
        History(seed, records, rerate, folder).check()
    except Differs as differs:
        return str(differs)
    return ''


def parsed_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--rerate', required=True, type=Path, help='the program')
    parser.add_argument('--histories', type=int, default=20)
    parser.add_argument('--records', type=int, default=300, help='usage records of a history')
    parser.add_argument('--first-seed', type=int, default=1)
    parser.add_argument('--jobs', type=int, default=1, help='histories at a time')
    args = parser.parse_args()
    args.rerate = args.rerate.resolve(strict=True)
    return args


def main():
    args = parsed_arguments()
    seeds = range(args.first_seed, args.first_seed + args.histories)
    return run_trials('rerate-histories-', args.jobs, attempt,
                      [(f'history {seed}', (seed, args.records, args.rerate)) for seed in seeds])


if __name__ == '__main__':
    sys.exit(main())
