"""What laws are tried on: a random book with usage that a law may edit, rerate run on it, and the
tables that it publishes. No oracle: two runs, or the tables of one, must fit each other."""

import copy
import json
from datetime import date
from fractions import Fraction
from pathlib import Path

from agree import call
from dice import Dice
from features import FEATURES
from nodes import MINOR_DIGITS
from randombook import World, write_yaml
from randomcontracts import Contracts
from randomusage import VALUE_COLUMNS, Records, clock_changes, write_zstd
from tables import read_table, write_table
from timing import period_of

TABLES = ('lines', 'invoices', 'shares', 'unrated')
LAST_PLACE = Fraction(1, 10**18)
PRICES = ('per_unit', 'graduated', 'volume', 'package', 'percent', 'graduated_percent')
OF_DEALS = ('contracts', 'pool', 'commit', 'credits')


class Broken(Exception):
    """A law does not hold."""


def require(holds, text):
    if not holds:
        raise Broken(text)


def changes_clock(zone):
    return lambda world, book: (world.zone_name == zone
                                and any(clock_changes(world.start, world.end, world.zone)))


def has_leap_day(world, book):
    return any(world.start <= date(year, 2, 29) < world.end for year in (2020, 2024))


def has_week_across_years(world, book):
    return world.kind == 'week' and any(p.start.year != p.end.year for p in world.periods)


# "DST days, leap days, half-hour zones, JPY and KWD are among the cases": the books of a law take
# these in turn, and now and then whatever comes.
CASES = {
    'clock changes in Berlin': changes_clock('Europe/Berlin'),
    'no minor unit': lambda world, book: book['currency'] == 'JPY',
    'half-hour zone': lambda world, book: world.zone_name == 'Asia/Kolkata',
    'leap day': has_leap_day,
    'three digits': lambda world, book: book['currency'] == 'KWD',
    'clock skips midnight': changes_clock('America/Santiago'),
    'week across years': has_week_across_years,
    'half-hour clock change': changes_clock('Australia/Lord_Howe'),
    'any': lambda world, book: True,
    'quarters': lambda world, book: world.kind == 'quarter',
}


class Result:
    """A published result: its tables by name, each row a dict."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.tables = {}

    def data(self, name):
        return (self.folder / name).read_bytes()

    def rows(self, name):
        if name not in self.tables:
            header, body = read_table(self.folder / f'{name}.csv')
            self.tables[name] = [dict(zip(header, row)) for row in body]
        return self.tables[name]

    @property
    def lines(self):
        return self.rows('lines')

    @property
    def reconciliation(self):
        return json.loads(self.data('reconciliation.json'), parse_float=str)

    @property
    def last_period(self):
        return json.loads(self.data('run.json'))['periods']['to']


class Sample:
    """A random book as a dict, all in one file, and usage records as dicts of text."""

    def __init__(self, world, book, dice, records, bad_percent):
        self.world, self.book = world, book
        source = Records(world)
        self.columns = list(source.event())
        self.rows = []
        for event in source.events(records):
            texts = {**event, 'timestamp': source.written_timestamp(event['timestamp'])}
            if dice.chance(bad_percent):
                source.spoil(texts)
            self.rows.append(texts)

    def without_negatives(self):
        for row in self.rows:
            for name in VALUE_COLUMNS:
                row[name] = row[name].lstrip('-')
        return self

    def texts(self, rows=None):
        return [[row[column] for column in self.columns] for row in (self.rows if rows is None else rows)]


class Trial:
    """A law on one random book: dice, a folder, and rerate on some number of ranks."""

    def __init__(self, rerate, ranks, all_ranks, number, seed, folder):
        self.rerate, self.ranks, self.all_ranks = rerate, ranks, all_ranks
        self.number = number
        self.dice = Dice(seed)
        self.folder = Path(folder)
        self.folder.mkdir(parents=True)

    def sample(self, without=(), accept=None, records=100, bad_percent=0, copies=True, **settings):
        """A book of the case that is next, with most features but those left out. `settings` are of
        the World; without `copies` no event comes twice."""
        features = [name for name in FEATURES if name not in without]
        case = list(CASES.values())[self.number % len(CASES)]
        for _ in range(3000):
            dice = Dice(self.dice.randrange(2**60))
            world = World(dice, features)
            for name, value in settings.items():
                setattr(world, name, value)
            world.duplicates = 'last' if world.duplicates == 'last' else 'first'
            world.has_event_id = world.has_event_id and copies
            if not copies:
                for meter in world.meters.values():
                    if meter.get('of') == 'event id':
                        del meter['of']
            if accept and not accept(world):
                continue
            book = world.book()
            if case(world, book):
                add_deals(world, book)
                return Sample(world, book, dice, records, bad_percent)
        raise AssertionError(f'no book of the case {case}')

    def write(self, name, sample, rows=None):
        """A usage file of all records, or of these; returns its name."""
        (self.folder / name).parent.mkdir(exist_ok=True)
        plain = self.folder / name.removesuffix('.zst')
        write_table(plain, sample.columns, sample.texts(rows))
        if name.endswith('.zst'):
            write_zstd(self.folder / name, plain.read_bytes(), self.dice)
            plain.unlink()
        return name

    def run(self, name, book, usage, *options, ranks=None, command='run', workspace=None):
        """The result of a run with a workspace of its own, or of one more run of a workspace. The
        book may be the file of an earlier run."""
        book = book if isinstance(book, str) else self.write_book(name, book)
        ranks = self.ranks if ranks is None else ranks
        usage = usage if isinstance(usage, list) else [usage]
        arguments = [self.rerate, command, '-w', workspace or name, '--max-quarantine', '100%',
                     '--progress', 'none', *options, book, *usage]
        launcher = ['mpirun', '-n', str(ranks)] if ranks != 1 else []
        code, said = call([*launcher, *arguments], self.folder)
        require(code == 0, f'exit code {code}: {" ".join(map(str, arguments))}\n{said[-2000:]}')
        return Result(self.folder / (workspace or name) / 'results' / 'latest')

    def write_book(self, name, book):
        """In one of the many ways to write YAML; returns the file's name."""
        said = {key: part for key, part in book.items()
                if part or key not in ('contracts', 'subscriptions')}
        write_yaml(self.folder / f'{name}.yaml', said, self.dice)
        return f'{name}.yaml'

    def run_sample(self, name, sample, book=None):
        """One file with all records."""
        return self.run(name, book or sample.book, self.write('usage.csv', sample))

    def runs_of(self, workspace):
        """The runs of its state."""
        manifest = self.folder / workspace / 'state' / 'manifest.json'
        return json.loads(manifest.read_bytes())['runs']


