"""Usage records: reading, quarantine, de-duplication."""

import os
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

import decimals
import timing
from meters import holds
from nodes import unique
from tables import decode, read_bytes, rows

NAME_MAX = 4096   # bytes of an account, a meter or a dimension's value
RECORD_MAX = 1024 * 1024  # bytes


class DataError(Exception):
    """The data is refused: exit code 65."""


class Rejected(Exception):
    """A record can't be read; the text of the exception is the reason code."""


@dataclass
class Record:
    path: str
    number: int           # in its file, from 1
    account: str
    event_id: str         # None: the book has no event ids
    timestamp: int
    day: date             # of the book's zone
    meter_text: str
    dimensions: dict
    meters: list          # that it feeds
    values: dict          # by reading, those of its meters
    order: tuple = field(init=False)

    def __post_init__(self):
        self.order = (self.timestamp, os.fsencode(self.path), self.number)

    def value(self, meter):
        """What the meter aggregates; a record counts as one."""
        if meter.reading is None:
            return Fraction(1)
        return self.values[meter.reading]

    def adds(self, meter):
        """What it adds to the meter's quantity in the reconciliation: of `unique` too, one."""
        is_number = meter.reading and not meter.reading.is_text
        return self.value(meter) if is_number else Fraction(1)


@dataclass
class Usage:
    kept: list            # of Record: readable, without losing copies
    losers: list          # of (kept record, losing copy)
    quarantine: list      # of (path, number, offset, code, raw)

    @property
    def metered(self):
        return [record for record in self.kept if record.meters]

    @property
    def duplicates(self):
        return [loser for _, loser in self.losers]


def read(book, paths):
    """Reads all files; every record ends up in exactly one of kept, losers and quarantine."""
    readable, quarantine = [], []
    for path in sorted(set(paths), key=os.fsencode):
        for number, row, texts in read_file(book, path):
            try:
                readable.append(read_record(book, path, number, row, texts))
            except Rejected as code:
                raw = decode(row.raw[:RECORD_MAX])
                quarantine.append((path, number, row.offset, str(code), raw))
    kept, losers = deduplicate(readable, book.usage.duplicates)
    return Usage(kept, losers, quarantine)


def read_file(book, path):
    """Yields (number, row, {column in use: bytes}); the texts of a row that is no row are None."""
    header, *body = list(rows(read_bytes(path))) or [None]
    names = [decode(name) for name in header.fields or []] if header else []
    missing = [name for name in book.columns if name not in names]
    if missing:
        raise DataError(f'{path}: no column {missing[0]!r} in {names}')
    index = {name: names.index(name) for name in book.columns}
    for number, row in enumerate(body, start=1):
        is_row = row.fields is not None and len(row.fields) == len(names)
        yield number, row, is_row and {name: row.fields[i] for name, i in index.items()}


def read_record(book, path, number, row, texts):
    if len(row.raw) > RECORD_MAX:
        raise Rejected('too_long')
    if not texts:
        raise Rejected('bad_row')
    rules = book.usage
    texts = {name: read_text(data) for name, data in texts.items()}
    if any(len(texts[name].encode()) > NAME_MAX for name in name_columns(book)):
        raise Rejected('too_long')

    def text_of(source):
        """None where there is no value."""
        text = source.const if source.column is None else texts[source.column]
        return None if text in rules.no_value else text

    account = text_of(rules.account)
    if account is None:
        raise Rejected('missing_account')
    event_id = text_of(rules.event_id) if rules.event_id else None
    if rules.event_id and event_id is None:
        raise Rejected('missing_event_id')
    timestamp = read_timestamp(text_of(rules.timestamp), book.zone)
    dimensions = {name: '' if texts[name] in rules.no_value else texts[name]
                  for name in rules.dimensions}
    meter_text = (text_of(rules.meter) or '') if rules.meter else None
    meters = fed_meters(book, meter_text, dimensions)
    readings = dict.fromkeys(meter.reading for meter in meters if meter.reading)
    values = {reading: read_value(reading, text_of(reading.source)) for reading in readings}
    return Record(path, number, account, event_id, timestamp,
                  timing.local_date(timestamp, book.zone), meter_text, dimensions, meters, values)


