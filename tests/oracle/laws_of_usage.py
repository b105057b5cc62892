"""Laws of metered usage and of time: aggregates that bound or make up each other, levels, periods
that make up longer ones, time zones, and records that say nothing."""

from datetime import date, timedelta
from fractions import Fraction

from decimals import parse
from lawtrial import LAST_PLACE, OF_DEALS, key_of, require, same, same_rows, totals
from randombook import Plain
from randomusage import USER_COLUMN, VOID_COLUMN
from timing import DAY, EPOCH, SECOND, midnight, parse_timestamp, period_of

PLAIN = ('plan_minimum', 'bounds', 'cases', 'units', 'per_event', *OF_DEALS)
PLACE = key_of('account', 'period', 'detail', 'from', 'to')
KINDS = ('day', 'week', 'month', 'quarter', 'year')
FAR_BACK = '1900-01-01'


def metered(book, meters, split=(), flat=None):
    """The book with these meters alone, each billed a unit of money for a unit, to whoever has
    usage."""
    if 'meter' not in book['usage']:
        for meter in meters.values():
            meter.pop('match', None)
    charges = [{'id': name, 'meter': name, 'per_unit': '1',
                **({'split': list(split)} if split else {})} for name in meters]
    charges += [{'id': 'fee', 'flat': flat, 'prorate': Plain('true')}] if flat else []
    return {**book, 'meters': meters, 'default_plan': 'all', 'subscriptions': [], 'contracts': {},
            'plans': {'all': {'versions': [{'from': FAR_BACK, 'charges': charges}]}}}


def meters_of_one_kind(trial, aggregates, dimensions=(), extra=None):
    """Meters of the same records, one for each aggregate: {name: meter}."""
    dice, by = trial.dice, list(dimensions)
    shared = {'match': 'T', 'of': dice.choice(['quantity', 'bytes']), **(extra or {})}
    if by:
        shared['by'] = by
    return {name: {'aggregate': aggregate, **shared,
                   **({'p': Plain(name[1:])} if aggregate == 'percentile' else {})}
            for name, aggregate in aggregates.items()}


def one_meter_for_all(sample):
    """Every record is of the meter `T`."""
    for row in sample.rows:
        if 'meter' in row:
            row['meter'] = 'T'
    if isinstance(sample.book['usage'].get('meter'), dict):
        sample.book['usage']['meter'] = {'const': 'T'}


def quantities(result, charge):
    return totals([line for line in result.lines if line['charge'] == charge], PLACE, 'quantity')


def aggregates_of_the_same_records(trial):
    """Of the same records: average × count = sum (but for the 18th place), min ≤ average, latest and
    percentiles ≤ max, the percentiles rise, and no more values are distinct than there are
    records."""
    sample = trial.sample(without=PLAIN, bad_percent=5)
    one_meter_for_all(sample)
    split = trial.dice.some(sample.world.dimensions)
    names = {name: name for name in ('sum', 'count', 'average', 'min', 'max', 'latest', 'unique')}
    names |= {'p0.000000000000000001': 'percentile', 'p50': 'percentile', 'p95': 'percentile',
              'p100': 'percentile'}
    meters = meters_of_one_kind(trial, names, split)
    result = trial.run_sample('book', sample, metered(sample.book, meters, split))
    by_name = {name: quantities(result, name) for name in names}
    require(by_name['count'].keys() >= {place for name in names for place in by_name[name]},
            'usage without records')
    for place, count in by_name['count'].items():
        q = {name: by_name[name].get(place, Fraction(0)) for name in names}
        what = f'{place}: {({name: str(value) for name, value in q.items()})}'
        require(abs(q['average'] * count - q['sum']) <= count * LAST_PLACE / 2, what)
        require(q['p0.000000000000000001'] == q['min'] and q['p100'] == q['max'], what)
        require(q['min'] <= q['p50'] <= q['p95'] <= q['max'], what)
        require(q['min'] <= q['latest'] <= q['max'], what)
        require(q['min'] - LAST_PLACE <= q['average'] <= q['max'] + LAST_PLACE, what)
        require(1 <= q['unique'] <= count, what)


def extremes_are_percentiles(trial):
    """`percentile` with `p: 100` is `max`, and with the smallest p `min`: "the value at position
    ceil(p/100·n) in ascending order"."""
    sample = trial.sample(without=('per_event',), bad_percent=5)
    aggregate, p = trial.dice.choice([('max', '100'), ('min', '0.000000000000000001')])
    results = []
    for name, keys in (('plain', {'aggregate': aggregate}),
                       ('percentile', {'aggregate': 'percentile', 'p': p})):
        for meter in sample.book['meters'].values():
            for key in ('p', 'values', 'aggregate'):
                meter.pop(key, None)
            if meter.get('of') not in ('quantity', 'bytes', 'seconds "s"'):
                meter.pop('of', None)
            meter.update(keys)
        results.append(trial.run_sample(name, sample))
    same(*results)


