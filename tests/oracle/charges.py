"""Charges: how the usage of a meter is priced."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Optional

import decimals
import prices
from meters import Meter, holds, read_where
from nodes import (BookError, boolean, known, named, not_negative, number, one_of, only_keys,
                   positive, read_discount, required)

CHARGE_KEYS = 'id meter units free where split prorate discount minimum maximum cases '
PRICE_KEYS = 'flat per_unit graduated volume package percent graduated_percent'
MADE_CHARGES = ('minimum', 'commit', 'commit_used', 'overage')  # ids of lines that are made


@dataclass(frozen=True)
class Units:
    """"converts the metered quantity first (`round`: none, up, down, half_up)"."""
    divide_by: Fraction = Fraction(1)
    round: str = 'none'
    places: int = 0

    def convert(self, quantity):
        """"where a division does not end ... it is rounded half even to 18 places"."""
        if self.round == 'none':
            return decimals.rounded(quantity / self.divide_by, decimals.PLACES, 'half_even')
        return decimals.rounded(quantity / self.divide_by, self.places, self.round)


@dataclass(frozen=True, eq=False)
class Case:
    where: dict
    price: object              # of prices.py


@dataclass(frozen=True, eq=False)
class Charge:
    id: str
    meter: Optional[Meter]
    units: Units
    free: Fraction
    where: dict
    split: tuple
    cases: tuple               # a price key of the charge itself is its only case
    only_used: bool            # "has lines only where there is usage"
    discount: Fraction         # in percent
    minimum: Optional[Fraction]
    maximum: Optional[Fraction]

    def case_of(self, dimensions):
        """"each group goes to the first case that fits". None: the charge does not take it."""
        if holds(self.where, dimensions):
            return next((case for case in self.cases if holds(case.where, dimensions)), None)
        return None

    def takes(self, meter, dimensions):
        return self.meter is meter and self.case_of(dimensions) is not None


def read_charges(nodes, meters, what):
    charges = [read_charge(node, meters) for node in nodes]
    ids = [charge.id for charge in charges]
    if len(set(ids)) != len(ids):
        raise BookError(f'{what}: charge ids repeat')
    return charges


def read_charge(node, meters):
    only_keys(node, 'a charge', CHARGE_KEYS + PRICE_KEYS)
    meter = named(meters, node['meter']) if 'meter' in node else None
    id = node['id'] if 'id' in node else required(node, 'meter', 'a charge')
    if id in MADE_CHARGES or id.startswith('credit:'):
        raise BookError(f'charge {id}: this id is for lines made by plans and contracts')
    charge = Charge(
        id=id,
        meter=meter,
        units=read_units(node['units']) if 'units' in node else Units(),
        free=not_negative(node.get('free', '0')),
        where=read_where(node),
        split=tuple(node.get('split', [])),
        cases=read_cases(node),
        only_used='split' in node or 'cases' in node,
        discount=read_discount(node.get('discount')),
        minimum=not_negative(node['minimum']) if 'minimum' in node else None,
        maximum=not_negative(node['maximum']) if 'maximum' in node else None)
    check_charge(charge, node)
    return charge


def check_charge(charge, node):
    what = f'charge {charge.id}'
    if 'flat' in node:
        if {'units', 'free', 'where', 'split'} & set(node):
            raise BookError(f'{what}: a flat fee has no usage')
    elif charge.meter is None:
        raise BookError(f'{what}: a meter is missing')
    elif 'prorate' in node:
        raise BookError(f'{what}: `prorate` is for flat fees')
    wheres = [charge.where, *(case.where for case in charge.cases)]
    dimensions = [name for where in wheres for name in where] + list(charge.split)
    known(charge.meter.by if charge.meter else (), dimensions, f'{what}: dimensions')
    if None not in (charge.minimum, charge.maximum) and charge.minimum > charge.maximum:
        raise BookError(f'{what}: its minimum is above its maximum')
    if any(isinstance(case.price, prices.PercentPerEvent) for case in charge.cases):
        if charge.meter.aggregate != 'sum' or {'units', 'free'} & set(node):
            raise BookError(f'{what}: `per_event` prices records, those of a sum, without `units` '
                            f'and `free`')


def read_units(node):
    only_keys(node, 'units', 'divide_by round places')
    rule = one_of(('none', 'up', 'down', 'half_up'), node.get('round', 'none'))
    if rule == 'none' and 'places' in node:
        raise BookError('`places` without `round`')
    places = node.get('places', '0')
    if places not in map(str, range(decimals.PLACES + 1)):
        raise BookError(f'places: {places}')
    return Units(positive(node.get('divide_by', '1')), rule, int(places))


def read_cases(node):
    """"`cases: [{where: {…}, <price key>}, {<price key>}]`"."""
    if 'cases' not in node:
        return (Case({}, read_price(node)),)
    if set(node) & set(PRICE_KEYS.split()):
        raise BookError('`cases` and a price key')
    cases = []
    for case in node['cases']:
        only_keys(case, 'a case', 'where ' + PRICE_KEYS)
        if 'flat' in case:
            raise BookError('a case prices usage, and a flat fee has none')
        cases.append(Case(read_where(case), read_price(case)))
    if not cases or not all(case.where for case in cases[:-1]):
        raise BookError('cases are a list; only the last may be without a `where`')
    return tuple(cases)


def read_price(node):
    """"exactly one price key"."""
    keys = [key for key in PRICE_KEYS.split() if key in node]
    if len(keys) != 1:
        raise BookError(f'exactly one price key expected in {node}')
    key, price = keys[0], node[keys[0]]
    if key == 'flat':
        return prices.Flat(number(price), boolean(node.get('prorate', 'false')))
    if key == 'per_unit':
        return prices.PerUnit(number(price))
    if key == 'graduated':
        return prices.Graduated(read_tiers(price))
    if key == 'volume':
        return prices.Volume(read_tiers(price))
    if key == 'package':
        return read_package(price)
    if key == 'percent':
        return read_percent(price)
    return prices.Graduated(read_tiers(price, unit='rate', parts=100))


def read_tiers(nodes, unit='unit', parts=1):
    tiers = []
    for node in nodes:
        only_keys(node, 'a tier', f'up_to {unit} flat')
        up_to = number(node['up_to']) if 'up_to' in node else None
        tiers.append(prices.Tier(up_to, number(node.get(unit, '0')) / parts,
                                 number(node.get('flat', '0'))))
    bounds = [tier.up_to for tier in tiers[:-1]]
    rising = None not in bounds and all(a < b for a, b in zip([0, *bounds], bounds))
    if not tiers or tiers[-1].up_to is not None or not rising:
        raise BookError('bounds of tiers must rise, and the last tier has none')
    return tuple(tiers)


def read_package(node):
    only_keys(node, 'package', 'size amount round')
    return prices.Package(positive(required(node, 'size', 'package')),
                          number(required(node, 'amount', 'package')),
                          one_of(('up', 'down'), node.get('round', 'up')) == 'up')


def read_percent(node):
    only_keys(node, 'percent', 'rate fixed per_event')
    rate = number(required(node, 'rate', 'percent'))
    fixed = number(node.get('fixed', '0'))
    if 'per_event' not in node:
        return prices.Percent(rate, fixed)
    bounds = node['per_event']
    only_keys(bounds, 'per_event', 'min max')
    least, most = (number(bounds[key]) if key in bounds else None for key in ('min', 'max'))
    if not bounds or None not in (least, most) and least > most:
        raise BookError('`per_event` has a `min` or a `max`, and no `min` above its `max`')
    return prices.PercentPerEvent(rate, fixed, least, most)
