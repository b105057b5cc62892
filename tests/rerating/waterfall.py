"""An explanation is replayed: its arithmetic, step by step in exact fractions, must come to the line."""
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

PLACES = 10**18


class Wrong(Exception):
    """A step does not follow from its numbers."""


def require(condition, text):
    if not condition:
        raise Wrong(text)


def half_even(value, unit=PLACES):
    """A fraction with so many units to the one."""
    return Fraction(round(value * unit), unit)


def half_up(value, unit):
    return Fraction(floor(abs(value) * unit + Fraction(1, 2)) * (1 if value >= 0 else -1), unit)


def away(value, unit):
    return Fraction(ceil(abs(value) * unit) * (1 if value >= 0 else -1), unit)


def toward(value, unit):
    return Fraction(floor(abs(value) * unit) * (1 if value >= 0 else -1), unit)


class Replay:
    """One line of an explanation."""

    def __init__(self, line):
        self.line = line
        self.amount = Fraction(0)   # what the steps have come to
        self.quantity = Fraction(0)
        self.exact = None           # what was rounded
        self.counted = Fraction(0)  # of other lines
        self.made = None            # what a plan or contract makes of it

    def check(self):
        for step in self.line['steps']:
            getattr(self, 'do_' + step['step'])(step)
            if 'after' in step:
                after = half_even(self.amount)
                require(Fraction(step['after']) == after, f'{step}: comes to {float(after)}')
                require(step.get('after_has_more', False) == (after != self.amount), f'{step}: cut')
        self.same_as_the_line()

    def same_as_the_line(self):
        amount, exact = Fraction(self.line['amount']), Fraction(self.line['exact'])
        if self.exact is not None:
            require(half_even(self.exact) == exact, f'exact {exact} is {self.exact}')
        charge = self.line['charge']
        if 'prices_from' in self.line:
            require(self.exact is not None, 'nothing was rounded')
        elif charge in ('commit_used',) or charge.startswith('credit:'):
            require(amount == -self.counted, f'{charge}: {amount}, taken {self.counted}')
        elif charge in ('minimum', 'commit'):
            require(amount == self.made - self.counted, f'{charge}: {amount}')

    # ---- usage ----

    def do_metered(self, step):
        usage = self.line['usage']
        require(usage['records'] == step['records'], f"{step}: of {usage['records']} records")
        for name in ('records', 'duplicate', 'superseded', 'voided', 'void'):
            require('files' not in usage or sum(f[name] for f in usage['files']) == usage[name], f'{name}: {usage}')
        self.quantity = Fraction(step['quantity'])

    def do_units(self, step):
        require(self.quantity == Fraction(step['quantity']), step)
        value = self.quantity / Fraction(step['divide_by'])
        unit = 10**step.get('places', 18)
        rule = {'none': half_even, 'up': away, 'down': toward, 'half_up': half_up}[step['round']]
        self.take(step, rule(value, unit))

    def do_negative(self, step):
        require(self.quantity == Fraction(step['quantity']) < 0, step)
        self.quantity = Fraction(0)

    def do_free(self, step):
        require(self.quantity == Fraction(step['quantity']), step)
        self.take(step, max(self.quantity - Fraction(step['free']), Fraction(0)))

    def take(self, step, value):
        require(Fraction(step['result']) == value, f'{step}: is {float(value)}')
        self.quantity = value

    # ---- prices ----

    def part(self, step):
        """A price of a whole period, for its days."""
        return Fraction(step['price']) * Fraction(step.get('days', 1), step.get('of_days', 1))

    def do_fee(self, step):
        self.amount += self.part(step)

    def do_per_unit(self, step):
        require(self.quantity == Fraction(step['quantity']), step)
        self.amount += self.quantity * Fraction(step['price'])

    def do_tier(self, step, percent=1):
        below = self.line['steps'][self.line['steps'].index(step) - 1] if step['number'] > 1 else None
        bottom = Fraction(below['up_to']) if below else Fraction(0)
        top = min(self.quantity, Fraction(step['up_to'])) if 'up_to' in step else self.quantity
        require(Fraction(step['quantity']) == top - bottom, f'{step}: from {bottom} of {self.quantity}')
        self.amount += Fraction(step['quantity']) * Fraction(step['unit']) / percent + Fraction(step['flat'])

    def do_tier_percent(self, step):
        self.do_tier(step, 100)

    def do_volume(self, step):
        require(self.quantity == Fraction(step['quantity']), step)
        require('up_to' not in step or self.quantity <= Fraction(step['up_to']), step)
        self.amount += self.quantity * Fraction(step['unit']) + Fraction(step['flat'])

    def do_package(self, step):
        require(self.quantity == Fraction(step['quantity']), step)
        whole = self.quantity / Fraction(step['size'])
        require(int(step['packages']) in (floor(whole), ceil(whole)), step)
        self.amount += int(step['packages']) * Fraction(step['price'])

    def do_percent(self, step):
        require(self.quantity == Fraction(step['quantity']), step)
        self.amount += self.quantity * Fraction(step['percent']) / 100

    def do_fixed(self, step):
        self.amount += step['records'] * Fraction(step['price'])

    def do_per_event(self, step):
        if step['values'] > 1:
            self.amount = Fraction(step['after'])
            return
        one = Fraction(step['quantity']) * Fraction(step['percent']) / 100 + Fraction(step['fixed'])
        one = min(one, Fraction(step['maximum'])) if 'maximum' in step else one
        one = max(one, Fraction(step['minimum'])) if 'minimum' in step else one
        self.amount += step['records'] * one

    # ---- what changes the amount ----

    def do_discount(self, step):
        self.amount *= 1 - Fraction(step['percent']) / 100

    do_contract_discount = do_discount

    def do_maximum(self, step):
        self.amount = min(self.amount, self.part(step))

    def do_minimum(self, step):
        self.amount = max(self.amount, self.part(step))

    def do_rounded(self, step):
        self.exact = self.amount
        require(Fraction(step['exact']) == half_even(self.amount), step)
        require(Decimal(step['amount']) == Decimal(self.line['amount']), step)

    # ---- plans and contracts ----

    def do_plan_minimum(self, step):
        require(abs(Fraction(step['result']) - self.part(step)) < 1, step)
        self.made, self.counted = Fraction(step['result']), Fraction(step['metered'])

    def do_term(self, step):
        require(abs(Fraction(step['result']) - self.part(step)) < 1, step)
        self.made = Fraction(step['result'])

    def do_credit(self, step):
        self.made = Fraction(step['balance'])

    def do_counted(self, step):
        self.counted += Fraction(step['amount'])

    def do_taken(self, step):
        self.counted += Fraction(step['amount'])
        require(Fraction(step['left']) == self.made - self.counted or self.line['charge'] == 'commit_used', step)

    def do_beyond(self, step):
        before, after = Fraction(step['before']), Fraction(step['result'])
        require(0 <= after - before <= self.counted, step)
        self.amount += (after - before) * (Fraction(step['factor']) - 1)

