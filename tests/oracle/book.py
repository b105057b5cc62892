"""The book: one YAML file, read into plain objects.

Scalars are read as text (BaseLoader) and numbers as fractions, so nothing passes through a float.
A key that is not implemented here is an error, never ignored.
"""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple, Optional
from zoneinfo import ZoneInfo

import yaml

import decimals
import prices
from tables import read_table
from timing import period_of

PERIODS = ('month', 'week', 'day', 'quarter', 'year')
BUCKETS = ('hour', 'day', 'period')
DUPLICATES = ('first', 'last', 'error')
AGGREGATES = ('count', 'sum', 'min', 'max', 'latest')

# Digits of the minor unit (ISO 4217).
MINOR_DIGITS = {
    **dict.fromkeys('AED ARS AUD BDT BGN BRL CAD CHF CNY COP CZK DKK EGP EUR GBP GHS HKD HUF IDR '
                    'ILS INR KES LKR MAD MXN MYR NGN NOK NZD PEN PHP PKR PLN QAR RON RSD RUB SAR '
                    'SEK SGD THB TRY TWD TZS UAH USD UYU ZAR'.split(), 2),
    **dict.fromkeys('BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF'.split(), 0),
    **dict.fromkeys('BHD IQD JOD KWD LYD OMR TND'.split(), 3),
    **dict.fromkeys('CLF UYW'.split(), 4),
}


class BookError(Exception):
    """The book is wrong: exit code 78."""


class Source(NamedTuple):
    """Where a text of a record comes from: a column, or the same constant for all."""
    column: Optional[str]
    const: Optional[str]


@dataclass(frozen=True)
class UsageRules:
    account: Source
    timestamp: Source
    event_id: Optional[Source]
    meter: Optional[Source]
    dimensions: tuple
    no_value: frozenset
    skip_unknown: bool
    duplicates: str


@dataclass(frozen=True, eq=False)
class Meter:
    name: str
    aggregate: str
    of: Optional[Source]  # None: count reads no column
    match: str
    where: dict           # dimension -> allowed values
    by: tuple


@dataclass(frozen=True)
class Charge:
    id: str
    meter: Optional[Meter]
    price: object         # of prices.py
    free: Fraction
    where: dict
    split: tuple


class Version(NamedTuple):
    start: date
    charges: list


@dataclass(frozen=True)
class Plan:
    name: str
    currency: str
    versions: list        # by start

    def version_at(self, day):
        """The version in force, or None before the first."""
        return next((v for v in reversed(self.versions) if v.start <= day), None)


class Subscription(NamedTuple):
    start: date
    end: Optional[date]   # None: open
    plan: Plan


@dataclass(frozen=True)
class Book:
    zone: ZoneInfo
    period: str
    rounding: str
    usage: UsageRules
    meters: list
    default_plan: Optional[Plan]
    subscriptions: dict   # account -> list by start

    @property
    def value_columns(self):
        """The aggregated columns, in the order of the names of the meters that use them first."""
        return unique(m.of.column for m in self.meters if m.of)

    @property
    def columns(self):
        """Every column that is read."""
        usage = self.usage
        sources = [usage.account, usage.timestamp, usage.event_id, usage.meter]
        return unique([s.column for s in sources if s] + list(usage.dimensions)
                      + self.value_columns)


def holds(where, dimensions):
    return all(dimensions[name] in allowed for name, allowed in where.items())


def unique(names):
    return list(dict.fromkeys(name for name in names if name is not None))


def load(path):
    top = yaml.load(Path(path).read_text(encoding='utf-8'), yaml.BaseLoader)
    only_keys(top, 'the book', 'rerate currency timezone period rounding bucket usage meters plans '
                               'default_plan subscriptions')
    if top.get('rerate') != '1':
        raise BookError('rerate: 1 expected')
    currency = currency_of(top['currency'])
    period = one_of(PERIODS, top.get('period', 'month'))
    bucket = one_of(BUCKETS, top.get('bucket', 'day'))
    usage = read_usage(top['usage'])
    meters = {name: read_meter(name, node, top['usage'])
              for name, node in top['meters'].items()}
    plans = {name: read_plan(name, node, currency, meters)
             for name, node in top.get('plans', {}).items()}
    subscriptions = read_subscriptions(top.get('subscriptions', []), Path(path).parent, plans)
    if bucket == 'period':
        check_cuts(period, plans, subscriptions)
    return Book(
        zone=ZoneInfo(top.get('timezone', 'UTC')),
        period=period,
        rounding=one_of(decimals.ROUNDING, top.get('rounding', 'half_up')),
        usage=usage,
        meters=sorted(meters.values(), key=lambda meter: meter.name.encode()),
        default_plan=named(plans, top['default_plan']) if 'default_plan' in top else None,
        subscriptions=subscriptions)


def read_usage(node):
    only_keys(node, 'usage', 'account timestamp event_id meter quantity dimensions no_value '
                             'unknown_meters duplicates')
    return UsageRules(
        account=read_source(node['account']),
        timestamp=read_source(node['timestamp']),
        event_id=read_source(node.get('event_id')),
        meter=read_source(node.get('meter')),
        dimensions=tuple(node.get('dimensions', [])),
        no_value=frozenset(node.get('no_value', [''])),
        skip_unknown=one_of(('quarantine', 'skip'),
                            node.get('unknown_meters', 'quarantine')) == 'skip',
        duplicates=one_of(DUPLICATES, node.get('duplicates', 'first')))


def read_source(node):
    if node is None:
        return None
    if isinstance(node, dict):
        only_keys(node, 'a source', 'const')
        return Source(None, node['const'])
    return Source(node, None)


