"""Prices of the core, and time: examples computed by hand."""

import unittest

import timing
from examples import column, run, tokens
from nodes import BookError


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
        with self.assertRaises(BookError):
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
