"""Plan minimums, currencies and contracts: examples computed by hand. March 2025 has 31 days."""

import subprocess
import tempfile
import unittest
from pathlib import Path

from examples import column, run, tokens
from nodes import BookError

UNIT = '{meter: tokens, per_unit: 1}'
FEE = '{id: fee, flat: 31, prorate: true}'


def contract(keys, more=''):
    return 'contracts: {deal: {' + keys + '}}\n' + more


class PlanMinimum(unittest.TestCase):
    def minimums(self, usage, charges=UNIT, rest='default_plan: payg', plan='minimum: 50',
                 **settings):
        result = run(charges, usage, rest, plan=plan, **settings)
        return column([line for line in result['lines'] if line['charge'] == 'minimum'],
                      'period', 'from', 'to', 'quantity', 'exact', 'amount')

    def test_it_makes_up_the_difference(self):
        self.assertEqual(self.minimums(tokens('7')),
                         [('2025-03', '2025-03-01', '2025-04-01', '0', '43', '43.00')])
        self.assertEqual(self.minimums(tokens('50')), [])
        self.assertEqual(self.minimums(tokens('51')), [])

    def test_fees_do_not_count(self):
        self.assertEqual(self.minimums(tokens('7'), UNIT + ', {id: fee, flat: 100}')[0][-1],
                         '43.00')

    def test_negative_lines_count(self):
        self.assertEqual(self.minimums(tokens('-5'))[0][-1], '55.00')

    def test_amounts_count_as_they_are_billed(self):
        # 0.005 and 0.005 are billed as 0.01 and 0.01
        usage = tokens('0.005') + tokens('0.005', region='us')
        self.assertEqual(self.minimums(usage,
                                       '{meter: tokens, split: [region], per_unit: 1}')[0][-1],
                         '49.98')

    def test_prorated_by_active_days(self):
        # 50 x 15 / 31 = 24.1935..., to the minor unit, less 7
        rest = 'subscriptions: [{account: acme, plan: payg, start: 2025-03-17}]'
        self.assertEqual(self.minimums(tokens('7', '2025-03-20'), rest=rest),
                         [('2025-03', '2025-03-17', '2025-04-01', '0', '17.19', '17.19')])
        self.assertEqual(self.minimums(tokens('7', '2025-03-20'), rest=rest, rounding='up')[0][-1],
                         '17.20')

    def test_one_line_over_all_segments_of_a_period(self):
        later = '- {from: 2025-03-11, charges: [{meter: tokens, per_unit: 2}]}'
        usage = tokens('7') + tokens('3', '2025-03-11')
        self.assertEqual(self.minimums(usage, later=later),
                         [('2025-03', '2025-03-01', '2025-04-01', '0', '37', '37.00')])
        # active on 10 days and on 11: 62 x 21 / 31 = 42
        rest = ('subscriptions:\n'
                '  - {account: acme, plan: payg, start: 2025-03-01, end: 2025-03-11}\n'
                '  - {account: acme, plan: payg, start: 2025-03-21}')
        self.assertEqual(self.minimums(tokens('2'), rest=rest, plan='minimum: 62'),
                         [('2025-03', '2025-03-01', '2025-04-01', '0', '40', '40.00')])

    def test_each_plan_has_its_own(self):
        # 10 days of 31 a month, then 21 days of 62
        rest = ('subscriptions:\n'
                '  - {account: acme, plan: payg, start: 2025-03-01, end: 2025-03-11}\n'
                '  - {account: acme, plan: gold, start: 2025-03-11}')
        gold = ('gold: {minimum: 62, versions: [{from: 2025-01-01, charges: [%s]}]}' % UNIT)
        self.assertEqual([line[1:3] + line[-1:] for line in self.minimums(
                             tokens('2'), rest=rest, plan='minimum: 31', plans=gold)],
                         [('2025-03-11', '2025-04-01', '42.00'),
                          ('2025-03-01', '2025-03-11', '8.00')])

    def test_without_usage(self):
        # the subscriber pays each period; by default only periods with usage are anyone's
        usage = tokens('60') + tokens('60', '2025-05-01') + tokens('60', '2025-04-01', account='b')
        self.assertEqual(self.minimums(usage), [])
        rest = 'subscriptions: [{account: acme, plan: payg, start: 2025-03-01}]'
        self.assertEqual([line[0] for line in self.minimums(usage, rest=rest)], ['2025-04'])

    def test_minor_units(self):
        self.assertEqual(self.minimums(tokens('7'), plan='currency: JPY\n    minimum: 50')[0][-1],
                         '43')
        for minimum in ['"50.005"', '-1']:
            with self.assertRaises(BookError):
                self.minimums('', plan=f'minimum: {minimum}')


