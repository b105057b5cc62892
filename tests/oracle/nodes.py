"""Nodes of the book's YAML: texts, lists and maps, read strictly.

Scalars are read as text (BaseLoader) and numbers as fractions, so nothing passes through a float.
A key that is not known is an error, never ignored.
"""

from datetime import date
from fractions import Fraction
from pathlib import Path

import yaml

import decimals

# Digits of the minor unit (ISO 4217).
MINOR_DIGITS = {
    **dict.fromkeys('AED ARS AUD BDT BGN BRL CAD CHF CNY COP CZK DKK EGP EUR GBP GHS HKD HUF IDR '
                    'ILS INR KES LKR MAD MXN MYR NGN NOK NZD PEN PHP PKR PLN QAR RON RSD RUB SAR '
                    'SEK SGD THB TRY TWD TZS UAH USD UYU ZAR'.split(), 2),
    **dict.fromkeys('BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF'.split(), 0),
    **dict.fromkeys('BHD IQD JOD KWD LYD OMR TND'.split(), 3),
    **dict.fromkeys('CLF UYW'.split(), 4),
}


class BookError(Exception):
    """The book is wrong: exit code 78."""


def read_yaml(path):
    return yaml.load(Path(path).read_text(encoding='utf-8'), yaml.BaseLoader)


def read_date(text):
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BookError(str(error)) from error


def number(text):
    try:
        return decimals.parse(text)
    except ValueError as error:
        raise BookError(f'not a decimal: {text!r}') from error


def not_negative(text):
    value = number(text)
    if value < 0:
        raise BookError(f'{text} is below 0')
    return value


def positive(text):
    value = number(text)
    if value <= 0:
        raise BookError(f'{text} is not above 0')
    return value


def whole(text):
    value = not_negative(text)
    if value.denominator != 1:
        raise BookError(f'{text} is no whole number')
    return int(value)


def money(text, currency):
    """An amount that is billed as it stands: not below 0, not finer than the minor unit."""
    value = not_negative(text)
    if (value * 10**MINOR_DIGITS[currency]).denominator != 1:
        raise BookError(f'{text} has more digits than {currency}')
    return value


def read_discount(node):
    """discount: {percent: 10}; without one 0."""
    if node is None:
        return Fraction(0)
    only_keys(node, 'discount', 'percent')
    percent = not_negative(required(node, 'percent', 'discount'))
    if percent > 100:
        raise BookError(f'a discount of {percent} percent')
    return percent


def boolean(text):
    return one_of(('true', 'false'), text) == 'true'


def currency_of(text):
    return one_of(MINOR_DIGITS, text)


def one_of(allowed, text):
    if text not in allowed:
        raise BookError(f'{text!r} is none of {", ".join(allowed)}')
    return text


def named(things, name):
    if name not in things:
        raise BookError(f'{name!r} is not defined')
    return things[name]


def known(allowed, names, what):
    strange = [name for name in names if name not in allowed]
    if strange:
        raise BookError(f'{what}: {strange} are not among {list(allowed)}')


def required(node, key, what):
    if key not in node:
        raise BookError(f'{what} has no `{key}`')
    return node[key]


def all_differ(values, what):
    if len(set(values)) != len(values):
        raise BookError(f'{what} repeat')


def only_keys(node, what, allowed):
    strange = set(node) - set(allowed.split())
    if strange:
        raise BookError(f'{what}: keys not known to the oracle: {sorted(strange)}')


def unique(names):
    return list(dict.fromkeys(name for name in names if name is not None))
