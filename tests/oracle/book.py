"""The book: one YAML file, read into plain objects."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Optional
from zoneinfo import ZoneInfo

import decimals
from contracts import read_contracts
from meters import Source, read_meter, read_source
from nodes import (BookError, currency_of, named, one_of, only_keys, read_yaml, required, unique)
from plans import Plan, read_plan
from subscriptions import read_joinings, read_rows, read_subscriptions
from timing import OPEN, period_of

PERIODS = ('month', 'week', 'day', 'quarter', 'year')
BUCKETS = ('hour', 'day', 'period')
DUPLICATES = ('first', 'last', 'error')
TOP_KEYS = ('rerate currency timezone period rounding bucket usage meters plans default_plan '
            'subscriptions contracts')


class UsageRules(NamedTuple):
    account: Source
    timestamp: Source
    event_id: Optional[Source]
    version: Optional[Source]
    void: Optional[Source]
    meter: Optional[Source]
    quantity: Optional[Source]  # in use even where no meter takes it
    dimensions: tuple
    no_value: frozenset
    skip_unknown: bool
    duplicates: str


@dataclass(frozen=True)
class Book:
    zone: ZoneInfo
    period: str
    rounding: str
    usage: UsageRules
    meters: list          # by name
    default_plan: Optional[Plan]
    subscriptions: dict   # account -> list by start; empty where it has only been in contracts
    contracts: list

    @property
    def readings(self):
        """What meters read of a record, in the order of the names of the meters."""
        return unique(meter.reading for meter in self.meters)

    @property
    def columns(self):
        """Every column that is read."""
        usage = self.usage
        sources = [usage.account, usage.timestamp, usage.event_id, usage.version, usage.void,
                   usage.meter, usage.quantity]
        return unique([s.column for s in sources if s] + list(usage.dimensions)
                      + [reading.source.column for reading in self.readings])


def load(path):
    return understand(read_yaml(path), Path(path).parent)


def understand(top, folder):
    """The book of a YAML map; files that it names are in the folder."""
    only_keys(top, 'the book', TOP_KEYS)
    if top.get('rerate') != '1':
        raise BookError('rerate: 1 expected')
    currency = currency_of(required(top, 'currency', 'the book'))
    period = one_of(PERIODS, top.get('period', 'month'))
    bucket = one_of(BUCKETS, top.get('bucket', 'day'))
    usage = read_usage(top['usage'])
    meters = {name: read_meter(name, node, top['usage'])
              for name, node in top['meters'].items()}
    plans = {name: read_plan(name, node, currency, meters)
             for name, node in top.get('plans', {}).items()}
    rows = read_rows(top.get('subscriptions', []), folder)
    subscriptions = read_subscriptions(rows, plans)
    contracts = read_contracts(top.get('contracts', {}), folder, read_joinings(rows), currency,
                               plans, meters, period)
    if bucket == 'period':
        check_cuts(period, plans.values(), subscriptions, contracts)
    accounts_named = [row['account'] for row in rows]
    accounts_named += [account for contract in contracts for account in contract.accounts]
    return Book(
        zone=ZoneInfo(top.get('timezone', 'UTC')),
        period=period,
        rounding=one_of(decimals.ROUNDING, top.get('rounding', 'half_up')),
        usage=usage,
        meters=sorted(meters.values(), key=lambda meter: meter.name.encode()),
        default_plan=named(plans, top['default_plan']) if 'default_plan' in top else None,
        subscriptions={**dict.fromkeys(accounts_named, ()), **subscriptions},
        contracts=contracts)


def read_usage(node):
    only_keys(node, 'usage', 'account timestamp event_id version void meter quantity dimensions '
                             'no_value unknown_meters duplicates')
    corrections = {key: read_source(node.get(key)) for key in ('version', 'void')}
    for key, source in corrections.items():
        if source and (source.column is None or 'event_id' not in node):
            raise BookError(f'usage.{key}: a column, and only with event_id')
    return UsageRules(
        account=read_source(node['account']),
        timestamp=read_source(node['timestamp']),
        event_id=read_source(node.get('event_id')),
        **corrections,
        meter=read_source(node.get('meter')),
        quantity=read_source(node.get('quantity')),
        dimensions=tuple(node.get('dimensions', [])),
        no_value=frozenset(node.get('no_value', [''])),
        skip_unknown=one_of(('quarantine', 'skip'),
                            node.get('unknown_meters', 'quarantine')) == 'skip',
        duplicates=one_of(DUPLICATES, node.get('duplicates', 'first')))


def check_cuts(period, plans, subscriptions, contracts):
    """"Cuts must fall on bucket bounds": with buckets of a whole period nothing may begin or end
    inside one. Everything else begins and ends with a day."""
    cuts = [version.start for plan in plans for version in plan.versions]
    stretches = [s for rows in subscriptions.values() for s in rows] + contracts
    stretches += [stay for contract in contracts for stay in contract.stays]
    cuts += [stretch.start for stretch in stretches]
    cuts += [stretch.end for stretch in stretches if stretch.end != OPEN]
    for day in cuts:
        if period_of(period, day).start != day:
            raise BookError(f'{day} cuts a period: bucket must be day')