class Currencies(unittest.TestCase):
    def test_a_plan_has_its_own(self):
        # 1.0005 is 1.001 in KWD; one account, two invoices
        gold = ('gold: {currency: KWD, versions: [{from: 2025-01-01, charges: [%s]}]}' % UNIT)
        rest = ('subscriptions:\n'
                '  - {account: acme, plan: payg, start: 2025-03-01, end: 2025-03-11}\n'
                '  - {account: acme, plan: gold, start: 2025-03-11}')
        result = run(UNIT, tokens('1.0005') + tokens('1.0005', '2025-03-11'), rest, plans=gold)
        self.assertEqual(column(result['invoices'], 'currency', 'lines', 'total'),
                         [('KWD', '1', '1.001'), ('USD', '1', '1.00')])


class Terms(unittest.TestCase):
    """Who is under a contract, and when."""

    def lines(self, usage, rest, charges=UNIT, **settings):
        result = run(charges, usage, rest, **settings)
        return column(result['lines'], 'account', 'contract', 'plan', 'charge', 'from', 'to',
                      'amount')

    def test_it_takes_the_place_of_subscriptions(self):
        # what is before and after stays; fees are prorated: 10, 10 and 11 days
        rest = contract('plan: payg, accounts: [acme], start: 2025-03-11, end: 2025-03-21',
                        'subscriptions: [{account: acme, plan: payg, start: 2025-03-01}]')
        self.assertEqual(self.lines(tokens('1'), rest, FEE),
                         [('acme', '', 'payg', 'fee', '2025-03-01', '2025-03-11', '10.00'),
                          ('acme', '', 'payg', 'fee', '2025-03-21', '2025-04-01', '11.00'),
                          ('acme', 'deal', 'payg', 'fee', '2025-03-11', '2025-03-21', '10.00')])

    def test_it_is_rated_from_its_start_through_the_last_usage(self):
        rest = contract('plan: payg, accounts: [acme], start: 2025-02-15')
        self.assertEqual([line[4:] for line in self.lines(tokens('1', account='other'), rest, FEE)],
                         [('2025-02-15', '2025-03-01', '15.50'),
                          ('2025-03-01', '2025-04-01', '31.00')])
        rest = contract('plan: payg, accounts: [acme], start: 2025-04-01')
        self.assertEqual(self.lines(tokens('1', account='other'), rest, FEE), [])

    def test_no_default_plan_beside_a_contract(self):
        rest = contract('plan: payg, accounts: [acme], start: 2025-03-11', 'default_plan: payg')
        result = run(UNIT, tokens('1', '2025-03-10') + tokens('2', '2025-03-11'), rest)
        self.assertEqual(column(result['lines'], 'from', 'quantity'), [('2025-03-11', '2')])
        self.assertEqual(column(result['unrated'], 'quantity', 'reason'),
                         [('1', 'no_subscription')])

    def test_rows_of_the_subscriptions(self):
        # a: the whole term; b from the 11th; c to the 21st; d outside of the term is not in it
        table = ('account,plan,start,end,contract\na,,,,deal\nb,,2025-03-11,,deal\n'
                 'c,,2024-01-01,2025-03-21,deal\nd,,2024-01-01,2025-03-01,deal\n')
        rest = contract('plan: payg, start: 2025-03-01', 'subscriptions: s.csv')
        expected = [('a', '2025-03-01', '2025-04-01', '31.00'),
                    ('b', '2025-03-11', '2025-04-01', '21.00'),
                    ('c', '2025-03-01', '2025-03-21', '20.00')]
        lines = self.lines(tokens('1'), rest, FEE, beside={'s.csv': table})
        self.assertEqual([line[:1] + line[4:] for line in lines], expected)

    def test_a_compressed_table(self):
        table = b'account,plan,start,end,contract\na,,,,deal\n'
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / 's.csv.zst'
            path.write_bytes(subprocess.run(['zstd', '-cq'], input=table, check=True,
                                            stdout=subprocess.PIPE).stdout)
            rest = contract('plan: payg, start: 2025-03-01', f'subscriptions: {path}')
            self.assertEqual(len(self.lines(tokens('1'), rest, FEE)), 1)

    def test_an_account_may_leave_and_come_back(self):
        rest = contract('plan: payg, start: 2025-03-01',
                        'subscriptions:\n  - {account: a, contract: deal, end: 2025-03-11}\n'
                        '  - {account: a, contract: deal, start: 2025-03-21}')
        self.assertEqual([line[4:] for line in self.lines(tokens('1'), rest, FEE)],
                         [('2025-03-01', '2025-03-11', '10.00'),
                          ('2025-03-21', '2025-04-01', '11.00')])

    def test_a_file_of_contracts(self):
        text = 'deal: {plan: payg, accounts: [acme], start: 2025-03-01}\n'
        lines = self.lines(tokens('1'), 'contracts: deals.yaml', beside={'deals.yaml': text})
        self.assertEqual([line[1] for line in lines], ['deal'])

    def test_two_deals_at_once(self):
        for rest in [
                'contracts:\n  a: {plan: payg, accounts: [acme], start: 2025-01-01}\n'
                '  b: {plan: payg, accounts: [acme], start: 2025-06-01}',
                contract('plan: payg, accounts: [acme, acme], start: 2025-01-01'),
                contract('plan: payg, accounts: [acme], start: 2025-01-01',
                         'subscriptions: [{account: acme, contract: deal}]')]:
            with self.assertRaises(BookError, msg=rest):
                run(rest=rest)
        run(rest='contracts:\n'
                 '  a: {plan: payg, accounts: [acme], start: 2025-01-01, end: 2025-06-01}\n'
                 '  b: {plan: payg, accounts: [acme], start: 2025-06-01}')

    def test_mistakes(self):
        for keys in ['plan: payg, accounts: [acme]', 'plan: payg, start: 2025-01-01',
                     'plan: gold, accounts: [acme], start: 2025-01-01',
                     'plan: payg, accounts: [acme], start: 2023-12-31',  # before the plan's version
                     'plan: payg, accounts: [acme], start: 2025-01-01, end: 2025-01-01',
                     'plan: payg, accounts: [acme], start: 2025-01-01, minimum: "0.001"',
                     'plan: payg, accounts: [acme], start: 2025-01-01, currency: JPY']:
            with self.assertRaises(BookError, msg=keys):
                run(rest=contract(keys))
        for row in ['{account: a}', '{account: a, plan: payg, contract: deal, start: 2025-01-01}',
                    '{account: a, contract: other}', '{account: a, plan: payg}',
                    '{account: a, contract: deal, start: 2025-02-01, end: 2025-02-01}']:
            with self.assertRaises(BookError, msg=row):
                run(rest=contract('plan: payg, accounts: [b], start: 2025-01-01',
                                  f'subscriptions: [{row}]'))

    def test_cuts_fall_on_bucket_bounds(self):
        run(rest=contract('plan: payg, accounts: [a], start: 2025-03-01'), bucket='period')
        for rest in [contract('plan: payg, accounts: [a], start: 2025-03-02'),
                     contract('plan: payg, start: 2025-03-01',
                              'subscriptions: [{account: a, contract: deal, end: 2025-04-02}]')]:
            with self.assertRaises(BookError):
                run(rest=rest, bucket='period')


