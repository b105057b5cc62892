"""Laws that hold a contract against plainer ways to say the same, or renames who is in it."""

import copy
from datetime import date

from lawtrial import (OF_DEALS, PRICES, accounts_of, charges_of, contracts_of, in_order, key_of,
                      require, same, same_rows, totals, without)

START, END = 'start', 'end'


def with_contracts(world):
    return world.has('contracts')


def set_all(contracts, **keys):
    for contract in contracts.values():
        contract.update(keys)


def take_out(contracts, *keys):
    for contract in contracts.values():
        for key in keys:
            contract.pop(key, None)


def members_for_all_time(book, least=1, most=99):
    """Contracts whose members stay from start to end, by `accounts`; others are left out."""
    members = {name: sorted(accounts_of(book, name)) for name in contracts_of(book)}
    book['subscriptions'] = [row for row in book['subscriptions'] if 'contract' not in row]
    for name, accounts in members.items():
        book['contracts'][name]['accounts'] = accounts
        if not least <= len(accounts) <= most:
            del book['contracts'][name]


def pool_of_one_is_no_pool(trial):
    """`pool: true`: "the accounts' usage is one quantity before pricing": of one account it is what
    it was."""
    sample = trial.sample(accept=with_contracts)
    members = {name: sorted(accounts_of(sample.book, name)) for name in contracts_of(sample.book)}
    for name, contract in contracts_of(sample.book).items():
        contract['accounts'] = [trial.dice.choice(members[name])]
        if contract.get('bill_to') != contract['accounts'][0]:
            contract.pop('bill_to', None)
    sample.book['subscriptions'] = [row for row in sample.book['subscriptions']
                                    if 'contract' not in row]
    results = []
    for name, pool in (('pooled', 'true'), ('alone', 'false')):
        set_all(contracts_of(sample.book), pool=pool)
        results.append(trial.run_sample(name, sample))
    same(*results, 'lines', 'invoices', 'unrated')
    require(not results[1].rows('shares'), 'no shares where nothing is pooled')


def plain_contract_is_a_subscription(trial):
    """A contract "takes the place of their subscriptions from `start` to `end`": one without terms of
    its own is a subscription to its plan, but for its name in the lines."""
    sample = trial.sample(accept=with_contracts)
    book = sample.book
    members_for_all_time(book)
    for name, contract in list(contracts_of(book).items()):
        if 'plan' not in contract:
            del book['contracts'][name]
            continue
        for key in set(contract) - {'plan', 'accounts', START, END}:
            del contract[key]
    stays = [account for name in contracts_of(book) for account in accounts_of(book, name)]
    bound = set(stays)
    if len(stays) > len(bound):  # of two subscriptions to a plan its minimum is one, not two
        for plan in book['plans'].values():
            plan.pop('minimum', None)
    book['subscriptions'] = [row for row in book['subscriptions'] if row['account'] not in bound]
    deals = trial.run_sample('deals', sample)
    plain = copy.deepcopy(book)
    for contract in plain.pop('contracts', {}).values():
        term = {key: contract[key] for key in ('plan', START, END) if key in contract}
        plain['subscriptions'] += [{'account': account, **term}
                                   for account in contract['accounts']]
    plans = trial.run_sample('plans', sample, plain)
    same(deals, plans, 'invoices', 'unrated')
    same_rows('lines', in_order(without(deals.lines, 'contract')),
              in_order(without(plans.lines, 'contract')))


def discount_of_nothing_is_none(trial):
    """`discount: {percent: 0}` of a contract takes nothing off."""
    sample = trial.sample(accept=with_contracts)
    take_out(contracts_of(sample.book), 'discount')
    bare = trial.run_sample('bare', sample)
    set_all(contracts_of(sample.book), discount={'percent': '0'})
    same(trial.run_sample('discounted', sample), bare)


