"""Lines: what is billed, as a row of lines.csv."""

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Optional

import decimals
from contracts import Contract
from meters import Meter
from nodes import MINOR_DIGITS
from plans import Plan
from timing import Period


@dataclass(eq=False)
class Line:
    account: str
    contract: Optional[Contract]
    period: Period
    plan: Plan
    charge: str
    detail: str
    start: date
    end: date
    quantity: Fraction
    exact: Fraction                # to 18 places
    amount: Fraction               # to the minor unit
    meter: Optional[Meter] = None  # of a metered line: neither a fee nor made by plan or contract
    portions: list = field(default_factory=list)  # the usage that a metered line prices
    takes_negative: bool = True    # its price takes a quantity below zero as it is
    offset: Fraction = Fraction(0) # what a commitment and credits have taken of the amount

    @property
    def currency(self):
        return self.plan.currency

    @property
    def payer(self):
        """The account whose invoice it is on: "`invoices.csv` shows `bill_to`"."""
        return self.contract.payer(self.account) if self.contract else self.account

    @property
    def order(self):
        """"in the order period, account, charge, detail, from"."""
        return self.period.start, self.account, self.charge, self.detail, self.start

    def take(self, most):
        """Takes what is left of a positive line, up to a balance."""
        taken = min(max(self.amount - self.offset, Fraction(0)), most)
        self.offset += taken
        return taken

    def row(self):
        return (self.account, self.contract.name if self.contract else '', self.period.label,
                self.plan.name, self.charge, self.detail, str(self.start), str(self.end),
                decimals.plain(self.quantity), decimals.plain(self.exact),
                money(self.amount, self.currency), self.currency)


def contract_line(contract, period, account, charge, amount, exact=None):
    """"Lines made here have quantity 0, an empty detail, the bounds of the period within the
    contract, and `exact` equal to their amount (`overage`: before rounding)"."""
    start, end = contract.within(period)
    return Line(account, contract, period, contract.plan, charge, '', start, end,
                Fraction(0), amount if exact is None else exact, amount)


def shown(exact):
    """"`exact` shows it before rounding, to 18 places, half even, where it does not end"."""
    return decimals.rounded(exact, decimals.PLACES, 'half_even')


def rounded(book, exact, currency):
    """"round once to the minor unit, from the true value"."""
    return decimals.rounded(exact, MINOR_DIGITS[currency], book.rounding)


def money(amount, currency):
    return decimals.fixed(amount, MINOR_DIGITS[currency])
