"""Random edits of contracts; see chargeedits.py for what such an edit is."""

from chargeedits import another_number, set_or_drop
from nodes import MINOR_DIGITS

PARTS = ('plan', 'term', 'accounts', 'bill_to', 'pool', 'discount', 'minimum', 'own charge')


def money(dice, currency, digits=5):
    """To the minor unit."""
    places = MINOR_DIGITS[currency]
    amount = str(dice.randrange(10**dice.randint(1, digits)))
    return f'{amount}.{dice.randrange(10**places):0{places}}' if places and dice.chance(70) else amount


def some_contract(book, dice):
    return dice.choice(list(book.contracts.items())) if book.contracts else (None, None)


def currency_of(book, contract):
    return book.currency_of(contract.get('plan'))


def enter(book, dice):
    """A contract that was entered late: it takes the place of subscriptions in the past."""
    name = f'late {dice.randint(1, 999)}'
    accounts = dice.some(book.known_accounts(), least=1)[:4]
    if name in book.contracts or not accounts:
        return None
    contract = {'accounts': accounts, 'start': str(book.some_day(dice))}
    if book.plans and dice.chance(70):
        contract['plan'] = dice.choice(list(book.plans))
    else:
        meter = dice.choice(list(book.top['meters']))
        contract['charges'] = [{'meter': meter, 'per_unit': another_number(dice)}]
    if dice.chance(40):
        contract['end'] = str(book.some_day(dice))
    if dice.chance(40):
        contract['pool'] = 'true'
    if dice.chance(50):
        contract['discount'] = {'percent': dice.choice(['5', '12.5', '50'])}
    if dice.chance(50):
        contract['bill_to'] = dice.choice([*accounts, 'new payer'])
    book.contracts[name] = contract
    for add in (change_commit, change_credits):
        if dice.chance(40):
            add(book, dice, name)
    return f'contract {name} of {accounts} entered from {contract["start"]}'


def remove(book, dice):
    name, _ = some_contract(book, dice)
    if name is None:
        return None
    del book.contracts[name]
    book.rows[:] = [row for row in book.rows if row.get('contract') != name]
    return f'contract {name} removed'


def rename(book, dice):
    name, contract = some_contract(book, dice)
    if name is None:
        return None
    new = f'{name} (new name)'
    book.contracts[new] = book.contracts.pop(name)
    for row in book.rows:
        if row.get('contract') == name:
            row['contract'] = new
    return f'contract {name} renamed'


def change(book, dice):
    name, contract = some_contract(book, dice)
    if name is None:
        return None
    part = dice.choice(PARTS)
    if part == 'plan' and book.plans:
        said = set_or_drop(contract, 'plan', dice, dice.choice(list(book.plans)))
    elif part == 'term':
        key = dice.choice(['start', 'end', 'end'])
        said = (set_or_drop if key == 'end' else replace)(contract, key, dice, str(book.some_day(dice)))
    elif part == 'accounts':
        said = change_accounts(book, contract, dice)
    elif part == 'bill_to':
        said = set_or_drop(contract, 'bill_to', dice, dice.choice([*book.known_accounts(), 'new payer']))
    elif part == 'pool':
        said = replace(contract, 'pool', dice, 'false' if contract.get('pool') == 'true' else 'true')
    elif part == 'discount':
        said = set_or_drop(contract, part, dice, {'percent': dice.choice(['1', '12.5', '99.9'])})
    elif part == 'minimum':
        said = set_or_drop(contract, part, dice, money(dice, currency_of(book, contract)))
    else:
        said = add_own_charge(book, contract, dice)
    return said and f'contract {name}: {said}'


def replace(node, key, dice, value):
    old = node.get(key, 'none')
    node[key] = value
    return f'{key} {old} is {value}'


def change_accounts(book, contract, dice):
    accounts = contract.setdefault('accounts', [])
    if accounts and dice.chance(50):
        gone = accounts.pop(dice.randrange(len(accounts)))
        return f'without {gone!r}'
    account = dice.choice(book.known_accounts())
    accounts.append(account)
    return f'with {account!r}'


def join(book, dice):
    """An account joins by a row of the subscriptions."""
    name, _ = some_contract(book, dice)
    accounts = book.known_accounts()
    if name is None or not accounts:
        return None
    row = {'account': dice.choice(accounts), 'contract': name}
    if dice.chance(60):
        row['start'] = str(book.some_day(dice))
    if dice.chance(40):
        row['end'] = str(book.some_day(dice))
    book.rows.append(row)
    return f'{row} joins'


def add_own_charge(book, contract, dice):
    """Its price instead of its plan's."""
    meter = dice.choice(list(book.top['meters']))
    charges = contract.setdefault('charges', [])
    charges[:] = [charge for charge in charges if charge.get('id', charge.get('meter')) != meter]
    charges.append({'meter': meter, 'per_unit': another_number(dice)})
    return f'{meter} at {charges[-1]["per_unit"]}'


def change_commit(book, dice, name=None):
    name, contract = (name, book.contracts[name]) if name else some_contract(book, dice)
    if name is None:
        return None
    if 'commit' in contract and dice.chance(25):
        del contract['commit']
        return f'contract {name}: no commitment any more'
    commit = contract.setdefault('commit', {})
    if 'amount' not in commit or dice.chance(50):
        commit['amount'] = money(dice, currency_of(book, contract))
    if 'every' not in commit or dice.chance(20):
        commit['every'] = dice.choice(['period', 'quarter', 'year', 'contract'])
    if dice.chance(40):
        commit['billed'] = dice.choice(['arrears', 'upfront'])
    if dice.chance(40):
        set_or_drop(commit, 'overage', dice, dice.choice(['1.25', '1.5', '0.9', '1']))
    return f'contract {name}: commit {commit}'


def change_credits(book, dice, name=None):
    name, contract = (name, book.contracts[name]) if name else some_contract(book, dice)
    if name is None:
        return None
    credits = contract.setdefault('credits', [])
    if credits and dice.chance(30):
        gone = credits.pop(dice.randrange(len(credits)))
        return f'contract {name}: no credit {gone["id"]}'
    if credits and dice.chance(50):
        credit = dice.choice(credits)
        key = dice.choice(['amount', 'amount', 'from', 'until', 'priority'])
        credit[key] = {'amount': money(dice, currency_of(book, contract)), 'priority': dice.choice('129'),
                       'from': str(book.some_day(dice)), 'until': str(book.some_day(dice))}[key]
        return f'contract {name}: {key} of credit {credit["id"]} is {credit[key]}'
    credit = {'id': f'late {dice.randint(1, 99)}', 'amount': money(dice, currency_of(book, contract)),
              'from': str(book.some_day(dice))}
    credits.append(credit)
    return f'contract {name}: credit {credit}'


EDITS = [enter, enter, enter, remove, rename, join, change, change, change, change_commit, change_commit,
         change_credits, change_credits]
