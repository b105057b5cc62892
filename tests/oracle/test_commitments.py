"""Commitments: examples computed by hand."""

import unittest
from datetime import date

from commitments import months_after
from examples import column, run, tokens
from nodes import BookError

UNIT = '{meter: tokens, per_unit: 1}'


def usage(**by_month):
    """usage(jan=40): 40 tokens on the 20th of January 2025."""
    months = {'jan': 1, 'feb': 2, 'mar': 3, 'apr': 4, 'may': 5, 'jun': 6, 'jul': 7}
    return ''.join(tokens(str(quantity), f'2025-{months[month]:02}-20')
                   for month, quantity in by_month.items())


def deal(commit, usage, keys='accounts: [acme], start: 2025-01-01', charges=UNIT, **settings):
    rest = 'contracts: {deal: {plan: payg, %s, commit: {%s}}}' % (keys, commit)
    return run(charges, usage, rest, **settings)


def made(result, *charges):
    """(charge, period, amount) of the lines that are made."""
    return [line for line in column(result['lines'], 'charge', 'period', 'amount')
            if line[0] in (charges or ('commit', 'commit_used', 'overage'))]


class Arrears(unittest.TestCase):
    def test_each_period(self):
        result = deal('amount: 50, every: period', usage(jan=40, feb=50, mar=60))
        self.assertEqual(made(result), [('commit', '2025-01', '10.00')])
        [line] = [line for line in result['lines'] if line['charge'] == 'commit']
        self.assertEqual([line[key] for key in ('account', 'contract', 'plan', 'detail', 'from',
                                                'to',
                                                'quantity', 'exact')],
                         ['acme', 'deal', 'payg', '', '2025-01-01', '2025-02-01', '0', '10'])

    def test_a_period_cut_by_the_start_or_the_end(self):
        # 31 x 15 / 31 - 4 in January; 31 x 14 / 28 - 4 in February
        result = deal('amount: 31, every: period', usage(jan=4) + tokens('4', '2025-02-10'),
                      'accounts: [acme], start: 2025-01-17, end: 2025-02-15')
        self.assertEqual(made(result),
                         [('commit', '2025-01', '11.00'), ('commit', '2025-02', '11.50')])
        self.assertEqual(column(result['lines'], 'charge', 'from', 'to')[::2],
                         [('commit', '2025-01-17', '2025-02-01'),
                          ('commit', '2025-02-01', '2025-02-15')])

    def test_the_last_period_of_a_quarter(self):
        quarter = 'amount: 100, every: quarter'
        self.assertEqual(made(deal(quarter, usage(jan=40, feb=30, mar=20))),
                         [('commit', '2025-03', '10.00')])
        # still running; then one that is full, and one without usage
        self.assertEqual(made(deal(quarter, usage(jan=40, feb=30))), [])
        self.assertEqual(made(deal(quarter, usage(jan=40, feb=80, jul=5))),
                         [('commit', '2025-06', '100.00')])

    def test_three_months_from_the_start(self):
        # January and February count from the 15th on; the period that begins on 1 April is the last
        # one that begins before 15 April
        result = deal('amount: 100, every: quarter', usage(jan=40, apr=20, may=90),
                      'accounts: [acme], start: 2025-01-15')
        self.assertEqual(made(result), [('commit', '2025-04', '40.00')])

    def test_months_after(self):
        for day, months, later in [
                ('2024-01-31', 3, '2024-04-30'), ('2024-01-31', 6, '2024-07-31'),
                ('2024-02-29', 12, '2025-02-28'), ('2024-02-29', 48, '2028-02-29'),
                ('2024-11-30', 3, '2025-02-28'), ('2024-12-01', 12, '2025-12-01')]:
            self.assertEqual(months_after(date.fromisoformat(day), months),
                             date.fromisoformat(later))

    def test_a_term_cut_short_by_the_end(self):
        # 182 of 365 days
        result = deal('amount: 365, every: year', usage(jan=40, jul=1),
                      'accounts: [acme], start: 2025-01-01, end: 2025-07-02')
        self.assertEqual(made(result), [('commit', '2025-07', '142.00')])
        # 9 of the 91 days from 1 April: 100 x 9 / 91 = 9.890109...
        result = deal('amount: 100, every: quarter', usage(jan=100, may=1),
                      'accounts: [acme], start: 2025-01-01, end: 2025-04-10')
        self.assertEqual(made(result), [('commit', '2025-04', '9.89')])

    def test_every_contract(self):
        keys = 'accounts: [acme], start: 2025-01-20, end: 2025-03-10'
        result = deal('amount: 100, every: contract', usage(jan=40, feb=30, mar=9), keys)
        self.assertEqual(made(result), [('commit', '2025-03', '30.00')])
        self.assertEqual(made(deal('amount: 100, every: contract', usage(jan=40, feb=30), keys)),
                         [])

    def test_a_week_counts_where_it_begins(self):
        # the term ends on Tuesday 1 April; the week of Monday 31 March is its last, whole
        weeks = (tokens('40', '2025-01-01') + tokens('30', '2025-04-03')
                 + tokens('7', '2025-04-07'))
        result = deal('amount: 100, every: quarter', weeks, period='week')
        self.assertEqual(made(result), [('commit', '2025-W14', '30.00')])

    def test_a_term_in_which_no_period_begins_promises_nothing(self):
        weeks = tokens('40', '2025-01-01') + tokens('30', '2025-04-02')
        result = deal('amount: 100, every: quarter', weeks,
                      'accounts: [acme], start: 2025-01-01, end: 2025-04-03', period='week')
        self.assertEqual(made(result), [('commit', '2025-W14', '30.00')])
        self.assertEqual({line['to'] for line in result['lines'] if line['period'] == '2025-W14'},
                         {'2025-04-03'})

    def test_what_counts(self):
        # metered lines as they are billed, refunds too; no fees, no minimum
        charges = '{meter: tokens, split: [region], per_unit: 1}, {id: fee, flat: 500}'
        result = deal('amount: 100, every: period',
                      usage(jan=40) + tokens('-10', '2025-01-02', region='us'),
                      'accounts: [acme], start: 2025-01-01, minimum: 35, discount: {percent: 50}',
                      charges)
        # 20 - 5 = 15, and 20 to make 35; 100 - 15
        self.assertEqual(made(result, 'minimum', 'commit'),
                         [('commit', '2025-01', '85.00'), ('minimum', '2025-01', '20.00')])

    def test_it_stands_on_the_payer_s_account(self):
        rows = tokens('5', '2025-01-02', account='eu') + tokens('6', '2025-01-02', account='us')
        for keys, account in [('bill_to: boss', 'boss'), ('pool: true', 'eu'),
                              ('pool: true, bill_to: us', 'us')]:
            result = deal('amount: 50, every: period', rows,
                          'accounts: [us, eu], start: 2025-01-01, ' + keys)
            lines = [line for line in result['lines'] if line['charge'] == 'commit']
            self.assertEqual(column(lines, 'account', 'amount'), [(account, '39.00')])
            self.assertEqual(column(result['invoices'], 'account', 'total'), [(account, '50.00')])

    def test_mistakes(self):
        for commit in ['every: year', 'amount: 1', 'amount: 1, every: month',
                       'amount: -1, every: year',
                       'amount: "0.001", every: year', 'amount: 1, every: contract',
                       'amount: 1, every: year, billed: now',
                       'amount: 1, every: year, overage: -1']:
            with self.assertRaises(BookError, msg=commit):
                deal(commit, '')
        with self.assertRaises(BookError):
            deal('amount: 1, every: quarter', '', period='year')
        with self.assertRaises(BookError):  # two payers
            deal('amount: 1, every: year', '', 'accounts: [eu, us], start: 2025-01-01')


