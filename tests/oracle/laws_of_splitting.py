"""Promise 2: "the published bytes depend on the inputs and the book alone: not on the number of ranks,
the split of the inputs, the memory limit". Nor on the files and runs that the usage comes in, nor
on the grain of what is kept."""

import copy

from lawtrial import Broken, require, same, same_rows

BAD = 5  # percent of the records


def same_in_all(a, b):
    """Every byte that is published."""
    names = sorted(file.name for file in a.folder.iterdir())
    require(names == sorted(file.name for file in b.folder.iterdir()), f'other files than {names}')
    for name in names:
        if a.data(name) != b.data(name):
            if name.endswith('.csv'):
                same(a, b, name.removesuffix('.csv'))
            pairs = zip(a.data(name).splitlines(), b.data(name).splitlines())
            first = [pair for pair in pairs if pair[0] != pair[1]][:1]
            raise Broken(f'{name}: {first or "longer in one"}')


def same_but_for_files(a, b, starts):
    """The same result where the records stand in other files: `starts` has, of each file of `b`, how
    many records come before it. A conflict and a quarantined record are the same record."""
    same(a, b)
    require(a.reconciliation == b.reconciliation, f'{a.reconciliation}\n{b.reconciliation}')

    def located(result, table, file, record):
        return [{**row, file: '', record: int(row[record]) + starts.get(row[file], 0)}
                for row in result.rows(table)]

    def conflicts(result):
        rows = located(result, 'conflicts', 'kept_file', 'kept_record')
        return [{**row, 'file': '', 'record': int(row['record']) + starts.get(row['file'], 0)}
                for row in rows]

    def quarantine(result):
        return [{**row, 'offset': ''} for row in located(result, 'quarantine', 'file', 'record')]

    same_rows('conflicts', conflicts(a), conflicts(b))
    same_rows('quarantine', quarantine(a), quarantine(b))


def dealt(trial, sample, folder, most=6):
    """The records in several files of a folder, in their order; {name: records before it}."""
    dice, rows = trial.dice, sample.rows
    cuts = sorted(dice.randrange(len(rows) + 1) for _ in range(dice.randint(1, most - 1)))
    starts = {}
    for n, (start, end) in enumerate(zip([0, *cuts], [*cuts, len(rows)])):
        name = f'{folder}/part-{n}.csv{dice.choice(["", ".zst"])}'
        trial.write(name, sample, rows[start:end])
        starts[name] = start
    return starts


def more_files(trial):
    """"splitting a period's usage into more files changes nothing": one file, or many, some of them
    compressed, given by name or as a folder."""
    sample = trial.sample(bad_percent=BAD)
    whole = trial.run_sample('whole', sample)
    starts = dealt(trial, sample, 'usage')
    names = list(starts)
    trial.dice.shuffle(names)
    usage = trial.dice.choice([names, ['usage'], ['usage/*']])
    same_but_for_files(whole, trial.run('parts', sample.book, usage), starts)


def several_runs(trial):
    """"`run` on a workspace with state adds what is new": the files one after another, the last ones
    first, on other numbers of ranks, are the files at once."""
    sample = trial.sample(bad_percent=BAD)
    starts = dealt(trial, sample, 'usage')
    at_once = trial.run('once', sample.book, list(starts))
    names = list(starts)
    trial.dice.shuffle(names)
    while names:
        n = trial.dice.randint(1, len(names))
        ranks = trial.dice.choice([1, trial.ranks, trial.dice.choice(trial.all_ranks)])
        result = trial.run('bits', sample.book, names[:n], ranks=ranks)
        names = names[n:]
    same_in_all_but_run(at_once, result)


def same_in_all_but_run(a, b):
    """run.json says which files a run was given."""
    same(a, b, 'lines', 'invoices', 'shares', 'unrated', 'conflicts', 'quarantine')
    require(a.reconciliation == b.reconciliation, f'{a.reconciliation}\n{b.reconciliation}')


