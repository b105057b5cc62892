#!/usr/bin/python3
"""The oracle against examples computed by hand."""

import json
import tempfile
import unittest
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import book as books
import decimals
import oracle
import timing
import usage as usages
from tables import read_table, rows

HEADER = 'account_id,timestamp,event_id,meter,quantity,region\n'
BOOK = '''
rerate: 1
currency: USD
timezone: {zone}
period: {period}
rounding: {rounding}
bucket: {bucket}
usage:
  account: account_id
  timestamp: timestamp
  event_id: event_id
  meter: meter
  quantity: quantity
  dimensions: [region]
  no_value: ["", "NULL"]
  duplicates: {duplicates}
meters:
  calls: {{aggregate: count}}
  tokens: {{aggregate: {aggregate}, by: [region]}}
plans:
  payg:
    versions:
      - from: {version}
        charges: [{charges}]
      {later}
{rest}
'''


def run(charges='', usage='', rest='default_plan: payg', **settings):
    """The tables of a result, each a list of dicts, and its reconciliation. `usage` is rows of one
    file, or {name: rows}."""
    settings = {'zone': 'UTC', 'period': 'month', 'rounding': 'half_up', 'bucket': 'day',
                'duplicates': 'first', 'aggregate': 'sum', 'version': '2024-01-01', 'later': '',
                **settings}
    files = usage if isinstance(usage, dict) else {'u.csv': usage}
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / 'book.yaml').write_text(BOOK.format(charges=charges, rest=rest, **settings))
        for name, text in files.items():
            (folder / name).write_text(HEADER + text)
        oracle.run(folder / 'book.yaml', [str(folder / name) for name in files], folder)
        result = {'reconciliation': json.loads((folder / 'reconciliation.json').read_text())}
        for name in ('lines', 'invoices', 'unrated', 'conflicts', 'quarantine'):
            header, body = read_table(folder / f'{name}.csv')
            result[name] = [dict(zip(header, row)) for row in body]
    return result


def tokens(quantity, day='2025-03-10', account='acme', region='eu', event=None):
    tokens.event += 1
    return f'{account},{day},{event or tokens.event},tokens,{quantity},{region}\n'


tokens.event = 0


def column(rows, *names):
    return [tuple(row[name] for name in names) for row in rows]


