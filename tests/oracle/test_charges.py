"""Charges beyond those of the core: examples computed by hand. March 2025 has 31 days."""

import unittest

from examples import column, run, tokens
from nodes import BookError

HALF = 'subscriptions: [{account: acme, plan: payg, start: 2025-03-17}]'  # 15 of 31 days


def line(charge, usage, *names, **settings):
    [line] = run('{meter: tokens, ' + charge + '}', usage, **settings)['lines']
    return tuple(line[name] for name in names or ('exact', 'amount'))


class Percent(unittest.TestCase):
    def test_rate_and_fixed(self):
        # 300 x 2.9 % + 2 x 0.30 = 8.7 + 0.6
        self.assertEqual(line('percent: {rate: 2.9, fixed: 0.30}', tokens('100') + tokens('200')),
                         ('9.3', '9.30'))

    def test_negative_quantities_as_they_are(self):
        # -100 x 2.9 % + 2 x 0.30: both records count
        self.assertEqual(line('percent: {rate: 2.9, fixed: 0.30}', tokens('-300') + tokens('200')),
                         ('-2.3', '-2.30'))

    def test_free_units_leave_the_number_of_records(self):
        # (300 - 250) x 10 % + 2 x 1
        self.assertEqual(line('free: 250, percent: {rate: 10, fixed: 1}',
                              tokens('100') + tokens('200'))[0], '7')

    def test_records_of_the_line(self):
        result = run('{meter: tokens, split: [region], percent: {rate: 0, fixed: 1}}',
                     tokens('5') + tokens('5') + tokens('0', region='us'))
        self.assertEqual(column(result['lines'], 'detail', 'amount'),
                         [('region=eu', '2.00'), ('region=us', '1.00')])

    def test_duplicates_are_no_records(self):
        usage = tokens('100', event='e') + tokens('100', event='e')
        self.assertEqual(line('percent: {rate: 1, fixed: 1}', usage)[0], '2')

    def test_unique_counts_records_too(self):
        result = run('{meter: tokens, percent: {rate: 0, fixed: 1}}', tokens('5') + tokens('5'),
                     aggregate='unique')
        self.assertEqual(column(result['lines'], 'quantity', 'amount'), [('1', '2.00')])

    def test_per_event(self):
        # 10 x 2.9 % + 0.3 = 0.59; 5: 0.445 up to 0.50; 1000: 29.3 down to 12; -100: -2.6 up to 0.50
        charge = 'percent: {rate: 2.9, fixed: 0.30, per_event: {min: "0.50", max: "12"}}'
        usage = tokens('10') + tokens('5') + tokens('1000') + tokens('-100')
        self.assertEqual(line(charge, usage, 'quantity', 'exact'), ('915', '13.59'))
        self.assertEqual(line(charge, tokens('5', event='e') + tokens('6', event='e'))[0], '0.5')

    def test_per_event_with_one_bound(self):
        usage = tokens('10') + tokens('1000')
        self.assertEqual(line('percent: {rate: 1, per_event: {min: 1}}', usage)[0], '11')
        self.assertEqual(line('percent: {rate: 1, per_event: {max: 1}}', usage)[0], '1.1')

    def test_graduated_percent(self):
        # 1000 x 3 % + 1, then 500 x 2 %
        charge = 'graduated_percent: [{up_to: 1000, rate: "3", flat: "1"}, {rate: "2"}]'
        self.assertEqual(line(charge, tokens('1500'))[0], '41')
        self.assertEqual(line(charge, tokens('1000'))[0], '31')
        self.assertEqual(line(charge, tokens('0'))[0], '1')
        self.assertEqual(line(charge, tokens('-5'), 'quantity', 'exact'), ('-5', '1'))

    def test_mistakes(self):
        for charge in ['percent: {fixed: 1}', 'percent: {rate: 1, per_event: {}}',
                       'percent: {rate: 1, per_event: {min: 2, max: 1}}',
                       'free: 1, percent: {rate: 1, per_event: {min: 1}}',
                       'units: {divide_by: 2}, percent: {rate: 1, per_event: {min: 1}}',
                       'graduated_percent: [{unit: 1}]', 'percent: {rate: 1}, per_unit: 1']:
            with self.assertRaises(BookError, msg=charge):
                run('{meter: tokens, ' + charge + '}')
        with self.assertRaises(BookError):
            run('{meter: calls, percent: {rate: 1, per_event: {min: 1}}}')


