"""Price keys: the exact amount for a quantity.

`amount(usage)` prices the `Priced` usage of a line. Only the prices that take negative quantities
are ever asked for one.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import NamedTuple, Optional


class Priced(NamedTuple):
    quantity: Fraction         # after `units` and `free`
    values: list               # of the records, one for each
    share: Fraction            # of the period that the segment is


@dataclass(frozen=True)
class Flat:
    """"the fee of the period; `prorate: true` by days active ÷ days in the period"."""
    fee: Fraction
    prorate: bool
    takes_negative = True

    def amount(self, usage):
        return self.fee * usage.share if self.prorate else self.fee


@dataclass(frozen=True)
class PerUnit:
    """"q × 0.05"."""
    unit: Fraction
    takes_negative = True

    def amount(self, usage):
        return usage.quantity * self.unit


class Tier(NamedTuple):
    up_to: Optional[Fraction]  # inclusive; None: the last tier
    unit: Fraction             # of `graduated_percent`: the rate ÷ 100
    flat: Fraction

    def holds(self, quantity):
        return self.up_to is None or quantity <= self.up_to


@dataclass(frozen=True)
class Graduated:
    """"each tier prices the part of q inside it, and adds its `flat` when entered": the first one
    always, the others when the quantity is beyond the tier below. Also `graduated_percent`: "as
    graduated, with rates in percent of q"."""
    tiers: tuple
    takes_negative = False

    def amount(self, usage):
        amount, below = Fraction(0), Fraction(0)
        for tier in self.tiers:
            inside = (usage.quantity if tier.holds(usage.quantity) else tier.up_to) - below
            amount += inside * tier.unit + tier.flat
            if tier.holds(usage.quantity):
                return amount
            below = tier.up_to


@dataclass(frozen=True)
class Volume:
    """"the tier that q falls in prices all of q, plus its `flat`"."""
    tiers: tuple
    takes_negative = False

    def amount(self, usage):
        tier = next(tier for tier in self.tiers if tier.holds(usage.quantity))
        return usage.quantity * tier.unit + tier.flat


@dataclass(frozen=True)
class Package:
    """"ceil (or floor with `down`) of q ÷ size, × amount"."""
    size: Fraction
    price: Fraction
    round_up: bool
    takes_negative = False

    def amount(self, usage):
        packages = (ceil if self.round_up else floor)(usage.quantity / self.size)
        return packages * self.price


@dataclass(frozen=True)
class Percent:
    """"q × 2.9 % + fixed × the number of records"."""
    rate: Fraction             # in percent
    fixed: Fraction
    takes_negative = True

    def amount(self, usage):
        return usage.quantity * self.rate / 100 + self.fixed * len(usage.values)


@dataclass(frozen=True)
class PercentPerEvent:
    """"each record: clamp(value × rate + fixed), summed"."""
    rate: Fraction             # in percent
    fixed: Fraction
    least: Optional[Fraction]
    most: Optional[Fraction]
    takes_negative = True

    def amount(self, usage):
        return sum((clamp(value * self.rate / 100 + self.fixed, self.least, self.most)
                    for value in usage.values), Fraction(0))


def clamp(amount, least, most):
    """Between the two bounds, where there are such; the lower one has the last word."""
    if most is not None:
        amount = min(amount, most)
    if least is not None:
        amount = max(amount, least)
    return amount