class Charges(unittest.TestCase):
    """The amount of one charge in March 2025 (31 days) for the default plan."""

    def amount(self, charge, usage, **settings):
        result = run('{meter: tokens, ' + charge + '}', usage, **settings)
        [line] = result['lines']
        return line['exact'], line['amount']

    def test_per_unit(self):
        # 12.5 x 0.05 = 0.625
        self.assertEqual(self.amount('per_unit: 0.05', tokens('12') + tokens('.5')),
                         ('0.625', '0.63'))

    def test_per_unit_of_a_negative_quantity(self):
        # -12.5 x 0.05 = -0.625, half up is away from zero; free units do not touch it
        self.assertEqual(self.amount('per_unit: 0.05, free: 5', tokens('-12.5')),
                         ('-0.625', '-0.63'))

    def test_roundings(self):
        for rounding, plus, minus in [('half_up', '0.63', '-0.63'), ('half_even', '0.62', '-0.62'),
                                      ('up', '0.63', '-0.63'), ('down', '0.62', '-0.62')]:
            with self.subTest(rounding):
                for quantity, amount in [('12.5', plus), ('-12.5', minus)]:
                    self.assertEqual(self.amount('per_unit: 0.05', tokens(quantity),
                                                 rounding=rounding)[1], amount)

    def test_free(self):
        # (12 - 10) x 3 = 6; 7 - 10 is 0 units
        self.assertEqual(self.amount('per_unit: 3, free: 10', tokens('12')), ('6', '6.00'))
        self.assertEqual(self.amount('per_unit: 3, free: 10', tokens('7')), ('0', '0.00'))

    def test_graduated(self):
        tiers = ('graduated: [{up_to: 10, unit: 5, flat: 2}, {up_to: 20, unit: 4, flat: 1}, '
                 '{unit: 3}]')
        # 10: 10 x 5 + 2, the second tier is not entered
        self.assertEqual(self.amount(tiers, tokens('10'))[0], '52')
        # 10.5: 52 + 0.5 x 4 + 1
        self.assertEqual(self.amount(tiers, tokens('10.5'))[0], '55')
        # 25: 52 + 10 x 4 + 1 + 5 x 3
        self.assertEqual(self.amount(tiers, tokens('25'))[0], '108')

    def test_graduated_without_usage_bills_the_first_flat(self):
        tiers = 'graduated: [{up_to: 10, unit: 5, flat: 2}, {unit: 4}]'
        calls = 'acme,2025-03-01,c,calls,,\n'
        self.assertEqual(self.amount(tiers, calls), ('2', '2.00'))

    def test_volume(self):
        tiers = 'volume: [{up_to: 10, unit: 5, flat: 2}, {unit: 4}]'
        self.assertEqual(self.amount(tiers, tokens('10'))[0], '52')      # 10 x 5 + 2
        self.assertEqual(self.amount(tiers, tokens('10.5'))[0], '42')    # 10.5 x 4

    def test_package(self):
        # 2500 / 1000 = 2.5
        package = 'package: {size: 1000, amount: "2.10", round: %s}'
        self.assertEqual(self.amount(package % 'up', tokens('2500'))[0], '6.3')
        self.assertEqual(self.amount(package % 'down', tokens('2500'))[0], '4.2')
        self.assertEqual(self.amount(package % 'up', tokens('2000'))[0], '4.2')

    def test_negative_quantity_counts_as_zero_and_is_listed(self):
        result = run('{meter: tokens, graduated: [{unit: 5, flat: 2}]}', tokens('1') + tokens('-4'))
        self.assertEqual(column(result['lines'], 'quantity', 'exact'), [('-3', '2')])
        self.assertEqual(column(result['unrated'], 'meter', 'quantity', 'records', 'reason'),
                         [('tokens', '-3', '2', 'negative_quantity')])

    def test_where_and_split(self):
        result = run('{meter: tokens, per_unit: 1, split: [region]}, '
                     '{id: europe, meter: tokens, per_unit: 10, where: {region: [eu, ""]}}',
                     tokens('1') + tokens('2', region='us') + tokens('4', region='NULL'))
        self.assertEqual(column(result['lines'], 'charge', 'detail', 'quantity', 'amount'),
                         [('europe', '', '5', '50.00'), ('tokens', 'region=', '4', '4.00'),
                          ('tokens', 'region=eu', '1', '1.00'),
                          ('tokens', 'region=us', '2', '2.00')])

    def test_aggregates(self):
        usage = (tokens('7', '2025-03-02T12:00') + tokens('-1', '2025-03-03')
                 + tokens('3', '2025-03-03') + tokens('9', '2025-03-01'))
        # latest: two records of the same time, the later record number holds
        for aggregate, quantity in [('sum', '18'), ('min', '-1'), ('max', '9'), ('latest', '3'),
                                    ('count', '4')]:
            with self.subTest(aggregate):
                lines = run('{meter: tokens, per_unit: 1}', usage, aggregate=aggregate)['lines']
                self.assertEqual(column(lines, 'quantity'), [(quantity,)])

    def test_minor_units(self):
        # 12.5 x 0.1 = 1.25: JPY has no digits, KWD three
        for currency, amount in [('JPY', '1'), ('KWD', '1.250')]:
            later = f'\n    currency: {currency}'
            result = run('{meter: tokens, per_unit: 0.1}', tokens('12.5'), later=later)
            self.assertEqual(column(result['invoices'], 'currency', 'total'), [(currency, amount)])