def minimum_of_nothing_is_none(trial):
    """"a key `minimum`" of 0, on a contract without a plan's minimum, makes up nothing where the
    metered lines are not below nothing."""
    sample = trial.sample(without=('plan_minimum',), accept=with_contracts).without_negatives()
    bare = trial.run_sample('bare', sample)
    set_all(contracts_of(sample.book), minimum='0')
    for plan in sample.book['plans'].values():
        plan['minimum'] = '0'
    same(trial.run_sample('with', sample), bare)


def a_plan_in_force_replaced_by_itself(trial):
    """"charges: replace the plan's charges of the same id": by the same ones, nothing is changed."""
    sample = trial.sample(accept=with_contracts)
    for plan in sample.book['plans'].values():
        del plan['versions'][1:]  # and with them charges that credits may name
    for contract in contracts_of(sample.book).values():
        for credit in contract.get('credits', []):
            credit.pop('charges', None)
        if 'plan' in contract:
            contract.pop('charges', None)
            start = date.fromisoformat(contract[START])
            first = date.fromisoformat(sample.book['plans'][contract['plan']]['versions'][0]['from'])
            require(first <= start, 'a contract begins after its plan')
    bare = trial.run_sample('bare', sample)
    for contract in contracts_of(sample.book).values():
        if 'plan' in contract:
            charges = sample.book['plans'][contract['plan']]['versions'][0]['charges']
            contract['charges'] = copy.deepcopy(trial.dice.some(charges, least=1))
    same(trial.run_sample('replaced', sample), bare)


def rows_or_accounts(trial):
    """Accounts are in a contract by its `accounts`, or "through the subscriptions' contract column
    (plan left empty)": both are the same."""
    sample = trial.sample(accept=with_contracts)
    members_for_all_time(sample.book)
    listed = trial.run_sample('listed', sample)
    rows = sample.book['subscriptions']
    for name, contract in contracts_of(sample.book).items():
        for account in contract.pop('accounts'):
            row = {'account': account, 'contract': name}
            if trial.dice.chance(50):
                row[START] = contract[START]
            if trial.dice.chance(50) and END in contract:
                row[END] = contract[END]
            rows.insert(trial.dice.randint(0, len(rows)), row)
    same(trial.run_sample('rows', sample), listed)


def pools_add(trial):
    """"sums add": what members of a pool pay by the unit is what they pay alone, before rounding."""
    sample = trial.sample(accept=lambda world: with_contracts(world) and any(
        meter['aggregate'] in ('sum', 'count') for meter in world.meters.values()))
    members_for_all_time(sample.book, least=2)
    pay_by_the_unit(sample.book)
    take_out(contracts_of(sample.book), 'commit', 'credits', 'minimum', 'discount', 'bill_to')
    for plan in sample.book['plans'].values():
        plan.pop('minimum', None)
    adding = {name for name, meter in sample.book['meters'].items()
              if meter['aggregate'] in ('sum', 'count')}
    sums = []
    for name, pool in (('pooled', 'true'), ('alone', 'false')):
        set_all(contracts_of(sample.book), pool=pool)
        lines = [line for line in trial.run_sample(name, sample).lines
                 if line['contract'] and line['charge'] in adding]
        key = key_of('contract', 'period', 'charge', 'detail', 'from', 'to')
        sums.append([totals(lines, key, column) for column in ('quantity', 'exact')])
    require(sums[0] == sums[1], f'{sums[0]}\n{sums[1]}')


def pay_by_the_unit(book):
    """Metered charges are named by their meter and have a price of two places: nothing is rounded
    before the line's end, and nothing starts anew."""
    for charge in charges_of(book):
        for key in ('free', 'units', 'minimum', 'maximum', 'discount', 'cases', 'where', *PRICES):
            if 'meter' in charge:
                charge.pop(key, None)
        if 'meter' in charge:
            charge['per_unit'] = '1'
    for plan in book['plans'].values():
        for version in plan['versions']:
            keep_one_charge_for_each_meter(version)
    for contract in contracts_of(book).values():
        keep_one_charge_for_each_meter(contract)


