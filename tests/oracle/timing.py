"""Timestamps, and the calendar periods that they belong to.

A timestamp is an int: nanoseconds since 1970-01-01T00:00:00Z.
"""

import calendar
import re
from datetime import date, datetime, timedelta, timezone
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

SECOND = 10**9
EPOCH = datetime(1970, 1, 1)
DAY = timedelta(days=1)
OPEN = date.max  # the end of what has none

CIVIL = re.compile(
    r'([0-9]{4})-([0-9]{2})-([0-9]{2})'
    r'(?:[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?'
    r'(?:([Zz])|([+-])([0-9]{2})(?::?([0-9]{2}))?)?)?')
INTEGER = re.compile(r'-?[0-9]+')
EPOCH_UNITS = [(10**11, SECOND), (10**14, 10**6), (10**17, 10**3)]  # below: ns in one unit


class BadTimestamp(ValueError):
    pass


class TimestampRange(ValueError):
    """Outside 1678-01-01 .. 2261-12-31 UTC."""


def parse_timestamp(text, zone):
    if INTEGER.fullmatch(text):
        timestamp = epoch_timestamp(text)
    else:
        timestamp = civil_timestamp(text, zone)
    if not seconds(datetime(1678, 1, 1)) <= timestamp // SECOND < seconds(datetime(2262, 1, 1)):
        raise TimestampRange(text)
    return timestamp


def epoch_timestamp(text):
    digits = text.lstrip('-').lstrip('0')
    if len(digits) > 20:
        raise TimestampRange(text)
    number = int(digits or '0')
    unit = next((unit for below, unit in EPOCH_UNITS if number < below), 1)
    return (-number if text.startswith('-') else number) * unit


def civil_timestamp(text, zone):
    """Second 60 is the first second of the next minute of the local clock. A local time that
    occurs twice is the first of the two; one that is skipped has the offset from before the gap."""
    found = CIVIL.fullmatch(text)
    if not found:
        raise BadTimestamp(text)
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    fraction, z, sign, offset_hours, offset_minutes = found.groups()[6:]
    offset_hours, offset_minutes = int(offset_hours or 0), int(offset_minutes or 0)
    if not (1 <= month <= 12 and 1 <= day <= days_in_month(year, month) and hour <= 23
            and minute <= 59 and second <= 60 and offset_hours <= 23 and offset_minutes <= 59):
        raise BadTimestamp(text)
    if not 1677 <= year <= 2262:
        raise TimestampRange(text)
    local = datetime(year, month, day, hour, minute) + timedelta(seconds=second)
    if z or sign:
        offset = timedelta(hours=offset_hours, minutes=offset_minutes)
        if sign == '-':
            offset = -offset
    else:
        offset = local.replace(tzinfo=zone, fold=0).utcoffset()
    return seconds(local - offset) * SECOND + int((fraction or '').ljust(9, '0'))


def days_in_month(year, month):
    return calendar.mdays[month] + (month == 2 and calendar.isleap(year))


def seconds(utc):
    return (utc - EPOCH) // timedelta(seconds=1)


def local_date(timestamp, zone):
    utc = EPOCH + timedelta(seconds=timestamp // SECOND)
    return utc.replace(tzinfo=timezone.utc).astimezone(zone).date()


@lru_cache(maxsize=None)
def midnight(day, zone):
    """The timestamp at which a day of the zone begins: of a midnight that occurs twice the first,
    and where the clock skips midnight, the moment of the skip."""
    local = datetime(day.year, day.month, day.day, tzinfo=zone)
    return seconds(local.replace(tzinfo=None) - local.utcoffset()) * SECOND


class Period(NamedTuple):
    label: str
    start: date
    end: date  # the first day behind it

    @property
    def days(self):
        return (self.end - self.start).days

    def share(self, start, end):
        """"days active ÷ days in the period"."""
        return Fraction((end - start).days, self.days)

    def length(self, zone):
        """In nanoseconds: a day on which the clock is changed is longer or shorter than others."""
        return midnight(self.end, zone) - midnight(self.start, zone)


@lru_cache(maxsize=None)
def period_of(kind, day):
    """The period of a kind (month, week, day, quarter, year) that holds a day."""
    if kind == 'day':
        return Period(day.isoformat(), day, day + DAY)
    if kind == 'week':
        year, week, weekday = day.isocalendar()
        monday = day - (weekday - 1) * DAY
        return Period(f'{year:04}-W{week:02}', monday, monday + 7 * DAY)
    months = {'month': 1, 'quarter': 3, 'year': 12}[kind]
    index = (day.month - 1) // months
    start = date(day.year, index * months + 1, 1)
    last_month = start.month + months - 1
    end = date(day.year, last_month, days_in_month(day.year, last_month)) + DAY
    label = {'month': f'{day.year:04}-{day.month:02}',
             'quarter': f'{day.year:04}-Q{index + 1}',
             'year': f'{day.year:04}'}[kind]
    return Period(label, start, end)


def periods_between(kind, start, end):
    """The periods that [start, end) touches."""
    while start < end:
        period = period_of(kind, start)
        yield period
        start = period.end


def start_of(label):
    """The first day of the period of a label."""
    year, _, part = label.partition('-')
    if part.startswith('W'):
        return date.fromisocalendar(int(year), int(part[1:]), 1)
    if part.startswith('Q'):
        return date(int(year), int(part[1:]) * 3 - 2, 1)
    return date.fromisoformat({0: f'{label}-01-01', 2: f'{label}-01'}.get(len(part), label))


def labels_between(kind, first, last):
    """From one label to another, both included."""
    return [period.label for period in periods_between(kind, start_of(first), start_of(last) + DAY)]