def add_deals(world, book):
    """Subscriptions and contracts, in the book."""
    rows = [dict(zip(('account', 'plan', 'start', 'end'), row))
            for row in world.subscriptions(list(book['plans']))]
    if world.has('contracts'):
        contracts = Contracts(world, book)
        columns = ('account', 'plan', 'start', 'end', 'contract')
        rows += [dict(zip(columns, row)) for row in contracts.rows]
        book['contracts'] = contracts.contracts
    book['subscriptions'] = [{key: text for key, text in row.items() if text} for row in rows]


def edited(book, edit):
    """A copy of the book, changed."""
    book = copy.deepcopy(book)
    edit(book)
    return book


def charges_of(book):
    """Every charge of the plans and contracts."""
    for plan in book['plans'].values():
        for version in plan['versions']:
            yield from version['charges']
    for contract in book.get('contracts', {}).values():
        yield from contract.get('charges', [])


def priced_nodes(charge):
    """Where the price keys of a charge stand; none of a flat fee."""
    return [] if 'flat' in charge else charge.get('cases', [charge])


def charge_id(charge):
    return charge.get('id', charge.get('meter'))


def flat_ids(book):
    return {charge['id'] for charge in charges_of(book) if 'flat' in charge}


def contracts_of(book):
    return book.get('contracts', {})


def is_pooled(contract):
    return contract.get('pool') == 'true'


def accounts_of(book, name):
    """All that are ever in a contract."""
    return {*contracts_of(book)[name].get('accounts', []),
            *(row['account'] for row in book['subscriptions'] if row.get('contract') == name)}


def money(row, column='amount'):
    return Fraction(row[column])


def minor_unit(currency):
    return Fraction(1, 10**MINOR_DIGITS[currency])


def period_of_line(book, line):
    return period_of(book.get('period', 'month'), date.fromisoformat(line['from']))


def totals(rows, key, column='amount'):
    """{key(row): sum}, without those of nothing."""
    sums = {}
    for row in rows:
        sums[key(row)] = sums.get(key(row), 0) + money(row, column)
    return {name: total for name, total in sums.items() if total}


def key_of(*columns):
    return lambda row: tuple(row[column] for column in columns)


def same(a, b, *names):
    """Two results have the same bytes in these tables."""
    for name in names or TABLES:
        left, right = a.data(f'{name}.csv'), b.data(f'{name}.csv')
        if left != right:
            same_rows(name, a.rows(name), b.rows(name))
            raise Broken(f'{name}.csv: the same rows in other bytes')


def same_rows(what, a, b):
    """The same rows in the same order."""
    if a == b:
        return
    for i in range(max(len(a), len(b))):
        left, right = (rows[i] if i < len(rows) else None for rows in (a, b))
        if left != right:
            raise Broken(f'{what}: {len(a)} and {len(b)} rows; row {i + 1}:\n  {left}\n  {right}')


def in_order(rows):
    return sorted(rows, key=lambda row: list(row.values()))


def without(rows, *columns):
    return [{name: text for name, text in row.items() if name not in columns} for row in rows]