class Time(unittest.TestCase):
    FLAT = '{id: fee, flat: 10, prorate: true}'

    def subscribed(self, start, end=None):
        end = f', end: {end}' if end else ''
        return f'subscriptions: [{{account: acme, plan: payg, start: {start}{end}}}]'

    def segments(self, *args, **settings):
        return column(run(*args, **settings)['lines'], 'period', 'from', 'to', 'exact', 'amount')

    def test_proration(self):
        # from the 17th: 15 of 31 days, 10 x 15/31 = 4.838709677419354838(7)
        self.assertEqual(self.segments(self.FLAT, tokens('1'), self.subscribed('2025-03-17')),
                         [('2025-03', '2025-03-17', '2025-04-01', '4.838709677419354839', '4.84')])

    def test_open_subscription_is_rated_through_the_period_of_the_last_usage(self):
        # usage of another account counts; nothing ends with it
        lines = self.segments(self.FLAT, tokens('1', '2025-04-02', account='other'),
                              self.subscribed('2025-03-01'))
        self.assertEqual([line[0] for line in lines], ['2025-03', '2025-04'])
        lines = self.segments(self.FLAT, tokens('1', '2025-04-02'),
                              self.subscribed('2025-03-01', '2025-06-01'))
        self.assertEqual([line[0] for line in lines], ['2025-03', '2025-04'])

    def test_nothing_is_rated_without_metered_usage(self):
        result = run(self.FLAT, 'acme,2025-03-01,e,unknown,1,\n', self.subscribed('2025-03-01'))
        self.assertEqual(result['lines'], [])

    def test_version_cuts_the_period(self):
        # 10 units before the cut, 10 behind it; free units start anew: 5 x 1 and 5 x 2
        later = '- {from: 2025-03-11, charges: [{meter: tokens, free: 5, per_unit: 2}]}'
        usage = tokens('10', '2025-03-10T23:59:59.999999999') + tokens('10', '2025-03-11')
        self.assertEqual(self.segments('{meter: tokens, free: 5, per_unit: 1}', usage, later=later),
                         [('2025-03', '2025-03-01', '2025-03-11', '5', '5.00'),
                          ('2025-03', '2025-03-11', '2025-04-01', '10', '10.00')])

    def test_usage_in_a_gap_of_subscriptions_is_unrated(self):
        rest = ('subscriptions:\n'
                '  - {account: acme, plan: payg, start: 2025-03-01, end: 2025-03-05}\n'
                '  - {account: acme, plan: payg, start: 2025-03-10}\n'
                'default_plan: payg')
        usage = tokens('1', '2025-03-04') + tokens('2', '2025-03-05') + tokens('4', '2025-03-10')
        result = run('{meter: tokens, per_unit: 1}', usage, rest)
        self.assertEqual(column(result['lines'], 'from', 'to', 'quantity'),
                         [('2025-03-01', '2025-03-05', '1'), ('2025-03-10', '2025-04-01', '4')])
        self.assertEqual(column(result['unrated'], 'detail', 'quantity', 'records', 'reason'),
                         [('region=eu', '2', '1', 'no_subscription')])

    def test_usage_before_the_first_version_and_without_a_charge(self):
        usage = (tokens('1', '2025-03-01') + tokens('2', '2025-03-02', region='us')
                 + tokens('4', '2025-03-02', region='us') + tokens('8', '2025-03-02'))
        result = run('{meter: tokens, per_unit: 1, where: {region: eu}}', usage,
                     version='2025-03-02')
        self.assertEqual(column(result['lines'], 'from', 'quantity'), [('2025-03-02', '8')])
        self.assertEqual(column(result['unrated'], 'detail', 'quantity', 'records', 'reason'),
                         [('region=eu', '1', '1', 'no_charge'),
                          ('region=us', '6', '2', 'no_charge')])

    def test_no_default_plan(self):
        result = run(self.FLAT, tokens('1'), rest='')
        self.assertEqual(result['lines'], [])
        self.assertEqual(column(result['unrated'], 'reason'), [('no_subscription',)])

    def test_a_period_belongs_to_the_zone(self):
        # 2025-03-31T18:30Z is midnight of April in Kolkata
        usage = tokens('1', '2025-03-31T18:29:59Z') + tokens('2', '2025-03-31T18:30:00Z')
        result = run('{meter: tokens, per_unit: 1}', usage, zone='Asia/Kolkata')
        self.assertEqual(column(result['lines'], 'period', 'quantity'),
                         [('2025-03', '1'), ('2025-04', '2')])

    def test_period_bucket_allows_no_cut_inside(self):
        with self.assertRaises(books.BookError):
            run(self.FLAT, tokens('1'), bucket='period', version='2024-01-02')

    def test_periods(self):
        day = timing.date(2024, 12, 30)  # a Monday of the first ISO week of 2025
        for kind, label, start, end in [
                ('day', '2024-12-30', '2024-12-30', '2024-12-31'),
                ('week', '2025-W01', '2024-12-30', '2025-01-06'),
                ('month', '2024-12', '2024-12-01', '2025-01-01'),
                ('quarter', '2024-Q4', '2024-10-01', '2025-01-01'),
                ('year', '2024', '2024-01-01', '2025-01-01')]:
            period = timing.period_of(kind, day)
            self.assertEqual((period.label, str(period.start), str(period.end)),
                             (label, start, end))

    def test_zero_lines_are_left_out_but_a_quantity_is_shown(self):
        self.assertEqual(self.segments('{meter: tokens, per_unit: 5}', tokens('0')), [])
        self.assertEqual(self.segments('{id: tiny, flat: "0.004"}', tokens('0')), [])
        self.assertEqual(len(self.segments('{meter: tokens, per_unit: 0}', tokens('1'))), 1)