def read_meter(name, node, usage_node):
    only_keys(node, f'meter {name}', 'aggregate of match where by')
    aggregate = one_of(AGGREGATES, node['aggregate'])
    of = None if aggregate == 'count' else read_source(node.get('of', usage_node.get('quantity')))
    if aggregate != 'count' and of is None:
        raise BookError(f'meter {name}: neither `of` nor usage.quantity')
    dimensions = usage_node.get('dimensions', [])
    where, by = read_where(node), node.get('by', [])
    known(dimensions, [*where, *by], f'meter {name}')
    return Meter(name, aggregate, of, node.get('match', name), where, tuple(by))


def read_where(node):
    return {dimension: frozenset(value if isinstance(value, list) else [value])
            for dimension, value in node.get('where', {}).items()}


def read_plan(name, node, currency, meters):
    only_keys(node, f'plan {name}', 'currency versions')
    versions = []
    for version in node['versions']:
        only_keys(version, f'plan {name}', 'from charges')
        charges = [read_charge(charge, meters) for charge in version['charges']]
        all_differ([charge.id for charge in charges], f'plan {name}: charge ids')
        versions.append(Version(read_date(version['from']), charges))
    all_differ([version.start for version in versions], f'plan {name}: versions')
    versions.sort(key=lambda version: version.start)
    return Plan(name, currency_of(node.get('currency', currency)), versions)


def read_charge(node, meters):
    only_keys(node, 'a charge', 'id meter free where split prorate flat per_unit graduated volume '
                                'package')
    meter = named(meters, node['meter']) if 'meter' in node else None
    charge = Charge(
        id=node['id'] if 'id' in node else meter.name,
        meter=meter,
        price=read_price(node),
        free=number(node.get('free', '0')),
        where=read_where(node),
        split=tuple(node.get('split', [])))
    if meter is None and 'flat' not in node:
        raise BookError(f'charge {charge.id}: a meter is missing')
    known(meter.by if meter else (), [*charge.where, *charge.split], f'charge {charge.id}')
    return charge


def read_price(node):
    """The one price key of a charge."""
    keys = [key for key in ('flat', 'per_unit', 'graduated', 'volume', 'package') if key in node]
    if len(keys) != 1:
        raise BookError(f'exactly one price key expected in {node}')
    key, price = keys[0], node[keys[0]]
    if key == 'flat':
        return prices.Flat(number(price), one_of(('true', 'false'),
                                                         node.get('prorate', 'false')) == 'true')
    if key == 'per_unit':
        return prices.PerUnit(number(price))
    if key == 'graduated':
        return prices.Graduated(read_tiers(price))
    if key == 'volume':
        return prices.Volume(read_tiers(price))
    only_keys(price, 'package', 'size amount round')
    return prices.Package(number(price['size']), number(price['amount']),
                          one_of(('up', 'down'), price.get('round', 'up')) == 'up')


def read_tiers(nodes):
    tiers = []
    for node in nodes:
        only_keys(node, 'a tier', 'up_to unit flat')
        up_to = number(node['up_to']) if 'up_to' in node else None
        tiers.append(prices.Tier(up_to, number(node.get('unit', '0')),
                                 number(node.get('flat', '0'))))
    bounds = [tier.up_to for tier in tiers[:-1]]
    rising = None not in bounds and all(a < b for a, b in zip([0, *bounds], bounds))
    if not tiers or tiers[-1].up_to is not None or not rising:
        raise BookError('bounds of tiers must rise, and the last tier has none')
    return tuple(tiers)


def read_subscriptions(node, folder, plans):
    """A list in the book, or the name of a CSV file beside it."""
    if isinstance(node, str):
        header, body = read_table(folder / node)
        node = [dict(zip(header, row)) for row in body]
    by_account = {}
    for row in node:
        only_keys(row, 'a subscription', 'account plan start end')
        start, end = read_date(row['start']), row.get('end')
        subscription = Subscription(start, read_date(end) if end else None,
                                    named(plans, row['plan']))
        by_account.setdefault(row['account'], []).append(subscription)
    for account, subscriptions in by_account.items():
        subscriptions.sort(key=lambda s: s.start)
        bounds = [day or date.max for s in subscriptions for day in (s.start, s.end)]
        if bounds != sorted(bounds) or any(s.start == s.end for s in subscriptions):
            raise BookError(f'subscriptions of {account!r} overlap, or end before they start')
    return by_account


def check_cuts(period, plans, subscriptions):
    """With buckets of a whole period nothing may begin or end inside one."""
    cuts = [version.start for plan in plans.values() for version in plan.versions]
    cuts += [day for rows in subscriptions.values() for s in rows for day in (s.start, s.end)]
    for day in cuts:
        if day and period_of(period, day).start != day:
            raise BookError(f'{day} cuts a period: bucket must be day')


def read_date(text):
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BookError(str(error)) from error


def number(text):
    try:
        return decimals.parse(text)
    except ValueError as error:
        raise BookError(f'not a decimal: {text!r}') from error


def currency_of(text):
    return one_of(MINOR_DIGITS, text)


def one_of(allowed, text):
    if text not in allowed:
        raise BookError(f'{text!r} is none of {", ".join(allowed)}')
    return text


def named(things, name):
    if name not in things:
        raise BookError(f'{name!r} is not defined')
    return things[name]


def known(allowed, names, what):
    unknown = [name for name in names if name not in allowed]
    if unknown:
        raise BookError(f'{what}: dimensions {unknown} are not among {list(allowed)}')


def all_differ(values, what):
    if len(set(values)) != len(values):
        raise BookError(f'{what} repeat')


def only_keys(node, what, allowed):
    unknown = set(node) - set(allowed.split())
    if unknown:
        raise BookError(f'{what}: keys not known to the oracle: {sorted(unknown)}')
