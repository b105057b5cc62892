#!/usr/bin/python3
"""What `rate` carries over from an earlier result must be what `rate --all` makes anew. Each chain is a random
state and a random book that is edited again and again; between the edits usage comes, results are staged,
taken back, or ask what if. After each edit a workspace is priced in both ways: every file must have the same
bytes, but for how many lines were computed and how many carried over, and these must be all lines. Over all
chains, lines of both kinds must have come up together. A chain that differs is kept."""

import argparse
import json
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'oracle'))
import bookedits  # noqa: E402
import features  # noqa: E402
import randombook  # noqa: E402
from agree import call  # noqa: E402
from dice import Dice  # noqa: E402
from editablebook import EditableBook  # noqa: E402
from results import Differs, facts_of, lines_of, priced, require, require_same  # noqa: E402
from timing import labels_between  # noqa: E402
from trials import run_trials  # noqa: E402

FILES = ['a.csv', 'a-1.csv', 'b.csv.zst', 'c.csv']
RANKS = [1, 1, 1, 3, 3, 2, 4, 7]
MEMORY = ['1K', '1G', '1G']
OPTIONS = ['--max-quarantine', '100%', '--progress', 'none']
REFUSED = (65, 66)  # data that can't be billed by this book; an increment that can't be told apart any more


class Chain:
    """A workspace `ws`, and in `all` a copy of it as it was before the last edit."""

    def __init__(self, seed, records, rerate, folder):
        self.dice, self.rerate, self.folder = Dice(f'chain {seed}'), rerate, folder
        self.told, self.counts = [], []
        names = self.dice.sample(FILES, self.dice.randint(2, len(FILES)))
        randombook.make(seed, records, folder, features.SUBSETS['whole'], names,
                        duplicates=self.dice.choice(['first', 'last']))
        known = self.dice.randint(1, len(names) - 1)
        self.known, self.late = names[:known], names[known:]
        self.books, self.increments = ['book.yaml'], 0

    def check(self, edits):
        """Raises Differs. False where the first book can't bill the data."""
        if not self.read(self.known):
            return False
        for _ in range(edits):
            self.meanwhile()
            self.price_both_ways()
        for workspace in ('ws', 'all'):
            self.call('verify', workspace)
        return True

    # ---- calling ----

    def call(self, command, workspace, *arguments, ranks=1, codes=(0,)):
        """The exit code, which is one of these."""
        launcher = ['mpirun', '-n', str(ranks)] if ranks != 1 else []
        line = [*map(str, [*launcher, self.rerate, command, '-w', workspace, *arguments])]
        code, said = call(line, self.folder)
        require(code in codes, f'exit code {code}: {" ".join(line)}\n{said[-3000:]}')
        self.told.append(f'{" ".join(line[line.index(command):])}: {code}')
        return code

    def price(self, command, workspace, *arguments, codes=(0, *REFUSED)):
        """On some ranks, in some memory."""
        return self.call(command, workspace, *OPTIONS, '--memory', self.dice.choice(MEMORY), *arguments,
                         ranks=self.dice.choice(RANKS), codes=codes)

    def some_packing(self):
        return ['--compress', 'zstd'] if self.dice.chance(20) else []

    def read(self, files, *options):
        code = self.price('run', 'ws', *self.some_packing(), *options, self.books[-1], *files)
        self.increments += 1
        return code == 0

    # ---- what happens between two edits ----

    def meanwhile(self):
        happens = self.dice.choice(['nothing'] * 4 + ['usage', 'stage', 'what if', 'rollback', 'as of'])
        if happens == 'usage' and self.late:
            self.read([self.late.pop()], *(['--stage'] if self.dice.chance(40) else []))
        elif happens in ('stage', 'what if'):
            option = ['--stage'] if happens == 'stage' else ['--what-if']
            self.price('rate', 'ws', *self.some_packing(), *option, self.edit()[0])
        elif happens == 'as of':
            self.price('rate', 'ws', '--as-of', self.dice.randint(1, self.increments), self.books[-1])
        elif happens == 'rollback' and self.published() > 1:
            self.call('rollback', 'ws')

    def published(self):
        """How many results can be taken back."""
        depth = 0
        for line in (self.folder / 'ws' / 'history.log').read_text(encoding='utf-8').splitlines():
            depth += {'publish': 1, 'rollback': -1}.get(json.loads(line)['move'], 0)
        return depth

    # ---- an edit ----

    def edit(self):
        """(the name of a new book, what is new in it)."""
        name = f'book-{len(list(self.folder.glob("book*.yaml")))}.yaml'
        book = EditableBook.read(self.folder / self.books[-1])
        words = ['another way of writing']
        if self.dice.chance(92):
            book, words = bookedits.edit(book, self.dice, most=self.dice.choice([1, 1, 3]))
        book.write(self.folder / name, self.dice)
        return name, words

    def some_book(self):
        if self.dice.chance(8):
            return self.dice.choice(self.books), ['a book that was there']
        return self.edit()

    def some_periods(self):
        rated = facts_of(self.latest('ws'))['periods']
        if rated is None or self.dice.chance(85):
            return []
        kind = EditableBook.read(self.folder / self.books[-1]).top.get('period', 'month')
        labels = labels_between(kind, rated['from'], rated['to'])
        first, last = sorted(self.dice.choices(range(len(labels)), k=2))
        return ['--from', labels[first], '--to', labels[last]]

    def price_both_ways(self):
        book, words = self.some_book()
        self.told.append(f'{book}: {words}')
        options = [*self.some_packing(), *self.some_periods()]
        if self.dice.chance(20):
            options += self.dice.choice([['--stage'], ['--as-of', self.dice.randint(1, self.increments)]])
        others = {'all': ['--all'], **({'again': []} if self.dice.chance(25) else {})}
        for workspace in others:
            shutil.rmtree(self.folder / workspace, ignore_errors=True)
            shutil.copytree(self.folder / 'ws', self.folder / workspace, symlinks=True)
        before = self.numbers('ws')
        code = self.price('rate', 'ws', *options, book)
        for workspace, option in others.items():
            self.price('rate', workspace, *option, *options, book, codes=(code,))
            self.same_workspaces(workspace, before)
        if code == 0:
            self.books.append(book)

    # ---- comparing ----

    def latest(self, workspace):
        return (self.folder / workspace / 'results' / 'latest').resolve()

    def numbers(self, workspace):
        return {path.name for path in (self.folder / workspace / 'results').glob('[0-9]*')}

    def same_workspaces(self, other, before):
        both = 'ws', other
        require(self.numbers('ws') == self.numbers(other), f'one of {both} published, the other did not')
        require(self.latest('ws').name == self.latest(other).name, f'`latest` differs in {both}')
        books = [sorted(path.name for path in (self.folder / name / 'books').glob('*')) for name in both]
        require(books[0] == books[1], f'{both} keep {books}')
        for name in self.numbers('ws') - before:
            results = [self.folder / workspace / 'results' / name for workspace in both]
            require_same(*results)
            if other == 'again':
                facts = [(result / 'run.json').read_bytes() for result in results]
                require(facts[0] == facts[1], f'{results}: ranks or memory are seen in run.json')
            else:
                self.same_counts(*results, before)

    def same_counts(self, one, other, before):
        """All lines were computed or carried over, and what no result had was computed."""
        lines = lines_of(one)
        computed, carried = priced(one)
        require(computed + carried == len(lines), f'{one}: {computed} + {carried} of {len(lines)} lines')
        require(priced(other) == (len(lines), 0), f'{other}: {priced(other)} of {len(lines)} lines')
        new = min(len(set(lines) - set(lines_of(one.parent / name))) for name in before)
        require(computed >= new, f'{one}: {computed} lines are computed, and {new} are new')
        self.counts.append((computed, carried))


