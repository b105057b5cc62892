"""What an impact comes to: the sums of impact.json."""

from collections import defaultdict
from fractions import Fraction

from impact import compared
from lines import money

TOP = 20
PARTS = {'totals': 'total', 'by_period': 'by_period', 'by_plan': 'by_plan', 'by_charge': 'by_charge'}


def facts(old, middle, new):
    """By the keys of impact.json."""
    found = {name: [total(key, part, change) for key, change in compared(old, middle, new, part).items()]
             for name, part in PARTS.items()}
    payers = compared(old, middle, new, 'of_payer')
    return {**found, 'accounts': accounts(payers), 'distribution': distribution(payers),
            'top': top(payers)}


def total(key, part, change):
    """"Totals by plan, charge, period, currency and cause"."""
    price, usage, rounding = change.effects()
    return {**dict(zip(('currency', part.removeprefix('by_')), key)), **amounts(key[0], change),
            'price_effect': price, 'usage_effect': usage, 'rounding': rounding}


def amounts(currency, change):
    return dict(zip(('old', 'new', 'delta'), change.amounts(currency)))


def accounts(payers):
    """"winners and losers": how many pay less, more, or as much as before over all periods."""
    found = defaultdict(lambda: {'less': 0, 'more': 0, 'unchanged': 0})
    for (currency, _), change in payers.items():
        found[currency]['less' if change.delta < 0 else 'more' if change.delta > 0 else 'unchanged'] += 1
    return [{'currency': currency, **counts} for currency, counts in sorted(found.items())]


def distribution(payers):
    """"the distribution": by powers of ten, the greatest credit first."""
    found = defaultdict(list)
    for (currency, _), change in payers.items():
        if change.delta:
            power = power_of_ten(abs(change.delta))
            found[currency, change.delta > 0, power if change.delta > 0 else -power].append(change.delta)
    return [{'currency': currency, 'kind': 'debit' if more else 'credit',
             'at_least': written(power if more else -power), 'below': written((power if more else -power) + 1),
             'accounts': len(deltas), 'delta': money(sum(deltas), currency)}
            for (currency, more, power), deltas in sorted(found.items())]


def power_of_ten(amount):
    power = 0
    while amount >= Fraction(10)**(power + 1):
        power += 1
    while amount < Fraction(10)**power:
        power -= 1
    return power


def written(power):
    return str(10**power) if power >= 0 else '0.' + '1'.rjust(-power, '0')


def top(payers):
    """"the top N" of each currency."""
    changed = [(currency, -abs(change.delta), account, change)
               for (currency, account), change in payers.items() if change.delta]
    found = []
    for currency in sorted({entry[0] for entry in changed}):
        entries = sorted(entry for entry in changed if entry[0] == currency)[:TOP]
        found += [{'currency': currency, 'account': account, **amounts(currency, change)}
                  for _, _, account, change in entries]
    return found
