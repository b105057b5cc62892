"""What changed between two results: examples computed by hand."""

import tempfile
import unittest
from pathlib import Path

import impact
import oracle
from examples import BOOK, HEADER, column, tokens
from impactfacts import facts
from ledger import Ledger
from timing import labels_between

JAN, FEB, MAR = '2025-01-10', '2025-02-10', '2025-03-10'
MONTHS = ['2025-01', '2025-02', '2025-03']


def book(charges, rest='default_plan: payg', rounding='half_up'):
    return BOOK.format(charges=charges, rest=rest, zone='UTC', period='month', rounding=rounding,
                       bucket='day', duplicates='first', aggregate='sum', version='2024-01-01', later='',
                       meters='', plan='', plans='', dimensions='region')


def rated(book_text, usage):
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / 'book.yaml').write_text(book_text)
        (Path(folder) / 'u.csv').write_text(HEADER + usage)
        return impact.sums(oracle.rated(Path(folder) / 'book.yaml', [str(Path(folder) / 'u.csv')]))


def per_unit(price, **more):
    return book('{meter: tokens, per_unit: "%s"}' % price, **more)


class Effects(unittest.TestCase):
    def test_of_a_price(self):
        usage = tokens('10', JAN)
        old, new = rated(per_unit('0.333'), usage), rated(per_unit('0.3336'), usage)
        # 3.33 and 3.336, which is 3.34
        self.assertEqual(impact.line_rows(old, new, new),
                         [('acme', '2025-01', 'tokens', '', 'USD', '3.33', '3.34', '0.01', '0.006', '0',
                           '0.004')])
        self.assertEqual(impact.adjustment_rows(old, new),
                         [('acme', '2025-01', 'USD', '3.33', '3.34', '0.01', 'debit')])

    def test_of_usage(self):
        first, late = tokens('10', JAN), tokens('1', JAN)
        old, new = rated(per_unit('2'), first), rated(per_unit('2'), first + late)
        [row] = impact.line_rows(old, old, new)
        self.assertEqual(row[5:], ('20.00', '22.00', '2.00', '0', '2', '0'))

    def test_of_both(self):
        # 10 x 2 = 20; the new book on it 10 x 3 = 30; and 11 x 3 = 33
        first, late = tokens('10', JAN), tokens('1', JAN)
        old, middle, new = (rated(per_unit(*which), usage)
                            for which, usage in (('2', first), ('3', first), ('3', first + late)))
        [row] = impact.line_rows(old, middle, new)
        self.assertEqual(row[5:], ('20.00', '33.00', '13.00', '10', '3', '0'))

    def test_that_cancel_each_other_are_shown(self):
        # 10 x 2 = 20 = 5 x 4, by way of 10 x 4 = 40
        first, late = tokens('10', JAN), tokens('-5', JAN)
        old, middle, new = (rated(per_unit(*which), usage)
                            for which, usage in (('2', first), ('4', first), ('4', first + late)))
        [row] = impact.line_rows(old, middle, new)
        self.assertEqual(row[5:], ('20.00', '20.00', '0.00', '20', '-20', '0'))
        self.assertEqual(impact.adjustment_rows(old, new), [])

    def test_where_nothing_changed_there_is_no_row(self):
        old = rated(per_unit('2'), tokens('10', JAN) + tokens('10', FEB))
        new = rated(per_unit('2'), tokens('10', JAN) + tokens('11', FEB))
        self.assertEqual([row[1] for row in impact.line_rows(old, old, new)], ['2025-02'])

    def test_a_charge_of_another_name_is_another_line(self):
        usage = tokens('10', JAN)
        old, new = rated(per_unit('2'), usage), rated(book('{id: t, meter: tokens, per_unit: 2}'), usage)
        self.assertEqual([row[2:8] for row in impact.line_rows(old, new, new)],
                         [('t', '', 'USD', '0.00', '20.00', '20.00'),
                          ('tokens', '', 'USD', '20.00', '0.00', '-20.00')])
        self.assertEqual(impact.adjustment_rows(old, new), [])

    def test_segments_are_one_row(self):
        # a version from the 11th on: 10 x 2 and 5 x 2, then 10 x 2 + 5 x 3
        usage = tokens('10', JAN) + tokens('5', '2025-01-20')
        later = per_unit('2').replace('plans:\n', 'plans:\n', 1)
        dearer = later.replace('      - from: 2024-01-01',
                               '      - {from: 2025-01-11, charges: [{meter: tokens, per_unit: 3}]}\n'
                               '      - from: 2024-01-01')
        old, new = rated(later, usage), rated(dearer, usage)
        self.assertEqual([row[5:] for row in impact.line_rows(old, new, new)],
                         [('30.00', '35.00', '5.00', '5', '0', '0')])

    def test_another_payer(self):
        usage = tokens('10', JAN)
        deal = 'contracts: {d: {plan: payg, accounts: [acme], bill_to: %s, start: 2024-01-01}}'
        old, new = (rated(per_unit('2', rest=deal % payer), usage) for payer in ('acme', 'parent'))
        self.assertEqual(impact.line_rows(old, new, new), [])
        self.assertEqual(impact.adjustment_rows(old, new),
                         [('acme', '2025-01', 'USD', '20.00', '0.00', '-20.00', 'credit'),
                          ('parent', '2025-01', 'USD', '0.00', '20.00', '20.00', 'debit')])


class Labels(unittest.TestCase):
    def test_of_all_kinds(self):
        for kind, first, last, n in [('month', '2024-12', '2025-02', 3), ('quarter', '2024-Q4', '2025-Q1', 2),
                                     ('year', '2024', '2026', 3), ('week', '2024-W52', '2025-W01', 2),
                                     ('day', '2025-02-28', '2025-03-01', 2)]:
            labels = labels_between(kind, first, last)
            self.assertEqual((labels[0], labels[-1], len(labels)), (first, last, n))


