"""Laws of one result: shares sum to the line, credits and commitments conserve money, totals agree."""

from collections import defaultdict
from datetime import date
from fractions import Fraction

from commitments import MONTHS, months_after
from lawtrial import (LAST_PLACE, Broken, accounts_of, call, contracts_of, edited, flat_ids,
                      is_pooled, key_of, minor_unit, money, period_of_line, require, totals)
from nodes import MINOR_DIGITS
from timing import OPEN, periods_between

LINE_KEY = key_of('contract', 'period', 'charge', 'detail', 'from')


def shares_sum_to_the_line(trial):
    """"shares.csv divides each pooled line among members by their own quantity, in minor units";
    "shares sum to the line"."""
    sample = trial.sample(accept=lambda world: world.has('contracts') and world.has('pool'))
    contracts = contracts_of(sample.book)
    for contract in contracts.values():
        contract['pool'] = 'true'
    result = trial.run_sample('book', sample)
    shares = defaultdict(list)
    for share in result.rows('shares'):
        shares[LINE_KEY(share)].append(share)
    for line in result.lines:
        if line['contract']:
            check_shares(sample.book, line, shares.pop(LINE_KEY(line), []))
    require(not shares, f'shares of no line: {list(shares)[:3]}')


def check_shares(book, line, shares):
    unit, amount = minor_unit(line['currency']), money(line)
    where = f'{line}\nhas shares {shares}'
    accounts = [share['account'] for share in shares]
    require(sum(map(money, shares)) == amount and shares, f'the sum of shares: {where}')
    require(len(set(accounts)) == len(accounts), f'a member twice: {where}')
    members = accounts_of(book, line['contract']) | {line['account']}
    require(set(accounts) <= members, f'no member: {where}')
    digits = MINOR_DIGITS[line['currency']]
    require(all(len(share['amount'].partition('.')[2]) == digits for share in shares),
            f'minor units: {where}')
    require(all(money(share) * amount >= 0 for share in shares), f'the wrong sign: {where}')
    quantities = [Fraction(share['quantity']) for share in shares]
    if max(quantities) <= 0:
        require(accounts == [line['account']], f'"the line stays with bill_to": {where}')
        return
    require(min(quantities) > 0, f'a share of nothing: {where}')
    for share, quantity in zip(shares, quantities):
        away = abs(money(share) - amount * quantity / sum(quantities))
        require(away < unit, f'more than a minor unit away: {where}')


def unpooled_lines_have_no_shares(trial):
    """shares.csv has rows of "each pooled line", and of no other."""
    sample = trial.sample(accept=lambda world: world.has('contracts') and world.has('pool'))
    result = trial.run_sample('book', sample)
    pooled = {name for name, contract in contracts_of(sample.book).items() if is_pooled(contract)}
    require({share['contract'] for share in result.rows('shares')}
            == {line['contract'] for line in result.lines} & pooled, 'shares of pooled contracts')


def lines_sum_to_invoices(trial):
    """"Σ lines = Σ invoices", and `invoices.csv` shows `bill_to`."""
    sample = trial.sample(bad_percent=5)
    result = trial.run_sample('book', sample)
    contracts = contracts_of(sample.book)

    def invoice(line):
        payer = contracts.get(line['contract'], {}).get('bill_to', line['account'])
        return payer, line['period'], line['currency']

    sums, counts = defaultdict(Fraction), defaultdict(int)
    for line in result.lines:
        sums[invoice(line)] += money(line)
        counts[invoice(line)] += 1
    invoices = {(row['account'], row['period'], row['currency']):
                (money(row, 'total'), int(row['lines'])) for row in result.rows('invoices')}
    made = {name: (sums[name], counts[name]) for name in sums}
    require(invoices == made, f'invoices {sorted(invoices.items() ^ made.items())[:4]}')


def rounding_is_the_residue(trial):
    """"Σ exact + residue = Σ amount", and no line is rounded by a minor unit or more."""
    sample = trial.sample()
    result = trial.run_sample('book', sample)
    key = key_of('currency', 'period')
    sums = {column: totals(result.lines, key, column) for column in ('exact', 'amount')}
    for line in result.lines:
        away = abs(money(line) - money(line, 'exact'))  # which may itself be rounded
        require(away < minor_unit(line['currency']) + LAST_PLACE, f'{line}')
    for total in result.reconciliation['totals']:
        made = [sums[column].get(key(total), 0) for column in ('exact', 'amount')]
        said = [money(total, column) for column in ('exact', 'amount')]
        require(said == made, f'{total}: the lines make {list(map(str, made))}')
        require(said[0] + money(total, 'residue') == said[1], f'the residue of {total}')
    require(result.reconciliation['balanced'] is True, 'balanced')


