"""What customers were sent, and what a corrected result makes of it once periods are closed.

A period that went out as it stood is *owned* by the result that it went out from. What is wrong with it
is corrected in an open period: owner and corrections together are what the customer has."""

from typing import NamedTuple

import impact
from impact import Sum, changes
from lines import money

CORRECTIONS = ('payer,account,period,corrects,charge,detail,currency,amount,price_effect,usage_effect,'
               'rounding,kind')


class Booking(NamedTuple):
    """An impact with closed periods."""
    base: dict                 # what the new result is held against
    middle: dict
    new: dict
    through: str               # the last closed period
    period: str                # in which corrections are booked

    @property
    def corrections(self):
        """{Key: Change} in order: what a closed period is short of the new result, if only before it is
        rounded."""
        sides = [{key: total for key, total in side.items() if key.period <= self.through}
                 for side in (self.base, self.middle, self.new)]
        found = changes(*sides, 'correction')
        return {key: change for key, change in found.items() if change.differs}

    def correction_rows(self):
        """Of corrections.csv."""
        return [(key.payer, key.account, self.period, key.period, key.charge, key.detail, key.currency,
                 money(change.delta, key.currency), *change.effects(), change.kind)
                for key, change in self.corrections.items()]

    def line_rows(self):
        """Of lines.csv: in closed periods where there is something to correct."""
        found = changes(self.base, self.middle, self.new, 'line')
        return [impact.line_row(key, change) for key, change in found.items()
                if key[1] > self.through or change.differs]

    def adjustment_rows(self):
        return impact.adjustment_rows(self.base, self.new)


class Ledger:
    def __init__(self):
        self.owned = {}        # period -> (the number of a result, {Key: Sum} as it went out)
        self.corrected = {}    # Key -> Sum of what corrections added

    def issue(self, number, result, periods, through=None):
        """"`issue R` without a booking owns the periods of R (up to --through) that no entry owned
        before": those that it rates, with lines or without."""
        for period in set(periods) - set(self.owned):
            if through is None or period <= through:
                self.owned[period] = number, {key: total for key, total in result.items()
                                              if key.period == period}

    def issue_corrections(self, booking):
        for key, change in booking.corrections.items():
            added = Sum(change.delta, change.price_effect + change.usage_effect)
            self.corrected[key] = self.corrected.get(key, Sum()) + added

    def issue_booked(self, booking, number, periods):
        """"its corrections go out ..., and periods > P are owned by NEW from then on"."""
        self.issue_corrections(booking)
        self.owned = {period: went for period, went in self.owned.items() if period <= booking.through}
        self.issue(number, booking.new, [period for period in periods if period > booking.through])

    def base(self, old, through):
        """Up to the last closed period what went out ("OLD itself where nothing was issued"), and the
        old result from there on."""
        found = {key: total for key, total in old.items()
                 if key.period > through or key.period not in self.owned}
        for period, (_, went) in self.owned.items():
            if period <= through:
                found.update(went)
        for key, total in self.corrected.items():
            if key.period <= through:
                found[key] = found.get(key, Sum()) + total
        return found

    def book(self, old, middle, number, new, through, period):
        """The impact on what customers were sent. In later periods that went out as the new result has
        them nothing can differ."""
        gone = {owned for owned, (owner, _) in self.owned.items() if owned > through and owner == number}
        same = {key: total for key, total in new.items() if key.period in gone}
        base, middle = ({**{key: total for key, total in side.items() if key.period not in gone}, **same}
                        for side in (self.base(old, through), middle))
        return Booking(base, middle, new, through, period)
