"""`time_weighted`: examples computed by hand."""

import unittest

from examples import column, run, tokens

HEADER = 'account_id,timestamp,event_id,meter,quantity,region,host\n'
ANYBODY = tokens('0', '2025-05-02', account='other')  # usage is rated through May


def levels(usage, charges='{meter: tokens, per_unit: 1}', sets=True, **settings):
    values = 'level' if sets else 'change'
    return run(charges, usage, aggregate=f'time_weighted, values: {values}', **settings)


def of_acme(result, *names):
    return column([line for line in result['lines'] if line['account'] == 'acme'], *names)


class Levels(unittest.TestCase):
    """March 2025 has 31 days, April has 30."""

    def test_values_change_the_level(self):
        # 10 for 31 days and 31 more for 16 of them: 10 + 31 x 16 / 31 = 26
        usage = tokens('10', '2025-03-01') + tokens('31', '2025-03-16')
        result = levels(usage, sets=False)
        self.assertEqual(of_acme(result, 'quantity'), [('26',)])

    def test_change_is_the_default(self):
        usage = tokens('10', '2025-03-01') + tokens('31', '2025-03-16')
        result = run('{meter: tokens, per_unit: 1}', usage, aggregate='time_weighted')
        self.assertEqual(of_acme(result, 'quantity'), [('26',)])

    def test_values_set_the_level(self):
        # 31 for 10 of 31 days
        usage = tokens('31', '2025-03-11') + tokens('0', '2025-03-21')
        self.assertEqual(of_acme(levels(usage), 'quantity'), [('10',)])

    def test_a_level_is_carried_on(self):
        # March: 31 x 21 / 31; April and May whole; the line of May though nobody wrote
        usage = tokens('31', '2025-03-11') + ANYBODY
        self.assertEqual(of_acme(levels(usage), 'period', 'quantity'),
                         [('2025-03', '21'), ('2025-04', '31'), ('2025-05', '31')])

    def test_it_does_not_carry_what_is_rated_any_further(self):
        usage = tokens('31', '2025-03-11')
        self.assertEqual(of_acme(levels(usage), 'period'), [('2025-03',)])

    def test_equal_timestamps(self):
        # of two levels the last by position holds; changes add
        files = {'b.csv': tokens('5', '2025-03-01'), 'a.csv': tokens('7', '2025-03-01')}
        self.assertEqual(of_acme(levels(files), 'quantity'), [('5',)])
        self.assertEqual(of_acme(levels(files, sets=False), 'quantity'), [('12',)])

    def test_each_set_of_dimensions_has_a_level(self):
        # hosts a and b of one region: 5 + 7, b for half of April; `by` is the region alone
        def at(day, host, level, region='eu'):
            return f'acme,{day},{host}{day},tokens,{level},{region},{host}\n'
        usage = (at('2025-04-01', 'a', 5) + at('2025-04-01', 'b', 7) + at('2025-04-16', 'b', 0)
                 + at('2025-04-01', 'c', 60, region='us'))
        result = levels(usage, '{meter: tokens, split: [region], per_unit: 1}', header=HEADER,
                        dimensions='region, host')
        self.assertEqual(of_acme(result, 'detail', 'quantity'),
                         [('region=eu', '8.5'), ('region=us', '60')])
        result = levels(usage, header=HEADER, dimensions='region, host')
        self.assertEqual(of_acme(result, 'quantity'), [('68.5',)])

    def test_each_account_has_a_level(self):
        usage = tokens('5', '2025-03-01') + tokens('7', '2025-03-01', account='b')
        self.assertEqual(column(levels(usage)['lines'], 'account', 'quantity'),
                         [('acme', '5'), ('b', '7')])

    def test_duplicates_and_bad_records_do_not_count(self):
        usage = (tokens('10', '2025-03-01', event='e') + tokens('99', '2025-03-02', event='e')
                 + tokens('x', '2025-03-03'))
        self.assertEqual(of_acme(levels(usage, sets=False), 'quantity'), [('10',)])

    def test_negative_levels(self):
        usage = tokens('-31', '2025-03-31')
        result = levels(usage, '{meter: tokens, graduated: [{unit: 1, flat: 2}]}')
        self.assertEqual(of_acme(result, 'quantity', 'amount'), [('-1', '2.00')])
        self.assertEqual(column(result['unrated'], 'quantity', 'records', 'reason'),
                         [('-1', '1', 'negative_quantity')])

    def test_rounded_half_even_to_18_places_and_priced_as_shown(self):
        # one nanosecond of 31 x 86400 s: 1 / 2678400000000000 = 0.000000000000000373357...
        usage = tokens('1', '2025-03-31T23:59:59.999999999')
        result = levels(usage, '{meter: tokens, per_unit: 1000}')
        self.assertEqual(of_acme(result, 'quantity', 'exact'),
                         [('0.000000000000000373', '0.000000000000373')])

    def test_levels_add_before_they_are_rounded(self):
        # 2 / 31 = 0.0645161290322580645..., not twice 0.032258064516129032
        usage = tokens('1', '2025-03-31') + tokens('1', '2025-03-31', region='us')
        self.assertEqual(of_acme(levels(usage), 'quantity'), [('0.064516129032258065',)])