def verify_finds_nothing(trial):
    """`verify` proves "every digest and conservation law, from the files alone"."""
    sample = trial.sample(bad_percent=5)
    trial.run_sample('book', sample)
    code, said = call([trial.rerate, 'verify', '-w', 'book'], trial.folder)
    require(code == 0, said)


# Credits

def credits_conserve_money(trial):
    """A credit takes from the positive lines of its charges what earlier credits left, until its
    balance is spent: never more than it has or than is billed, and less than it has only where
    nothing of its lines is left."""
    sample = trial.sample(accept=lambda world: world.has('contracts') and world.has('credits'))
    plain = trial.run_sample('plain', sample, edited(sample.book, without_credits))
    resize_credits(trial, sample.book, plain)
    result = trial.run_sample('book', sample)
    require([line for line in result.lines if not line['charge'].startswith('credit:')]
            == plain.lines, 'credits change no other line')
    for name, contract in contracts_of(sample.book).items():
        lines = [line for line in result.lines if line['contract'] == name]
        for credit in contract.get('credits', []):
            check_credit(sample.book, credit, lines)
        check_invoices(lines)


def without_credits(book):
    for contract in contracts_of(book).values():
        contract.pop('credits', None)


def resize_credits(trial, book, plain):
    """Amounts about as large as what is billed, some less and some more."""
    for name, contract in contracts_of(book).items():
        billed = [line for line in plain.lines if line['contract'] == name and money(line) > 0]
        for credit in contract.get('credits', []) if billed else []:
            share = Fraction(trial.dice.choice(['0.1', '0.4', '1', '3']))
            credit['amount'] = in_minor_units(share * sum(map(money, billed)) / 2,
                                              billed[0]['currency'])


def in_minor_units(amount, currency):
    digits = MINOR_DIGITS[currency]
    units = int(amount * 10**digits)
    return f'{units // 10**digits}.{units % 10**digits:0{digits}}' if digits else str(units)


def check_credit(book, credit, lines):
    made = [line for line in lines if line['charge'] == f'credit:{credit["id"]}']
    require(all(money(line) < 0 for line in made), f'credits that are not negative: {made}')
    taken = -sum(map(money, made))
    require(taken <= Fraction(credit['amount']), f'{credit} takes {taken}')
    place = key_of('account', 'period')
    billed = totals([line for line in lines if reaches(book, credit, line)], place)
    for line in made:
        require(-money(line) <= billed.get(place(line), 0), f'more than is there: {line}')
    if taken == Fraction(credit['amount']):
        return
    credits = totals([line for line in lines if line['charge'].startswith('credit:')], place)
    used = totals([line for line in lines if line['charge'] == 'commit_used'], key_of('period'))
    for (account, period), amount in billed.items():
        gone = -credits.get((account, period), 0) - used.get((period,), 0)
        require(gone >= amount, f'{credit} has a balance, and takes not all {amount} of {account} '
                                f'in {period}')


def reaches(book, credit, line):
    """"those apply whose `from` is before the period's end and `until` after its start"."""
    period = period_of_line(book, line)
    until = date.fromisoformat(credit['until']) if 'until' in credit else OPEN
    return (money(line) > 0 and date.fromisoformat(credit['from']) < period.end
            and until > period.start
            and ('charges' not in credit or line['charge'] in credit['charges']))


def check_invoices(lines):
    """No credit takes what is not billed, nor what a commitment has offset."""
    for columns in (('account', 'period'), ('period',)):
        place = key_of(*columns)
        billed = totals([line for line in lines if money(line) > 0], place)
        offset = [line for line in lines if line['charge'].startswith('credit:')
                  or line['charge'] == 'commit_used' and columns == ('period',)]
        for where, amount in totals(offset, place).items():
            require(billed.get(where, 0) + amount >= 0, f'{where} falls below nothing')


def credits_of_zero_change_nothing(trial):
    """A credit without a balance takes nothing."""
    sample = trial.sample(accept=lambda world: world.has('contracts') and world.has('credits'))
    plain = trial.run_sample('plain', sample, edited(sample.book, without_credits))
    for contract in contracts_of(sample.book).values():
        for credit in contract.get('credits', []):
            credit['amount'] = '0'
    require(trial.run_sample('book', sample).lines == plain.lines, 'the same lines')


