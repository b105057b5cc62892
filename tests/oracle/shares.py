"""Shares: shares.csv "divides each pooled line among members by their own quantity"."""

from fractions import Fraction

import decimals
from aggregates import aggregate
from lines import money
from nodes import MINOR_DIGITS


def rows(lines):
    found = []
    for line in lines:
        if line.contract and line.contract.pool:
            quantities = own_quantities(line)
            for account, amount in divided(line, quantities).items():
                quantity = quantities.get(account, Fraction(0))
                found.append((line.contract.name, line.period.label, line.charge, line.detail,
                              str(line.start), account, decimals.plain(quantity),
                              money(amount, line.currency)))
    return sorted(found)


def own_quantities(line):
    """The metered quantity of each member with usage on the line, before `units`."""
    by_account = {}
    for portion in line.portions if line.meter else []:
        by_account.setdefault(portion.account, []).append(portion)
    return {account: aggregate(line.meter, portions) for account, portions in by_account.items()}


def divided(line, quantities):
    """"in minor units, remainders to the largest fractions, then by name; shares sum to the line.
    Members without a positive quantity share nothing; where none has one, the line stays with
    `bill_to`"."""
    positive = {account: q for account, q in sorted(quantities.items()) if q > 0}
    if not positive:
        return {line.account: line.amount}
    minor = 10**MINOR_DIGITS[line.currency]
    whole, sign = abs(line.amount) * minor, -1 if line.amount < 0 else 1
    true = {account: whole * q / sum(positive.values()) for account, q in positive.items()}
    units = {account: part // 1 for account, part in true.items()}
    left = whole - sum(units.values())
    for account in sorted(true, key=lambda account: (-(true[account] % 1), account))[:int(left)]:
        units[account] += 1
    return {account: Fraction(sign * n) / minor for account, n in units.items()}
