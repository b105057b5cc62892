"""shares.csv: examples computed by hand."""

import unittest

from examples import column, run, tokens

UNIT = '{meter: tokens, per_unit: 1}'


def shares(charges, usage, keys='accounts: [eu, us]', **settings):
    rest = 'contracts: {deal: {plan: payg, start: 2025-03-01, pool: true, %s}}' % keys
    result = run(charges, usage, rest, **settings)
    return column(result['shares'], 'charge', 'account', 'quantity', 'amount')


def of(**quantities):
    return ''.join(tokens(quantity, account=account) for account, quantity in quantities.items())


class Shares(unittest.TestCase):
    def test_the_row(self):
        rest = 'contracts: {deal: {plan: payg, start: 2025-03-11, pool: true, accounts: [eu, us]}}'
        result = run('{meter: tokens, split: [region], per_unit: 1}',
                     tokens('5', '2025-03-11', 'us'), rest)
        self.assertEqual([tuple(row.values()) for row in result['shares']],
                         [('deal', '2025-03', 'tokens', 'region=eu', '2025-03-11', 'us', '5',
                           '5.00')])

    def test_by_quantity_remainders_to_the_largest_fraction(self):
        # 14: 10 x 1 + 4 x 2 = 18; 1800 x 8 / 14 = 1028.57, 1800 x 6 / 14 = 771.43
        graduated = '{meter: tokens, graduated: [{up_to: 10, unit: 1}, {unit: 2}]}'
        self.assertEqual(shares(graduated, of(eu='8', us='6')),
                         [('tokens', 'eu', '8', '10.29'), ('tokens', 'us', '6', '7.71')])

    def test_equal_fractions_by_name(self):
        # 10 cents among three, then 11
        package = '{meter: tokens, package: {size: 100, amount: %s}}'
        usage, keys = of(c='1', b='1', a='1'), 'accounts: [c, b, a], bill_to: c'
        self.assertEqual([row[3] for row in shares(package % '"0.10"', usage, keys)],
                         ['0.04', '0.03', '0.03'])
        self.assertEqual([row[3] for row in shares(package % '"0.11"', usage, keys)],
                         ['0.04', '0.04', '0.03'])

    def test_a_share_may_be_0(self):
        self.assertEqual(shares('{meter: tokens, per_unit: "0.01"}', of(eu='1', us='0.1')),
                         [('tokens', 'eu', '1', '0.01'), ('tokens', 'us', '0.1', '0.00')])

    def test_other_minor_units(self):
        # 10 yen among three
        self.assertEqual(shares('{meter: tokens, package: {size: 9, amount: 10}}',
                                of(a='1', b='1', c='1'),
                                'accounts: [a, b, c]', plan='currency: JPY'),
                         [('tokens', 'a', '1', '4'), ('tokens', 'b', '1', '3'),
                          ('tokens', 'c', '1', '3')])

    def test_members_without_a_positive_quantity_share_nothing(self):
        self.assertEqual(shares(UNIT, of(a='5', b='-2', c='0'), 'accounts: [a, b, c]'),
                         [('tokens', 'a', '5', '3.00')])
        # a negative line goes to those with a positive quantity as well
        self.assertEqual(shares(UNIT, of(a='1', b='-5', c='2'), 'accounts: [a, b, c]'),
                         [('tokens', 'a', '1', '-0.67'), ('tokens', 'c', '2', '-1.33')])

    def test_where_none_has_one_the_line_stays_with_bill_to(self):
        self.assertEqual(shares(UNIT, of(eu='-1', us='-2')), [('tokens', 'eu', '-1', '-3.00')])
        self.assertEqual(shares(UNIT, of(eu='-1', us='-2'), 'accounts: [eu, us], bill_to: boss'),
                         [('tokens', 'boss', '0', '-3.00')])

    def test_fees_and_made_lines_stay_with_bill_to(self):
        # 5 of 50 metered; 45 + 5 + 5 credits of 500
        keys = ('accounts: [eu, us], minimum: 20, commit: {amount: 50, every: period}, '
                'credits: [{id: promo, amount: 500, from: 2025-01-01}]')
        self.assertEqual(shares(UNIT + ', {id: fee, flat: 5}', of(us='5'), keys),
                         [('commit', 'eu', '0', '45.00'), ('credit:promo', 'eu', '0', '-70.00'),
                          ('fee', 'eu', '0', '5.00'), ('minimum', 'eu', '0', '15.00'),
                          ('tokens', 'us', '5', '5.00')])

    def test_own_quantities_of_other_aggregates(self):
        # max 8 of all: 8 x 8 / 14 and 8 x 6 / 14
        usage = of(eu='8', us='6') + of(us='2')
        self.assertEqual(shares(UNIT, usage, aggregate='max'),
                         [('tokens', 'eu', '8', '4.57'), ('tokens', 'us', '6', '3.43')])
        # (8 + 6 + 2) / 3 = 5.33; 8 and 4: 533 x 8 / 12 = 355.33
        self.assertEqual(shares(UNIT, usage, aggregate='average'),
                         [('tokens', 'eu', '8', '3.55'), ('tokens', 'us', '4', '1.78')])

    def test_quantities_before_units(self):
        # 0.4 + 0.1 thousands are 1; each alone would be 1 as well
        charge = '{meter: tokens, per_unit: 1, units: {divide_by: 1000, round: up}}'
        self.assertEqual(shares(charge, of(eu='400', us='100')),
                         [('tokens', 'eu', '400', '0.80'), ('tokens', 'us', '100', '0.20')])

    def test_levels(self):
        # 31 for 21 days, 10 for 31: 31 in all
        usage = tokens('31', '2025-03-11', 'eu') + tokens('10', '2025-03-01', 'us')
        self.assertEqual(shares(UNIT, usage, aggregate='time_weighted'),
                         [('tokens', 'eu', '21', '21.00'), ('tokens', 'us', '10', '10.00')])

    def test_lines_that_are_not_pooled_have_no_shares(self):
        result = run(UNIT, tokens('5'))
        self.assertEqual(result['shares'], [])


if __name__ == '__main__':
    unittest.main()