def splits_add(trial):
    """"`split: [region]` makes one line for each value": of a sum, these lines add up to the line
    that is not split, before rounding."""
    sample = trial.sample(without=PLAIN, bad_percent=5,
                          accept=lambda world: world.dimensions)
    one_meter_for_all(sample)
    dimensions = sample.world.dimensions
    meters = meters_of_one_kind(trial, {'sum': 'sum', 'count': 'count'}, dimensions)
    place = key_of('account', 'period', 'charge', 'from', 'to')
    sums = []
    for name, split in (('whole', ()), ('split', trial.dice.some(dimensions, least=1))):
        lines = trial.run_sample(name, sample, metered(sample.book, meters, split)).lines
        sums.append([totals(lines, place, column) for column in ('quantity', 'exact')])
    require(sums[0] == sums[1], f'{sums[0]}\n{sums[1]}')


# Levels

def a_level_from_the_first_moment(trial):
    """`time_weighted`: "Σ level × time in the segment ÷ length of the period": a level set at the
    first moment of a period is the quantity of this one and of all later periods, whatever days
    the clock makes shorter or longer."""
    sample = trial.sample(without=PLAIN)
    one_meter_for_all(sample)
    world, dice = sample.world, trial.dice
    meters = meters_of_one_kind(trial, {'level': 'time_weighted'},
                                extra={'values': dice.choice(['level', 'change'])})
    book = metered(sample.book, meters)
    first = dict(sample.rows[0])
    sample.rows = []
    expected, levels = {}, {account: dice.decimal(3, 18) for account in world.accounts}
    if world.const_account:
        levels = {world.accounts[0]: dice.decimal(3, 18)}
    for account, level in levels.items():
        begins = dice.randrange(len(world.periods))
        sample.rows.append({**first, 'quantity': level, 'bytes': level, 'event id': account,
                            'account_id': account,
                            'timestamp': str_of(midnight(world.periods[begins].start, world.zone))})
        expected.update({(account, period.label): Fraction(level)
                         for period in world.periods[begins:] if Fraction(level)})
    last = max(row['timestamp'] for row in sample.rows)
    horizon = [period for period in world.periods
               if str_of(midnight(period.start, world.zone)) <= last]
    expected = {place: level for place, level in expected.items()
                if place[1] in {period.label for period in horizon}}
    result = trial.run_sample('book', sample, book)
    found = totals(result.lines, key_of('account', 'period'), 'quantity')
    require(found == expected, f'{found}\n{expected}')