class Segments(unittest.TestCase):
    def test_a_cut_divides_the_time(self):
        # 31 x 10 / 31 and 31 x 21 / 31: the length is the period's, not the segment's
        later = '- {from: 2025-03-11, charges: [{meter: tokens, per_unit: 2}]}'
        result = levels(tokens('31', '2025-03-01'), later=later)
        self.assertEqual(of_acme(result, 'from', 'quantity', 'amount'),
                         [('2025-03-01', '10', '10.00'), ('2025-03-11', '21', '42.00')])

    def test_the_level_at_the_start_comes_from_all_earlier_records(self):
        # February and the first 10 days of March are nobody's: 28 x 18 / 28 and 28 x 10 / 31
        rest = 'subscriptions: [{account: acme, plan: payg, start: 2025-03-11}]'
        result = levels(tokens('28', '2025-02-11') + tokens('3', '2025-03-11', region='us'),
                        rest=rest, sets=False)
        # 28 x 21 / 31 + 3 x 21 / 31 = 21
        self.assertEqual(of_acme(result, 'from', 'quantity'), [('2025-03-11', '21')])
        self.assertEqual(column(result['unrated'], 'period', 'quantity', 'records', 'reason'),
                         [('2025-02', '18', '1', 'no_subscription'),
                          ('2025-03', '9.032258064516129032', '0', 'no_subscription')])

    def test_unrated_gaps_add_up(self):
        # the level is 31; days 1-10 and 21-31 are no subscription's: 31 x 21 / 31
        rest = ('subscriptions: [{account: acme, plan: payg, start: 2025-03-11, '
                'end: 2025-03-21}]')
        result = levels(tokens('31', '2025-03-01'), rest=rest)
        self.assertEqual(column(result['unrated'], 'quantity', 'records'), [('21', '1')])

    def test_default_plan_in_periods_with_a_level(self):
        # on until 10 April; May has no usage, and so no plan
        usage = tokens('30', '2025-03-11') + tokens('0', '2025-04-11') + ANYBODY
        result = levels(usage, '{id: fee, flat: 5}, {meter: tokens, per_unit: 1}')
        self.assertEqual(of_acme(result, 'period', 'charge', 'amount'),
                         [('2025-03', 'fee', '5.00'), ('2025-03', 'tokens', '20.32'),
                          ('2025-04', 'fee', '5.00'), ('2025-04', 'tokens', '10.00')])

    def test_a_level_of_0_that_was_carried_in_is_no_usage(self):
        # of a charge with `split` the first tier's flat is billed where there is usage
        usage = tokens('30', '2025-03-11') + tokens('0', '2025-04-01') + ANYBODY
        result = levels(usage, '{meter: tokens, split: [region], graduated: [{flat: 3}]}',
                        rest='subscriptions: [{account: acme, plan: payg, start: 2025-01-01}]')
        self.assertEqual(of_acme(result, 'period', 'amount'),
                         [('2025-03', '3.00'), ('2025-04', '3.00')])

    def test_where_and_no_charge(self):
        usage = tokens('10', '2025-03-01') + tokens('4', '2025-03-01', region='us') + ANYBODY
        result = levels(usage, '{meter: tokens, where: {region: us}, per_unit: 1}')
        self.assertEqual(of_acme(result, 'period', 'quantity'),
                         [('2025-03', '4'), ('2025-04', '4'), ('2025-05', '4')])
        self.assertEqual(column(result['unrated'], 'account', 'period', 'detail', 'quantity',
                                'records', 'reason'),
                         [('acme', '2025-03', 'region=eu', '10', '1', 'no_charge'),
                          ('acme', '2025-04', 'region=eu', '10', '0', 'no_charge'),
                          ('acme', '2025-05', 'region=eu', '10', '0', 'no_charge'),
                          ('other', '2025-05', 'region=eu', '0', '1', 'no_charge')])

    def test_records_are_those_of_the_segment(self):
        # 0.50 for each of two records in March, none in April, where the level is carried on
        usage = tokens('31', '2025-03-01') + tokens('31', '2025-03-02') + ANYBODY
        result = levels(usage, '{meter: tokens, percent: {rate: 100, fixed: "0.5"}}')
        self.assertEqual(of_acme(result, 'period', 'amount'),
                         [('2025-03', '32.00'), ('2025-04', '31.00'), ('2025-05', '31.00')])