class Cases(unittest.TestCase):
    USAGE = (tokens('1') + tokens('2', region='us') + tokens('4', region='ap')
             + tokens('8', region=''))

    def test_each_group_goes_to_the_first_case_that_fits(self):
        result = run('{meter: tokens, cases: [{where: {region: [us, eu]}, per_unit: 1}, '
                     '{where: {region: us}, per_unit: 50}, {per_unit: 10}]}', self.USAGE)
        self.assertEqual(column(result['lines'], 'detail', 'quantity', 'amount'),
                         [('', '12', '120.00'), ('region=us|eu', '3', '3.00')])
        self.assertEqual(result['unrated'], [])

    def test_what_fits_no_case_is_not_charged(self):
        result = run('{meter: tokens, cases: [{where: {region: us}, per_unit: 1}, '
                     '{where: {region: ""}, volume: [{unit: 3, flat: 1}]}]}', self.USAGE)
        self.assertEqual(column(result['lines'], 'detail', 'amount'),
                         [('region=', '25.00'), ('region=us', '2.00')])
        self.assertEqual(column(result['unrated'], 'detail', 'quantity', 'reason'),
                         [('region=ap', '4', 'no_charge'), ('region=eu', '1', 'no_charge')])

    def test_lines_only_where_there_is_usage(self):
        calls = 'acme,2025-03-01,c,calls,,\n'
        self.assertEqual(run('{meter: tokens, cases: [{graduated: [{flat: 5}]}]}', calls)['lines'],
                         [])

    def test_split_values_stand_before_the_case(self):
        def use(event, region, host):
            return f'acme,2025-03-01,{event},tokens,1,{region},{host}\n'
        result = run('{meter: both, split: [host], cases: [{where: {region: [eu, us]}, '
                     'per_unit: 1}, {per_unit: 2}]}', use(1, 'eu', 'a') + use(2, 'us', 'a') + use(3, 'ap', 'b'),
                     header='account_id,timestamp,event_id,meter,quantity,region,host\n',
                     dimensions='region, host',
                     meters='both: {aggregate: sum, match: tokens, by: [host, region]}')
        self.assertEqual(column(result['lines'], 'detail', 'quantity', 'amount'),
                         [('host=a;region=eu|us', '2', '2.00'), ('host=b', '1', '2.00')])

    def test_free_units_and_bounds_are_those_of_each_line(self):
        result = run('{meter: tokens, free: 1, maximum: 9, cases: [{where: {region: eu}, '
                     'per_unit: 1}, {per_unit: 1}]}', self.USAGE)
        self.assertEqual(column(result['lines'], 'detail', 'quantity', 'amount'),
                         [('', '14', '9.00'), ('region=eu', '1', '0.00')])

    def test_where_of_the_charge_comes_first(self):
        result = run('{meter: tokens, where: {region: [eu, us]}, cases: [{per_unit: 1}]}',
                     self.USAGE)
        self.assertEqual(column(result['lines'], 'detail', 'quantity'), [('', '3')])

    def test_mistakes(self):
        for charge in ['cases: []', 'cases: [{per_unit: 1}], per_unit: 1', 'cases: [{flat: 1}]',
                       'cases: [{per_unit: 1}, {where: {region: eu}, per_unit: 1}]',
                       'cases: [{where: {model: x}, per_unit: 1}]',
                       'cases: [{per_unit: 1, volume: [{unit: 1}]}]',
                       'cases: [{where: {region: x}}]',
                       'free: 1, cases: [{percent: {rate: 1, per_event: {min: 1}}}]']:
            with self.assertRaises(BookError, msg=charge):
                run('{meter: tokens, ' + charge + '}')