def str_of(timestamp):
    """RFC 3339, in UTC."""
    utc = EPOCH + timedelta(seconds=timestamp // SECOND)
    return f'{utc.isoformat()}.{timestamp % SECOND:09}Z'


def levels_are_sums_of_changes(trial):
    """"each value changes a level, or sets it with `values: level`": the levels, or the differences
    between them, of "each account and set of dimensions" say the same."""
    sample = trial.sample(without=('per_event',), copies=False)
    for meter in sample.book['meters'].values():
        for key in ('p', 'of'):
            meter.pop(key, None)
        meter.update({'aggregate': 'time_weighted', 'values': 'level'})
    levels = trial.run_sample('levels', sample)
    for meter in sample.book['meters'].values():
        meter['values'] = trial.dice.choice(['change', 'change'])
    at, world = {}, sample.world
    order = sorted(range(len(sample.rows)), key=lambda i: (
        parse_timestamp(sample.rows[i]['timestamp'], world.zone), i))
    for i in order:
        row = sample.rows[i]
        place = tuple(row.get(name) for name in ('account_id', 'meter', *world.dimensions))
        level = exact(row['quantity'])
        row['quantity'] = decimal(level - at.get(place, 0))
        at[place] = level
    changes = trial.run('changes', sample.book, trial.write('changes.csv', sample))
    same(levels, changes, 'lines', 'invoices', 'shares', 'unrated')


def exact(text):
    """A quantity, in units of the 18th place."""
    return int(parse(text, exponent=True) * 10**18)


def decimal(units):
    sign, units = '-' if units < 0 else '', f'{abs(units):019}'
    return f'{sign}{units[:-18]}.{units[-18:]}'


# Time

def cuts_conserve(trial):
    """"Where a version begins inside a period, the period is cut there": one that says the same again
    cuts sums and levels into parts that add up, and prorated fees too (if none of their parts is
    rounded to nothing, and left out)."""
    sample = trial.sample(without=PLAIN, bucket=trial.dice.choice(['day', 'hour']))
    one_meter_for_all(sample)
    sample.book['bucket'] = sample.world.bucket
    names = {'sum': 'sum', 'count': 'count', 'level': 'time_weighted'}
    meters = meters_of_one_kind(trial, names, sample.world.dimensions)
    book = metered(sample.book, meters, trial.dice.some(sample.world.dimensions), flat='31000')
    whole = trial.run_sample('whole', sample, book)
    versions = book['plans']['all']['versions']
    days = (sample.world.end - sample.world.start).days
    cuts = sorted({sample.world.start + trial.dice.randrange(days) * DAY for _ in range(3)})
    versions += [{**versions[0], 'from': str(cut)} for cut in cuts]
    cut = trial.run_sample('cut', sample, book)
    place = key_of('account', 'period', 'charge', 'detail')
    for column in ('quantity', 'exact'):
        sums = [totals(result.lines, place, column) for result in (whole, cut)]
        for name in sums[0].keys() | sums[1].keys():
            a, b = (part.get(name, 0) for part in sums)
            require(abs(a - b) <= 4 * LAST_PLACE, f'{column} of {name}: {a} and {b}')


def periods_add(trial):
    """"A record belongs to the period that holds its timestamp in the book's zone": days make up weeks
    and months, these quarters and years; sums add, and the greatest of the greatest is the
    greatest."""
    sample = trial.sample(without=PLAIN, bad_percent=5)
    one_meter_for_all(sample)
    split = trial.dice.some(sample.world.dimensions)
    meters = meters_of_one_kind(trial, {'sum': 'sum', 'count': 'count', 'max': 'max'}, split)
    short, long = trial.dice.choice([('day', 'week'), ('day', 'month'), ('day', 'year'),
                                     ('month', 'quarter'), ('month', 'year'), ('quarter', 'year'),
                                     ('week', 'year')])
    lines = {}
    for kind in (short, long):
        book = {**metered(sample.book, meters, split), 'period': kind}
        lines[kind] = trial.run_sample(kind, sample, book).lines

    def place(line):
        label = '' if short == 'week' else period_of(long, date.fromisoformat(line['from'])).label
        return line['account'], line['charge'], line['detail'], label

    for kind in ('sum', 'count'):
        of_kind = [totals([line for line in part if line['charge'] == kind], place, 'quantity')
                   for part in lines.values()]
        require(of_kind[0] == of_kind[1], f'{kind} by {short} and {long}: {of_kind}')
    if short != 'week':
        greatest = [greatest_of(lines[kind], place) for kind in (short, long)]
        for name in greatest[0].keys() & greatest[1].keys():
            require(greatest[0][name] == greatest[1][name] or greatest[0][name] < 0,
                    f'the greatest of {name}: {greatest[0][name]} and {greatest[1][name]}')


def greatest_of(lines, place):
    """{place: quantity} of `max`; a quantity of 0 has no line."""
    greatest = {}
    for line in lines:
        if line['charge'] == 'max':
            quantity = Fraction(line['quantity'])
            greatest[place(line)] = max(quantity, greatest.get(place(line), quantity))
    return greatest


def local_times_need_no_zone(trial):
    """"timestamps without a zone are in the book's zone", and so are all periods and dates: in any
    zone the same texts give the same result, whatever its clock skips or repeats (but for what
    depends on the order within an hour, and on the length of days)."""
    sample = trial.sample(copies=False)
    world = sample.world
    local_timestamps(sample)
    orderly(sample.book, ('latest', 'time_weighted'))
    results = []
    for zone in (world.zone_name, 'UTC'):
        sample.book['timezone'] = zone
        results.append(trial.run_sample(zone.replace('/', '-'), sample))
    same(*results)


def local_timestamps(sample):
    """Timestamps of the clock on the wall, also such as were skipped."""
    for row in sample.rows:
        timestamp = parse_timestamp(row['timestamp'], sample.world.zone)
        row['timestamp'] = str_of(timestamp - timestamp % SECOND).removesuffix('Z')


def orderly(book, aggregates):
    """Without these aggregates, that depend on more than which records there are."""
    for meter in book['meters'].values():
        if meter['aggregate'] in aggregates:
            meter['aggregate'] = 'max'
            meter.pop('values', None)


def zones_without_changes_are_alike(trial):
    """Half-hour zones too: where no clock changes, a zone moves all bounds alike; levels are weighted
    by the same times."""
    sample = trial.sample()
    local_timestamps(sample)
    results = []
    for zone in trial.dice.sample(['UTC', 'Asia/Kolkata', 'Asia/Kathmandu', 'Etc/GMT+12',
                                   'Pacific/Kiritimati', 'Australia/Eucla'], 2):
        sample.book['timezone'] = zone
        results.append(trial.run_sample(zone.replace('/', '-'), sample))
    same(*results)


def a_window_is_a_part(trial):
    """"`--from P --to P`: the periods to rate": their lines are those that they have among all."""
    sample = trial.sample(without=OF_DEALS, bad_percent=5)
    everything = trial.run_sample('everything', sample)
    labels = sorted({line['period'] for line in everything.lines})
    if not labels:
        return
    first, last = sorted([trial.dice.choice(labels), trial.dice.choice(labels)])
    window = trial.run('window', sample.book, 'usage.csv', '--from', first, '--to', last)
    for table in ('lines', 'invoices', 'unrated'):
        same_rows(table, [row for row in everything.rows(table) if first <= row['period'] <= last],
                  window.rows(table))


# Records

def order_does_not_matter(trial):
    """Records of one file in another order are the same usage, where nothing asks for the last."""
    sample = trial.sample(bad_percent=5, copies=False)
    orderly(sample.book, ('latest',))
    for meter in sample.book['meters'].values():
        if meter['aggregate'] == 'time_weighted':
            meter['values'] = 'change'
    before = trial.run_sample('before', sample)
    trial.dice.shuffle(sample.rows)
    after = trial.run('after', sample.book, trial.write('shuffled.csv', sample))
    same(before, after)
    require(before.reconciliation == after.reconciliation, 'reconciliation.json')


def copies_do_not_matter(trial):
    """"Duplicates are records of one account with one event id": a record sent again, the same to
    the byte, changes nothing."""
    sample = trial.sample(accept=lambda world: world.has_event_id)
    sample.rows = list({(row.get('account_id'), row['event id']): row
                        for row in sample.rows}.values())
    before = trial.run_sample('before', sample)
    copies = [dict(row) for row in trial.dice.some(sample.rows)]
    trial.dice.shuffle(copies)
    # Where the copies that lose do not stand between others of their time.
    keeps_first = sample.book['usage'].get('duplicates', 'first') == 'first'
    sample.rows = sample.rows + copies if keeps_first else copies + sample.rows
    after = trial.run('after', sample.book, trial.write('again.csv', sample))
    same(before, after)
    records = [result.reconciliation['records'] for result in (before, after)]
    more = {name: records[1][name] - records[0][name] for name in ('duplicate', 'void')}
    bad = [sum(counts['quarantined'].values()) for counts in records]
    require(sum(more.values()) + bad[1] - bad[0] == len(copies), f'{more} more, {bad} bad')


def unmetered_records_change_nothing(trial):
    """With `unknown_meters: skip` records of other meters "count as not metered": an account of such
    records alone, and without a subscription, is in no table."""
    sample = trial.sample(accept=lambda world: world.has_meter and not world.const_meter)
    sample.book['usage']['unknown_meters'] = 'skip'
    before = trial.run_sample('before', sample)
    for n in range(20):
        row = {**trial.dice.choice(sample.rows), 'meter': 'another'}
        if 'account_id' in row and trial.dice.chance(80):
            row['account_id'] = 'stranger'
        if 'event id' in row:
            row['event id'] = f'of another meter {n}'
        if USER_COLUMN in row:  # some are too long
            row[USER_COLUMN] = 'u1'
        if VOID_COLUMN in row:
            row[VOID_COLUMN] = 'false'
        if trial.dice.chance(20):
            row['timestamp'] = '2199-01-01'
        sample.rows.insert(trial.dice.randint(0, len(sample.rows)), row)
    after = trial.run('after', sample.book, trial.write('more.csv', sample))
    same(before, after)
    skipped = [result.reconciliation['records']['not_metered'] for result in (before, after)]
    require(skipped[1] - skipped[0] == 20, f'{skipped} records are not metered')


def unused_meters_change_nothing(trial):
    """A meter that no record feeds, and a plan that nobody has, change nothing."""
    sample = trial.sample(bad_percent=5,
                          accept=lambda world: world.has_meter and not world.const_meter)
    before = trial.run_sample('before', sample)
    sample.book['meters'] = {'a meter of nothing': {'aggregate': trial.dice.choice(['sum', 'max'])},
                             **sample.book['meters']}
    charges = [{'meter': 'a meter of nothing', 'per_unit': '5'}, {'id': 'fee', 'flat': '1'}]
    sample.book['plans']['a plan of nobody'] = {'versions': [{'from': FAR_BACK, 'charges': charges}]}
    same(before, trial.run_sample('after', sample))


LAWS = (aggregates_of_the_same_records, extremes_are_percentiles, splits_add,
        a_level_from_the_first_moment, levels_are_sums_of_changes, cuts_conserve, periods_add,
        local_times_need_no_zone, zones_without_changes_are_alike, a_window_is_a_part,
        order_does_not_matter, copies_do_not_matter, unmetered_records_change_nothing,
        unused_meters_change_nothing)