def keep_one_charge_for_each_meter(holder):
    """And no fees."""
    charges = {charge['meter']: charge for charge in holder.get('charges', []) if 'meter' in charge}
    for meter, charge in charges.items():
        charge['id'] = meter
    if 'charges' in holder:
        holder['charges'] = list(charges.values())


def a_silent_member_changes_nothing(trial):
    """"the kernels of all members are merged": one without usage adds nothing, and "members without
    a positive quantity share nothing"."""
    sample = trial.sample(accept=with_contracts)
    book = sample.book
    for name, contract in contracts_of(book).items():
        contract['pool'] = 'true'
        contract.setdefault('bill_to', min(accounts_of(book, name), key=str.encode))
    before = trial.run_sample('before', sample)
    for n, contract in enumerate(contracts_of(book).values()):
        contract.setdefault('accounts', []).append(f'a silent {n}')
    same(trial.run_sample('after', sample), before)


# Names

def renamed_in_order(trial):
    """Names only say what is what: with accounts, plans and contracts renamed in the same order, the
    same rows come in the same order under the new names."""
    sample = trial.sample()
    before = trial.run_sample('before', sample)

    def rename(text):
        return f'~{text}' if text else text

    book = renamed_book(sample.book, rename, rename, rename)
    for row in sample.rows:
        if 'account_id' in row:
            row['account_id'] = rename(row['account_id'])
    after = trial.run_sample('after', sample, book)
    for table in ('lines', 'invoices', 'shares', 'unrated'):
        expected = [{column: rename(text) if column in ('account', 'contract', 'plan') else text
                     for column, text in row.items()} for row in before.rows(table)]
        same_rows(table, expected, after.rows(table))


def renamed_freely(trial):
    """Where accounts share no deal, another order of their names orders the rows anew, and no
    more."""
    sample = trial.sample(without=OF_DEALS)
    before = trial.run_sample('before', sample)
    names = {}

    def rename(text):
        return names.setdefault(text, f'{trial.dice.choice("aZ9é")}-{len(names)}')

    book = renamed_book(sample.book, rename, str, str)
    for row in sample.rows:
        if 'account_id' in row:
            row['account_id'] = rename(row['account_id'])
    after = trial.run_sample('after', sample, book)
    for table in ('lines', 'invoices', 'unrated'):
        expected = [{**row, 'account': rename(row['account'])} for row in before.rows(table)]
        same_rows(table, in_order(expected), in_order(after.rows(table)))


def renamed_book(book, account, plan, contract):
    """The book with a function applied to all names of each kind."""
    book = copy.deepcopy(book)
    book['plans'] = {plan(name): body for name, body in book['plans'].items()}
    if 'default_plan' in book:
        book['default_plan'] = plan(book['default_plan'])
    if isinstance(book['usage']['account'], dict):
        book['usage']['account'] = {'const': account(book['usage']['account']['const'])}
    for row in book['subscriptions']:
        for column, rename in (('account', account), ('plan', plan), ('contract', contract)):
            if column in row:
                row[column] = rename(row[column])
    if 'contracts' in book:
        book['contracts'] = {contract(name): body for name, body in book['contracts'].items()}
    for deal in contracts_of(book).values():
        for key, rename in (('bill_to', account), ('plan', plan)):
            if key in deal:
                deal[key] = rename(deal[key])
        if 'accounts' in deal:
            deal['accounts'] = [account(name) for name in deal['accounts']]
    return book


LAWS = (pool_of_one_is_no_pool, plain_contract_is_a_subscription, discount_of_nothing_is_none,
        minimum_of_nothing_is_none, a_plan_in_force_replaced_by_itself, rows_or_accounts, pools_add,
        a_silent_member_changes_nothing, renamed_in_order, renamed_freely)