class Facts(unittest.TestCase):
    def test_sums_and_who_gains_and_loses(self):
        # 20 and 5 become 30 and 7.50; 2 stays 2; and 4 becomes 0
        usage = tokens('10', JAN) + tokens('2.5', FEB, account='b') + tokens('1', JAN, account='c')
        old = rated(per_unit('2'), usage + tokens('2', JAN, account='d'))
        new = rated(per_unit('3'), usage)
        keep = {key: total for key, total in old.items() if key.account == 'c'}
        new = {**{key: total for key, total in new.items() if key.account != 'c'}, **keep}
        said = facts(old, new, new)
        [total] = said['totals']
        self.assertEqual(list(total.values()), ['USD', '31.00', '39.50', '8.50', '8.5', '0', '0'])
        self.assertEqual(said['accounts'], [{'currency': 'USD', 'less': 1, 'more': 2, 'unchanged': 1}])
        self.assertEqual([tuple(row.values())[1:] for row in said['distribution']],
                         [('credit', '1', '10', 1, '-4.00'), ('debit', '1', '10', 1, '2.50'),
                          ('debit', '10', '100', 1, '10.00')])
        self.assertEqual(column(said['top'], 'account', 'delta'),
                         [('acme', '10.00'), ('d', '-4.00'), ('b', '2.50')])
        self.assertEqual(column(said['by_period'], 'period', 'delta'),
                         [('2025-01', '6.00'), ('2025-02', '2.50')])


class Closed(unittest.TestCase):
    def setUp(self):
        usage = tokens('10', JAN) + tokens('10', FEB) + tokens('10', MAR)
        self.old, self.new = rated(per_unit('0.333'), usage), rated(per_unit('0.3336'), usage)
        self.ledger = Ledger()

    def book(self, through='2025-02', period='2025-03'):
        return self.ledger.book(self.old, self.new, 2, self.new, through, period)

    def test_periods_are_corrected_in_an_open_one(self):
        self.ledger.issue(1, self.old, MONTHS, through='2025-02')
        self.assertEqual(self.book().correction_rows(),
                         [('acme', 'acme', '2025-03', corrects, 'tokens', '', 'USD', '0.01', '0.006', '0',
                           '0.004', 'debit') for corrects in ('2025-01', '2025-02')])

    def test_after_corrections_went_out_nothing_is_left(self):
        self.ledger.issue(1, self.old, MONTHS, through='2025-02')
        self.ledger.issue_booked(self.book(), 2, MONTHS)
        self.assertEqual(self.book().correction_rows(), [])
        self.assertEqual(self.book().line_rows(), [])
        went = self.ledger.base({}, '2025-03')
        self.assertEqual(impact.changes(went, self.new, self.new, 'correction'), {})

    def test_effects_that_cancel_each_other_are_no_correction(self):
        # 10 x 0.333 = 5 x 0.666, by way of 10 x 0.666; and the same once corrections went out
        self.ledger.issue(1, self.old, MONTHS)
        middle = rated(per_unit('0.666'), tokens('10', JAN))
        self.new = rated(per_unit('0.666'), tokens('5', JAN))
        booking = self.ledger.book(self.old, middle, 2, self.new, '2025-01', '2025-03')
        self.assertEqual(booking.correction_rows(), [])
        self.assertEqual([row[1] for row in booking.line_rows()], ['2025-02', '2025-03'])

    def test_a_second_fix_is_held_against_owner_and_corrections(self):
        self.ledger.issue(1, self.old, MONTHS)
        self.ledger.issue_corrections(self.book())
        self.old, self.new = self.new, rated(per_unit('0.4'), tokens('10', JAN) + tokens('10', FEB))
        [row, _] = self.book().correction_rows()
        self.assertEqual(row[7:], ('0.66', '0.664', '0', '-0.004', 'debit'))

    def test_what_was_not_issued_is_held_against_the_old_result(self):
        self.ledger.issue(1, self.old, MONTHS, through='2025-01')
        self.old = {}
        self.assertEqual([(row[3], row[7]) for row in self.book().correction_rows()],
                         [('2025-01', '0.01'), ('2025-02', '3.34')])

    def test_a_period_goes_out_once(self):
        self.ledger.issue(1, self.old, MONTHS, through='2025-01')
        self.ledger.issue(2, self.new, MONTHS)
        went = self.ledger.base({}, '2025-03')
        self.assertEqual([str(float(total.exact)) for total in went.values()], ['3.33', '3.336', '3.336'])

    def test_a_period_without_lines_went_out_too(self):
        self.ledger.issue(1, {}, MONTHS[:1])
        self.ledger.issue(2, self.new, MONTHS)
        self.assertEqual({key.period for key in self.ledger.base({}, '2025-03')}, {'2025-02', '2025-03'})

    def test_what_moves_to_another_payer_is_taken_from_one_and_given_to_the_other(self):
        deal = 'contracts: {d: {plan: payg, accounts: [acme], bill_to: %s, start: 2024-01-01}}'
        usage = tokens('10', JAN)
        self.old, self.new = (rated(per_unit('2', rest=deal % payer), usage)
                              for payer in ('acme', 'parent'))
        self.ledger.issue(1, self.old, MONTHS)
        self.assertEqual([(*row[:2], *row[7:]) for row in self.book().correction_rows()],
                         [('acme', 'acme', '-20.00', '-20', '0', '0', 'credit'),
                          ('parent', 'acme', '20.00', '20', '0', '0', 'debit')])


if __name__ == '__main__':
    unittest.main()
