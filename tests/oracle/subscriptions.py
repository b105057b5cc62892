"""Subscriptions: who has which plan, and who joins which contract, from when to when."""

from datetime import date
from typing import NamedTuple, Optional

from nodes import BookError, named, only_keys, read_date, required
from plans import Plan
from tables import read_table
from timing import OPEN


class Subscription(NamedTuple):
    start: date
    end: date             # OPEN where it has none
    plan: Plan


class Joining(NamedTuple):
    """That an account is in a contract: "through the subscriptions' contract column (plan left
    empty)"."""
    account: str
    contract: str
    start: Optional[date] # None: with the contract
    end: Optional[date]   # None: with the contract


def read_rows(node, folder):
    """A list in the book, or the name of a CSV file beside it, as dicts without empty fields."""
    if isinstance(node, str):
        header, body = read_table(folder / node)
        node = [dict(zip(header, row)) for row in body]
    rows = [{key: text for key, text in row.items() if text or key == 'account'} for row in node]
    for row in rows:
        only_keys(row, 'a subscription', 'account plan start end contract')
        if ('plan' in row) == ('contract' in row):
            raise BookError(f'a subscription has a plan or a contract: {row}')
    return rows


def read_subscriptions(rows, plans):
    """{account: its subscriptions, by start}."""
    by_account = {}
    for row in rows:
        if 'plan' in row:
            start = read_date(required(row, 'start', 'a subscription'))
            end = read_date(row['end']) if 'end' in row else OPEN
            by_account.setdefault(row['account'], []).append(
                Subscription(start, end, named(plans, row['plan'])))
    for account, subscriptions in by_account.items():
        subscriptions.sort(key=lambda s: s.start)
        check_apart(subscriptions, f'subscriptions of {account!r}')
    return by_account


def read_joinings(rows):
    joinings = []
    for row in rows:
        if 'contract' in row:
            start, end = (read_date(row[key]) if key in row else None for key in ('start', 'end'))
            joinings.append(Joining(row['account'], row['contract'], start, end))
            if start and end and start >= end:
                raise BookError(f'a subscription ends before it starts: {row}')
    return joinings


def check_apart(stretches, what):
    """Those of one account, by start, must not overlap: "an account under two deals at once is an
    error"."""
    bounds = [day for s in stretches for day in (s.start, s.end)]
    if bounds != sorted(bounds) or any(s.start >= s.end for s in stretches):
        raise BookError(f'{what} overlap, or end before they start')
