"""Reading records: examples computed by hand."""

import unittest
from fractions import Fraction
from zoneinfo import ZoneInfo

import decimals
import timing
from events import DataError
from examples import column, quantities, run, tokens
from tables import rows


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
               'acme,2025-03-01,1,tokens,1e20,', 'acme,2025-03-01,2,calls,x,']
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
        self.assertEqual(quantities(result, 'tokens'), ['31', '24', '7'])
        with self.assertRaises(DataError):
            run('', files, duplicates='error')

    def test_corrections(self):
        def rows(*texts):
            return ''.join(f'acme,{text},eu\n' for text in texts)

        # event, version, void: a is corrected twice, b withdrawn, c withdrawn and then corrected, d a
        # void that came for nothing, e equal versions of which the first counts, f none of these
        files = {'1.csv': rows('2025-03-01,a,,,tokens,1', '2025-03-01,b,1,,tokens,2',
                               '2025-03-01,c,1,n,tokens,4', '2025-03-02,e,-3,0,tokens,8'),
                 '2.csv': rows('2025-03-01,a,+02,,tokens,16', '2025-03-05,c,1,Yes,,x',
                               '2025-03-01,e,-3,,tokens,32', '2025-03-01,e,-4,F,tokens,64'),
                 '3.csv': rows('2025-03-01,b,1,T,tokens,5', '2025-03-01,a,1,TRUE,tokens,7',
                               '2025-03-01,c,002,,tokens,128', '2025-03-01,d,NULL,1,none,',
                               '2025-03-01,f,,false,tokens,256')}
        layout = {'header': 'account_id,timestamp,event_id,version,void,meter,quantity,region\n',
                  'duplicates': 'first\n  version: version\n  void: void'}
        result = run('{meter: tokens, per_unit: 1}', files, **layout)
        self.assertEqual(column(result['lines'], 'quantity'), [(str(16 + 128 + 32 + 256),)])
        self.assertEqual(result['reconciliation']['records'],
                         {'read': 13, 'aggregated': 4, 'duplicate': 1, 'superseded': 5, 'voided': 1,
                          'void': 2, 'quarantined': {}, 'repaired': {}, 'not_metered': 0})
        self.assertEqual(result['reconciliation']['meters']['tokens'],
                         {'read': '523', 'aggregated': '432', 'duplicate': '8',
                          'superseded': '76', 'voided': '2', 'void': '5'})
        self.assertEqual(column(result['conflicts'], 'kept_file', 'kept_record', 'record')[0][1:],
                         ('3', '4'))
        self.assertEqual(len(result['conflicts']), 1)
        layout['duplicates'] = layout['duplicates'].replace('first', 'error')
        with self.assertRaises(DataError):
            run('', files, **layout)
        later = {**files, '4.csv': rows('2025-03-01,e,0,,tokens,1')}
        self.assertEqual(run('', later, **layout)['reconciliation']['records']['superseded'], 7)

    def test_repairs(self):
        bad = ['acme,x,1,,tokens,1,eu', 'acme,2025-03-01,2,,none,1,eu', 'acme,2025-03-01,3,,tokens,x,eu',
               'acme,2025-03-01,4,maybe,tokens,1,eu', ',2025-03-01,5,,tokens,1,eu',
               'acme,2025-03-01,6,,tokens,1', 'acme,x,7,1,tokens,1,eu', 'acme,x,8,,tokens,1,eu']
        good = ['acme,2025-03-01,2,,tokens,1,eu', 'acme,2025-03-01,3,1,,,',
                'acme,2025-03-01,4,,tokens,1,eu', 'acme,2025-03-01,5,,tokens,1,eu',
                'acme,2025-03-01,6,,tokens,1,eu', 'acme,2025-03-01,7,,tokens,1,eu',
                'zoe,2025-03-01,8,,tokens,1,eu']
        files = {'bad.csv': '\n'.join(bad), 'a.csv': '\n'.join(good)}
        result = run('', files, header='account_id,timestamp,event_id,void,meter,quantity,region\n',
                     duplicates='error\n  void: void')
        # neither without a good one (1), nor where it can't be told of which event it is (5, 6), nor
        # a void by what is not (7), nor by another account's (8)
        self.assertEqual(column(result['quarantine'], 'code', 'record'),
                         [('bad_timestamp', '1'), ('missing_account', '5'), ('bad_row', '6'),
                          ('bad_timestamp', '7'), ('bad_timestamp', '8')])
        records = result['reconciliation']['records']
        self.assertEqual(records['repaired'], {'bad_quantity': 1, 'bad_void': 1, 'unknown_meter': 1})
        self.assertEqual([records[key] for key in ('read', 'aggregated', 'void')], [15, 6, 1])

    def test_bad_corrections(self):
        texts = ['v1,', '1.0,', f'{10**18},', ' 1,', '٣,', ',on', ',2', ',truе', 'x,maybe']
        rows = ''.join(f'acme,x,{i},{text},none,x,\n' for i, text in enumerate(texts))
        result = run('', rows, duplicates='first\n  version: version\n  void: void',
                     header='account_id,timestamp,event_id,version,void,meter,quantity,region\n')
        self.assertEqual(result['reconciliation']['records']['quarantined'],
                         {'bad_version': 6, 'bad_void': 3})

    def test_totals(self):
        # 0.005 + 0.125 = 0.13 exact; 0.01 + 0.13 = 0.14 billed
        result = run('{meter: tokens, split: [region], per_unit: 0.005}',
                     tokens('1') + tokens('25', region='us'))
        self.assertEqual(result['reconciliation']['totals'],
                         [{'currency': 'USD', 'period': '2025-03', 'lines': 2, 'amount': '0.14',
                           'exact': '0.13', 'residue': '0.01'}])
        self.assertEqual(column(result['invoices'], 'lines', 'total'), [('2', '0.14')])