def attempt(seed, edits, records, rerate, counts, folder):
    """What differs in the chain of this seed, as text; empty when nothing does. Where the data can't be
    billed, another chain takes its place. Adds (computed, carried) of each edit to the file `counts`."""
    for n in range(100):
        chain = Chain(seed + n * 10**9, records, rerate, folder / str(n))
        try:
            if not chain.check(edits):
                continue
        except Differs as differs:
            return '\n'.join([*chain.told, str(differs)])
        with open(counts, 'a', encoding='utf-8') as file:
            file.writelines(f'{computed} {carried}\n' for computed, carried in chain.counts)
        return ''
    return 'no data can be billed'


def show_counts(path):
    """False where no result was made of both kinds of lines: then nothing was tried here."""
    counts = [tuple(map(int, line.split())) for line in Path(path).read_text(encoding='utf-8').splitlines()]
    kinds = Counter(('all carried over', 'all computed', 'both')[(computed > 0) + (computed > 0 < carried)]
                    for computed, carried in counts if computed + carried)
    print(f'{len(counts)} results: {dict(kinds)}; lines computed {sum(c for c, _ in counts)}, '
          f'carried over {sum(c for _, c in counts)}')
    return kinds['both'] > 0 < kinds['all computed']


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--rerate', required=True, type=Path, help='the program')
    parser.add_argument('--trials', type=int, default=20, help='chains')
    parser.add_argument('--seed', type=int, default=1, help='of the first chain')
    parser.add_argument('--edits', type=int, default=6, help='in each chain')
    parser.add_argument('--records', type=int, default=150, help='usage records of a chain')
    parser.add_argument('--jobs', type=int, default=1, help='chains at a time')
    args = parser.parse_args()
    rerate = args.rerate.resolve(strict=True)
    with tempfile.NamedTemporaryFile(prefix='rerate-carried-') as counts:
        code = run_trials('rerate-carry-', args.jobs, attempt,
                          [(f'chain {seed}', (seed, args.edits, args.records, rerate, counts.name))
                           for seed in range(args.seed, args.seed + args.trials)])
        tried = show_counts(counts.name)
    if not tried:
        print('nothing was carried over beside what was computed: nothing was tried')
    return code or not tried


if __name__ == '__main__':
    sys.exit(main())