class Prices(unittest.TestCase):
    TERM = 'accounts: [acme], start: 2025-01-01, '

    def lines(self, usage, keys, charges=UNIT, **settings):
        result = run(charges, usage, contract(self.TERM + keys), **settings)
        return column([line for line in result['lines'] if line['period'] == '2025-03'],
                      'plan', 'charge', 'exact', 'amount', 'currency')

    def test_charges_replace_and_add(self):
        keys = ('plan: payg, charges: [{meter: tokens, per_unit: 2}, {id: fee, flat: 3}]')
        calls = ', {meter: calls, per_unit: 10}'
        self.assertEqual(self.lines(tokens('5') + 'acme,2025-03-01,c,calls,,\n', keys,
                                    UNIT + calls),
                         [('payg', 'calls', '10', '10.00', 'USD'),
                          ('payg', 'fee', '3', '3.00', 'USD'),
                          ('payg', 'tokens', '10', '10.00', 'USD')])

    def test_they_are_replaced_in_all_versions(self):
        later = '- {from: 2025-03-11, charges: [{meter: tokens, per_unit: 7}]}'
        keys = 'plan: payg, charges: [{meter: tokens, per_unit: 2}]'
        self.assertEqual([line[3] for line in self.lines(
                             tokens('1') + tokens('2', '2025-03-11'), keys, later=later)],
                         ['2.00', '4.00'])

    def test_without_a_plan(self):
        # only its own charges, in the book's currency
        self.assertEqual(self.lines(tokens('5'), 'charges: [{meter: tokens, per_unit: 2}]'),
                         [('', 'tokens', '10', '10.00', 'USD')])

    def test_the_currency_is_the_plan_s(self):
        self.assertEqual(self.lines(tokens('1.5'), 'plan: payg', plan='currency: JPY'),
                         [('payg', 'tokens', '1.5', '2', 'JPY')])

    def test_discount_after_the_bounds_before_rounding_not_on_fees(self):
        # 10 up to 20, less 12.5 %; the charge's own minimum has had its say
        keys = 'plan: payg, discount: {percent: "12.5"}'
        charges = '{meter: tokens, per_unit: 1, minimum: 20}, {id: fee, flat: 3}'
        self.assertEqual(self.lines(tokens('10'), keys, charges),
                         [('payg', 'fee', '3', '3.00', 'USD'),
                          ('payg', 'tokens', '17.5', '17.50', 'USD')])
        # 0.05 - 10 % = 0.045; rounding first would give 0.04 or 0.05 less something
        self.assertEqual(self.lines(tokens('0.05'), 'plan: payg, discount: {percent: 10}'),
                         [('payg', 'tokens', '0.045', '0.05', 'USD')])

    def test_both_discounts(self):
        # 100 - 10 % = 90; 90 - 50 % = 45
        self.assertEqual(self.lines(tokens('100'), 'plan: payg, discount: {percent: 50}',
                                    '{meter: tokens, per_unit: 1, discount: {percent: 10}}')[0][3],
                         '45.00')

    def test_minimum_after_the_discount(self):
        # 40 - 50 % = 20, and 30 to make 50; a contract's own minimum takes the place of the plan's
        keys = 'plan: payg, discount: {percent: 50}'
        lines = self.lines(tokens('40'), keys, plan='minimum: 50')
        self.assertEqual([line[1:4:2] for line in lines],
                         [('minimum', '30.00'), ('tokens', '20.00')])
        keys = 'plan: payg, minimum: 25'
        lines = self.lines(tokens('20'), keys, plan='minimum: 50')
        self.assertEqual([line[1:4:2] for line in lines],
                         [('minimum', '5.00'), ('tokens', '20.00')])