class Clocks(unittest.TestCase):
    def day(self, zone, *usage):
        result = levels(''.join(usage), zone=zone, period='day')
        return of_acme(result, 'period', 'quantity')

    def test_a_day_of_23_hours(self):
        # from noon it is 12 hours to midnight: 23 x 12 / 23
        self.assertEqual(self.day('Europe/Berlin', tokens('23', '2025-03-30T12:00')),
                         [('2025-03-30', '12')])
        # from 01:00 there are 22 hours
        self.assertEqual(self.day('Europe/Berlin', tokens('23', '2025-03-30T01:00')),
                         [('2025-03-30', '22')])

    def test_a_day_of_25_hours(self):
        self.assertEqual(self.day('Europe/Berlin', tokens('25', '2025-10-26T12:00')),
                         [('2025-10-26', '12')])

    def test_a_clock_that_moves_by_half_an_hour(self):
        # 24.5 hours: 49 half hours, 24 of them from noon
        self.assertEqual(self.day('Australia/Lord_Howe', tokens('49', '2024-04-07T12:00')),
                         [('2024-04-07', '24')])

    def test_a_midnight_that_is_skipped(self):
        # in Chile 2024-09-08 began at 01:00, 04:00Z, and had 23 hours
        usage = tokens('46', '2024-09-08T03:59:59Z') + tokens('0', '2024-09-08T15:30Z')
        self.assertEqual(self.day('America/Santiago', usage)[1:], [('2024-09-08', '23')])

    def test_a_midnight_that_comes_twice(self):
        # on the Azores 2024-10-27 began at 00:00 summer time, 00:00Z, and had 25 hours
        usage = tokens('25', '2024-10-27T00:00Z') + tokens('0', '2024-10-27T02:00Z')
        self.assertEqual(self.day('Atlantic/Azores', usage), [('2024-10-27', '2')])

    def test_a_month_with_a_change_of_the_clock(self):
        # March 2025 has 743 hours in Berlin: 743 x 24 / 743
        result = levels(tokens('743', '2025-03-31'), zone='Europe/Berlin')
        self.assertEqual(of_acme(result, 'quantity'), [('24',)])


if __name__ == '__main__':
    unittest.main()
