"""Events: which record of an event counts, what becomes of its other records, and which bad ones are
repaired."""

from collections import defaultdict

WITHHELD = ('duplicate', 'superseded', 'voided', 'void')


class DataError(Exception):
    """The data is refused: exit code 65."""


def resolve(records, rule):
    """(those that count, {class: those that do not}, (winner, duplicate) pairs). Records without
    event ids all count."""
    kept = [record for record in records if record.identity is None]
    withheld, losers = {name: [] for name in WITHHELD}, []
    for group in by_event(records).values():
        rank = max(record.identity.rank for record in group)
        highest = [record for record in group if record.identity.rank == rank]
        if highest[0].identity.is_void:
            for record in group:
                withheld['void' if record.identity.is_void else 'voided'].append(record)
            continue
        winner = choose(highest, rule)
        kept.append(winner)
        withheld['superseded'] += [record for record in group if record.identity.rank != rank]
        losers += [(winner, record) for record in highest if record is not winner]
    withheld['duplicate'] = [loser for _, loser in losers]
    return kept, withheld, losers


def by_event(records):
    events = defaultdict(list)
    for record in records:
        if record.identity:
            events[record.identity.event].append(record)
    return events


def choose(copies, rule):
    """"`first` keeps the smallest (timestamp, source position), `last` the greatest, `error` refuses
    the run"."""
    if rule == 'error' and len(copies) > 1:
        raise DataError(f'event id {copies[0].identity.event_id!r} of {copies[0].account!r} repeats')
    return (max if rule == 'last' else min)(copies, key=lambda record: record.order)


def repair(bad, records):
    """(those that stay in quarantine, the repaired): a bad record "is repaired when a good record
    (also a void one) with the same account and event id is there", which ranks no lower."""
    ranks = {event: max(record.identity.rank for record in group)
             for event, group in by_event(records).items()}
    quarantine, repaired = [], []
    for record in bad:
        identity = record.identity
        is_repaired = (identity and identity.event in ranks
                       and ranks[identity.event] >= identity.rank)
        (repaired if is_repaired else quarantine).append(record)
    return quarantine, repaired