class Accounts(unittest.TestCase):
    """Contracts of several accounts."""
    CHARGES = '{meter: tokens, graduated: [{up_to: 10, unit: 1}, {unit: 2}]}, {id: fee, flat: 5}'
    USAGE = tokens('8', account='eu') + tokens('6', account='us')

    def deal(self, keys, usage=USAGE, charges=CHARGES, more='', **settings):
        return run(charges, usage, contract('plan: payg, start: 2025-03-01, ' + keys, more),
                   **settings)

    def test_unpooled_each_has_its_own_lines_and_fees(self):
        result = self.deal('accounts: [eu, us, idle]')
        self.assertEqual(column(result['lines'], 'account', 'charge', 'amount'),
                         [('eu', 'fee', '5.00'), ('eu', 'tokens', '8.00'), ('idle', 'fee', '5.00'),
                          ('us', 'fee', '5.00'), ('us', 'tokens', '6.00')])
        self.assertEqual(column(result['invoices'], 'account', 'total'),
                         [('eu', '13.00'), ('idle', '5.00'), ('us', '11.00')])
        self.assertEqual(result['shares'], [])

    def test_unpooled_invoices_go_to_bill_to(self):
        result = self.deal('accounts: [eu, us], bill_to: us')
        self.assertEqual({line['account'] for line in result['lines']}, {'eu', 'us'})
        self.assertEqual(column(result['invoices'], 'account', 'lines', 'total'),
                         [('us', '4', '24.00')])

    def test_bill_to_s_own_lines_are_on_the_same_invoice(self):
        more = 'subscriptions: [{account: boss, plan: payg, start: 2025-03-01}]'
        result = self.deal('accounts: [eu, us], bill_to: boss', more=more)
        self.assertEqual(column(result['invoices'], 'account', 'lines', 'total'),
                         [('boss', '5', '29.00')])

    def test_pooled_usage_is_one_quantity(self):
        # 14: 10 x 1 + 4 x 2, and one fee
        for keys, account in [('', 'eu'), (', bill_to: us', 'us'), (', bill_to: boss', 'boss')]:
            result = self.deal('pool: true, accounts: [us, eu]' + keys)
            self.assertEqual(column(result['lines'], 'account', 'contract', 'charge', 'quantity',
                                    'amount'),
                             [(account, 'deal', 'fee', '0', '5.00'),
                              (account, 'deal', 'tokens', '14', '18.00')])
            self.assertEqual(column(result['invoices'], 'account', 'total'), [(account, '23.00')])

    def test_pooled_kernels_are_merged(self):
        usage = (tokens('8', account='eu') + tokens('6', account='us') + tokens('6.0', account='us')
                 + tokens('1', account='eu', day='2025-03-11'))
        for aggregate, quantity in [('max', '8'), ('min', '1'), ('latest', '1'),
                                    ('average', '5.25'),
                                    ('unique', '4'), ('percentile, p: 50', '6'),
                                    ('percentile, p: 75', '6'), ('percentile, p: 76', '8')]:
            result = self.deal('pool: true, accounts: [us, eu]', usage, UNIT, aggregate=aggregate)
            self.assertEqual(column(result['lines'], 'quantity'), [(quantity,)], aggregate)
        same = tokens('5', account='eu') + tokens('5', account='us')
        result = self.deal('pool: true, accounts: [us, eu]', same, UNIT, aggregate='unique')
        self.assertEqual(column(result['lines'], 'quantity'), [('1',)])

    def test_pooled_levels_add(self):
        # 31 from the 11th: 21; and 10 from before the contract
        usage = tokens('31', '2025-03-11', account='eu') + tokens('10', '2025-02-01', account='us')
        result = self.deal('pool: true, accounts: [us, eu]', usage, UNIT, aggregate='time_weighted')
        self.assertEqual(column(result['lines'], 'quantity'), [('31',)])

    def test_pooled_members_that_join_later_cut_nothing(self):
        # the 6 of the 10th are before the joining, and nobody's
        more = 'subscriptions: [{account: us, contract: deal, start: 2025-03-11}]'
        usage = self.USAGE + tokens('1', '2025-03-11', account='us')
        result = self.deal('pool: true, accounts: [eu]', usage, more=more)
        self.assertEqual(column(result['lines'], 'charge', 'from', 'to', 'quantity', 'amount'),
                         [('fee', '2025-03-01', '2025-04-01', '0', '5.00'),
                          ('tokens', '2025-03-01', '2025-04-01', '9', '9.00')])
        self.assertEqual(column(result['unrated'], 'account', 'quantity', 'reason'),
                         [('us', '6', 'no_subscription')])
        # a level of one who joins counts from then on: 31 x 21 / 31
        result = self.deal('pool: true, accounts: [eu]', tokens('31', '2025-02-01', account='us'),
                           UNIT,
                          more=more, aggregate='time_weighted')
        self.assertEqual(result['lines'], [])  # nothing is rated behind February
        result = self.deal('pool: true, accounts: [eu]', tokens('31', '2025-02-01', account='us')
                          + tokens('0', account='eu'), UNIT, more=more, aggregate='time_weighted')
        self.assertEqual(column(result['lines'], 'quantity'), [('21',)])

    def test_pooled_per_event(self):
        # 8 x 10 % up to 1, 60 x 10 %
        usage = tokens('8', account='eu') + tokens('60', account='us')
        charge = '{meter: tokens, percent: {rate: 10, per_event: {min: 1}}}'
        result = self.deal('pool: true, accounts: [us, eu]', usage, charge)
        self.assertEqual(column(result['lines'], 'amount'), [('7.00',)])

    def test_pooled_bounds_and_minimum_are_of_the_pool(self):
        result = self.deal('pool: true, accounts: [us, eu], minimum: 50', charges='{meter: tokens, '
                          'per_unit: 1, maximum: 10}')
        self.assertEqual(column(result['lines'], 'account', 'charge', 'amount'),
                         [('eu', 'minimum', '40.00'), ('eu', 'tokens', '10.00')])

    def test_unpooled_minimum_is_each_account_s(self):
        result = self.deal('accounts: [us, eu], bill_to: us, minimum: 10', charges=UNIT)
        self.assertEqual(column(result['lines'], 'account', 'charge', 'amount'),
                         [('eu', 'minimum', '2.00'), ('eu', 'tokens', '8.00'),
                          ('us', 'minimum', '4.00'), ('us', 'tokens', '6.00')])
        self.assertEqual(column(result['invoices'], 'account', 'total'), [('us', '20.00')])

    def test_unrated_usage_is_the_member_s(self):
        result = self.deal('pool: true, accounts: [us, eu], bill_to: boss',
                          charges='{meter: calls, per_unit: 1}')
        self.assertEqual(column(result['unrated'], 'account', 'quantity', 'reason'),
                         [('eu', '8', 'no_charge'), ('us', '6', 'no_charge')])
        # but a negative quantity is that of the line
        usage = tokens('8', account='eu') + tokens('-9', account='us')
        result = self.deal('pool: true, accounts: [us, eu], bill_to: boss', usage)
        self.assertEqual(column(result['unrated'], 'account', 'quantity', 'records', 'reason'),
                         [('boss', '-1', '2', 'negative_quantity')])

    def test_a_contract_without_usage_has_its_fees(self):
        result = self.deal('pool: true, accounts: [idle]', tokens('1', account='other'))
        self.assertEqual(column(result['lines'], 'account', 'charge', 'amount'),
                         [('idle', 'fee', '5.00')])


if __name__ == '__main__':
    unittest.main()
