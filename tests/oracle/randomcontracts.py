"""Random contracts for a book in the making (`World` of randombook.py), and the rows of the
subscriptions by which accounts join them."""

from collections import defaultdict
from datetime import date, timedelta

from timing import DAY, OPEN

NAMES = ['acme-2025', 'über deal', 'deal, "big"', 'Ω']
CREDITS = ['promo', 'goodwill', 'c:1', 'für später']
MADE_CHARGES = ['minimum', 'commit', 'overage']
FAR_BACK = {'day': 100, 'week': 60, 'month': 15, 'quarter': 7, 'year': 3}  # periods
EVERY = ['period', 'quarter', 'year', 'contract']


class Contracts:
    def __init__(self, world, book):
        self.world = world
        self.dice = world.dice
        self.book = book
        self.taken = defaultdict(list)  # (start, end) of the contracts of an account
        self.rows = []                  # of the subscriptions
        self.contracts = {}
        for name in self.dice.some(NAMES, least=1):
            self.make_contract(name)

    def make_contract(self, name):
        dice, world = self.dice, self.world
        contract, plan = {}, {}
        if dice.chance(80):
            contract['plan'] = dice.choice(list(self.book['plans']))
            plan = self.book['plans'][contract['plan']]
        start, end = self.make_term(plan)
        accounts = self.make_accounts(name, contract, start, end)
        if not accounts:
            return
        contract['start'] = world.written(str(start))
        if end != OPEN:
            contract['end'] = world.written(str(end))
        if 'plan' not in contract or dice.chance(50):
            contract['charges'] = world.make_charges()
        if world.has('pool') and dice.chance(60):
            contract['pool'] = dice.choice(['true', 'true', 'true', 'false'])
        if dice.chance(50):
            contract['bill_to'] = dice.choice([*accounts, *world.accounts, 'payer only'])
        if dice.chance(40):
            contract['discount'] = world.make_discount()
        currency = plan.get('currency', self.book['currency'])
        if world.has('plan_minimum') and dice.chance(30):
            contract['minimum'] = world.amount(currency)
        if world.has('commit') and dice.chance(75):
            contract['commit'] = self.make_commit(end, currency)
            if len(accounts) > 1 and contract.get('pool') != 'true':
                contract.setdefault('bill_to', dice.choice(accounts))
        if world.has('credits') and dice.chance(75):
            contract['credits'] = [self.make_credit(id, contract, plan, currency)
                                   for id in dice.some(CREDITS, least=1)]
            dice.shuffle(contract['credits'])
        self.contracts[name] = contract

    def make_term(self, plan):
        """Not before the first version of the plan; the end may be open, or behind all usage."""
        dice, world = self.dice, self.world
        first = world.before(FAR_BACK[world.kind] if dice.chance(25) else 2)
        if plan:
            first = max(first, date.fromisoformat(plan['versions'][0]['from']))
        start = max(world.some_day(first, world.end), first)
        if dice.chance(30):
            return start, OPEN
        end = world.some_day(start + DAY, world.end + (world.end - world.start) // 2)
        return start, end if end > start else OPEN

    def make_accounts(self, name, contract, start, end):
        """By the `accounts` of the contract, or by rows; in no two contracts at once."""
        dice, accounts, listed = self.dice, [], []
        for account in self.world.accounts + ['no usage', 'member only']:
            free = all(last <= start or end <= first for first, last in self.taken[account])
            if not free or dice.chance(40):
                continue
            accounts.append(account)
            self.taken[account].append((start, end))
            if dice.chance(65):
                listed.append(account)
            else:
                self.make_rows(name, account, start, end)
        if listed:
            contract['accounts'] = dice.sample(listed, len(listed))
        return accounts

    def make_rows(self, name, account, start, end):
        """One row or two, for the whole term, or from and to some day that may be outside of it."""
        dice, world = self.dice, self.world
        days = {world.some_day(world.before(2), world.end + timedelta(days=20))
                for _ in range(dice.choice([0, 1, 2, 2, 3]))}
        days = sorted(day for day in days if start < day < end or dice.chance(20))
        if len(days) == 1:
            stretches = [dice.choice([(days[0], OPEN), (date.min, days[0])])]
        else:
            stretches = list(zip(days[::2], days[1::2] + [OPEN]))
        if not any(first < end and start < last for first, last in stretches):
            stretches = [(date.min, OPEN)]
        for first, last in stretches:
            self.rows.append((account, '', '' if first == date.min else str(first),
                              '' if last == OPEN else str(last), name))

    def make_commit(self, end, currency):
        dice, world = self.dice, self.world
        every = [every for every in EVERY if not (every == 'contract' and end == OPEN)
                 and not (every == 'quarter' and world.kind == 'year')]
        commit = {'amount': world.amount(currency, dice.choice([3, 5, 8])),
                  'every': dice.choice(every)}
        if dice.chance(70):
            commit['billed'] = dice.choice(['arrears', 'upfront'])
        if dice.chance(50):
            commit['overage'] = world.written(dice.choice(['1.25', '1', '1.5', '2.005', '0.9',
                                                           '1.000000000000000001']))
        return commit

    def make_credit(self, id, contract, plan, currency):
        dice, world = self.dice, self.world
        days = (world.end - world.start).days
        start = world.before(2) + dice.randrange(days + days // 2) * DAY
        credit = {'id': id, 'amount': world.amount(currency), 'from': world.written(str(start))}
        if dice.chance(60):
            credit['until'] = world.written(str(start + dice.randint(1, days) * DAY))
        if dice.chance(60):
            credit['priority'] = world.written(dice.choice(['1', '1', '2', '100', '101', '0']))
        if dice.chance(40):
            versions = [*plan.get('versions', []), {'charges': contract.get('charges', [])}]
            ids = [charge.get('id', charge.get('meter')) for version in versions
                   for charge in version['charges']]
            credit['charges'] = dice.some(list(dict.fromkeys(ids)) + MADE_CHARGES, least=1)
        return credit
