"""Contracts: "a contract is a deal with one or more accounts"."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import NamedTuple, Optional

from charges import MADE_CHARGES, read_charges
from nodes import (BookError, all_differ, boolean, known, money, named, not_negative, one_of,
                   only_keys, read_date, read_discount, read_yaml, required, whole)
from plans import Plan, Version
from subscriptions import check_apart
from timing import OPEN

EVERY = ('period', 'quarter', 'year', 'contract')
PRIORITY = '100'  # "1 first, 100 if left out"


class Stay(NamedTuple):
    """An account's time in a contract."""
    account: str
    start: date
    end: date                    # OPEN where it has none


@dataclass(frozen=True)
class Commit:
    amount: Fraction
    every: str
    upfront: bool
    overage: Optional[Fraction]  # the price of what is beyond the amount


@dataclass(frozen=True)
class Credit:
    id: str
    amount: Fraction
    start: date
    until: date                  # OPEN where it has none
    priority: int
    charges: Optional[frozenset] # None: all


@dataclass(frozen=True, eq=False)
class Contract:
    name: str
    plan: Plan                   # with the contract's own charges and minimum
    start: date
    end: date                    # OPEN where it has none
    stays: list                  # of all its accounts
    bill_to: Optional[str]       # None: "each account its own"
    pool: bool
    discount: Fraction           # in percent
    commit: Optional[Commit]
    credits: list                # in the order in which they apply

    @property
    def accounts(self):
        return sorted({stay.account for stay in self.stays})

    def payer(self, account):
        """"`bill_to`: invoices go here; default: each account its own"."""
        return self.bill_to or account

    def within(self, period):
        """"the bounds of the period within the contract"."""
        return max(self.start, period.start), min(self.end, period.end)


def read_contracts(node, folder, joinings, book_currency, plans, meters, period):
    """A map in the book, or the name of a YAML file beside it, which holds the map."""
    nodes = read_yaml(folder / node) if isinstance(node, str) else node
    for joining in joinings:
        named(nodes, joining.contract)
    contracts = [read_contract(name, contract, joinings, book_currency, plans, meters, period)
                 for name, contract in nodes.items()]
    by_account = defaultdict(list)
    for stay in [stay for contract in contracts for stay in contract.stays]:
        by_account[stay.account].append(stay)
    for account, stays in by_account.items():
        check_apart(sorted(stays, key=lambda stay: stay.start), f'contracts of {account!r}')
    return contracts


def read_contract(name, node, joinings, book_currency, plans, meters, period):
    what = f'contract {name}'
    only_keys(node, what, 'plan accounts bill_to pool start end charges minimum discount commit '
                          'credits')
    start = read_date(required(node, 'start', what))
    end = read_date(node['end']) if 'end' in node else OPEN
    if start >= end:
        raise BookError(f'{what} ends before it starts')
    plan = read_contract_plan(node, what, book_currency, plans, meters, start)
    stays = [Stay(account, start, end) for account in node.get('accounts', [])]
    stays += [stay for joining in joinings if joining.contract == name
              for stay in joined(joining, start, end)]
    if not stays:
        raise BookError(f'{what} has no account')
    pool = boolean(node.get('pool', 'false'))
    commit = read_commit(node['commit'], plan.currency, end, period) if 'commit' in node else None
    bill_to = read_bill_to(node, what, stays, pool, commit)
    credits = [read_credit(credit, plan) for credit in node.get('credits', [])]
    all_differ([credit.id for credit in credits], f'{what}: credits')
    credits.sort(key=lambda credit: (credit.priority, credit.until, credit.id))
    return Contract(name, plan, start, end, stays, bill_to, pool,
                    read_discount(node.get('discount')), commit, credits)


def read_contract_plan(node, what, book_currency, plans, meters, start):
    """The plan as the contract changes it: "charges: replace the plan's charges of the same id, add
    others". Without a plan the contract has only its own charges, in the book's currency."""
    if 'plan' in node:
        plan = named(plans, node['plan'])
    else:
        plan = Plan('', book_currency, None, [Version(date.min, [])])
    if plan.version_at(start) is None:
        raise BookError(f'{what} starts before the first version of its plan')
    own = read_charges(node.get('charges', []), meters, what)
    own_ids = [charge.id for charge in own]
    versions = [Version(version.start,
                        [charge for charge in version.charges if charge.id not in own_ids] + own)
                for version in plan.versions]
    minimum = money(node['minimum'], plan.currency) if 'minimum' in node else plan.minimum
    return replace(plan, versions=versions, minimum=minimum)


def joined(joining, start, end):
    """The part of a row of the subscriptions that is within the contract's term."""
    first, last = max(joining.start or start, start), min(joining.end or end, end)
    return [Stay(joining.account, first, last)] if first < last else []


def read_bill_to(node, what, stays, pool, commit):
    """"default: each account its own"; pooled "on `bill_to` (default: the first account by name)".
    Lines of a commitment need one payer."""
    accounts = sorted({stay.account for stay in stays})
    if 'bill_to' in node:
        return node['bill_to']
    if pool or len(accounts) == 1:
        return accounts[0]
    if commit:
        raise BookError(f'{what}: a commit of several accounts needs `bill_to` or `pool`')
    return None


def read_commit(node, currency, end, period):
    only_keys(node, 'commit', 'amount every billed overage')
    every = one_of(EVERY, required(node, 'every', 'commit'))
    if every == 'contract' and end == OPEN:
        raise BookError('commit: `every: contract` needs an `end`')
    if every == 'quarter' and period == 'year':
        raise BookError('commit: a quarter is shorter than the period')
    return Commit(
        amount=money(required(node, 'amount', 'commit'), currency),
        every=every,
        upfront=one_of(('arrears', 'upfront'), node.get('billed', 'arrears')) == 'upfront',
        overage=not_negative(node['overage']) if 'overage' in node else None)


def read_credit(node, plan):
    what = f"credit {node.get('id')}"
    only_keys(node, what, 'id amount from until priority charges')
    start = read_date(required(node, 'from', what))
    until = read_date(node['until']) if 'until' in node else OPEN
    if start >= until:
        raise BookError(f'{what} ends before it starts')
    if 'charges' in node:
        ids = {charge.id for version in plan.versions for charge in version.charges}
        known(ids | set(MADE_CHARGES) - {'commit_used'}, node['charges'], f'{what}: charges')
    return Credit(
        id=required(node, 'id', 'a credit'),
        amount=money(required(node, 'amount', what), plan.currency),
        start=start,
        until=until,
        priority=whole(node.get('priority', PRIORITY)),
        charges=frozenset(node['charges']) if 'charges' in node else None)
