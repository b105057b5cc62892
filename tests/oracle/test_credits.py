"""Credits: examples computed by hand."""

import unittest

from examples import column, run, tokens
from nodes import BookError

UNIT = '{meter: tokens, per_unit: 1}'
JAN, FEB, MAR = '2025-01-20', '2025-02-20', '2025-03-20'


def deal(credits, usage, keys='accounts: [acme]', charges=UNIT, more='', **settings):
    rest = f'contracts: {{deal: {{plan: payg, start: 2025-01-01, {keys}, credits: [{credits}]}}}}'
    rest += '\n' + more
    return run(charges, usage, rest, **settings)


def credit(amount, id='promo', more='', start='2025-01-01'):
    return '{id: %s, amount: %s, from: %s%s}' % (id, amount, start, more and ', ' + more)


def taken(result):
    lines = [line for line in result['lines'] if line['charge'].startswith('credit:')]
    return column(lines, 'account', 'charge', 'period', 'amount')


def by_period(result):
    return [(period, amount) for _, _, period, amount in taken(result)]


class Balance(unittest.TestCase):
    def test_it_carries_over_until_it_is_spent(self):
        usage = tokens('30', JAN) + tokens('30', FEB) + tokens('30', MAR)
        result = deal(credit(50), usage)
        self.assertEqual(by_period(result), [('2025-01', '-30.00'), ('2025-02', '-20.00')])
        self.assertEqual(column(result['invoices'], 'total'), [('0.00',), ('10.00',), ('30.00',)])

    def test_its_line(self):
        result = deal(credit(50), tokens('30', JAN), 'accounts: [acme], end: 2025-01-25')
        [line] = [line for line in result['lines'] if line['charge'] == 'credit:promo']
        self.assertEqual([line[key] for key in ('account', 'contract', 'plan', 'detail', 'from',
                                                'to',
                                                'quantity', 'exact', 'currency')],
                         ['acme', 'deal', 'payg', '', '2025-01-01', '2025-01-25', '0', '-30',
                          'USD'])

    def test_from_and_until(self):
        # before the period's end, after its start
        usage = tokens('30', JAN) + tokens('30', FEB) + tokens('30', MAR)
        for start, until, periods in [('2025-01-31', '2025-02-01', ['2025-01']),
                                      ('2025-02-01', '2025-03-01', ['2025-02']),
                                      ('2025-02-28', '2025-03-02', ['2025-02', '2025-03'])]:
            result = deal(credit(500, more='until: ' + until, start=start), usage)
            self.assertEqual([period for period, _ in by_period(result)], periods)

    def test_the_calendar_period_counts_not_the_contract_s_part(self):
        result = deal(credit(5, start='2025-01-28'), tokens('30', JAN),
                      'accounts: [acme], end: 2025-01-25')
        self.assertEqual(by_period(result), [('2025-01', '-5.00')])

    def test_fees_and_commitments_too(self):
        # 4 + 5 + 46 to make 50 of the metered 4
        result = deal(credit(500), tokens('4', JAN),
                      'accounts: [acme], commit: {amount: 50, every: period}',
                      UNIT + ', {id: fee, flat: 5}')
        self.assertEqual(by_period(result), [('2025-01', '-55.00')])

    def test_scope(self):
        charges = UNIT + ', {id: fee, flat: 5}'
        for scope, amount in [('[tokens]', '-4.00'), ('[fee]', '-5.00'), ('[fee, tokens]', '-9.00'),
                              ('[minimum]', '-6.00'), ('[minimum, fee]', '-11.00')]:
            result = deal(credit(500, more='charges: ' + scope), tokens('4', JAN),
                          'accounts: [acme], minimum: 10', charges)
            self.assertEqual(by_period(result), [('2025-01', amount)])

    def test_only_positive_lines(self):
        # 10 - 4: the 10 are taken
        result = deal(credit(500), tokens('10', JAN) + tokens('-4', JAN, region='us'),
                      charges='{meter: tokens, split: [region], per_unit: 1}')
        self.assertEqual(by_period(result), [('2025-01', '-10.00')])
        self.assertEqual(column(result['invoices'], 'total'), [('-4.00',)])

    def test_what_a_commitment_has_paid_is_not_taken_again(self):
        # 40 and 70 tokens, of which the upfront 100 pay all but 10
        commit = 'accounts: [acme], commit: {amount: 100, every: quarter, billed: upfront}'
        usage = tokens('40', JAN) + tokens('70', FEB)
        result = deal(credit(500, more='charges: [tokens]'), usage, commit)
        self.assertEqual(by_period(result), [('2025-02', '-10.00')])
        result = deal(credit(500), usage, commit)
        self.assertEqual(by_period(result), [('2025-01', '-100.00'), ('2025-02', '-10.00')])
        self.assertEqual(column(result['invoices'], 'total'), [('0.00',), ('0.00',)])

    def test_overage_is_taken(self):
        result = deal(credit(500, more='charges: [overage]'), tokens('30', JAN),
                      'accounts: [acme], commit: {amount: 10, every: period, overage: 1.5}')
        self.assertEqual(by_period(result), [('2025-01', '-10.00')])

    def test_only_lines_of_its_contract(self):
        more = 'subscriptions: [{account: boss, plan: payg, start: 2025-01-01}]'
        usage = tokens('5', JAN) + tokens('7', JAN, account='boss')
        result = deal(credit(500), usage, 'accounts: [acme], bill_to: boss', more=more)
        self.assertEqual(taken(result), [('acme', 'credit:promo', '2025-01', '-5.00')])
        self.assertEqual(column(result['invoices'], 'account', 'total'), [('boss', '7.00')])

    def test_the_plan_s_currency(self):
        result = deal(credit(5), tokens('30', JAN), plan='currency: JPY')
        self.assertEqual(by_period(result), [('2025-01', '-5')])


