"""Segments: the parts of periods in which one price is in force. "Where a version or a subscription
begins or ends inside a period, the period is cut there into segments"."""

from datetime import date
from typing import NamedTuple, Optional

from contracts import Contract, Stay
from plans import Plan, Version
from subscriptions import Subscription
from timing import Period, periods_between


class Deal(NamedTuple):
    """What one set of lines is priced by, and from when to when."""
    account: str          # on which the lines stand
    contract: Optional[Contract]
    plan: Plan
    start: date
    end: date
    stays: list           # of the accounts whose usage it prices


class Segment(NamedTuple):
    """Before a plan's first version there is none."""
    deal: Deal
    period: Period
    start: date
    end: date
    version: Optional[Version]

    @property
    def share(self):
        return self.period.share(self.start, self.end)

    @property
    def charges(self):
        return self.version.charges if self.version else []

    @property
    def stays(self):
        """The parts of the accounts' stays in the segment."""
        found = []
        for stay in self.deal.stays:
            start, end = max(stay.start, self.start), min(stay.end, self.end)
            if start < end:
                found.append(Stay(stay.account, start, end))
        return found


def all_segments(book, usage):
    for deal in all_deals(book, usage):
        yield from segments_of(book, deal, usage.horizon)


def segments_of(book, deal, horizon):
    """"rated from its start to its end, or, where that is open or later, through the period of the
    last usage in the state, whole"."""
    end = min(deal.end, horizon)
    for period in periods_between(book.period, deal.start, end):
        bounds = {max(deal.start, period.start), min(end, period.end)}
        cuts = {version.start for version in deal.plan.versions}
        days = sorted(bounds | {day for day in cuts if min(bounds) < day < max(bounds)})
        for first, last in zip(days, days[1:]):
            yield Segment(deal, period, first, last, deal.plan.version_at(first))


def all_deals(book, usage):
    for account in {*usage.first_day, *book.subscriptions}:
        yield from own_deals(book, usage, account)
    for contract in book.contracts:
        yield from contract_deals(contract)


def own_deals(book, usage, account):
    """A contract "takes the place of their subscriptions from `start` to `end`": what is before
    and after it stays."""
    taken = sorted((stay.start, stay.end) for contract in book.contracts
                   for stay in contract.stays if stay.account == account)
    for start, end, plan in own_subscriptions(book, usage, account):
        for first, last in without(start, end, taken):
            yield Deal(account, None, plan, first, last, [Stay(account, first, last)])


def own_subscriptions(book, usage, account):
    """"default_plan: for accounts without a subscription, in each whole period in which they have
    usage"."""
    if account in book.subscriptions:
        return book.subscriptions[account]
    if book.default_plan is None:
        return []
    return [Subscription(period.start, period.end, book.default_plan)
            for period in usage.periods(account) if usage.has_usage(account, period)]


def contract_deals(contract):
    """"Unpooled, each account has its own lines and fees. Pooled, there is one set of lines and
    fees, on `bill_to`"."""
    if contract.pool:
        yield Deal(contract.bill_to, contract, contract.plan, contract.start, contract.end,
                   contract.stays)
        return
    for stay in contract.stays:
        yield Deal(stay.account, contract, contract.plan, stay.start, stay.end, [stay])


def without(start, end, taken):
    """The parts of [start, end) outside of the stretches taken, which are in order and apart."""
    for first, last in taken:
        if start < min(first, end):
            yield start, min(first, end)
        start = max(start, last)
    if start < end:
        yield start, end
