"""Levels: what a `time_weighted` meter measures. "Each value changes a level, or sets it with
`values: level`; Σ level × time in the segment ÷ length of the period".

The records here are those of one level ("each account and set of dimensions has a level of its
own"), in the order of time and position.
"""

from fractions import Fraction


def steps(meter, records):
    """[(timestamp, the level from then on)]: "the level carries on from the first record"."""
    level, found = Fraction(0), []
    for record in records:
        level = record.value(meter) if meter.sets_level else level + record.value(meter)
        found.append((record.timestamp, level))
    return found


def carried(steps, start):
    """The level that the records before a moment left; 0 without any."""
    return next((level for timestamp, level in reversed(steps) if timestamp < start), Fraction(0))


def level_time(steps, start, end):
    """Σ level × time between two moments, in nanoseconds."""
    inside = [(start, carried(steps, start))]
    inside += [(timestamp, level) for timestamp, level in steps if start <= timestamp < end]
    ends = [timestamp for timestamp, _ in inside[1:]] + [end]
    return sum(level * (until - since) for (since, level), until in zip(inside, ends))
