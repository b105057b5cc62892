"""Aggregates: the metered quantity of portions. "Every aggregate is exact"; "where a division does
not end ... it is rounded half even to 18 places and priced as it is shown"."""

from fractions import Fraction
from math import ceil

import decimals


def aggregate(meter, portions):
    """The quantity; 0 without any portion."""
    if meter.aggregate == 'time_weighted':
        return shown(sum((portion.weighted for portion in portions), Fraction(0)))
    records = [record for portion in portions for record in portion.records]
    if not records:
        return Fraction(0)
    if meter.aggregate == 'latest':
        return max(records, key=lambda record: record.order).value(meter)
    values = [record.value(meter) for record in records]
    if meter.aggregate == 'unique':
        return Fraction(len(set(values)))
    if meter.aggregate == 'average':
        return shown(sum(values) / len(values))
    if meter.aggregate == 'percentile':
        return percentile(meter.p, values)
    return {'count': sum, 'sum': sum, 'min': min, 'max': max}[meter.aggregate](values)


def percentile(p, values):
    """"the value at position ceil(p/100·n) in ascending order"."""
    return sorted(values)[ceil(p * len(values) / 100) - 1]


def shown(quantity):
    return decimals.rounded(quantity, decimals.PLACES, 'half_even')
