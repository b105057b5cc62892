"""Rating: metered usage and the book to lines. "The order: convert units, take free units, price
exactly, discount, maximum, minimum, round once to the minor unit ..., then plan minimum, contract
commitment, credits"."""

from collections import defaultdict
from fractions import Fraction

import aggregates
import commitments
import credits
import minimums
import prices
import segments
import unrated
from lines import Line, rounded, shown
from portions import MeteredUsage


def rate(book, records):
    """The lines and the rows of unrated.csv, both in order, for the metered records."""
    usage = MeteredUsage(book, records)
    found = list(segments.all_segments(book, usage))
    lines = [line for segment in found for charge in segment.charges
             for line in charge_lines(book, usage, segment, charge)]
    lines += minimums.lines(book, found, lines)
    for contract in book.contracts:
        lines += commitments.lines(book, contract, of_contract(contract, lines), usage.horizon)
        lines += credits.lines(contract, of_contract(contract, lines))
    rows = unrated.rows(book, usage, found, lines)
    return sorted((line for line in lines if is_shown(line)), key=Line.row), rows


def of_contract(contract, lines):
    return [line for line in lines if line.contract is contract]


def is_shown(line):
    """"Lines with quantity 0 and amount 0 are left out"."""
    return line.quantity != 0 or line.amount != 0


def charge_lines(book, usage, segment, charge):
    """The lines of a charge in a segment."""
    deal = segment.deal
    for (values, case), portions in line_groups(usage, segment, charge).items():
        quantity, values_of_records = quantity_of(charge, case, portions)
        exact = line_value(charge, case, quantity, values_of_records, segment)
        yield Line(deal.account, deal.contract, segment.period, deal.plan, charge.id,
                   detail_of(charge, values, case), segment.start, segment.end, quantity,
                   exact=shown(exact),
                   amount=rounded(book, exact, deal.plan.currency),
                   meter=None if is_flat(case) else charge.meter,
                   portions=portions,
                   takes_negative=case.price.takes_negative)


def line_groups(usage, segment, charge):
    """{(values of `split`, case): portions}. "`split: [region]` makes one line for each value";
    "cases: each group goes to the first case that fits; a line for each case"; "a charge with
    `split` or `cases` has lines only where there is usage", any other has one line."""
    groups = defaultdict(list)
    if not charge.only_used:
        groups[(), charge.cases[0]] = []
    for stay in segment.stays if charge.meter else []:
        for portion in usage.portions(charge.meter, stay.account, segment.period, stay.start,
                                      stay.end):
            case = charge.case_of(portion.dimensions)
            if case:
                groups[values_of(charge.split, portion), case].append(portion)
    return groups


def is_flat(case):
    return isinstance(case.price, prices.Flat)


def quantity_of(charge, case, portions):
    """"`quantity` is the metered quantity after `units` and before `free`, 0 for a flat fee"; and
    the values of the records."""
    if is_flat(case):
        return Fraction(0), []
    values = [record.value(charge.meter) for portion in portions for record in portion.records]
    return charge.units.convert(aggregates.aggregate(charge.meter, portions)), values


def line_value(charge, case, quantity, values, segment):
    """The true value of a line, before it is rounded."""
    usage = prices.Priced(billable(charge, case, quantity), values, segment.share)
    value = case.price.amount(usage) * (1 - charge.discount / 100)
    value = prices.clamp(value, prorated(charge.minimum, segment),
                         prorated(charge.maximum, segment))
    contract = segment.deal.contract
    if contract and not is_flat(case):
        value *= 1 - contract.discount / 100  # "on metered lines, after the charge's own bounds"
    return value


def billable(charge, case, quantity):
    """"`free: 100` takes units off next"; "a quantity below zero is priced by `per_unit` and
    `percent` as it is, and counts as 0 elsewhere"."""
    if quantity > 0:
        return max(quantity - charge.free, Fraction(0))
    return quantity if case.price.takes_negative else Fraction(0)


def prorated(bound, segment):
    """"`minimum` and `maximum` bound the charge's amount for a whole period (prorated by days in a
    partial one)"."""
    return None if bound is None else bound * segment.share


def values_of(dimensions, portion):
    return tuple(portion.dimensions[name] for name in dimensions)


def detail_of(charge, values, case):
    """"`detail` holds the split values, then the `where` of the case, as `region=eu;model=x` (a
    list as `a|b`)"."""
    parts = list(zip(charge.split, values))
    parts += [(name, '|'.join(allowed)) for name, allowed in case.where.items()]
    return ';'.join(f'{name}={value}' for name, value in parts)
