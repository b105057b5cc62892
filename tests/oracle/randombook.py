#!/usr/bin/python3
"""Makes a random book, its subscriptions, and usage files that are hard to read: book.yaml,
subscriptions.csv (or .csv.zst, or none), contracts.yaml (or none), usage-*.csv and usage-*.csv.zst.
The same seed with the same features gives the same bytes.

The book is always right, and its usage spans a few periods of the chosen kind; some of the usage
is bad. Quantities are small enough that no sum leaves 20 digits before the point.
"""

import argparse
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml

import features as feature_switch
from dice import Dice
from nodes import MINOR_DIGITS
from randomcontracts import Contracts
from randomusage import (DIMENSIONS, USER_COLUMN, VALUE_COLUMNS, VERSION_COLUMN, VOID_COLUMN,
                         write_usage, write_zstd)
from tables import write_table
from timing import DAY, period_of

ZONES = ['UTC', 'America/New_York', 'Asia/Kolkata', 'Europe/Berlin', 'America/Sao_Paulo',
         'Australia/Lord_Howe']
# Around changes of the clock, leap days, ends of (ISO) years, and the epoch.
DATES = ['2018-10-30', '2019-02-13', '2024-03-07', '2024-03-28', '2024-10-03', '2024-10-25',
         '2024-11-01', '2024-02-27', '2020-12-27', '2023-12-28', '2025-06-12', '1969-12-30']
MORE_ZONES = ['America/Santiago', 'Asia/Kathmandu', 'Africa/Cairo', 'Atlantic/Azores',
              'Pacific/Chatham']  # of some the clock skips midnight, or strikes it twice
MORE_DATES = ['2024-04-05', '2024-09-06', '2024-10-26', '2023-10-26', '2024-04-25', '2015-03-27',
              '2024-12-31', '2023-02-28']
SPAN = {'day': 6, 'week': 5, 'month': 4, 'quarter': 3, 'year': 3}  # periods with usage

ACCOUNTS = ['acme', 'acme-eu', 'acme, Inc.', 'Say "hi"', '"quoted"', 'Zoë', '株式会社', '😀 emoji',
            '\ufffdodd', 'two\nlines', 'cr\r\nlf', ' padded ', "o'neil", '0', '007', 'x' * 300,
            'a=b;c', '#7', 'null']
METERS = ['tokens', 'api_calls', 'storage gb', 'größe, max']
# Times a half: exact ties, and values so near to one that 18 places do not show the difference.
TIE_PRICES = ['0.005', '0.01', '0.5', '2.5', '0.009999999999999999', '0.010000000000000001',
              '1.000000000000000001', '0.000000000000000001']
PERCENTILES = ['95', '50', '99', '99.9', '100', '33.3', '10', '0.000000000000000001']
PERCENTS = ['2.9', '0.5', '100', '12.5', '33.333333333333333333', '0', '0.000000000000000001']
TIER_BOUNDS = ['0.5', '1', '3', '5', '7', '12', '15', '1000', '2500']  # likely quantities


class Plain(str):
    """A text that YAML shows without quotes."""


class Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data):
        return True


def represent_plain(dumper, text):
    tag = dumper.resolve(yaml.ScalarNode, str(text), (True, False))
    return dumper.represent_scalar(tag, str(text))


Dumper.add_representer(Plain, represent_plain)