class Units(unittest.TestCase):
    def test_rounds(self):
        for rule, quantity, shown in [
                ('up', '1000.1', '2'), ('up', '1000', '1'), ('up', '-1500', '-2'),
                ('down', '1999', '1'), ('down', '-1999', '-1'),
                ('half_up', '1500', '2'), ('half_up', '1499.9', '1'), ('half_up', '-1500', '-2')]:
            charge = 'per_unit: 1, units: {divide_by: 1000, round: %s, places: 0}' % rule
            self.assertEqual(line(charge, tokens(quantity), 'quantity'), (shown,), (rule, quantity))

    def test_places(self):
        # 1234.5 / 1000 = 1.2345
        charge = 'per_unit: 1, units: {divide_by: 1000, round: up, places: 2}'
        self.assertEqual(line(charge, tokens('1234.5'), 'quantity', 'exact'), ('1.24', '1.24'))

    def test_without_rounding_18_places_half_even(self):
        # 2 / 3, and then 3 of them
        self.assertEqual(line('per_unit: 3, units: {divide_by: 3}', tokens('2'), 'quantity',
                              'exact'),
                         ('0.666666666666666667', '2.000000000000000001'))
        self.assertEqual(line('per_unit: 1, units: {divide_by: 2, round: none}',
                              tokens('0.000000000000000001') + tokens('1'), 'quantity'), ('0.5',))

    def test_rounding_without_dividing(self):
        self.assertEqual(line('per_unit: 1, units: {round: up}', tokens('1.2'), 'quantity'), ('2',))

    def test_units_before_free(self):
        # 2500 / 1000 = 3 up; 3 - 1 = 2
        charge = 'per_unit: 5, free: 1, units: {divide_by: 1000, round: up}'
        self.assertEqual(line(charge, tokens('2500'), 'quantity', 'exact'), ('3', '10'))

    def test_the_sum_is_converted_not_each_part(self):
        charge = 'per_unit: 1, units: {divide_by: 1000, round: up}'
        self.assertEqual(line(charge, tokens('400') + tokens('500', region='us'), 'quantity'),
                         ('1',))

    def test_an_average_is_rounded_before_it_is_converted(self):
        # 5 / 3 = 1.666666666666666667, times 1000
        charge = 'per_unit: 1, units: {divide_by: 0.001}'
        usage = tokens('1') + tokens('2') + tokens('2')
        self.assertEqual(line(charge, usage, 'quantity', aggregate='average'),
                         ('1666.666666666666667',))

    def test_negative_quantities_are_those_after_units(self):
        charges = ('{meter: tokens, units: {divide_by: 10, round: %s}, '
                   'package: {size: 1, amount: 1}}')
        result = run(charges % 'up', tokens('-4'))
        self.assertEqual(column(result['lines'], 'quantity', 'amount'), [('-1', '0.00')])
        self.assertEqual(column(result['unrated'], 'quantity', 'reason'),
                         [('-1', 'negative_quantity')])
        result = run(charges % 'down', tokens('-4'))
        self.assertEqual((result['lines'], result['unrated']), ([], []))

    def test_mistakes(self):
        for units in ['{divide_by: 0}', '{divide_by: -1}', '{round: half_even}', '{places: 2}',
                      '{round: up, places: 19}', '{round: up, places: -1}', '{multiply_by: 2}']:
            with self.assertRaises(BookError, msg=units):
                run('{meter: tokens, per_unit: 1, units: %s}' % units)
        with self.assertRaises(BookError):
            run('{id: fee, flat: 1, units: {divide_by: 2}}')