class Order(unittest.TestCase):
    def test_priority_until_id(self):
        # each takes 1 of the 4 that there are
        credits = ', '.join([credit(1, 'e'), credit(1, 'd', 'until: 2025-06-01'),
                             credit(1, 'c', 'until: 2025-07-01'), credit(1, 'b', 'priority: 99'),
                             credit(1, 'z', 'priority: 1'), credit(1, 'a')])
        for quantity, ids in enumerate(['z', 'bz', 'bdz', 'bcdz', 'abcdz', 'abcdez'], 1):
            result = deal(credits, tokens(str(quantity), JAN))
            self.assertEqual([charge for _, charge, _, _ in taken(result)],
                             [f'credit:{id}' for id in ids])

    def test_a_later_credit_takes_what_is_left(self):
        credits = credit(7, 'one', 'priority: 1, charges: [tokens]') + ', ' + credit(100, 'two')
        result = deal(credits, tokens('10', JAN), charges=UNIT + ', {id: fee, flat: 5}')
        self.assertEqual(taken(result), [('acme', 'credit:one', '2025-01', '-7.00'),
                                         ('acme', 'credit:two', '2025-01', '-8.00')])

    def test_a_line_for_each_account(self):
        # in the order account, charge: eu's fee 5 and tokens 8, then 7 of us
        usage = tokens('8', JAN, account='eu') + tokens('6', JAN, account='us')
        result = deal(credit(20), usage, 'accounts: [us, eu], bill_to: us',
                      UNIT + ', {id: fee, flat: 5}')
        self.assertEqual(taken(result), [('eu', 'credit:promo', '2025-01', '-13.00'),
                                         ('us', 'credit:promo', '2025-01', '-7.00')])

    def test_one_balance_for_all_payers_period_by_period(self):
        usage = (tokens('8', JAN, account='us') + tokens('8', JAN, account='eu')
                 + tokens('8', FEB, account='eu') + tokens('8', FEB, account='us'))
        result = deal(credit(21), usage, 'accounts: [us, eu]')
        self.assertEqual(taken(result), [('eu', 'credit:promo', '2025-01', '-8.00'),
                                         ('eu', 'credit:promo', '2025-02', '-5.00'),
                                         ('us', 'credit:promo', '2025-01', '-8.00')])

    def test_an_invoice_is_done_before_the_next(self):
        # eu: z takes 5, and a the other 3; us: a has 2 left
        usage = tokens('8', JAN, account='us') + tokens('8', JAN, account='eu')
        result = deal(credit(5, 'z', 'priority: 1') + ', ' + credit(5, 'a'), usage,
                      'accounts: [us, eu]')
        self.assertEqual(taken(result), [('eu', 'credit:a', '2025-01', '-3.00'),
                                         ('eu', 'credit:z', '2025-01', '-5.00'),
                                         ('us', 'credit:a', '2025-01', '-2.00')])

    def test_mistakes(self):
        for credits in ['{id: a, amount: 1}', '{amount: 1, from: 2025-01-01}',
                        '{id: a, from: 2025-01-01}', credit(1) + ', ' + credit(2),
                        credit('"0.001"'), credit(-1), credit(1, more='until: 2025-01-01'),
                        credit(1, more='charges: [calls]'),
                        credit(1, more='charges: [commit_used]'),
                        credit(1, more='priority: -1'), credit(1, more='priority: "1.5"'),
                        credit(1, more='currency: USD')]:
            with self.assertRaises(BookError, msg=credits):
                deal(credits, '')


if __name__ == '__main__':
    unittest.main()
