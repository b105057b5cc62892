"""The world of the story: a company's book, which has a mistake in it, and two years of its usage."""

import random
from datetime import datetime, timedelta

# The second tier was to end at 500. Nobody saw it for months.
RIGHT, WRONG = '{up_to: 500, unit: "0.0655"}', '{up_to: 5000, unit: "0.0655"}'
CHARGES = '''
          - {id: platform, flat: "20.00", prorate: true}
          - {meter: calls, free: 5, per_unit: "0.0333"}
          - {meter: tokens, split: [model],
             graduated: [{up_to: 100, unit: "0.0712"}, TIER, {unit: "0.0119", flat: "1.50"}]}'''
ACCOUNTS = {'payg': ['ada', 'brook, ltd', 'chen', '<b>dora</b>', 'globex'], 'pro': ['émile', 'fritz', 'gus'],
            'none': ['acme-eu', 'acme-us']}
GLOBEX = '''
  globex-2025:
    {plan: payg, accounts: [globex], bill_to: globex holding, start: 2025-06-01,
     charges: [{meter: calls, per_unit: "0.02"}], discount: {percent: "12.5"}}'''


def book(tier=RIGHT, globex=''):
    rows = [f'  - {{account: "{account}", plan: {plan}, start: 2024-01-01}}'
            for plan, accounts in ACCOUNTS.items() if plan != 'none' for account in accounts]
    rows = '\n'.join(rows)
    return f'''rerate: 1
currency: USD
period: month
bucket: day
usage:
  account: account
  timestamp: time
  event_id: event
  meter: meter
  quantity: quantity
  dimensions: [model]
meters:
  calls: {{aggregate: count}}
  tokens: {{aggregate: sum, by: [model]}}
plans:
  payg:
    versions:
      - from: 2024-01-01
        charges:{CHARGES.replace('TIER', RIGHT)}
      - from: 2025-03-01
        charges:{CHARGES.replace('TIER', tier)}
  pro:
    minimum: "50.00"
    versions:
      - from: 2024-01-01
        charges:
          - {{meter: calls, per_unit: "0.25"}}
          - {{meter: tokens, package: {{size: 100, amount: "5.55"}}}}
subscriptions:
{rows}
contracts:
  acme-2024:
    plan: payg
    accounts: [acme-eu, acme-us]
    bill_to: acme-us
    pool: true
    start: 2024-01-01
    end: 2026-01-01
    commit: {{amount: "1400.00", every: year, billed: arrears, overage: "1.25"}}
    credits: [{{id: welcome, amount: "200.00", from: 2024-01-01, until: 2025-07-01}},
              {{id: spring, amount: "600.00", from: 2025-03-01, charges: [tokens]}}]{globex}
'''


def usage():
    """{name: CSV} of each month, and of what came late: usage of last spring and summer."""
    dice = random.Random('two years')
    accounts = [account for accounts in ACCOUNTS.values() for account in accounts]
    months, late, sent = {}, [], []
    for n in range(2400):
        when = datetime(2024, 1, 1) + timedelta(minutes=dice.randrange(731 * 24 * 60))
        row = record(f'evt-{n}', dice.choice(accounts), when, dice)
        if '2025-04' <= row[2][:7] <= '2025-09' and dice.random() < 0.1:
            late.append(row)
        else:
            months.setdefault(row[2][:7], []).append(row)
            sent.append(row)
    late += dice.sample(sent, 15)  # some of it had come before
    for rows in months.values():
        rows += dice.sample(rows, 3)
    files = {f'usage/{month}.csv': rows for month, rows in sorted(months.items())}
    return {name: text_of(rows) for name, rows in {**files, 'late.csv': late}.items()}


def record(event, account, when, dice):
    meter = dice.choice(['calls', 'tokens', 'tokens', 'tokens'])
    quantity = '1' if meter == 'calls' else f'{dice.randrange(400)}.{dice.randrange(1000):03}'
    model = dice.choice(['large', 'small']) if meter == 'tokens' else ''
    return [event, f'"{account}"', when.strftime('%Y-%m-%dT%H:%M:%SZ'), meter, quantity, model]


def text_of(rows):
    return '\n'.join(['event,account,time,meter,quantity,model', *map(','.join, rows)]) + '\n'
