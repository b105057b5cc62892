"""Commitments: "commit promises `amount` for each term"; "what counts towards it are the amounts of
metered lines of the periods that begin in the term".

A period that the contract's start cuts begins with the contract.
"""

from calendar import monthrange
from collections import defaultdict
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from lines import contract_line, rounded, shown
from timing import periods_between

MONTHS = {'quarter': 3, 'year': 12}


class Term(NamedTuple):
    start: date
    end: date             # as the contract's end may cut it
    share: Fraction       # of the whole term, by days


def lines(book, contract, lines, horizon):
    """The lines that a contract's commitment makes; `lines` are all of the contract so far."""
    commit = contract.commit
    if commit is None:
        return
    for term in terms(book, contract, horizon):
        periods = periods_of(book, contract, term)
        if not periods:
            continue
        amount = rounded(book, commit.amount * term.share, contract.plan.currency)
        counted = counted_lines(lines, periods)
        if commit.upfront:
            yield from upfront_lines(contract, periods, counted, amount, horizon)
        else:
            yield from arrears_lines(contract, periods, counted, amount, horizon)
        if commit.overage is not None:
            yield from overage_lines(book, contract, periods, counted, amount)


def terms(book, contract, horizon):
    """"`every: period`, `quarter`, `year` (3 or 12 months counted from the start) or `contract`";
    those that begin before what is rated ends."""
    every = contract.commit.every
    if every == 'period':
        for period in periods_between(book.period, contract.start, min(contract.end, horizon)):
            start, end = contract.within(period)
            yield Term(start, end, period.share(start, end))
    elif every == 'contract':
        yield Term(contract.start, contract.end, Fraction(1))
    else:
        n, start = 0, contract.start
        while start < min(contract.end, horizon):
            n += 1
            whole_end = months_after(contract.start, n * MONTHS[every])
            end = min(whole_end, contract.end)
            yield Term(start, end, Fraction((end - start).days, (whole_end - start).days))
            start = whole_end


def months_after(day, months):
    """The same day of a later month, or the last day of that month where it has no such day."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def periods_of(book, contract, term):
    """"the periods that begin in the term"; the last term may have none, and promises nothing."""
    return [period for period in periods_between(book.period, term.start, term.end)
            if contract.within(period)[0] >= term.start]


def counted_lines(lines, periods):
    """The metered lines of the periods, "in the order period, account, charge, detail, from"."""
    counted = [line for line in lines if line.meter and line.period in periods]
    return sorted(counted, key=lambda line: line.order)


def arrears_lines(contract, periods, counted, amount, horizon):
    """"in the last period of the term a line `commit` bills what the term's lines are short of the
    amount; a term still running at the last period rated bills nothing yet"."""
    missing = amount - sum(line.amount for line in counted)
    if periods[-1].start < horizon and missing > 0:
        yield contract_line(contract, periods[-1], contract.bill_to, 'commit', missing)


def upfront_lines(contract, periods, counted, amount, horizon):
    """"in the first period of the term a line `commit` bills the amount; each line is then offset
    by the balance, in a line `commit_used` for each period (negative). What is left at the end of
    the term is gone"."""
    if periods[0].start >= horizon:
        return
    if amount > 0:
        yield contract_line(contract, periods[0], contract.bill_to, 'commit', amount)
    balance, used = amount, defaultdict(Fraction)
    for line in counted:
        taken = line.take(balance)
        balance -= taken
        used[line.period] += taken
    for period, taken in used.items():
        if taken:
            yield contract_line(contract, period, contract.bill_to, 'commit_used', -taken)


def overage_lines(book, contract, periods, counted, amount):
    """"the part of the term's lines beyond the amount costs that much: a line `overage` for each
    period with (1.25 − 1) × the part that fell in it, rounded once"."""
    so_far, beyond = Fraction(0), defaultdict(Fraction)
    for line in counted:
        before = max(so_far - amount, Fraction(0))
        so_far += line.amount
        beyond[line.period] += max(so_far - amount, Fraction(0)) - before
    for period, part in beyond.items():
        exact = (contract.commit.overage - 1) * part
        yield contract_line(contract, period, contract.bill_to, 'overage',
                            rounded(book, exact, contract.plan.currency), shown(exact))
