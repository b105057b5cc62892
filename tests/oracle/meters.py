"""What is metered: the `meters` of the book."""

from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple, Optional

from nodes import BookError, known, not_negative, one_of, only_keys, required

AGGREGATES = ('count', 'sum', 'min', 'max', 'latest', 'average', 'unique', 'percentile',
              'time_weighted')


class Source(NamedTuple):
    """Where a text of a record comes from: a column, or the same constant for all."""
    column: Optional[str]
    const: Optional[str]


class Reading(NamedTuple):
    """What a meter reads of a record: a number, or (`unique`) the text as it is."""
    source: Source
    is_text: bool


@dataclass(frozen=True, eq=False)
class Meter:
    name: str
    aggregate: str
    reading: Optional[Reading]  # None: count reads no column
    match: str
    where: dict                 # dimension -> allowed values
    by: tuple
    p: Optional[Fraction]       # of a percentile
    sets_level: bool            # time_weighted: a value is the new level, not a change


def read_source(node):
    if node is None:
        return None
    if isinstance(node, dict):
        only_keys(node, 'a source', 'const')
        return Source(None, node['const'])
    return Source(node, None)


def read_meter(name, node, usage_node):
    only_keys(node, f'meter {name}', 'aggregate of match where by p values')
    aggregate = one_of(AGGREGATES, required(node, 'aggregate', f'meter {name}'))
    dimensions = usage_node.get('dimensions', [])
    where, by = read_where(node), node.get('by', [])
    known(dimensions, [*where, *by], f'meter {name}: dimensions')
    return Meter(
        name=name,
        aggregate=aggregate,
        reading=read_reading(name, aggregate, node, usage_node),
        match=node.get('match', name),
        where=where,
        by=tuple(by),
        p=read_p(name, aggregate, node),
        sets_level=read_values(name, aggregate, node) == 'level')


def read_reading(name, aggregate, node, usage_node):
    """"`of`: the column aggregated; default `usage.quantity`; `unique` takes any column"."""
    if aggregate == 'count':
        return None
    source = read_source(node.get('of', usage_node.get('quantity')))
    if source is None:
        raise BookError(f'meter {name}: neither `of` nor usage.quantity')
    return Reading(source, aggregate == 'unique')


def read_p(name, aggregate, node):
    """"`percentile` (with `p: 95` ...)"."""
    if aggregate != 'percentile':
        if 'p' in node:
            raise BookError(f'meter {name}: `p` is for percentiles')
        return None
    p = not_negative(required(node, 'p', f'meter {name}'))
    if not 0 < p <= 100:
        raise BookError(f'meter {name}: `p` must be above 0 and at most 100')
    return p


def read_values(name, aggregate, node):
    """"each value changes a level, or sets it with `values: level`"."""
    if 'values' in node and aggregate != 'time_weighted':
        raise BookError(f'meter {name}: `values` is for time_weighted')
    return one_of(('change', 'level'), node.get('values', 'change'))


def read_where(node):
    return {dimension: tuple(value) if isinstance(value, list) else (value,)
            for dimension, value in node.get('where', {}).items()}


def holds(where, dimensions):
    """"`where`: {dimension: value or list}; all must hold"."""
    return all(dimensions[name] in allowed for name, allowed in where.items())
