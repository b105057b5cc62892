"""Random edits of a book, such as people make who fix prices, plans, subscriptions and contracts. What
is metered and how usage is read stays as it is. The same dice make the same edit.

    book = EditableBook.read('book.yaml')
    edited, words = edit(book, dice)      # a right book that says something else
    edited.write('fixed.yaml', dice)
"""

from copy import deepcopy
from datetime import date

import chargeedits
import contractedits
from chargeedits import another_number, set_or_drop
from contractedits import money, replace

ATTEMPTS = 300


def edit(book, dice, most=3):
    """The book after one edit or some, and what they were, in words."""
    for _ in range(ATTEMPTS):
        edited = book.copy()
        said = [dice.choice(dice.choice(KINDS))(edited, dice) for _ in range(dice.randint(1, most))]
        words = [text for text in said if text]
        same_state = edited.meters_by_event() == book.meters_by_event()
        if words and edited != book and same_state and edited.is_right():
            return edited, words
    raise ValueError('no edit of this book was right')


def some_version(book, dice):
    """(the name of a plan, its versions, one of them), or None."""
    found = [(name, plan['versions'], version) for name, plan in book.plans.items()
             for version in plan['versions']]
    return dice.choice(found) if found else None


def add_version(book, dice):
    """Other prices from a day on, often in the past."""
    found = some_version(book, dice)
    if found is None:
        return None
    name, versions, version = found
    new = deepcopy(version)
    new['from'] = str(book.some_day(dice))
    for charge in new['charges']:
        key = next((key for key in ('flat', 'per_unit') if key in charge), None)
        if key and dice.chance(60):
            charge[key] = another_number(dice, charge[key])
    versions.append(new)
    versions.sort(key=lambda version: version['from'])
    return f'plan {name}: a version from {new["from"]}, after that from {version["from"]}'


def remove_version(book, dice):
    found = some_version(book, dice)
    if found is None or len(found[1]) < 2:
        return None
    name, versions, version = found
    versions.remove(version)
    return f'plan {name}: no version from {version["from"]}'


def move_version(book, dice):
    found = some_version(book, dice)
    if found is None:
        return None
    name, versions, version = found
    said = replace(version, 'from', dice, str(book.some_day(dice)))
    versions.sort(key=lambda version: version['from'])
    return f'plan {name}: {said}'


def change_plan_minimum(book, dice):
    if not book.plans:
        return None
    name, plan = dice.choice(list(book.plans.items()))
    return f'plan {name}: ' + set_or_drop(plan, 'minimum', dice, money(dice, book.currency_of(name), 4))


def change_plan_currency(book, dice):
    if not book.plans:
        return None
    name, plan = dice.choice(list(book.plans.items()))
    return f'plan {name}: ' + set_or_drop(plan, 'currency', dice, dice.choice(['USD', 'EUR', 'KWD', 'JPY']))


def add_plan(book, dice):
    """A plan that nobody has yet; it changes nothing."""
    if not book.plans:
        return None
    name, plan = dice.choice(list(book.plans.items()))
    book.plans[f'{name} (copy)'] = deepcopy(plan)
    return f'plan {name} copied'


def rename_plan(book, dice):
    """Its lines have another plan, and the same amounts."""
    if not book.plans:
        return None
    old = dice.choice(list(book.plans))
    new = f'{old} (new name)'
    book.plans[new] = book.plans.pop(old)
    for node in [book.top, *book.rows, *book.contracts.values()]:
        for key in ('plan', 'default_plan'):
            if node.get(key) == old:
                node[key] = new
    return f'plan {old} renamed'


def change_default_plan(book, dice):
    if not book.plans:
        return None
    return set_or_drop(book.top, 'default_plan', dice, dice.choice(list(book.plans)))


def change_rounding(book, dice):
    return replace(book.top, 'rounding', dice, dice.choice(['half_up', 'half_even', 'up', 'down']))


def change_currency(book, dice):
    return replace(book.top, 'currency', dice, dice.choice(['USD', 'EUR', 'KWD', 'JPY']))


def some_row(book, dice):
    return dice.choice(book.rows) if book.rows else None


def add_row(book, dice):
    """A subscription that was entered late; somebody else's may end for it."""
    accounts = book.known_accounts()
    if not book.plans or not accounts:
        return None
    row = {'account': dice.choice(accounts + ['newcomer']), 'plan': dice.choice(list(book.plans)),
           'start': str(book.some_day(dice))}
    if dice.chance(50):
        row['end'] = str(book.some_day(dice))
    book.rows.insert(dice.randint(0, len(book.rows)), row)
    return f'subscription {row} added'


def remove_row(book, dice):
    row = some_row(book, dice)
    if row is None:
        return None
    book.rows.remove(row)
    return f'subscription {row} removed'


def change_row(book, dice):
    row = some_row(book, dice)
    if row is None:
        return None
    key = dice.choice(['plan', 'start', 'end', 'end'])
    if key == 'plan' and 'contract' in row:
        return None
    old = dict(row)
    if key == 'end':
        said = set_or_drop(row, key, dice, str(book.some_day(dice)))
    else:
        said = replace(row, key, dice, dice.choice(list(book.plans)) if key == 'plan' and book.plans
                       else str(book.some_day(dice)))
    return f'subscription {old}: {said}'


def change_plan_from(book, dice):
    """An account goes over to another plan on a day."""
    row = some_row(book, dice)
    if row is None or 'plan' not in row:
        return None
    day = str(book.some_day(dice))
    if not row['start'] < day < row.get('end', str(date.max)):
        return None
    new = {**row, 'start': day, 'plan': dice.choice(list(book.plans))}
    row['end'] = day
    book.rows.append(new)
    return f'{row["account"]!r} has plan {new["plan"]} from {day} on'


def reorder_rows(book, dice):
    """It changes nothing."""
    dice.shuffle(book.rows)
    return 'the subscriptions in another order'


PLANS = [add_version, add_version, remove_version, move_version, change_plan_minimum,
         change_plan_minimum, add_plan, rename_plan, change_plan_currency]
SUBSCRIPTIONS = [add_row, add_row, remove_row, change_row, change_row, change_plan_from, reorder_rows]
WHOLE = [change_default_plan, change_default_plan, change_default_plan, change_rounding, change_currency]
KINDS = [chargeedits.PRICES, chargeedits.PRICES, chargeedits.PRICES, chargeedits.CHARGES,
         chargeedits.CHARGES, PLANS, SUBSCRIPTIONS, SUBSCRIPTIONS, contractedits.EDITS,
         contractedits.EDITS, WHOLE]