class Bounds(unittest.TestCase):
    def test_minimum_and_maximum(self):
        charge = 'per_unit: 1, minimum: "50.005", maximum: 100'
        for quantity, exact, amount in [('7', '50.005', '50.01'), ('70', '70', '70.00'),
                                        ('700', '100', '100.00'), ('-7', '50.005', '50.01')]:
            self.assertEqual(line(charge, tokens(quantity)), (exact, amount))

    def test_discount_comes_first(self):
        # 100 - 10 % = 90; 200 - 10 % = 180 down to 100; 50 - 10 % = 45 up to 50
        charge = 'per_unit: 1, discount: {percent: 10}, minimum: 50, maximum: 100'
        for quantity, exact in [('100', '90'), ('200', '100'), ('50', '50')]:
            self.assertEqual(line(charge, tokens(quantity))[0], exact)

    def test_bounds_are_prorated_in_a_partial_period(self):
        # 62 x 15 / 31 = 30; 31 x 15 / 31 = 15; 10 x 15 / 31 = 4.838709677419354838709...
        for charge, exact in [('maximum: 62', '30'), ('minimum: 310', '150'),
                              ('maximum: 10', '4.838709677419354839')]:
            self.assertEqual(line('per_unit: 1, ' + charge, tokens('100', '2025-03-20'),
                                  rest=HALF)[0],
                             exact)

    def test_bounds_are_divided_among_segments(self):
        # 10 and 21 of 31 days
        later = '- {from: 2025-03-11, charges: [{meter: tokens, per_unit: 1, minimum: 62}]}'
        result = run('{meter: tokens, per_unit: 1, minimum: 31}', tokens('1'), later=later)
        self.assertEqual(column(result['lines'], 'from', 'amount'),
                         [('2025-03-01', '10.00'), ('2025-03-11', '42.00')])

    def test_a_minimum_is_billed_without_usage(self):
        calls = 'acme,2025-03-01,c,calls,,\n'
        self.assertEqual(line('per_unit: 1, minimum: 5', calls, 'quantity', 'amount'),
                         ('0', '5.00'))
        result = run('{meter: tokens, per_unit: 1, minimum: 5, split: [region]}', calls)
        self.assertEqual(result['lines'], [])

    def test_bounds_of_each_line(self):
        result = run('{meter: tokens, per_unit: 1, minimum: 5, split: [region]}',
                     tokens('1') + tokens('8', region='us'))
        self.assertEqual(column(result['lines'], 'amount'), [('5.00',), ('8.00',)])

    def test_fees_too(self):
        # 31 x 15 / 31 - 20 % = 12, at most 20 x 15 / 31
        result = run('{id: fee, flat: 31, prorate: true, discount: {percent: 20}}', tokens('1'),
                     HALF)
        self.assertEqual(column(result['lines'], 'amount'), [('12.00',)])
        result = run('{id: fee, flat: 31, prorate: true, maximum: 20}', tokens('1'), HALF)
        self.assertEqual(column(result['lines'], 'amount'), [('9.68',)])

    def test_a_discount_may_be_all(self):
        # quantity 5, amount 0: the line is there
        self.assertEqual(line('per_unit: 1, discount: {percent: 100}', tokens('5')), ('0', '0.00'))

    def test_mistakes(self):
        for charge in ['minimum: 2, maximum: 1', 'minimum: -1', 'discount: {percent: 101}',
                       'discount: {percent: -1}', 'discount: 10', 'discount: {}']:
            with self.assertRaises(BookError, msg=charge):
                run('{meter: tokens, per_unit: 1, ' + charge + '}')

    def test_ids_of_made_lines(self):
        for id in ['minimum', 'commit', 'commit_used', 'overage', '"credit:x"']:
            with self.assertRaises(BookError, msg=id):
                run('{id: ' + id + ', meter: tokens, per_unit: 1}')


if __name__ == '__main__':
    unittest.main()
