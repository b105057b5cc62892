"""Random usage for a book in the making (`World` of randombook.py): records, and the files that
hold them in many ways of writing."""

import subprocess
from collections import Counter
from datetime import datetime, timedelta, timezone

from tables import BOM
from timing import EPOCH, SECOND, midnight
from usage import RECORD_MAX

MINUTE = 60 * SECOND

DIMENSIONS = {
    'region': ['eu', 'us', 'ap', '', 'Île'],
    'model': ['large', 'small', 'tiny, v2', '"q"', 'NULL'],
    'usage tier': ['1', '2', '10', ''],
}
VALUE_COLUMNS = ['quantity', 'bytes', 'seconds "s"']
VERSION_COLUMN, VOID_COLUMN = 'revision', 'void'
USER_COLUMN = 'user id'  # what `unique` likes to count
USERS = ['u1', 'u2', 'u3', 'U1', 'ü', '1', '1.0', ' u1', '0']
LONG_USERS = ['L' * 4096, 'L' * 4097, '字' * 1365 + 'x', '字' * 1366]
EXTRA_COLUMNS = ['note', 'a,b', 'Ünused', 'trace']  # not in the book
NOTES = ['', 'x', 'NULL', 'a "b" c', 'bad \udcff', 'nul \0', 'cr\rcr', 'é\n']

BAD_TIMESTAMPS = [
    'yesterday', '', '2024-13-01', '2024-02-30T00:00:00Z', '2024-03-01T24:00:00Z', ' 2024-03-01',
    '2024-03-01 ', '2024-03-01T10', '2024-03-01T10:00:00.', '2024-03-01T10:00:00.1234567890Z',
    '2024-03-01T10:00:61Z', '2024-3-1', '2024-03-01T10:00:00+2', '2024-03-01T10:00:00+24:00',
    '2024-03-01Z', '٢٠٢٤-03-01', '2023-02-29', '2024-03-01T10:60Z', '2024-03-01T10:00:00,5Z', '-',
    '1e9', '1.5', '+1709251200']
FAR_TIMESTAMPS = [
    '1500-01-01T00:00:00Z', '1677-12-31T23:59:59.999999999Z', '2262-01-01T00:00:00Z', '0000-01-01',
    '9999-12-31T23:59:59Z', '99999999999', '-99999999999', '9' * 19, '-' + '9' * 30,
    '2261-12-31T23:30:00-01:00', '1678-01-01T00:30:00+01:00']
# Where the unit of an epoch time changes; some of these are good times, of 1970 or 1973.
EPOCH_BOUNDS = [
    '20250301', '100000000000', '10000000000000', '99999999999999', '100000000000000',
    '99999999999999999', '100000000000000000']
BAD_QUANTITIES = [
    'abc', '1,000', ' 5', '5 ', '1e', '--1', '0x10', 'NaN', 'Infinity', '1_000', '.', '-', '1.2.3',
    '٣', '1e1.5', '$5', 'e5', '1 000']
FAR_QUANTITIES = [
    '1' + '0' * 20, '-123456789012345678901', '1E20', '1e-19', '0.' + '0' * 18 + '1',
    '1e999999999999999999999', '-1e-99999', '0.1234567890123456789']
ODD_QUANTITIES = [
    '.5', '5.', '+3', '-0', '0', '0.0', '007', '1.50000000000000000000000', '-.25',
    '0' * 30 + '12', '0e99', '100E-20', '1.5E-3', '25e+2', '1e3', '0.000000000000000001',
    '123456789012345.123456789012345678', '0E-999999999999', '-0.5']
VERSIONS = ['0', '00', '-0', '+0', '-1', '1', '2', '2', '3', '10', '9' * 18, '-' + '9' * 18]
BAD_VERSIONS = ['v1', '1.0', '1e0', ' 1', '1 ', '--1', '+', '1' + '0' * 18, '0' * 19, '٣', '0x1']
VOIDS = ['true', 'True', '1', 'yes', 'YES', 't', 'T', 'y', 'Y']
NOT_VOIDS = ['false', 'FALSE', '0', 'no', 'f', 'n', 'N']
BAD_VOIDS = ['2', '-1', 'on', 'void', 'truе', ' true', 'tt', 'yes.', '01']
BAD_BYTES = ['\udcff', '\udcc3', '\0', '\udced\udca0\udc80', '\udcc0\udcaf']
HALVES = ['.5', '0.5', '5E-1', '-0.5', '1.5', '0']