def read_text(data):
    if b'\0' in data:
        raise Rejected('bad_encoding')
    try:
        return data.decode('utf-8')
    except UnicodeDecodeError:
        raise Rejected('bad_encoding')


def read_timestamp(text, zone):
    try:
        return timing.parse_timestamp(text or '', zone)
    except timing.BadTimestamp:
        raise Rejected('bad_timestamp')
    except timing.TimestampRange:
        raise Rejected('out_of_range')


def name_columns(book):
    """The columns that hold names: of accounts, meters, dimensions and what `unique` counts."""
    rules = book.usage
    sources = [rules.account, rules.meter]
    sources += [reading.source for reading in book.readings if reading.is_text]
    return [s.column for s in sources if s and s.column] + list(rules.dimensions)


def read_value(reading, text):
    """What a meter aggregates: a quantity, or for `unique` any text."""
    if text is None:
        raise Rejected('missing_quantity')
    return text if reading.is_text else read_quantity(text)


def read_quantity(text):
    try:
        return decimals.parse(text, exponent=True)
    except decimals.NotANumber:
        raise Rejected('bad_quantity')
    except decimals.TooManyDigits:
        raise Rejected('out_of_range')


def fed_meters(book, meter_text, dimensions):
    meters = book.meters
    if book.usage.meter:
        meters = [meter for meter in meters if meter.match == meter_text]
        if not meters and not book.usage.skip_unknown:
            raise Rejected('unknown_meter')
    return [meter for meter in meters if holds(meter.where, dimensions)]


def deduplicate(records, rule):
    """Keeps one copy of each (account, event id): records without event ids are all kept."""
    kept, copies = [], {}
    for record in records:
        if record.event_id is None:
            kept.append(record)
        else:
            copies.setdefault((record.account, record.event_id), []).append(record)
    losers = []
    for group in copies.values():
        if rule == 'error' and len(group) > 1:
            raise DataError(f'event id {group[0].event_id!r} of {group[0].account!r} repeats')
        winner = (max if rule == 'last' else min)(group, key=lambda record: record.order)
        kept.append(winner)
        losers += [(winner, record) for record in group if record is not winner]
    return kept, losers


def conflicts(book, usage):
    """The losing copies that differ in content: rows of conflicts.csv."""
    found = []
    for winner, loser in usage.losers:
        differs = ';'.join(unique(differences(book, winner, loser)))
        if differs:
            found.append((winner.account, winner.path, winner.number, loser.path, loser.number,
                          differs))
    return sorted(found)


def differences(book, a, b):
    """Names of what differs. Values are compared where both copies were read."""
    if a.timestamp != b.timestamp:
        yield 'timestamp'
    if a.meter_text != b.meter_text:
        yield book.usage.meter.column
    for name in book.usage.dimensions:
        if a.dimensions[name] != b.dimensions[name]:
            yield name
    for reading in book.readings:
        if reading.source.column and reading in a.values and reading in b.values:
            if a.values[reading] != b.values[reading]:
                yield reading.source.column


def totals(book, usage):
    """The counts of reconciliation.json: of records, and of each meter's quantity."""
    quarantined = Counter(code for _, _, _, code, _ in usage.quarantine)
    metered, duplicates = usage.metered, usage.duplicates
    records = {
        'read': len(usage.kept) + len(duplicates) + len(usage.quarantine),
        'aggregated': len(metered),
        'duplicate': len(duplicates),
        'quarantined': dict(sorted(quarantined.items())),
        'not_metered': len(usage.kept) - len(metered),
    }
    meters = {}
    for meter in book.meters:
        aggregated = total(meter, metered)
        duplicate = total(meter, duplicates)
        meters[meter.name] = {'read': decimals.plain(aggregated + duplicate),
                              'aggregated': decimals.plain(aggregated),
                              'duplicate': decimals.plain(duplicate)}
    return records, meters


def total(meter, records):
    return sum((record.adds(meter) for record in records if meter in record.meters), Fraction(0))
