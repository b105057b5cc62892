"""Aggregates beyond those of the core: examples computed by hand."""

import unittest

from examples import column, quantities, run, tokens
from nodes import BookError

HEADER = 'account_id,timestamp,event_id,meter,quantity,region,user\n'


def visit(event, user, region='eu', quantity='1'):
    return f'acme,2025-03-10,{event},visits,{quantity},{region},{user}\n'


def users(*rows, charge='per_unit: 1', of='of: user', rest='default_plan: payg'):
    return run('{meter: visits, ' + charge + '}', ''.join(rows), rest, header=HEADER,
               meters='visits: {aggregate: unique, ' + of + ', by: [region]}')


class Average(unittest.TestCase):
    def line(self, charge, *quantities):
        usage = ''.join(tokens(quantity) for quantity in quantities)
        [line] = run('{meter: tokens, ' + charge + '}', usage, aggregate='average')['lines']
        return line['quantity'], line['exact'], line['amount']

    def test_average(self):
        self.assertEqual(self.line('per_unit: 2', '1', '2', '6'), ('3', '6', '6.00'))

    def test_it_is_priced_as_it_is_shown(self):
        # 5 / 3 to 18 places, half even, times 3
        self.assertEqual(self.line('per_unit: 3', '1', '2', '2'),
                         ('1.666666666666666667', '5.000000000000000001', '5.00'))

    def test_negative_average(self):
        self.assertEqual(self.line('per_unit: 1', '-1', '-2', '-2')[0], '-1.666666666666666667')

    def test_groups_are_averaged_together_not_one_by_one(self):
        # (1 + 3 + 5) / 3, not (2 + 5) / 2
        usage = tokens('1') + tokens('3') + tokens('5', region='us')
        result = run('{meter: tokens, per_unit: 1}', usage, aggregate='average')
        self.assertEqual(column(result['lines'], 'quantity'), [('3',)])
        self.assertEqual(result['reconciliation']['meters']['tokens']['aggregated'], '9')


class Unique(unittest.TestCase):
    def test_distinct_texts_are_counted(self):
        # text, not numbers: '1' is not '1.0', 'u' is not 'U', and a space counts
        result = users(*(visit(n, user) for n, user in enumerate(
            ['1', '1.0', 'u', 'U', ' u', 'u', '1'])))
        self.assertEqual(column(result['lines'], 'quantity', 'amount'), [('5', '5.00')])
        self.assertEqual(quantities(result, 'visits'), ['7', '7', '0'])

    def test_one_user_in_two_regions_is_one(self):
        rows = [visit(1, 'a'), visit(2, 'b'), visit(3, 'a', region='us')]
        self.assertEqual(column(users(*rows)['lines'], 'quantity'), [('2',)])
        split = users(*rows, charge='split: [region], per_unit: 1')
        self.assertEqual(column(split['lines'], 'detail', 'quantity'),
                         [('region=eu', '2'), ('region=us', '1')])

    def test_any_column(self):
        rows = [visit(1, 'a', quantity='abc'), visit(2, 'a', quantity='5'),
                visit(3, 'b', quantity='5.0', region='us')]
        for of, quantity in [('of: quantity', '3'), ('match: visits', '3'), ('of: region', '2'),
                             ('of: event_id', '3'), ('of: {const: x}', '1')]:
            self.assertEqual(column(users(*rows, of=of)['lines'], 'quantity'), [(quantity,)], of)

    def test_no_value_is_a_missing_quantity(self):
        result = users(visit(1, ''), visit(2, 'NULL'), visit(3, 'a'))
        self.assertEqual(column(result['quarantine'], 'code'), [('missing_quantity',)] * 2)

    def test_a_value_is_as_long_as_a_name(self):
        result = users(visit(1, 'x' * 4096), visit(2, 'x' * 4097), visit(3, 'ü' * 2049))
        self.assertEqual(column(result['quarantine'], 'record', 'code'),
                         [('2', 'too_long'), ('3', 'too_long')])

    def test_copies_with_another_user_are_conflicts(self):
        result = users(visit(1, 'a'), visit(1, 'b'), visit(1, 'a', region='us'))
        self.assertEqual(column(result['conflicts'], 'record', 'differs'),
                         [('2', 'user'), ('3', 'region')])
        self.assertEqual(column(result['lines'], 'quantity'), [('1',)])
        # a column that differs as a dimension and as what is counted is named once
        result = users(visit(1, 'a'), visit(1, 'a', region='us'), of='of: region')
        self.assertEqual(column(result['conflicts'], 'differs'), [('region',)])


class Percentile(unittest.TestCase):
    def quantity(self, p, quantities):
        usage = ''.join(tokens(quantity) for quantity in quantities)
        [line] = run('{meter: tokens, per_unit: 1}', usage,
                     aggregate=f'percentile, p: {p}')['lines']
        return line['quantity']

    def test_nearest_rank(self):
        for p, n, quantity in [
                ('95', 20, '19'),    # ceil(19) = 19
                ('95', 21, '20'),    # ceil(19.95) = 20
                ('50', 2, '1'),      # ceil(1) = 1
                ('50', 3, '2'),      # ceil(1.5) = 2
                ('99.9', 3, '3'), ('100', 7, '7'), ('0.000000000000000001', 7, '1')]:
            values = [str(value) for value in range(n, 0, -1)]
            self.assertEqual(self.quantity(p, values), quantity, (p, n))

    def test_equal_and_negative_values(self):
        # -7.5, 2, 2, 10: positions 1, 2, 3 and 4
        for p, quantity in [('25', '-7.5'), ('50', '2'), ('75', '2'), ('76', '10')]:
            self.assertEqual(self.quantity(p, ['2', '10', '-7.5', '2.0']), quantity)

    def test_over_regions(self):
        usage = tokens('1') + tokens('2') + tokens('9', region='us')
        result = run('{meter: tokens, per_unit: 1}, '
                     '{id: each, meter: tokens, split: [region], per_unit: 1}', usage,
                     aggregate='percentile, p: 50')
        self.assertEqual(column(result['lines'], 'charge', 'detail', 'quantity'),
                         [('each', 'region=eu', '1'), ('each', 'region=us', '9'),
                          ('tokens', '', '2')])

    def test_mistakes(self):
        for aggregate in ['percentile', 'percentile, p: 0', 'percentile, p: 100.1',
                          'percentile, p: -5', 'sum, p: 95', 'sum, values: level',
                          'time_weighted, values: rate']:
            with self.assertRaises(BookError, msg=aggregate):
                run(aggregate=aggregate)


if __name__ == '__main__':
    unittest.main()