class Timestamps(unittest.TestCase):
    NEW_YORK = ZoneInfo('America/New_York')

    def parse(self, text, zone=ZoneInfo('UTC')):
        return timing.parse_timestamp(text, zone)

    def test_forms(self):
        # 2025-01-01T00:00:00Z is 1735689600
        for text in ['2025-01-01', '2025-01-01T00:00', '2025-01-01 00:00:00Z',
                     '2025-01-01t01:00+01', '2025-01-01T05:30:00.000+0530',
                     '2024-12-31T19:00:00-05:00', '2024-12-31T23:59:60z', '1735689600',
                     '1735689600000', '1735689600000000',
                     '1735689600000000000', '01735689600']:
            self.assertEqual(self.parse(text), 1735689600 * 10**9, text)
        self.assertEqual(self.parse('2025-01-01T00:00:00.000000001'), 1735689600 * 10**9 + 1)
        self.assertEqual(self.parse('-1'), -10**9)

    def test_local_times(self):
        # ambiguous: the first, at -04:00; skipped: the offset before the gap, -05:00
        self.assertEqual(self.parse('2024-11-03T01:30', self.NEW_YORK),
                         self.parse('2024-11-03T05:30Z'))
        self.assertEqual(self.parse('2024-03-10T02:30', self.NEW_YORK),
                         self.parse('2024-03-10T07:30Z'))

    def test_bad(self):
        for text in ['', 'x', '2025-02-29', '2025-01-01T24:00', '2025-01-01T00:00:61',
                     ' 2025-01-01', '2025-01-01Z', '2025-01-01T00:00:00.1234567890', '+1', '1.0',
                     '1500-02-30', '2025-01-01T00:00+24', '2025-01-01T00:00:00.', '٢٠٢٥-01-01']:
            with self.assertRaises(timing.BadTimestamp, msg=text):
                self.parse(text)

    def test_range(self):
        self.parse('1678-01-01')
        self.parse('2261-12-31T23:59:59.999999999Z')
        for text in ['1677-12-31T23:59:59Z', '2262-01-01', '0000-01-01', '99999999999', '9' * 5000]:
            with self.assertRaises(timing.TimestampRange, msg=text):
                self.parse(text)


class Decimals(unittest.TestCase):
    def test_parse(self):
        for text, value in [('.5', Fraction(1, 2)), ('5.', 5), ('-0', 0), ('+3', 3), ('007', 7),
                            ('1.5E-3', Fraction(15, 10000)), ('0e999', 0),
                            ('100E-20', Fraction(1, 10**18)),
                            ('1.5' + '0' * 30, Fraction(3, 2)), ('9' * 20, 10**20 - 1),
                            ('0.' + '0' * 30 + '1e31', 1)]:
            self.assertEqual(decimals.parse(text, exponent=True), value, text)
        for text in ['', '.', '-', 'e5', '1e', ' 1', '1 ', '1,0', '1_0', '٣', 'nan', '0x1', '1\n']:
            with self.assertRaises(decimals.NotANumber, msg=text):
                decimals.parse(text, exponent=True)
        for text in ['1' + '0' * 20, '1e20', '1e-19', '1e99999999999', '1.' + '0' * 18 + '1']:
            with self.assertRaises(decimals.TooManyDigits, msg=text):
                decimals.parse(text, exponent=True)
        with self.assertRaises(decimals.NotANumber):
            decimals.parse('1e3')

    def test_text(self):
        self.assertEqual(decimals.plain(Fraction(-1, 2)), '-0.5')
        self.assertEqual(decimals.plain(Fraction(1200)), '1200')
        self.assertEqual(decimals.plain(Fraction(-1, 10**19)), '0')
        self.assertEqual(decimals.plain(Fraction(25, 10**19)), '0.000000000000000002')
        self.assertEqual(decimals.fixed(Fraction(-5, 100), 2), '-0.05')


