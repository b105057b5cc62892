"""Rating: metered records and the book to lines, and to the usage that nobody is billed for."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import NamedTuple, Optional

import decimals
from book import MINOR_DIGITS, Plan, Subscription, Version, holds
from prices import Flat
from timing import Period, period_of, periods_between


class Segment(NamedTuple):
    """A part of a period in which one plan version is in force; before a plan's first version
    there is none."""
    period: Period
    start: date
    end: date
    plan: Plan
    version: Optional[Version]

    @property
    def share(self):
        return Fraction((self.end - self.start).days, self.period.days)

    @property
    def charges(self):
        return self.version.charges if self.version else []

    def holds(self, record):
        return self.start <= record.day < self.end


@dataclass
class Line:
    account: str
    segment: Segment
    charge: str
    detail: str
    quantity: Fraction
    exact: Fraction       # to 18 places
    amount: Fraction      # to the minor unit

    @property
    def period(self):
        return self.segment.period.label

    @property
    def currency(self):
        return self.segment.plan.currency

    def row(self):
        contract = ''
        return (self.account, contract, self.period, self.segment.plan.name, self.charge,
                self.detail, str(self.segment.start), str(self.segment.end),
                decimals.plain(self.quantity), decimals.plain(self.exact),
                money(self.amount, self.currency), self.currency)


def money(amount, currency):
    return decimals.fixed(amount, MINOR_DIGITS[currency])


def rate(book, records):
    """The lines and the rows of unrated.csv, both in order, for the metered records."""
    by_account = defaultdict(lambda: defaultdict(list))
    for record in records:
        by_account[record.account][period_of(book.period, record.day)].append(record)
    horizon = max((period.end for periods in by_account.values() for period in periods),
                  default=date.min)
    lines, unrated = [], []
    for account in {*by_account, *book.subscriptions}:
        used = by_account[account]
        segments = list(segments_of(book, account, used, horizon))
        for segment in segments:
            inside = [record for record in used.get(segment.period, []) if segment.holds(record)]
            for charge in segment.charges:
                charge_segment(book, account, segment, charge, inside, lines, unrated)
        for period, in_period in used.items():
            in_force = [s for s in segments if s.period == period]
            unrated += unbilled(book, account, period, in_force, in_period)
    lines.sort(key=Line.row)
    unrated.sort(key=lambda row: (row[:4], row[-1], row))
    return lines, unrated


def segments_of(book, account, used_periods, horizon):
    """An account without any subscription has the default plan in each period that it used."""
    subscriptions = book.subscriptions.get(account)
    if subscriptions is None and book.default_plan:
        subscriptions = [Subscription(period.start, period.end, book.default_plan)
                         for period in used_periods]
    for start, end, plan in subscriptions or []:
        end = min(end or horizon, horizon)
        for period in periods_between(book.period, start, end):
            bounds = {max(start, period.start), min(end, period.end)}
            cuts = {version.start for version in plan.versions}
            days = sorted(bounds | {day for day in cuts if min(bounds) < day < max(bounds)})
            for first, last in zip(days, days[1:]):
                yield Segment(period, first, last, plan, plan.version_at(first))


def charge_segment(book, account, segment, charge, records, lines, unrated):
    """Appends the lines of a charge in a segment, of whose records it takes those that fit."""
    groups = defaultdict(list)
    if not charge.split:
        groups[()] = []
    for record in records:
        if takes(charge, record, charge.meter):
            groups[values_of(charge.split, record)].append(record)
    is_flat = isinstance(charge.price, Flat)
    for values, taken in groups.items():
        detail = detail_of(charge.split, values)
        quantity = Fraction(0) if is_flat else aggregate(charge.meter, taken)
        value = price(charge, quantity, segment.share)
        line = Line(account, segment, charge.id, detail, quantity,
                    exact=decimals.rounded(value, decimals.PLACES, 'half_even'),
                    amount=decimals.rounded(value, MINOR_DIGITS[segment.plan.currency],
                                            book.rounding))
        if line.quantity or line.amount:
            lines.append(line)
        if quantity < 0 and not charge.price.takes_negative:
            unrated.append((account, segment.period.label, charge.meter.name, detail,
                            decimals.plain(quantity), str(len(taken)), 'negative_quantity'))


def price(charge, quantity, share):
    """The true value: free units off, then the price key."""
    if quantity > 0:
        quantity = max(quantity - charge.free, Fraction(0))
    elif not charge.price.takes_negative:
        quantity = Fraction(0)
    return charge.price.amount(quantity, share)


def takes(charge, record, meter):
    return (charge.meter is meter and meter in record.meters
            and holds(charge.where, record.dimensions))


def values_of(dimensions, record):
    return tuple(record.dimensions[name] for name in dimensions)


def detail_of(dimensions, values):
    return ';'.join(f'{name}={value}' for name, value in zip(dimensions, values))


def aggregate(meter, records):
    """The meter's quantity over records; 0 without any."""
    if not records:
        return Fraction(0)
    if meter.aggregate == 'latest':
        return max(records, key=lambda record: record.order).value(meter)
    values = [record.value(meter) for record in records]
    return {'count': sum, 'sum': sum, 'min': min, 'max': max}[meter.aggregate](values)


def unbilled(book, account, period, segments, records):
    """A row for each (meter, values of its `by`, reason) of usage that no charge takes."""
    for meter in book.meters:
        groups = defaultdict(list)
        for record in records:
            if meter in record.meters:
                reason = why_unbilled(meter, record, segments)
                groups[values_of(meter.by, record), reason].append(record)
        for (values, reason), found in groups.items():
            if reason:
                yield (account, period.label, meter.name, detail_of(meter.by, values),
                       decimals.plain(aggregate(meter, found)), str(len(found)), reason)


def why_unbilled(meter, record, segments):
    """None where some charge takes the record."""
    segment = next((s for s in segments if s.holds(record)), None)
    if segment is None:
        return 'no_subscription'
    billed = any(takes(charge, record, meter) for charge in segment.charges)
    return None if billed else 'no_charge'