class Records:
    def __init__(self, world):
        self.world = world
        self.dice = world.dice
        self.event_ids = Counter()
        self.corrects = world.has_version or world.has_void
        self.latest = 0  # version where each is later than those before
        self.clock_changes = list(clock_changes(world.start, world.end, world.zone))

    def events(self, n):
        """Records as {column: text}; a timestamp is still a number."""
        events = []
        copies = self.world.duplicates != 'error' or self.dice.chance(30)
        for _ in range(n):
            if events and self.world.has_event_id and copies and self.dice.chance(8):
                events.append(self.copy(self.dice.choice(events)))
            elif events and self.corrects and self.dice.chance(10):
                events.append(self.correction(self.dice.choice(events)))
            else:
                events.append(self.event())
        return events

    def event(self):
        """A record whose event id is new to its account; other accounts may have the same."""
        event, account = {'timestamp': self.timestamp()}, None
        if not self.world.const_account:
            event['account_id'] = account = self.dice.choice(self.world.accounts)
        if self.world.has_event_id:
            self.event_ids[account] += 1
            event['event id'] = f'e-{self.event_ids[account]}'
        if self.world.has_version:
            event[VERSION_COLUMN] = self.version()
        if self.world.has_void:
            event[VOID_COLUMN] = self.void(3)
        if self.world.has_meter and not self.world.const_meter:
            event['meter'] = self.dice.choice(self.world.meter_texts)
        for name in self.world.dimensions:
            event[name] = self.dice.choice(DIMENSIONS[name])
        for name in VALUE_COLUMNS:
            event[name] = self.quantity()
        if self.world.has('unique'):
            event[USER_COLUMN] = self.user()
        if account in self.world.quiet:
            first = midnight(self.world.start, self.world.zone)
            event['timestamp'] = first + (event['timestamp'] - first) // 4
        return event

    def user(self):
        if self.dice.chance(5):
            return self.dice.choice(LONG_USERS + self.world.no_value)
        return self.dice.choice(USERS)

    def version(self):
        dice = self.dice
        return dice.choice(VERSIONS if dice.chance(20) else self.world.no_value)

    def void(self, percent):
        dice = self.dice
        if dice.chance(percent):
            return dice.choice(VOIDS)
        return dice.choice(NOT_VOIDS + self.world.no_value)

    def correction(self, event):
        """The same event in another version, or withdrawn, often with another content. Where a second
        copy is refused, it is a later version or void."""
        dice, world = self.dice, self.world
        event = self.copy(event)
        again = world.duplicates == 'error' and not dice.chance(3)
        if world.has_void and (dice.chance(50) or (again and not world.has_version)):
            event[VOID_COLUMN] = dice.choice(VOIDS)
            if dice.chance(30):
                event['quantity'] = dice.choice(world.no_value + BAD_QUANTITIES)
        elif again:
            self.latest += 1
            event[VERSION_COLUMN] = str(100 + self.latest)
        if world.has_version and not again and dice.chance(70):
            event[VERSION_COLUMN] = dice.choice(VERSIONS)
        return event

    def copy(self, event):
        """The same event again, often with another content."""
        event = dict(event)
        for name in self.dice.some(list(event)) if self.dice.chance(60) else []:
            if name not in ('account_id', 'event id'):
                event[name] = self.event()[name]
        return event

    def timestamp(self):
        """Often close to a change of the clock, or to a day on which a price may change."""
        dice, world = self.dice, self.world
        if self.clock_changes and dice.chance(15):
            return dice.choice(self.clock_changes) + dice.randint(-120, 120) * MINUTE
        first, last = midnight(world.start, world.zone), midnight(world.end, world.zone)
        if dice.chance(20):
            days = [day for day in [*world.cuts, world.start] if world.start <= day < world.end]
            near = dice.choice([0, 0, -1, 1, SECOND, -SECOND, 60 * MINUTE, -30 * MINUTE])
            return max(midnight(dice.choice(days), world.zone) + near, first)
        timestamp = dice.randrange(first, last)
        return timestamp - timestamp % dice.choice([1, 1000, 10**6, SECOND, MINUTE, 60 * MINUTE])

    def quantity(self):
        dice = self.dice
        if self.world.has('time_weighted') and dice.chance(15):
            return dice.choice(['0', '1', '-1', '10', '-10'])
        if self.world.halves or dice.chance(8):
            return dice.choice(HALVES if self.world.halves else ODD_QUANTITIES)
        sign = '-' if dice.chance(self.world.negative_percent) else ''
        return sign + dice.decimal(dice.choice([1, 3, 6]), dice.choice([0, 0, 2, 6, 18]))

    def written_timestamp(self, timestamp):
        """One of the many ways to write it; some of them lose its fraction."""
        dice = self.dice
        if dice.chance(30):
            lower, unit = dice.choice([(0, SECOND), (10**11, 10**6), (10**14, 10**3), (10**17, 1)])
            number = timestamp // unit
            if abs(number) >= lower:
                return str(number)
        utc = EPOCH + timedelta(seconds=timestamp // SECOND)
        form = dice.choice(['zulu', 'zulu', 'offset', 'local', 'leap'])
        offset = timedelta(0)
        if form == 'offset':
            offset = timedelta(minutes=dice.choice([0, 60, -300, 330, -570, 630, 840, -720]))
        elif form == 'local':  # or by a clock that was not put forward yet: a time that is skipped
            late = timedelta(hours=dice.choice([0, 0, 1]))
            offset = utc_offset(utc - late, self.world.zone)
        local = utc + offset
        date_text, time_text = local.strftime('%Y-%m-%d'), local.strftime('%H:%M:%S')
        if form == 'leap':
            time_text = local.strftime('%H:%M:60')
        fraction = f'{timestamp % SECOND:09}'.rstrip('0')
        if fraction and not dice.chance(10):
            time_text += '.' + fraction + '0' * dice.randint(0, 9 - len(fraction))
        elif local.second == 0 and form != 'leap' and dice.chance(60):
            time_text = time_text[:5]
            if form == 'local' and time_text == '00:00' and dice.chance(70):
                return date_text
        zone_text = {'zulu': dice.choice('ZZz'), 'leap': 'Z', 'local': '',
                     'offset': self.written_offset(offset)}[form]
        return date_text + dice.choice('TTt ') + time_text + zone_text

    def written_offset(self, offset):
        minutes = offset // timedelta(minutes=1)
        sign, (hours, minutes) = '-' if minutes < 0 else '+', divmod(abs(minutes), 60)
        forms = [f'{hours:02}:{minutes:02}', f'{hours:02}{minutes:02}']
        return sign + self.dice.choice(forms if minutes else forms + [f'{hours:02}'])

    def spoil(self, texts):
        """Makes one text of a record bad."""
        dice = self.dice
        # Never long after; and a level from long ago would be carried over thousands of periods.
        far = self.world.start.year > 1973 and not self.world.has('time_weighted')
        long_ago = EPOCH_BOUNDS if far else []
        spoilt = {
            'timestamp': BAD_TIMESTAMPS + FAR_TIMESTAMPS + long_ago + self.world.no_value,
            'account_id': self.world.no_value,
            'event id': self.world.no_value,
            VERSION_COLUMN: BAD_VERSIONS,
            VOID_COLUMN: BAD_VOIDS,
            'meter': self.world.no_value + ['unknown', 'Tokens', 'tokens '],
            **dict.fromkeys(VALUE_COLUMNS, BAD_QUANTITIES + FAR_QUANTITIES + self.world.no_value),
        }
        name = dice.choice(list(texts))
        if dice.chance(15) or name not in spoilt:
            texts[name] += dice.choice(BAD_BYTES)
        else:
            texts[name] = dice.choice(spoilt[name])


def utc_offset(utc, zone):
    return utc.replace(tzinfo=timezone.utc).astimezone(zone).utcoffset()


def clock_changes(start, end, zone):
    """The times at which the offset of the zone changes, to the half hour."""
    first, last = midnight(start, zone), midnight(end, zone)
    before = None
    for timestamp in range(first, last, 30 * MINUTE):
        offset = utc_offset(EPOCH + timedelta(seconds=timestamp // SECOND), zone)
        if before not in (None, offset):
            yield timestamp
        before = offset


class UsageFile:
    """Writes records as CSV, in a layout of its own."""

    def __init__(self, records, columns):
        dice = self.dice = records.dice
        self.records = records
        self.columns = columns + dice.some(EXTRA_COLUMNS)
        dice.shuffle(self.columns)
        self.line_end = dice.choice(['\n', '\n', '\r\n'])
        self.quote_percent = dice.choice([0, 0, 20, 100])
        self.bad_percent = dice.choice([0, 2, 10])
        self.rows = [','.join(self.field(column) for column in self.columns)]

    def field(self, text):
        needed = text.startswith('"') or text.endswith('\r') or ',' in text or '\n' in text
        curious = '"' in text or '\r' in text
        if needed or self.dice.chance(50 if curious else self.quote_percent):
            return '"' + text.replace('"', '""') + '"'
        return text

    def add(self, event):
        """True where it was made bad."""
        dice = self.dice
        texts = {**event, 'timestamp': self.records.written_timestamp(event['timestamp'])}
        spoils = dice.chance(self.bad_percent)
        if spoils:
            self.records.spoil(texts)
        for name in EXTRA_COLUMNS:
            texts[name] = dice.choice(NOTES)
        fields = [self.field(texts[column]) for column in self.columns]
        if dice.chance(self.bad_percent) and dice.chance(30):
            self.spoil_row(fields)
        self.rows.append(','.join(fields))
        if dice.chance(2):
            self.rows.append('')
        return spoils

    def spoil_row(self, fields):
        i = self.dice.randrange(len(fields))
        kind = self.dice.choice(['more', 'fewer', 'behind quote', 'stray quote', 'junk'])
        if kind == 'more':
            fields.insert(i, 'more')
        elif kind == 'fewer':
            del fields[i]
        elif kind == 'behind quote':
            fields[i] = '"quoted"' + self.dice.choice(['x', ' ', '"x', '\r'])
        elif kind == 'stray quote':  # may run on into the next records
            fields[i] = '"' + fields[i]
        else:
            fields[:] = [self.dice.choice(['junk', ' ', '"a ""b"" \r\n c"', ';;;'])]

    def data(self):
        dice = self.dice
        rows = list(self.rows)
        if dice.chance(4):  # as long as a record may be, or longer by a byte
            commas = ',' * (len(self.columns) - 1)
            length = RECORD_MAX + dice.randint(0, 1) - len(commas)
            rows.insert(dice.randint(1, len(rows)), 'y' * length + commas)
        if dice.chance(10):
            rows.append('"never closed,1,2')
        text = self.line_end.join(rows) + (self.line_end if dice.chance(70) else '')
        return (BOM if dice.chance(30) else b'') + text.encode('utf-8', 'surrogateescape')


def write_zstd(path, data, dice):
    """One frame or several, cut anywhere, which say their size or do not."""
    cuts = sorted(dice.randint(0, len(data)) for _ in range(dice.choice([0, 1, 4])))
    says_size = dice.chance(50)
    frames = []
    for start, end in zip([0, *cuts], [*cuts, len(data)]):
        size = [f'--stream-size={end - start}'] if says_size else []
        frames.append(subprocess.run(['zstd', '-cq', *size], input=data[start:end], check=True,
                                     stdout=subprocess.PIPE).stdout)
    path.write_bytes(b''.join(frames))


NAMES = ['usage-1.csv', 'usage-10.csv', 'usage-2.csv', 'usage-B.csv', 'usage-a.csv', 'usage-é.csv',
         'usage-1.csv.zst', 'usage-3.csv.zst']


def write_usage(world, n, folder, names=None):
    """Writes n records to these files, or to some; returns their names."""
    dice, records = world.dice, Records(world)
    columns = list(records.event())
    names = names or dice.sample(NAMES, dice.randint(1, 5))
    files = {name: UsageFile(records, columns) for name in names}
    for event in records.events(n):
        spoilt = files[dice.choice(names)].add(event)
        if spoilt and world.has_event_id and world.has('repairs') and dice.chance(50):
            files[dice.choice(names)].add(event)
    for name, file in files.items():
        if name.endswith('.zst'):
            write_zstd(folder / name, file.data(), dice)
        else:
            (folder / name).write_bytes(file.data())
    return names
