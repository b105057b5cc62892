"""What customers were sent, and what a corrected result makes of it once periods are closed.

A period that went out as it stood is *owned* by the result that it went out from. What is wrong with it
is corrected in an open period: owner and corrections together are what the customer has."""

from typing import NamedTuple

from impact import Sum, changes
from lines import money

CORRECTIONS = ('payer,account,period,corrects,charge,detail,currency,amount,price_effect,usage_effect,'
               'rounding,kind')


class Booking(NamedTuple):
    """The corrections of closed periods by one result."""
    corrections: dict          # {Key: Change} in order, where the amount changes
    through: str               # the last closed period
    period: str                # in which they are booked

    def rows(self):
        """Of corrections.csv."""
        return [(key.payer, key.account, self.period, key.period, key.charge, key.detail, key.currency,
                 money(change.delta, key.currency), *change.effects(), change.kind)
                for key, change in self.corrections.items()]


class Ledger:
    def __init__(self):
        self.owned = {}        # period -> {Key: Sum} as it went out
        self.corrected = {}    # Key -> Sum of what corrections added

    def issue(self, result, through=None):
        """"`issue R` without a booking owns the periods of R (up to --through) that no entry owned
        before"."""
        for period in {key.period for key in result} - set(self.owned):
            if through is None or period <= through:
                self.owned[period] = {key: total for key, total in result.items() if key.period == period}

    def issue_corrections(self, booking):
        for key, change in booking.corrections.items():
            added = Sum(change.delta, change.price_effect + change.usage_effect)
            self.corrected[key] = self.corrected.get(key, Sum()) + added

    def issue_booked(self, booking, result):
        """"its corrections go out ..., and periods > P are owned by NEW from then on"."""
        self.issue_corrections(booking)
        self.owned = {period: went for period, went in self.owned.items() if period <= booking.through}
        self.issue({key: total for key, total in result.items() if key.period > booking.through})

    def base(self, old, through):
        """What a new result is held against: up to the last closed period what went out ("OLD itself
        where nothing was issued"), and the old result from there on."""
        found = {key: total for key, total in old.items()
                 if key.period > through or key.period not in self.owned}
        for period, went in self.owned.items():
            if period <= through:
                found.update(went)
        for key, total in self.corrected.items():
            if key.period <= through:
                found[key] = found.get(key, Sum()) + total
        return found

    def book(self, old, middle, new, through, period):
        """The corrections of an impact with these closed periods."""
        sides = [{key: total for key, total in side.items() if key.period <= through}
                 for side in (self.base(old, through), middle, new)]
        found = changes(*sides, 'correction')
        return Booking({key: change for key, change in found.items() if change.delta}, through, period)
