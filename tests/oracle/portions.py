"""Metered usage, cut into portions: what one account used of a meter, with one set of dimensions,
in a stretch of days of one period. Charges choose whole portions and aggregate what they chose.

There is a portion where there is a record, or where a level that is not 0 is carried in.
"""

from collections import defaultdict
from datetime import date
from fractions import Fraction
from typing import NamedTuple

import levels
from timing import midnight, period_of, periods_between


class Portion(NamedTuple):
    account: str
    dimensions: dict      # all of the usage, not only the meter's `by`
    records: list
    weighted: Fraction    # time_weighted: Σ level × time ÷ length of the period


class MeteredUsage:
    """The metered records of a run."""

    def __init__(self, book, records):
        self.book = book
        self.first_day = {}   # by account
        self.by_period = defaultdict(list)
        self.found = {}       # portions already made
        histories = defaultdict(list)
        for record in sorted(records, key=lambda record: record.order):
            self.first_day.setdefault(record.account, record.day)
            period = period_of(book.period, record.day)
            for meter in record.meters:
                self.by_period[meter, record.account, period].append(record)
                if meter.aggregate == 'time_weighted':
                    histories[meter, record.account, values_of(record)].append(record)
        self.levels = defaultdict(list)  # (dimensions, steps) of each level
        for (meter, account, _), history in histories.items():
            level = history[0].dimensions, levels.steps(meter, history)
            self.levels[meter, account].append(level)
        last_day = max((record.day for record in records), default=None)
        self.horizon = period_of(book.period, last_day).end if last_day else date.min

    def periods(self, account):
        """Those in which an account may have usage: from its first record "through the period of
        the last usage in the state"."""
        if account not in self.first_day:
            return []
        return periods_between(self.book.period, self.first_day[account], self.horizon)

    def has_usage(self, account, period):
        return any(self.portions(meter, account, period, period.start, period.end)
                   for meter in self.book.meters)

    def portions(self, meter, account, period, start, end):
        """What the account used of the meter in [start, end), days of the period."""
        key = meter, account, period, start, end
        if key not in self.found:
            self.found[key] = list(self.make_portions(*key))
        return self.found[key]

    def make_portions(self, meter, account, period, start, end):
        inside = defaultdict(list)
        for record in self.by_period[meter, account, period]:
            if start <= record.day < end:
                inside[values_of(record)].append(record)
        if meter.aggregate != 'time_weighted':
            for records in inside.values():
                yield Portion(account, records[0].dimensions, records, Fraction(0))
            return
        first, last = midnight(start, self.book.zone), midnight(end, self.book.zone)
        for dimensions, steps in self.levels[meter, account]:
            records = inside[tuple(dimensions.values())]
            if records or levels.carried(steps, first):
                weighted = levels.level_time(steps, first, last) / period.length(self.book.zone)
                yield Portion(account, dimensions, records, weighted)


def values_of(record):
    return tuple(record.dimensions.values())