class Upfront(unittest.TestCase):
    COMMIT = 'amount: 100, every: quarter, billed: upfront'

    def test_the_balance_offsets_lines(self):
        result = deal(self.COMMIT, usage(jan=40, feb=30, mar=50))
        self.assertEqual(made(result), [('commit', '2025-01', '100.00'),
                                        ('commit_used', '2025-01', '-40.00'),
                                        ('commit_used', '2025-02', '-30.00'),
                                        ('commit_used', '2025-03', '-30.00')])
        self.assertEqual(column(result['invoices'], 'period', 'total'),
                         [('2025-01', '100.00'), ('2025-02', '0.00'), ('2025-03', '20.00')])

    def test_what_is_left_is_gone(self):
        result = deal(self.COMMIT, usage(jan=40, apr=10))
        self.assertEqual(made(result), [('commit', '2025-01', '100.00'),
                                        ('commit_used', '2025-01', '-40.00'),
                                        ('commit', '2025-04', '100.00'),
                                        ('commit_used', '2025-04', '-10.00')])

    def test_fees_are_not_offset(self):
        result = deal(self.COMMIT, usage(jan=40), charges=UNIT + ', {id: fee, flat: 5}')
        self.assertEqual(made(result)[-1], ('commit_used', '2025-01', '-40.00'))

    def test_a_negative_line_is_not_offset_and_refills_nothing(self):
        rows = usage(jan=60, feb=50) + tokens('-10', '2025-01-02', region='us')
        result = deal(self.COMMIT, rows, charges='{meter: tokens, split: [region], per_unit: 1}')
        self.assertEqual(made(result, 'commit_used'), [('commit_used', '2025-01', '-60.00'),
                                                       ('commit_used', '2025-02', '-40.00')])

    def test_prorated(self):
        result = deal('amount: 31, every: period, billed: upfront', usage(jan=4),
                      'accounts: [acme], start: 2025-01-17')
        self.assertEqual(made(result), [('commit', '2025-01', '15.00'),
                                        ('commit_used', '2025-01', '-4.00')])
        # cut short by the end: 100 x 9 / 91
        result = deal(self.COMMIT, usage(apr=1),
                      'accounts: [acme], start: 2025-04-01, end: 2025-04-10')
        self.assertEqual(made(result)[0], ('commit', '2025-04', '9.89'))

    def test_one_line_for_all_accounts(self):
        # 40 of eu and 60 of us, though us has 70: 110 - 100 = 10 on the invoice, and the 100
        rows = tokens('40', '2025-01-02', account='eu') + tokens('70', '2025-01-02', account='us')
        result = deal(self.COMMIT, rows, 'accounts: [us, eu], start: 2025-01-01, bill_to: boss')
        self.assertEqual(column(result['lines'], 'account', 'charge', 'amount'),
                         [('boss', 'commit', '100.00'), ('boss', 'commit_used', '-100.00'),
                          ('eu', 'tokens', '40.00'), ('us', 'tokens', '70.00')])
        self.assertEqual(column(result['invoices'], 'account', 'total'), [('boss', '110.00')])

    def test_nothing_before_its_time(self):
        self.assertEqual(made(deal(self.COMMIT, usage(jan=1),
                                   'accounts: [acme], start: 2025-02-01')), [])


