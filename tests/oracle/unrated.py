"""Unrated usage: "usage that nobody is billed for (`no_subscription`, `no_charge`,
`negative_quantity`)", as rows of unrated.csv."""

from collections import defaultdict

import decimals
from aggregates import aggregate
from segments import without


def rows(book, usage, segments, lines):
    found = list(negative_quantities(lines))
    for (account, period), groups in unbilled(book, usage, segments).items():
        for (meter, values, reason), portions in groups.items():
            found.append(row(account, period, meter, detail_of(meter.by, values),
                             aggregate(meter, portions), portions, reason))
    return sorted(found, key=lambda row: (row[:4], row[-1], row))


def row(account, period, meter, detail, quantity, portions, reason):
    records = sum(len(portion.records) for portion in portions)
    return (account, period.label, meter.name, detail, decimals.plain(quantity), str(records),
            reason)


def negative_quantities(lines):
    """"A quantity below zero ... counts as 0 elsewhere, listed in unrated.csv"."""
    for line in lines:
        if line.quantity < 0 and not line.takes_negative:
            yield row(line.account, line.period, line.meter, line.detail, line.quantity,
                      line.portions, 'negative_quantity')


def unbilled(book, usage, segments):
    """{(account, period): {(meter, values of its `by`, reason): portions}} of usage that no charge
    takes."""
    found = defaultdict(lambda: defaultdict(list))
    by_account = defaultdict(list)
    for segment in segments:
        for stay in segment.stays:
            by_account[stay.account, segment.period].append((stay.start, stay.end, segment))
    for account in usage.first_day:
        for period in usage.periods(account):
            stays = sorted(by_account[account, period], key=lambda stay: stay[:2])
            gaps = without(period.start, period.end, [stay[:2] for stay in stays])
            for start, end, segment in stays + [(*gap, None) for gap in gaps]:
                for meter in book.meters:
                    for portion in usage.portions(meter, account, period, start, end):
                        reason = why_unbilled(meter, portion, segment)
                        if reason:
                            values = tuple(portion.dimensions[name] for name in meter.by)
                            found[account, period][meter, values, reason].append(portion)
    return found


def why_unbilled(meter, portion, segment):
    """None where some charge takes the portion."""
    if segment is None:
        return 'no_subscription'
    billed = any(charge.takes(meter, portion.dimensions) for charge in segment.charges)
    return None if billed else 'no_charge'


def detail_of(dimensions, values):
    return ';'.join(f'{name}={value}' for name, value in zip(dimensions, values))
