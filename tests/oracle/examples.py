"""Small books for the examples: a book from parts, what the oracle makes of it, and its tables."""

import json
import tempfile
from pathlib import Path

import oracle
from tables import read_table

HEADER = 'account_id,timestamp,event_id,meter,quantity,region\n'
BOOK = '''
rerate: 1
currency: USD
timezone: {zone}
period: {period}
rounding: {rounding}
bucket: {bucket}
usage:
  account: account_id
  timestamp: timestamp
  event_id: event_id
  meter: meter
  quantity: quantity
  dimensions: [{dimensions}]
  no_value: ["", "NULL"]
  duplicates: {duplicates}
meters:
  calls: {{aggregate: count}}
  tokens: {{aggregate: {aggregate}, by: [region]}}
  {meters}
plans:
  payg:
    {plan}
    versions:
      - from: {version}
        charges: [{charges}]
      {later}
  {plans}
{rest}
'''


def run(charges='', usage='', rest='default_plan: payg', beside=None, **settings):
    """The tables of a result, each a list of dicts, and its reconciliation. `charges` are those of
    the plan `payg`, `usage` is rows of one file, or {name: rows}, and `beside` is {name: text} of
    files beside the book."""
    settings = {'zone': 'UTC', 'period': 'month', 'rounding': 'half_up', 'bucket': 'day',
                'duplicates': 'first', 'aggregate': 'sum', 'version': '2024-01-01', 'later': '',
                'meters': '', 'plan': '', 'plans': '', 'dimensions': 'region',
                'header': HEADER, **settings}
    files = usage if isinstance(usage, dict) else {'u.csv': usage}
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / 'book.yaml').write_text(BOOK.format(charges=charges, rest=rest, **settings))
        for name, text in files.items():
            (folder / name).write_text(settings['header'] + text)
        for name, text in (beside or {}).items():
            (folder / name).write_text(text)
        oracle.run(folder / 'book.yaml', [str(folder / name) for name in files], folder)
        result = {'reconciliation': json.loads((folder / 'reconciliation.json').read_text())}
        for name in ('lines', 'invoices', 'shares', 'unrated', 'conflicts', 'quarantine'):
            header, body = read_table(folder / f'{name}.csv')
            result[name] = [dict(zip(header, row)) for row in body]
    return result


def tokens(quantity, day='2025-03-10', account='acme', region='eu', event=None):
    tokens.event += 1
    return f'{account},{day},{event or tokens.event},tokens,{quantity},{region}\n'


tokens.event = 0


def column(rows, *names):
    return [tuple(row[name] for name in names) for row in rows]


def quantities(result, meter):
    """What was read, aggregated and duplicate of a meter."""
    said = result['reconciliation']['meters'][meter]
    return [said[name] for name in ('read', 'aggregated', 'duplicate')]
