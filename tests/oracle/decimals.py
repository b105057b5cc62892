"""Decimals as exact fractions: reading, rounding and writing them."""

import re
from fractions import Fraction
from math import ceil, floor, trunc

DIGITS = 20  # at most so many before the point
PLACES = 18  # and so many after it

NUMBER = re.compile(r'([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?)([0-9]+))?')


class NotANumber(ValueError):
    pass


class TooManyDigits(ValueError):
    """Zeros that carry no value never count."""


def parse(text, exponent=False):
    """Reads [+-]digits[.digits], digits on at least one side of the point; with `exponent`, a
    trailing e[+-]digits as well."""
    found = NUMBER.fullmatch(text)
    if not found:
        raise NotANumber(text)
    sign, whole, fraction, power_sign, power = found.groups(default='')
    if not whole + fraction or (power and not exponent):
        raise NotANumber(text)
    digits = (whole + fraction).lstrip('0')
    if not digits:
        return Fraction(0)
    power = power.lstrip('0')
    if len(power) > 9:
        raise TooManyDigits(text)
    places = len(fraction) - int(power_sign + (power or '0'))
    places -= len(digits) - len(digits.rstrip('0'))
    digits = digits.rstrip('0')
    if len(digits) - places > DIGITS or places > PLACES:
        raise TooManyDigits(text)
    return Fraction(int(sign + digits)) / Fraction(10) ** places


def away_from_zero(rule):
    """A rule for positive numbers, mirrored."""
    return lambda x: rule(x) if x >= 0 else -rule(-x)


ROUNDING = {
    'half_up': away_from_zero(lambda x: floor(x + Fraction(1, 2))),
    'half_even': round,
    'up': away_from_zero(ceil),
    'down': trunc,
}


def rounded(value, places, mode):
    return Fraction(ROUNDING[mode](value * 10**places), 10**places)


def fixed(value, places):
    """Plain notation with exactly `places` digits; the value must have no more of them."""
    scaled = value * 10**places
    assert scaled.denominator == 1, (value, places)
    digits = str(abs(scaled.numerator)).rjust(places + 1, '0')
    sign = '-' if value < 0 else ''
    return sign + (f'{digits[:-places]}.{digits[-places:]}' if places else digits)


def plain(value):
    """Plain notation without needless zeros, half even to 18 places."""
    text = fixed(rounded(value, PLACES, 'half_even'), PLACES)
    return text.rstrip('0').rstrip('.')