class Reading(unittest.TestCase):
    def fields(self, data):
        return [(row.offset, row.raw, row.fields) for row in rows(data)]

    def test_rows(self):
        self.assertEqual(self.fields(b'\xef\xbb\xbfa,b\r\n\r\n"x\r\n""y""",\n\n1,2'),
                         [(3, b'a,b', [b'a', b'b']),
                          (10, b'"x\r\n""y""",', [b'x\r\n"y"', b'']),
                          (23, b'1,2', [b'1', b'2'])])

    def test_bad_rows(self):
        # a quote inside an unquoted field is a character like others; text behind a closing one
        # is bad, and so is a quote that is never closed
        self.assertEqual(self.fields(b'a"b",c\n"a"b,"c\nd"\n"a,b\n'),
                         [(0, b'a"b",c', [b'a"b"', b'c']),
                          (7, b'"a"b,"c\nd"', None),
                          (18, b'"a,b\n', None)])

    def test_quarantine(self):
        bad = ['acme,2025-03-01,1,tokens,1', ',x,1,tokens,x,', 'acme,x,,tokens,x,',
               'acme,x,1,none,x,', 'acme,1500-01-01,1,none,x,', 'acme,2025-03-01,1,none,x,',
               'acme,2025-03-01,1,tokens,NULL,', 'acme,2025-03-01,1,tokens,x,',
               'acme,2025-03-01,1,tokens,1e20,', 'acme,2025-03-01,1,calls,x,']
        result = run('', '\n'.join(bad))
        self.assertEqual(column(result['quarantine'], 'code', 'record'),
                         [(code, str(number)) for number, code in enumerate(
                             ['bad_row', 'missing_account', 'missing_event_id', 'bad_timestamp',
                              'out_of_range', 'unknown_meter', 'missing_quantity', 'bad_quantity',
                              'out_of_range'], 1)])
        self.assertEqual([row['raw'] for row in result['quarantine']], bad[:9])
        # the header has 52 bytes, the first record 26 and a line end
        self.assertEqual(result['quarantine'][1]['offset'], str(52 + 27))
        self.assertEqual(result['reconciliation']['records']['aggregated'], 1)

    def test_duplicates(self):
        files = {'a.csv': tokens('1', '2025-03-02', event='e')
                          + tokens('2', '2025-03-03', event='e'),
                 'b.csv': tokens('4', '2025-03-02', event='e', region='us')
                          + tokens('8.0', '2025-03-03T00:00Z', event='e') + tokens('16', event='f')}
        for rule, quantity, kept in [('first', '17', 1), ('last', '24', 2)]:
            result = run('{meter: tokens, per_unit: 1}', files, duplicates=rule)
            self.assertEqual(column(result['lines'], 'quantity'), [(quantity,)])
            self.assertEqual({row['kept_record'] for row in result['conflicts']}, {str(kept)})
            records = result['reconciliation']['records']
            self.assertEqual([records[key] for key in ('read', 'aggregated', 'duplicate')],
                             [5, 2, 3])
        self.assertEqual(column(result['conflicts'], 'record', 'differs'),
                         [('1', 'timestamp;quantity'), ('2', 'quantity'),
                          ('1', 'timestamp;region;quantity')])
        self.assertEqual(result['reconciliation']['meters']['tokens'],
                         {'read': '31', 'aggregated': '24', 'duplicate': '7'})
        with self.assertRaises(usages.DataError):
            run('', files, duplicates='error')

    def test_totals(self):
        # 0.005 + 0.125 = 0.13 exact; 0.01 + 0.13 = 0.14 billed
        result = run('{meter: tokens, split: [region], per_unit: 0.005}',
                     tokens('1') + tokens('25', region='us'))
        self.assertEqual(result['reconciliation']['totals'],
                         [{'currency': 'USD', 'period': '2025-03', 'lines': 2, 'amount': '0.14',
                           'exact': '0.13', 'residue': '0.01'}])
        self.assertEqual(column(result['invoices'], 'lines', 'total'), [('2', '0.14')])


if __name__ == '__main__':
    unittest.main()