# Commitments

class Term:
    """One term of a contract's commitment, and the lines that count towards it."""

    def __init__(self, amount, whole, periods, lines, metered):
        self.amount, self.whole = amount, whole    # whole: not cut short by the contract's end
        self.periods = periods                     # (label, start of the period in the contract)
        labels = {period.label for period in periods}
        self.lines = [line for line in lines if line['period'] in labels]
        self.metered = [line for line in self.lines if line['charge'] in metered]

    def made(self, charge):
        return [line for line in self.lines if line['charge'] == charge]


def commitment_terms(trial, billed, overage=None):
    """Books whose contracts promise about what is billed; yields (contract, unit, horizon, term)."""
    sample = trial.sample(without=('credits',),
                          accept=lambda world: world.has('contracts') and world.has('commit'))
    for contract in contracts_of(sample.book).values():
        contract.pop('commit', None)
        contract.pop('credits', None)
    plain = trial.run_sample('plain', sample)
    for name, contract in contracts_of(sample.book).items():
        add_commitment(trial, sample, name, contract, plain, billed, overage)
    result = trial.run_sample('book', sample)
    made = ('commit', 'commit_used', 'overage')
    require([line for line in result.lines if line['charge'] not in made] == plain.lines,
            'commitments change no other line')
    horizon = end_of_rating(sample.book, result)
    flat = flat_ids(sample.book) | {'minimum', *made}
    for name, contract in contracts_of(sample.book).items():
        lines = [line for line in result.lines if line['contract'] == name]
        if 'commit' in contract and lines:
            unit = minor_unit(lines[0]['currency'])
            metered = {line['charge'] for line in lines} - flat
            terms = [Term(*term, lines, metered) for term in terms_of(sample.book, contract, horizon)]
            counted = sum(len(term.lines) for term in terms)
            require(counted == len(lines), f'{name}: each line in one term')
            for term in terms:
                if term.periods:
                    yield contract, unit, horizon, term


def add_commitment(trial, sample, name, contract, plain, billed, overage):
    dice, flat = trial.dice, flat_ids(sample.book) | {'minimum'}
    lines = [line for line in plain.lines
             if line['contract'] == name and line['charge'] not in flat]
    members = accounts_of(sample.book, name)
    if not lines or len(members) > 1 and not is_pooled(contract) and 'bill_to' not in contract:
        return
    every = [every for every in ('period', 'quarter', 'year', 'contract')
             if not (every == 'contract' and 'end' not in contract)
             and not (every == 'quarter' and sample.world.kind == 'year')]
    periods = len({line['period'] for line in lines})
    usual = abs(sum(map(money, lines))) / dice.choice([1, periods])
    amount = in_minor_units(usual * Fraction(dice.choice(['0.2', '0.5', '1', '1.5'])),
                            lines[0]['currency'])
    contract['commit'] = {'amount': amount, 'every': dice.choice(every), 'billed': billed}
    if overage:
        contract['commit']['overage'] = overage


def end_of_rating(book, result):
    """The end of the last period rated."""
    kind, label = book.get('period', 'month'), result.last_period
    year = int(label[:4])
    for period in periods_between(kind, date(year, 1, 1), date(year + 1, 1, 1)):
        if period.label == label:
            return period.end
    raise Broken(f'{label} is no {kind}')


def terms_of(book, contract, horizon):
    """(amount, whether it is a whole term, periods) of each term that begins before the horizon.
    "What counts ... are the lines of the periods that begin in the term"; a period that the
    contract's start cuts begins with the contract."""
    commit, kind = contract['commit'], book.get('period', 'month')
    start = date.fromisoformat(contract['start'])
    end = date.fromisoformat(contract['end']) if 'end' in contract else OPEN
    amount = Fraction(commit['amount'])
    periods = list(periods_between(kind, start, min(end, max(horizon, start))))
    if commit['every'] == 'period':
        for period in periods:
            days = (min(period.end, end) - max(period.start, start)).days
            yield amount * days / period.days, days == period.days, [period]
    elif commit['every'] == 'contract':
        yield amount, True, list(periods_between(kind, start, end))
    else:
        n, term = 0, start
        while term < min(end, horizon):
            n += 1
            whole = months_after(start, n * MONTHS[commit['every']])
            last = min(whole, end)
            yield (amount * (last - term).days / (whole - term).days, last == whole,
                   [period for period in periods_between(kind, start, last)
                    if max(period.start, start) >= term])
            term = whole


