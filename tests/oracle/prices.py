"""Price keys: the exact amount for a quantity.

`amount(quantity, share)` prices the quantity of a segment that is `share` of its period. Only the
prices that take negative quantities are ever asked for one.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import NamedTuple, Optional


@dataclass(frozen=True)
class Flat:
    """The fee of the period, prorated by days if it says so."""
    fee: Fraction
    prorate: bool
    takes_negative = True

    def amount(self, quantity, share):
        return self.fee * share if self.prorate else self.fee


@dataclass(frozen=True)
class PerUnit:
    unit: Fraction
    takes_negative = True

    def amount(self, quantity, share):
        return quantity * self.unit


class Tier(NamedTuple):
    up_to: Optional[Fraction]  # inclusive; None: the last tier
    unit: Fraction
    flat: Fraction

    def holds(self, quantity):
        return self.up_to is None or quantity <= self.up_to


@dataclass(frozen=True)
class Graduated:
    """Each tier prices the part inside it, and adds its flat when entered: the first one always,
    the others when the quantity is beyond the tier below."""
    tiers: tuple
    takes_negative = False

    def amount(self, quantity, share):
        amount, below = Fraction(0), Fraction(0)
        for tier in self.tiers:
            inside = (quantity if tier.holds(quantity) else tier.up_to) - below
            amount += inside * tier.unit + tier.flat
            if tier.holds(quantity):
                return amount
            below = tier.up_to


@dataclass(frozen=True)
class Volume:
    """The tier that the quantity falls in prices all of it, plus its flat."""
    tiers: tuple
    takes_negative = False

    def amount(self, quantity, share):
        tier = next(tier for tier in self.tiers if tier.holds(quantity))
        return quantity * tier.unit + tier.flat


@dataclass(frozen=True)
class Package:
    size: Fraction
    price: Fraction
    round_up: bool
    takes_negative = False

    def amount(self, quantity, share):
        packages = (ceil if self.round_up else floor)(quantity / self.size)
        return packages * self.price
