"""Usage records: reading and quarantine."""

import os
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

import decimals
import events
import timing
from meters import holds
from nodes import unique
from tables import decode, read_bytes, rows

VOID_WORDS = {'true': True, '1': True, 'yes': True, 't': True, 'y': True,
              'false': False, '0': False, 'no': False, 'f': False, 'n': False}
NAME_MAX = 4096   # bytes of an account, a meter or a dimension's value
RECORD_MAX = 1024 * 1024  # bytes


class Rejected(Exception):
    """A record can't be read; the text of the exception is the reason code."""


@dataclass(frozen=True)
class Identity:
    """What tells of which event a record is, and which of its copies ranks higher."""
    account: str
    event_id: str
    version: int          # None: it can't be read, and ranks below all others
    is_void: bool

    @property
    def event(self):
        return self.account, self.event_id

    @property
    def rank(self):
        """"ordered by version first ..., among equal versions a void one wins"."""
        return (float('-inf') if self.version is None else self.version), self.is_void


@dataclass
class BadRecord:
    path: str
    number: int
    offset: int
    code: str
    raw: str
    identity: Identity    # None: it can't be told of which event it is

    def row(self):
        return self.path, self.number, self.offset, self.code, self.raw


@dataclass
class Record:
    path: str
    number: int           # in its file, from 1
    account: str
    identity: Identity    # None: the book has no event ids
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
    kept: list            # of Record: those that count
    withheld: dict        # class -> list of Record: good ones that do not count
    losers: list          # of (kept record, duplicate of it)
    quarantine: list      # of BadRecord
    repaired: list        # of BadRecord

    @property
    def metered(self):
        return [record for record in self.kept if record.meters]


def read(book, paths):
    """Reads all files; every record ends up in exactly one list, the losers again in one."""
    readable, bad = [], []
    for path in sorted(set(paths), key=os.fsencode):
        for number, row, texts in read_file(book, path):
            try:
                readable.append(read_record(book, path, number, row, texts))
            except Rejected as code:
                is_row = texts and len(row.raw) <= RECORD_MAX
                identity = read_identity(book, texts) if is_row else None
                bad.append(BadRecord(path, number, row.offset, str(code),
                                     decode(row.raw[:RECORD_MAX]), identity))
    kept, withheld, losers = events.resolve(readable, book.usage.duplicates)
    quarantine, repaired = events.repair(bad, readable)
    return Usage(kept, withheld, losers, quarantine, repaired)


def read_file(book, path):
    """Yields (number, row, {column in use: bytes}); the texts of a row that is no row are None."""
    header, *body = list(rows(read_bytes(path))) or [None]
    names = [decode(name) for name in header.fields or []] if header else []
    missing = [name for name in book.columns if name not in names]
    if missing:
        raise events.DataError(f'{path}: no column {missing[0]!r} in {names}')
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
        return value_text(rules, texts, source)

    account = text_of(rules.account)
    if account is None:
        raise Rejected('missing_account')
    event_id = text_of(rules.event_id)
    if rules.event_id and event_id is None:
        raise Rejected('missing_event_id')
    version, is_void = read_version(text_of(rules.version)), read_void(text_of(rules.void))
    timestamp = read_timestamp(text_of(rules.timestamp), book.zone)
    dimensions = {name: '' if texts[name] in rules.no_value else texts[name]
                  for name in rules.dimensions}
    meter_text = (text_of(rules.meter) or '') if rules.meter else None
    meters = fed_meters(book, meter_text, dimensions, is_void)
    readings = dict.fromkeys(meter.reading for meter in meters if meter.reading)
    values = {reading: read_value(reading, text_of(reading.source), is_void)
              for reading in readings}
    identity = Identity(account, event_id, version, is_void) if rules.event_id else None
    return Record(path, number, account, identity, timestamp,
                  timing.local_date(timestamp, book.zone), meter_text, dimensions, meters, values)


def value_text(rules, texts, source):
    """None where there is no value, or no such column in the book."""
    if source is None:
        return None
    text = source.const if source.column is None else texts[source.column]
    return None if text in rules.no_value else text


def read_identity(book, texts):
    """Of a bad record; None where it has none that can be read. What can't be read of its version
    and whether it is void ranks as low as it may."""
    rules = book.usage
    try:
        texts = {name: read_text(data) for name, data in texts.items()}
    except Rejected:
        return None
    account, event_id = [value_text(rules, texts, source)
                         for source in (rules.account, rules.event_id)]
    if account is None or event_id is None or len(account.encode()) > NAME_MAX:
        return None
    try:
        version = read_version(value_text(rules, texts, rules.version))
    except Rejected:
        return Identity(account, event_id, None, False)
    try:
        is_void = read_void(value_text(rules, texts, rules.void))
    except Rejected:
        is_void = False
    return Identity(account, event_id, version, is_void)


def read_version(text):
    """"an integer; missing or a no_value text counts as 0; ... up to 18 digits"."""
    if text is None:
        return 0
    if not re.fullmatch('[+-]?[0-9]{1,18}', text):
        raise Rejected('bad_version')
    return int(text)


def read_void(text):
    """"true/false, 1/0, yes/no, t/f, y/n in any case; missing or no_value = false"."""
    if text is None:
        return False
    word = ''.join(chr(ord(c) + 32) if 'A' <= c <= 'Z' else c for c in text)
    if word not in VOID_WORDS:
        raise Rejected('bad_void')
    return VOID_WORDS[word]


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


def read_value(reading, text, is_void):
    """What a meter aggregates: a quantity, or for `unique` any text. Of a void record, "its quantity
    may be missing (0), and an unreadable quantity ... is no reason to quarantine it"."""
    try:
        if text is None:
            raise Rejected('missing_quantity')
        return text if reading.is_text else read_quantity(text)
    except Rejected:
        if not is_void:
            raise
        return Fraction(0)


def read_quantity(text):
    try:
        return decimals.parse(text, exponent=True)
    except decimals.NotANumber:
        raise Rejected('bad_quantity')
    except decimals.TooManyDigits:
        raise Rejected('out_of_range')


def fed_meters(book, meter_text, dimensions, is_void):
    """A void record may name any meter."""
    meters = book.meters
    if book.usage.meter:
        meters = [meter for meter in meters if meter.match == meter_text]
        if not meters and not book.usage.skip_unknown and not is_void:
            raise Rejected('unknown_meter')
    return [meter for meter in meters if holds(meter.where, dimensions)]


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
    metered, withheld = usage.metered, usage.withheld
    records = {
        'read': (len(usage.kept) + sum(map(len, withheld.values())) + len(usage.quarantine)
                 + len(usage.repaired)),
        'aggregated': len(metered),
        **{name: len(records) for name, records in withheld.items()},
        'quarantined': by_code(usage.quarantine),
        'repaired': by_code(usage.repaired),
        'not_metered': len(usage.kept) - len(metered),
    }
    meters = {}
    for meter in book.meters:
        parts = {'aggregated': total(meter, metered)}
        parts |= {name: total(meter, records) for name, records in withheld.items()}
        parts = {'read': sum(parts.values()), **parts}
        meters[meter.name] = {name: decimals.plain(part) for name, part in parts.items()}
    return records, meters


def by_code(bad):
    return dict(sorted(Counter(record.code for record in bad).items()))


def total(meter, records):
    return sum((record.adds(meter) for record in records if meter in record.meters), Fraction(0))
