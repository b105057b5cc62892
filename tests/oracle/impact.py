"""What changed between two results, for whom and why. `middle` is the new book on the usage that the old
result knew:

    price_effect = exact(middle) - exact(old)     usage_effect = exact(new) - exact(middle)
    rounding = delta - price_effect - usage_effect

A result is {Key: Sum} of its lines. Effects are of `exact` as lines show it, since that can be checked
from the files of results."""

from collections import defaultdict
from fractions import Fraction
from typing import NamedTuple

import decimals
from lines import money

LINES = 'account,period,charge,detail,currency,old,new,delta,price_effect,usage_effect,rounding'
ADJUSTMENTS = 'account,period,currency,old,new,delta,kind'


class Key(NamedTuple):
    payer: str
    account: str
    period: str
    charge: str
    detail: str
    currency: str
    plan: str = ''

    @property
    def line(self):
        """"Lines of two results are matched by (account, period, charge, detail, currency), summed over
        plan, contract and segments"."""
        return self[1:6]

    @property
    def invoice(self):
        return self.payer, self.period, self.currency

    @property
    def correction(self):
        return self._replace(plan='')

    @property
    def total(self):
        return self.currency,

    @property
    def by_period(self):
        return self.currency, self.period

    @property
    def by_plan(self):
        return self.currency, self.plan

    @property
    def by_charge(self):
        return self.currency, self.charge

    @property
    def of_payer(self):
        return self.currency, self.payer


class Sum(NamedTuple):
    """Of some lines."""
    amount: Fraction = Fraction(0)
    exact: Fraction = Fraction(0)

    def __add__(self, other):
        return Sum(self.amount + other.amount, self.exact + other.exact)


class Change(NamedTuple):
    """What becomes of what has one key."""
    old: Fraction
    new: Fraction
    price_effect: Fraction
    usage_effect: Fraction

    @property
    def delta(self):
        return self.new - self.old

    @property
    def rounding(self):
        return self.delta - self.price_effect - self.usage_effect

    @property
    def is_any(self):
        return any((self.delta, self.price_effect, self.usage_effect))

    @property
    def differs(self):
        """Whether old and new do, whatever effects cancel each other."""
        return any((self.delta, self.price_effect + self.usage_effect))

    @property
    def kind(self):
        return 'debit' if self.delta > 0 else 'credit' if self.delta < 0 else 'none'

    def amounts(self, currency):
        return tuple(money(amount, currency) for amount in (self.old, self.new, self.delta))

    def effects(self):
        return tuple(map(decimals.plain, (self.price_effect, self.usage_effect, self.rounding)))


def sums(lines):
    """Of the lines of `rating.rate`."""
    found = defaultdict(Sum)
    for line in lines:
        key = Key(line.payer, line.account, line.period.label, line.charge, line.detail, line.currency,
                  line.plan.name)
        found[key] += Sum(line.amount, line.exact)
    return dict(found)


def compared(old, middle, new, part):
    """{key: Change} in order; keys are that part of a Key."""
    sides = []
    for side in (old, middle, new):
        sides.append(defaultdict(Sum))
        for key, total in side.items():
            sides[-1][getattr(key, part)] += total
    found = {}
    for key in sorted(set().union(*sides)):
        before, between, after = (side[key] for side in sides)
        found[key] = Change(before.amount, after.amount, between.exact - before.exact,
                            after.exact - between.exact)
    return found


def changes(old, middle, new, part):
    """Where anything changed."""
    found = compared(old, middle, new, part)
    return {key: change for key, change in found.items() if change.is_any}


def line_row(key, change):
    """Of lines.csv."""
    return (*key, *change.amounts(key[-1]), *change.effects())


def line_rows(old, middle, new):
    return [line_row(key, change) for key, change in changes(old, middle, new, 'line').items()]


def adjustment_rows(old, new):
    """The rows of adjustments.csv: "only where they differ"."""
    return [(*key, *change.amounts(key[-1]), change.kind)
            for key, change in changes(old, new, new, 'invoice').items() if change.delta]