class World:
    """A book in the making, and what the usage must know of it."""

    def __init__(self, dice, features):
        self.dice = dice
        self.features = {name for name in sorted(features) if dice.chance(80)}
        far = self.has('zones')
        self.zone_name = dice.choice(ZONES + MORE_ZONES if far else ZONES)
        self.zone = ZoneInfo(self.zone_name)
        self.kind = dice.choice(list(SPAN))
        self.bucket = dice.choice(['hour', 'day', 'period'])
        dates = DATES + MORE_DATES if far else DATES
        self.periods = [period_of(self.kind, date.fromisoformat(dice.choice(dates)))]
        while len(self.periods) < SPAN[self.kind]:
            self.periods.append(period_of(self.kind, self.periods[-1].end))
        self.start, self.end = self.periods[0].start, self.periods[-1].end
        self.accounts = dice.sample(ACCOUNTS, dice.randint(1, 8))
        self.no_value = dice.choice([[''], ['', 'NULL'], ['', 'NULL', '-'], ['NULL', '', 'n/a']])
        self.dimensions = dice.some(list(DIMENSIONS))
        self.has_meter = dice.chance(70)
        self.has_event_id = dice.chance(75)
        self.const_account = dice.chance(12)
        self.const_meter = self.has_meter and dice.chance(10)
        self.duplicates = dice.choice(['first', 'first', 'last', 'last', 'error'])
        self.halves = dice.chance(12)  # quantities are halves of small numbers
        self.negative_percent = dice.choice([0, 0, 10, 60])
        self.cuts = []  # days
        self.meters = self.make_meters()
        self.meter_texts = [meter.get('match', name) for name, meter in self.meters.items()]
        # Accounts whose levels are carried on for long.
        self.quiet = dice.some(self.accounts) if self.has('time_weighted') else []

    def has(self, feature):
        return feature in self.features

    @property
    def has_version(self):
        return self.has_event_id and self.has('version')

    @property
    def has_void(self):
        return self.has_event_id and self.has('void')

    def written(self, text):
        """A number or date, plain or quoted."""
        return Plain(text) if self.dice.chance(50) else text

    def some_day(self, first, last):
        """A day on which a cut may fall, in [first, last); usage aims at it."""
        day = first + self.dice.randrange(max((last - first).days, 1)) * DAY
        if self.bucket == 'period' or self.dice.chance(15):
            day = period_of(self.kind, day).start
        self.cuts.append(day)
        return day

    def before(self, n):
        """The start of the n-th period before the usage."""
        start = self.start
        for _ in range(n):
            start = period_of(self.kind, start - DAY).start
        return start

    def book(self):
        dice = self.dice
        names = dice.some(['payg', 'gold', 'über plan'], least=1)
        plans = {name: self.make_plan() for name in names}
        book = {
            'rerate': Plain('1'),
            'currency': dice.choice(['USD', 'USD', 'JPY', 'KWD']),
            'timezone': self.zone_name,
            'period': self.kind,
            'rounding': dice.choice(['half_up', 'half_even', 'up', 'down']),
            'bucket': self.bucket,
            'usage': self.usage_rules(),
            'meters': self.meters,
            'plans': plans,
        }
        for key, default in [('timezone', 'UTC'), ('period', 'month'), ('rounding', 'half_up'),
                             ('bucket', 'day')]:
            if book[key] == default and dice.chance(30):
                del book[key]
        if dice.chance(60):
            book['default_plan'] = dice.choice(list(plans))
        if self.has('plan_minimum'):
            for plan in plans.values():
                if dice.chance(50):
                    plan['minimum'] = self.amount(plan.get('currency', book['currency']))
        return book

    def amount(self, currency, digits=8):
        """Money as it is billed, to the minor unit."""
        dice = self.dice
        places = dice.choice([0, MINOR_DIGITS[currency]])
        whole = dice.randrange(10**dice.randint(1, digits))
        part = f'.{dice.randrange(10**places):0{places}}' if places else ''
        return self.written(f'{whole}{part}')

    def usage_rules(self):
        rules = {
            'account': {'const': self.accounts[0]} if self.const_account else 'account_id',
            'timestamp': 'timestamp',
            'quantity': 'quantity',
            'no_value': self.no_value,
        }
        if self.has_event_id:
            rules['event_id'] = 'event id'
        if self.has_version:
            rules['version'] = VERSION_COLUMN
        if self.has_void:
            rules['void'] = VOID_COLUMN
        if self.has_meter:
            rules['meter'] = {'const': self.meter_texts[0]} if self.const_meter else 'meter'
        if self.dimensions or self.dice.chance(50):
            rules['dimensions'] = self.dimensions
        if self.duplicates != 'first' or self.dice.chance(70):
            rules['duplicates'] = self.duplicates
        unknown = self.dice.choice(['quarantine', 'skip'])
        if unknown == 'skip' or self.dice.chance(70):
            rules['unknown_meters'] = unknown
        return rules

    def make_meters(self):
        dice, meters = self.dice, {}
        kinds = ['count', 'sum', 'sum', 'min', 'max', 'latest']
        for name in ('average', 'unique', 'percentile', 'time_weighted'):
            kinds += [name] * 3 if self.has(name) else []
        for name in dice.some(METERS, least=1):
            meter = {'aggregate': dice.choice(kinds)}
            if meter['aggregate'] == 'unique':
                self.add_unique_of(meter)
            elif dice.chance(40):
                meter['of'] = dice.choice(VALUE_COLUMNS)
            if meter['aggregate'] == 'percentile':
                meter['p'] = self.written(dice.choice(PERCENTILES))
            if meter['aggregate'] == 'time_weighted' and dice.chance(70):
                meter['values'] = dice.choice(['level', 'level', 'change'])
            if self.has_meter and dice.chance(25):
                meter['match'] = dice.choice(['alias', 'größe, max', 'T1'])
            if dice.chance(30):
                meter['where'] = self.make_where(self.dimensions)
            if dice.chance(70):
                meter['by'] = dice.some(self.dimensions, least=1)
            meters[name] = meter
        return meters

    def add_unique_of(self, meter):
        """Any column, or the default; now and then a constant."""
        dice = self.dice
        columns = [USER_COLUMN, USER_COLUMN, *VALUE_COLUMNS, *self.dimensions]
        columns += ['event id'] if self.has_event_id else []
        if dice.chance(85):
            meter['of'] = dice.choice(columns) if dice.chance(95) else {'const': 'all'}

    def make_where(self, dimensions):
        where = {}
        for name in self.dice.some(dimensions, least=1):
            values = self.dice.some(DIMENSIONS[name], least=1)
            where[name] = values[0] if len(values) == 1 or self.dice.chance(30) else values
        return where

    def make_plan(self):
        dice = self.dice
        starts = {self.before(4)} if dice.chance(70) else {self.some_day(self.start, self.end)}
        for _ in range(dice.choice([0, 0, 1, 2])):
            starts.add(self.some_day(self.start, self.end))
        versions = [{'from': self.written(str(day)), 'charges': self.make_charges()}
                    for day in sorted(starts)]
        plan = {'versions': versions}
        if dice.chance(25):
            plan['currency'] = dice.choice(['USD', 'JPY', 'KWD', 'EUR'])
        return plan

    def make_charges(self):
        dice, charges = self.dice, []
        for n in range(dice.choice([0, 1, 1, 2])):
            fee = dice.choice(['0.004', '0.0004']) if dice.chance(10) else dice.decimal(3, 4)
            flat = {'id': f'fee-{n}', 'flat': self.written(fee)}
            if dice.chance(60):
                flat['prorate'] = Plain(dice.choice(['true', 'true', 'false']))
            self.add_bounds(flat, percent=10)
            charges.append(flat)
        for name in dice.some(list(self.meters), least=1):
            charges += [self.make_charge(name, n) for n in range(dice.choice([1, 1, 1, 2]))]
        dice.shuffle(charges)
        return charges

    def make_charge(self, meter, n):
        dice, charge = self.dice, {'meter': meter}
        if n or dice.chance(30):
            charge['id'] = f'{meter} #{n}'
        by = self.meters[meter].get('by', [])
        if by and dice.chance(40):
            charge['where'] = self.make_where(by)
        if by and dice.chance(40):
            charge['split'] = dice.sample(by, dice.randint(1, len(by)))
        if dice.chance(30):
            free = dice.choice(['0', '1', '100', '10.5', dice.decimal(4, 6)])
            charge['free'] = self.written(free)
        self.add_units(charge)
        self.add_bounds(charge, percent=25)
        if by and self.has('cases') and dice.chance(35):
            charge['cases'] = self.make_cases(charge, by)
        else:
            self.add_price(charge, charge)
        return charge

    def add_price(self, node, charge):
        """A price key, in a charge or in one of its cases."""
        keys = ['per_unit', 'graduated', 'volume', 'package']
        keys += ['percent', 'graduated_percent'] if self.has('percent') else []
        is_sum = self.meters[charge['meter']]['aggregate'] == 'sum'
        if self.has('per_event') and is_sum and not {'free', 'units'} & set(charge):
            keys += ['per_event'] * 2
        key = self.dice.choice(keys)
        node['percent' if key == 'per_event' else key] = getattr(self, f'make_{key}')()

    def make_cases(self, charge, by):
        """The last one may have no `where`, and take all that is left."""
        cases = [{'where': self.make_where(by)} for _ in range(self.dice.randint(1, 3))]
        if self.dice.chance(60):
            cases.append({})
        for case in cases:
            self.add_price(case, charge)
        return cases

    def add_units(self, charge):
        dice = self.dice
        if self.has('units') and dice.chance(35):
            units = charge['units'] = {}
            rule = dice.choice(['', 'none', 'up', 'down', 'half_up'])
            if not rule or dice.chance(85):
                units['divide_by'] = self.written(dice.choice(['1000', '3', '7', '1024', '0.5',
                                                               '60', '1', '99.99']))
            if rule:
                units['round'] = rule
            if rule not in ('', 'none') and dice.chance(60):
                units['places'] = self.written(dice.choice(['0', '1', '2', '6', '18']))

    def add_bounds(self, charge, percent):
        dice = self.dice
        if self.has('bounds'):
            bounds = sorted((dice.decimal(dice.choice([1, 4, 8]), 4) for _ in range(2)), key=float)
            for name, bound in zip(['minimum', 'maximum'], bounds):
                if dice.chance(percent):
                    charge[name] = self.written(bound)
            if dice.chance(percent):
                charge['discount'] = self.make_discount()

    def make_discount(self):
        return {'percent': self.written(self.dice.choice(PERCENTS))}

    def unit_price(self):
        dice = self.dice
        if dice.chance(60 if self.halves else 10):
            return self.written(dice.choice(TIE_PRICES))
        return self.written(dice.decimal(2, dice.choice([2, 6, 18])))

    make_per_unit = unit_price

    def make_graduated(self):
        dice, n = self.dice, self.dice.randint(0, 3)
        if dice.chance(40):
            bounds = dice.some(TIER_BOUNDS)[:n]
        else:
            bounds = map(str, sorted(dice.sample(range(1, 10**dice.randint(1, 4)), n)))
        tiers = [{'up_to': self.written(bound)} for bound in bounds] + [{}]
        for tier in tiers:
            if dice.chance(85):
                tier['unit'] = self.unit_price()
            if dice.chance(35) or not tier:
                tier['flat'] = self.written(dice.decimal(2, 3))
        return tiers

    make_volume = make_graduated

    def make_package(self):
        dice = self.dice
        package = {'size': self.written(dice.choice(['1', '10', '1000', '0.5', '7', '33.3'])),
                   'amount': self.written(dice.decimal(2, 3))}
        if dice.chance(75):
            package['round'] = dice.choice(['up', 'down'])
        return package

    def make_percent(self):
        percent = {'rate': self.written(self.dice.choice(PERCENTS))}
        if self.dice.chance(60):
            percent['fixed'] = self.unit_price()
        return percent

    def make_per_event(self):
        dice, percent = self.dice, self.make_percent()
        least, most = sorted((dice.decimal(dice.choice([1, 1, 4]), 3) for _ in range(2)), key=float)
        bounds = {'min': self.written(least), 'max': self.written(most)}
        percent['per_event'] = {name: bounds[name] for name in dice.some(list(bounds), least=1)}
        return percent

    def make_graduated_percent(self):
        tiers = self.make_graduated()
        for tier in tiers:
            if 'unit' in tier:
                tier['rate'] = tier.pop('unit')
        return tiers

    def subscriptions(self, plans):
        """Rows of (account, plan, start, end); an empty end is open."""
        dice, rows = self.dice, []
        for account in [*self.accounts, 'no usage', 'idle, too']:
            if dice.chance(30):
                continue
            day = self.some_day(self.before(2), self.end)
            for _ in range(dice.randint(1, 3)):
                end = self.some_day(day + DAY, self.end + (self.end - self.start) // 2)
                open_end = dice.chance(25)
                if not open_end and end <= day:
                    break
                rows.append((account, dice.choice(plans), str(day), '' if open_end else str(end)))
                if open_end or end >= self.end:
                    break
                day = end if dice.chance(50) else max(end, self.some_day(end, self.end))
        dice.shuffle(rows)
        return rows


def make(seed, records, folder, features, names=None, **settings):
    """Writes everything into the folder; returns the names of the usage files, which may be given.
    `settings` are of the World."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    dice = Dice(seed)
    world = World(dice, features)
    for name, value in settings.items():
        setattr(world, name, value)
    book = world.book()
    subscriptions = world.subscriptions(list(book['plans']))
    columns = ['account', 'plan', 'start', 'end']
    if world.has('contracts'):
        contracts = Contracts(world, book)
        columns.append('contract')
        subscriptions = [(*row, '') for row in subscriptions] + contracts.rows
        dice.shuffle(subscriptions)
        add_contracts(book, contracts.contracts, folder, dice)
    add_subscriptions(book, columns, subscriptions, folder, world)
    write_yaml(folder / 'book.yaml', book, dice)
    return write_usage(world, records, folder, names)


def add_subscriptions(book, columns, rows, folder, world):
    dice = world.dice
    if dice.chance(50):
        book['subscriptions'] = 'subscriptions.csv'
        write_table(folder / 'subscriptions.csv', columns, rows)
        if world.has('contracts') and dice.chance(40):
            book['subscriptions'] = 'subscriptions.csv.zst'
            plain = folder / 'subscriptions.csv'
            write_zstd(folder / 'subscriptions.csv.zst', plain.read_bytes(), dice)
            plain.unlink()
    elif rows:
        book['subscriptions'] = [{column: text for column, text in zip(columns, row) if text}
                                 for row in rows]


def add_contracts(book, contracts, folder, dice):
    if contracts and dice.chance(40):
        write_yaml(folder / 'contracts.yaml', contracts, dice)
        book['contracts'] = 'contracts.yaml'
    elif contracts:
        book['contracts'] = contracts


def write_yaml(path, node, dice):
    path.write_text(yaml.dump(node, Dumper=Dumper, sort_keys=False, allow_unicode=dice.chance(50),
                              default_flow_style=dice.choice([None, False])), encoding='utf-8')


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--seed', type=int, required=True)
    parser.add_argument('--records', type=int, default=1000)
    parser.add_argument('-o', dest='folder', required=True)
    feature_switch.add_arguments(parser)
    args = parser.parse_args()
    print('\n'.join(make(args.seed, args.records, args.folder, feature_switch.chosen(args))))


if __name__ == '__main__':
    main()
