"""The minimum of a plan or contract: "where the amounts of a period's metered lines come to less, a
line `minimum` makes up the difference (the minimum prorated by active days)".

Fees do not count. An account (or pool) has one such line for each plan or contract in a period.
"""

from collections import defaultdict
from fractions import Fraction

from lines import Line, rounded


def lines(book, segments, lines):
    by_deal = defaultdict(list)
    for segment in segments:
        if segment.deal.plan.minimum is not None:
            by_deal[key(segment.deal, segment.period)].append(segment)
    amounts = defaultdict(Fraction)
    for line in lines:
        if line.meter:
            amounts[key(line, line.period)] += line.amount
    for group in by_deal.values():
        deal, period = group[0].deal, group[0].period
        missing = least(book, group) - amounts[key(deal, period)]
        if missing > 0:
            yield Line(deal.account, deal.contract, period, deal.plan, 'minimum', '',
                       min(segment.start for segment in group),
                       max(segment.end for segment in group), Fraction(0), missing, missing)


def key(deal, period):
    """Of a deal, or of a line that has the same names for what it is of."""
    return deal.account, deal.contract, deal.plan.name, period


def least(book, segments):
    """The minimum for the days of the segments, to the minor unit."""
    plan = segments[0].deal.plan
    share = sum(segment.share for segment in segments)
    return rounded(book, plan.minimum * share, plan.currency)
