"""Random edits of charges. Each takes the book, changes it in place and returns what it did in words, or
None where the book has nothing to edit in this way. What it made may be wrong; `edit` of bookedits.py
throws such a book away."""

PRICE_KEYS = ('flat', 'per_unit', 'graduated', 'volume', 'package', 'percent', 'graduated_percent')
PLACES = [0, 2, 4, 6, 18]


def another_number(dice, text='0'):
    """Another price: any other, or one close by."""
    if dice.chance(30):
        longer = text + ('1' if '.' in text else '.5')
        if len(longer.partition('.')[2]) <= 18:
            return longer
    return dice.decimal(2, dice.choice(PLACES))


def some_charge(book, dice):
    """(whose, the list it stands in, itself), or None."""
    found = [(whose, charges, charge) for whose, charges in book.charge_lists() for charge in charges]
    return dice.choice(found) if found else None


def id_of(charge):
    return charge.get('id', charge.get('meter'))


def of_some_charge(change):
    """An edit of one charge, from a function of (charge, dice) that says what it did."""
    def edited(book, dice):
        found = some_charge(book, dice)
        if found is None:
            return None
        whose, _, charge = found
        said = change(charge, dice)
        return said and f'charge {id_of(charge)} of {whose}: {said}'
    return edited


@of_some_charge
def change_price(charge, dice):
    node = dice.choice(charge['cases']) if 'cases' in charge else charge
    key = next(key for key in PRICE_KEYS if key in node)
    if key in ('flat', 'per_unit'):
        return change_number(node, key, dice)
    if key == 'package':
        return change_number(node[key], dice.choice(['amount', 'amount', 'size']), dice)
    if key == 'percent':
        bounds = node[key].get('per_event', {})
        within = bounds if bounds and dice.chance(50) else node[key]
        return change_number(within, dice.choice([k for k in within if k != 'per_event']), dice)
    return change_tiers(node[key], 'rate' if key == 'graduated_percent' else 'unit', dice)


def change_number(node, key, dice):
    old = node.get(key, '0')
    node[key] = another_number(dice, old)
    return f'{key} {old} is {node[key]}'


def change_tiers(tiers, unit, dice):
    n = dice.randrange(len(tiers))
    tier = tiers[n]
    what = dice.choice([unit, unit, 'flat', 'up_to', 'new tier', 'no tier'])
    if what == 'up_to' and 'up_to' in tier:
        return f'tier {n}: ' + change_number(tier, 'up_to', dice)
    if what == 'new tier':
        bound = str(dice.randrange(1, 10**dice.randint(1, 4)))
        tiers.insert(n, {'up_to': bound, unit: another_number(dice)})
        return f'a tier up to {bound}'
    if what == 'no tier' and len(tiers) > 1 and 'up_to' in tier:
        del tiers[n]
        return f'no tier {n}'
    return f'tier {n}: ' + change_number(tier, unit if what in (unit, 'up_to', 'no tier') else what, dice)


@of_some_charge
def change_key(charge, dice):
    """Another way of pricing it."""
    if 'cases' in charge or 'flat' in charge:
        return None
    del charge[next(key for key in PRICE_KEYS if key in charge)]
    key = dice.choice(['per_unit', 'graduated', 'volume', 'package', 'percent'])
    prices = [another_number(dice) for _ in range(3)]
    tiers = [{'up_to': str(dice.randint(1, 200)), 'unit': prices[0], 'flat': prices[1]},
             {'unit': prices[2]}]
    charge[key] = {'per_unit': prices[0], 'graduated': tiers, 'volume': tiers,
                   'package': {'size': str(dice.randint(1, 50)), 'amount': prices[0]},
                   'percent': {'rate': prices[0], 'fixed': prices[1]}}[key]
    return f'priced by {key}'


@of_some_charge
def change_free(charge, dice):
    if 'flat' in charge:
        return None
    return set_or_drop(charge, 'free', dice, dice.choice(['0', '1', '5.5', dice.decimal(3, 3)]))


@of_some_charge
def change_units(charge, dice):
    if 'flat' in charge:
        return None
    units = {'divide_by': dice.choice(['2', '1000', '7', '0.5'])}
    if dice.chance(60):
        units['round'] = dice.choice(['up', 'down', 'half_up'])
    return set_or_drop(charge, 'units', dice, units)


@of_some_charge
def change_bounds(charge, dice):
    key = dice.choice(['discount', 'minimum', 'maximum'])
    value = {'percent': dice.choice(['5', '12.5', '100', '33.333333333333333333'])}
    return set_or_drop(charge, key, dice, value if key == 'discount' else dice.decimal(4, 3))


@of_some_charge
def change_prorate(charge, dice):
    if 'flat' not in charge:
        return None
    charge['prorate'] = 'false' if charge.get('prorate') == 'true' else 'true'
    return f'prorate: {charge["prorate"]}'


@of_some_charge
def change_scope(charge, dice):
    """Which usage it takes, and in how many lines."""
    keys = [key for key in ('where', 'split') if key in charge]
    if not keys:
        return None
    key = dice.choice(keys)
    del charge[key]
    return f'no {key}'


def set_or_drop(node, key, dice, value):
    if key in node and dice.chance(40):
        return f'no {key} any more (it was {node.pop(key)})'
    old = node.get(key, 'none')
    node[key] = value
    return f'{key} {old} is {value}'


def add_charge(book, dice):
    found = list(book.charge_lists())
    if not found:
        return None
    whose, charges = dice.choice(found)
    if dice.chance(40):
        charge = {'id': f'new fee {dice.randint(1, 99)}', 'flat': dice.decimal(2, 2), 'prorate': 'true'}
    else:
        meter = dice.choice(list(book.top['meters']))
        charge = {'id': f'new {meter}', 'meter': meter, 'per_unit': another_number(dice)}
    charges.insert(dice.randint(0, len(charges)), charge)
    return f'charge {charge["id"]} added to {whose}'


def remove_charge(book, dice):
    found = some_charge(book, dice)
    if found is None:
        return None
    whose, charges, charge = found
    charges.remove(charge)
    return f'charge {id_of(charge)} removed from {whose}'


def rename_charge(book, dice):
    found = some_charge(book, dice)
    if found is None:
        return None
    whose, _, charge = found
    old = id_of(charge)
    charge['id'] = f'{old} (new name)'
    return f'charge {old} of {whose} renamed'


def reorder_charges(book, dice):
    """It changes nothing."""
    found = list(book.charge_lists())
    if not found:
        return None
    whose, charges = dice.choice(found)
    dice.shuffle(charges)
    return f'the charges of {whose} in another order'


PRICES = [change_price]
CHARGES = [change_key, change_free, change_free, change_units, change_bounds, change_bounds,
           change_prorate, change_scope, add_charge, remove_charge, rename_charge, reorder_charges]