class Overage(unittest.TestCase):
    def test_the_part_beyond_the_amount(self):
        # 90; 120: 20 beyond; 130: 10 more
        result = deal('amount: 100, every: quarter, overage: "1.25"', usage(jan=90, feb=30, mar=10))
        self.assertEqual(made(result),
                         [('overage', '2025-02', '5.00'), ('overage', '2025-03', '2.50')])

    def test_a_running_term_has_overage(self):
        self.assertEqual(made(deal('amount: 100, every: year, overage: 2', usage(jan=101))),
                         [('overage', '2025-01', '1.00')])

    def test_it_starts_anew_with_each_term(self):
        result = deal('amount: 100, every: quarter, overage: 2', usage(jan=110, apr=90))
        self.assertEqual(made(result), [('overage', '2025-01', '10.00')])

    def test_rounded_once_for_a_period(self):
        # 0.01 and 0.01 beyond: 0.25 x 0.02 = 0.005
        rows = tokens('0.01', '2025-01-02') + tokens('0.01', '2025-01-02', region='us')
        result = deal('amount: 0, every: period, overage: "1.25"', rows,
                      charges='{meter: tokens, split: [region], per_unit: 1}')
        [line] = [line for line in result['lines'] if line['charge'] == 'overage']
        self.assertEqual((line['exact'], line['amount']), ('0.005', '0.01'))
        # 0.0025 is no line
        self.assertEqual(made(deal('amount: 0, every: period, overage: "1.25"',
                                   tokens('0.01', '2025-01-02'))), [])

    def test_a_refund_takes_it_back(self):
        # 120, and then 90
        result = deal('amount: 100, every: quarter, overage: "1.25"', usage(jan=120, feb=-30))
        self.assertEqual(made(result),
                         [('overage', '2025-01', '5.00'), ('overage', '2025-02', '-5.00')])

    def test_beyond_may_be_cheaper(self):
        self.assertEqual(made(deal('amount: 100, every: period, overage: "0.9"', usage(jan=120))),
                         [('overage', '2025-01', '-2.00')])

    def test_with_an_upfront_commitment(self):
        result = deal('amount: 100, every: quarter, billed: upfront, overage: "1.5"',
                      usage(jan=130))
        self.assertEqual(made(result), [('commit', '2025-01', '100.00'),
                                        ('commit_used', '2025-01', '-100.00'),
                                        ('overage', '2025-01', '15.00')])
        self.assertEqual(column(result['invoices'], 'total'), [('145.00',)])

    def test_against_the_prorated_amount(self):
        # 31 x 15 / 31 = 15; 5 beyond
        self.assertEqual(made(deal('amount: 31, every: period, overage: 2', usage(jan=20),
                                   'accounts: [acme], start: 2025-01-17')),
                         [('overage', '2025-01', '5.00')])


if __name__ == '__main__':
    unittest.main()