def promised(term, unit):
    """The least and the most of what a term promises, rounded once where it is cut."""
    return (term.amount, term.amount) if term.whole else (term.amount - unit, term.amount + unit)


def arrears_reach_the_promise(trial):
    """"`billed: arrears`: in the last period of the term a line `commit` bills what the term's lines
    are short of the amount; a term still running at the last period rated bills nothing yet"."""
    for contract, unit, horizon, term in commitment_terms(trial, 'arrears'):
        least, most = promised(term, unit)
        counted, billed = sum(map(money, term.metered)), sum(map(money, term.made('commit')))
        if term.periods[-1].start >= horizon:
            require(not term.made('commit'), f'a running term: {term.made("commit")}')
            continue
        what = f'{contract} bills {billed} beside {counted} in {term.periods}'
        require(counted + billed >= least and billed >= 0, what)
        require(billed == 0 or counted + billed <= most, what)
        require(all(line['period'] == term.periods[-1].label for line in term.made('commit')),
                f'not in the last period: {what}')


def upfront_is_used_up(trial):
    """"`billed: upfront`: in the first period of the term a line `commit` bills the amount; each
    line is then offset by the balance, in a line `commit_used` for each period (negative)"."""
    for contract, unit, horizon, term in commitment_terms(trial, 'upfront'):
        least, most = promised(term, unit)
        commit = sum(map(money, term.made('commit')))
        used = -sum(map(money, term.made('commit_used')))
        positive = [line for line in term.metered if money(line) > 0]
        what = f'{contract} bills {commit} and uses {used} in {term.periods}'
        if term.periods[0].start >= horizon:
            require(not term.made('commit'), f'a term that has not begun: {what}')
            continue
        require(least <= commit <= most, what)
        require(all(line['period'] == term.periods[0].label for line in term.made('commit')),
                f'not in the first period: {what}')
        require(used == min(commit, sum(map(money, positive))), what)
        by_period = totals(positive, key_of('period'))
        for line in term.made('commit_used'):
            require(0 < -money(line) <= by_period.get((line['period'],), 0), f'{line}')


def overage_adds_up(trial):
    """"`overage: "1.25"`: the part of the term's lines beyond the amount costs that much: a line for
    each period with (1.25 − 1) × the part that fell in it, rounded once"."""
    overage = trial.dice.choice(['1.25', '1.5', '2.005', '0.9'])
    billed = trial.dice.choice(['arrears', 'upfront'])
    for contract, unit, horizon, term in commitment_terms(trial, billed, overage):
        made, rate = term.made('overage'), Fraction(overage) - 1
        slack = len(term.periods) * unit + (0 if term.whole else unit * abs(rate))
        expected = rate * max(sum(map(money, term.metered)) - term.amount, 0)
        what = f'{contract} has {made} instead of {float(expected)} in {term.periods}'
        require(abs(sum(map(money, made)) - expected) <= slack, what)
        require(len(made) == len({line['period'] for line in made}), f'one for each period: {what}')
        for line in made:
            require(abs(money(line) - money(line, 'exact')) < unit, f'rounded once: {line}')


def commitments_of_nothing_change_nothing(trial):
    """A promise of 0 bills nothing, where no line is below it, and an overage of 1 nothing more."""
    sample = trial.sample(without=('credits',), accept=lambda world: (
        world.has('contracts') and world.has('commit'))).without_negatives()
    for contract in contracts_of(sample.book).values():
        contract.pop('credits', None)
        if 'commit' in contract:
            contract['commit']['amount'] = '0'
            contract['commit']['overage'] = '1'
    bare = edited(sample.book, lambda book: [contract.pop('commit', None)
                                             for contract in contracts_of(book).values()])
    lines = [trial.run_sample(name, sample, book).lines
             for name, book in (('book', sample.book), ('bare', bare))]
    require(lines[0] == lines[1], 'the same lines')


LAWS = (shares_sum_to_the_line, unpooled_lines_have_no_shares, lines_sum_to_invoices,
        rounding_is_the_residue, verify_finds_nothing, credits_conserve_money,
        credits_of_zero_change_nothing, arrears_reach_the_promise, upfront_is_used_up,
        overage_adds_up, commitments_of_nothing_change_nothing)
