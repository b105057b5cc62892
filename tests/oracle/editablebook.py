"""A book as the person who prices edits it: the texts of its YAML, the rows of its subscriptions and its
contracts, each in one place, wherever the files keep them."""

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import book as books
from nodes import BookError, read_yaml
from randombook import write_yaml
from randomusage import write_zstd
from tables import read_table, write_table
from timing import DAY, period_of

REACH = {'day': 2, 'week': 12, 'month': 50, 'quarter': 150, 'year': 500}  # days
ROW = ['account', 'plan', 'start', 'end', 'contract']


@dataclass
class EditableBook:
    top: dict                  # without subscriptions and contracts
    rows: list                 # of the subscriptions: {column: text}, without empty texts
    contracts: dict
    accounts: list = field(default_factory=list)  # more that edits may name: those with usage

    @staticmethod
    def read(path, accounts=()):
        top, folder = read_yaml(path), Path(path).parent
        rows, contracts = top.pop('subscriptions', []), top.pop('contracts', {})
        if isinstance(rows, str):
            header, body = read_table(folder / rows)
            rows = [dict(zip(header, row)) for row in body]
        rows = [{key: text for key, text in row.items() if text or key == 'account'} for row in rows]
        contracts = read_yaml(folder / contracts) if isinstance(contracts, str) else contracts
        return EditableBook(top, rows, contracts, list(accounts))

    def copy(self):
        return deepcopy(self)

    def is_right(self):
        whole = {**self.top, 'subscriptions': self.rows, 'contracts': self.contracts}
        try:
            books.understand(deepcopy(whole), None)
        except BookError:
            return False
        return True

    def write(self, path, dice):
        """The book, and beside it what it names: subscriptions and contracts are in files of their own or
        in the book. Rows and keys without meaning stand in any order."""
        path, top = Path(path), dict(self.top)
        if self.rows and dice.chance(50):
            top['subscriptions'] = self.write_rows(path, dice)
        elif self.rows:
            top['subscriptions'] = self.rows
        if self.contracts and dice.chance(40):
            top['contracts'] = f'{path.stem}-contracts.yaml'
            write_yaml(path.with_name(top['contracts']), self.contracts, dice)
        elif self.contracts:
            top['contracts'] = self.contracts
        write_yaml(path, top, dice)

    def write_rows(self, path, dice):
        columns = ROW if any('contract' in row for row in self.rows) else ROW[:-1]
        plain = path.with_name(f'{path.stem}-subscriptions.csv')
        write_table(plain, columns, [[row.get(column, '') for column in columns] for row in self.rows])
        if dice.chance(70):
            return plain.name
        packed = plain.with_name(plain.name + '.zst')
        write_zstd(packed, plain.read_bytes(), dice)
        plain.unlink()
        return packed.name

    @property
    def plans(self):
        return self.top.get('plans', {})

    def currency_of(self, plan_name):
        return self.plans.get(plan_name, {}).get('currency', self.top['currency'])

    def days(self):
        """Every day that the book names."""
        texts = [version['from'] for plan in self.plans.values() for version in plan['versions']]
        texts += [node[key] for node in [*self.rows, *self.contracts.values()]
                  for key in ('start', 'end') if key in node]
        return sorted({date.fromisoformat(text) for text in texts})

    def some_day(self, dice):
        """A day near one that the book names, on which a cut may fall."""
        kind = self.top.get('period', 'month')
        day = dice.choice(self.days() or [date(2025, 1, 1)])
        day += dice.randint(-REACH[kind], REACH[kind]) * DAY
        if self.top.get('bucket') == 'period' or dice.chance(15):
            day = period_of(kind, day).start
        return day

    def known_accounts(self):
        names = [*self.accounts, *(row['account'] for row in self.rows)]
        names += [account for contract in self.contracts.values()
                  for account in contract.get('accounts', [])]
        return list(dict.fromkeys(names))

    def charge_lists(self):
        """(whose they are, in words; the list of charges)."""
        for name, plan in self.plans.items():
            for version in plan['versions']:
                yield f'plan {name} from {version["from"]}', version['charges']
        for name, contract in self.contracts.items():
            if 'charges' in contract:
                yield f'contract {name}', contract['charges']

    def meters_by_event(self):
        """Those whose records have prices of their own: their values are part of the kept state."""
        return {charge['meter'] for _, charges in self.charge_lists() for charge in charges
                for node in [charge, *charge.get('cases', [])] if 'per_event' in node.get('percent', {})}