def more_ranks(trial):
    """"spread over all ranks", with "the same bytes out"."""
    sample = trial.sample(bad_percent=BAD)
    names = list(dealt(trial, sample, 'usage'))
    alone = trial.run('alone', sample.book, names, ranks=1)
    ranks = trial.dice.choice(trial.all_ranks)
    split = trial.dice.choice([[], ['--split', '1K'], ['--split', '100']])
    same_in_all(alone, trial.run('ranks', 'alone.yaml', names, *split, ranks=ranks))


def other_shards(trial):
    """`--shards` says how the state is cut, and nothing of what is in it."""
    sample = trial.sample(bad_percent=BAD)
    before = trial.run_sample('before', sample)
    shards = trial.dice.choice(['1', '2', '7', '64', '65536'])
    after = trial.run('after', 'before.yaml', 'usage.csv', '--shards', shards,
                      ranks=trial.dice.choice([1, trial.dice.choice(trial.all_ranks)]))
    same_in_all(before, after)


def little_memory(trial):
    """`--memory`: "beyond it, sorted runs spill to the workspace": they are merged into the same."""
    dice = trial.dice
    sample = trial.sample(bad_percent=BAD)
    first, times = sample.rows, 70000 // len(sample.rows)
    sample.rows = [again(row, n) for n in range(times) for row in first]
    plenty = trial.run_sample('plenty', sample)
    little = trial.run('little', 'plenty.yaml', 'usage.csv', '--memory', dice.choice(['4K', '16M']))
    if sample.world.has_event_id and trial.ranks == 1:  # of several each may have too few records
        require(len(runs_of(trial, 'little', 'records')) > len(runs_of(trial, 'plenty', 'records')),
                'less memory, and not more runs')
    same_in_all(plenty, little)


def again(row, n):
    """Another event like this one; some are of another account."""
    row = dict(row)
    if 'event id' in row:
        row['event id'] += f'/{n}' if n and row['event id'] else ''
    if 'account_id' in row and n % 3 == 2:
        row['account_id'] += f'/{n}' if row['account_id'] else ''
    return row


def runs_of(trial, workspace, kind):
    return [run for run in trial.runs_of(workspace) if run['kind'] == kind]


def finer_buckets(trial):
    """`bucket` is the "grain of the kept state": where all cuts are period bounds, periods, days and
    hours keep the same; else days and hours."""
    sample = trial.sample(bad_percent=BAD)
    buckets = ['period', 'day', 'hour'] if sample.world.bucket == 'period' else ['day', 'hour']
    results = []
    for bucket in buckets:
        sample.book['bucket'] = bucket
        results.append(trial.run_sample(bucket, sample))
    for result in results[1:]:
        same(results[0], result, 'lines', 'invoices', 'shares', 'unrated', 'conflicts', 'quarantine')


def rated_again(trial):
    """`rate`: "price again from the kept state; reads no usage": the same as a run with the new
    book. (A first `per_event` needs values that the state may not have kept.)"""
    sample = trial.sample(without=('per_event',), bad_percent=BAD)
    new = sample.book
    old = copy.deepcopy(new)
    for plan in old['plans'].values():
        plan['versions'] = [{'from': '1900-01-01', 'charges': [
            {'id': 'fee', 'flat': '1'},
            *({'meter': meter, 'per_unit': '0.01'} for meter in old['meters'])]}]
        plan.pop('minimum', None)
    old['contracts'], old['default_plan'] = {}, trial.dice.choice(list(old['plans']))
    old['subscriptions'] = [row for row in old['subscriptions'] if 'contract' not in row]
    old['currency'] = trial.dice.choice(['USD', 'JPY', 'KWD'])
    trial.run_sample('old', sample, old)
    rated = trial.run('rated', new, [], command='rate', workspace='old',
                      ranks=trial.dice.choice([1, trial.dice.choice(trial.all_ranks)]))
    same_in_all_but_run(trial.run('new', new, 'usage.csv'), rated)


LAWS = (more_files, several_runs, more_ranks, other_shards, little_memory, finer_buckets,
        rated_again)
