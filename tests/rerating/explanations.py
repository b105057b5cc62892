"""What an explanation must be: the rows of the result, arithmetic that comes to them, and the effects of the impact."""
import waterfall
from tables import read_table

LINE = ('account', 'contract', 'period', 'plan', 'charge', 'detail', 'from', 'to', 'quantity', 'exact', 'amount',
        'currency')
EFFECTS = ('account', 'period', 'charge', 'detail', 'currency', 'old', 'new', 'delta', 'price_effect',
           'usage_effect', 'rounding')
CHANGES = ('delta', 'price_effect', 'usage_effect', 'rounding')


class Result:
    """The tables of a result, by account."""

    def __init__(self, folder):
        self.lines, self.invoices, self.unrated, self.shares = (
            rows(folder / f'{name}.csv') for name in ('lines', 'invoices', 'unrated', 'shares'))

    def accounts(self):
        return {row['account'] for table in (self.lines, self.unrated, self.shares) for row in table}

    def lines_of(self, account):
        """Its own, and pooled ones that it has a share of."""
        pooled = {tuple(row[key] for key in ('contract', 'period', 'charge', 'detail', 'from'))
                  for row in self.shares if row['account'] == account}
        return [row for row in self.lines if row['account'] == account or
                tuple(row[key] for key in ('contract', 'period', 'charge', 'detail', 'from')) in pooled]

    def shares_of(self, line):
        return [{key: row[key] for key in ('account', 'quantity', 'amount')} for row in self.shares
                if all(row[key] == line[key] for key in ('contract', 'period', 'charge', 'detail', 'from'))]


def same(actual, expected, what):
    actual, expected = (sorted(map(str, side)) for side in (actual, expected))
    if actual != expected:
        only = [[row for row in a if row not in b][:2] for a, b in ((actual, expected), (expected, actual))]
        raise waterfall.Wrong(f'{what}: explained {only[0]}, the result has {only[1]}')


def rows(path):
    header, body = read_table(path)
    return [dict(zip(header, row)) for row in body]


def check_pair(account, explained, results, impact):
    """Raises waterfall.Wrong where what is said of an account in two results is not what their tables say."""
    for side, result in zip(('old', 'new'), results):
        same_as_the_result(account, explained[side], result)
        for line in explained[side]['lines']:
            waterfall.Replay(line).check()
    same_effects(account, explained['changes'], impact)


def same_as_the_result(account, explained, result):
    lines = result.lines_of(account)
    same([[line[key] for key in LINE] for line in explained['lines']],
         [[row[key] for key in LINE] for row in lines], 'lines')
    for line in explained['lines']:
        waterfall.require(line.get('shares', []) == result.shares_of(line), f'shares of {line}')
    payers = {(line['payer'], line['period'], line['currency']) for line in explained['lines']}
    same([[row['account'], row['period'], row['currency'], str(row['lines']), row['total']]
          for row in explained['invoices']],
         [[row['account'], row['period'], row['currency'], row['lines'], row['total']]
          for row in result.invoices
          if row['account'] == account or (row['account'], row['period'], row['currency']) in payers],
         'invoices')
    same([[row['period'], row['meter'], row['detail'], row['quantity'], str(row['usage']['records']),
           row['reason']] for row in explained['unrated']],
         [[row['period'], row['meter'], row['detail'], row['quantity'], row['records'], row['reason']]
          for row in result.unrated if row['account'] == account], 'unrated')


def same_effects(account, changes, impact):
    changed = [change for change in changes if not change['share'] and
               any(float(change[key]) for key in CHANGES)]
    same([[change[key] for key in EFFECTS] for change in changed],
         [[row[key] for key in EFFECTS] for row in rows(impact / 'lines.csv')
          if row['account'] == account], 'effects')
