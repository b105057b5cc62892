"""Credits: they "come last", and take from what earlier credits and a commitment left of the
positive lines of their contract."""

from collections import defaultdict
from fractions import Fraction

from lines import contract_line


def lines(contract, lines):
    """The lines that a contract's credits make; `lines` are all of the contract. "Balances carry
    over": from period to period, and within one from payer to payer, by name."""
    balances = {credit.id: credit.amount for credit in contract.credits}
    for (start, payer), invoice in invoices(lines):
        period = invoice[0].period
        for credit in contract.credits:
            if applies(credit, period):
                for account, taken in take(credit, invoice, balances[credit.id]).items():
                    balances[credit.id] -= taken
                    yield contract_line(contract, period, account, f'credit:{credit.id}', -taken)


def invoices(lines):
    """The contract's lines of each invoice (it has one currency)."""
    groups = defaultdict(list)
    for line in lines:
        groups[line.period.start, line.payer].append(line)
    return sorted(groups.items(), key=lambda item: item[0])


def applies(credit, period):
    """"whose `from` is before the period's end and `until` (may be left out) after its start"."""
    return credit.start < period.end and credit.until > period.start


def take(credit, invoice, balance):
    """What a credit takes of each account's lines, "in the order account, charge, detail, from,
    until its balance is spent"."""
    taken = defaultdict(Fraction)
    for line in sorted(invoice, key=lambda line: line.order):
        if credit.charges is None or line.charge in credit.charges:
            part = line.take(balance)
            balance -= part
            taken[line.account] += part
    return {account: amount for account, amount in taken.items() if amount}
