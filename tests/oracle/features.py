"""Which parts of the book the generator may use, so that a program can be grown part by part.

The core (`count`, `sum`, `min`, `max`, `latest`; flat, per_unit, tiers, packages; plans,
subscriptions, time) is always there. Without other features a seed gives the same bytes as ever.
"""

FEATURES = ('zones', 'average', 'unique', 'percentile', 'time_weighted', 'percent', 'per_event',
            'cases', 'units', 'bounds', 'plan_minimum', 'contracts', 'pool', 'commit', 'credits',
            'version', 'void', 'repairs')
OF_CONTRACTS = ('pool', 'commit', 'credits')
SUBSETS = {'core': frozenset(), 'whole': frozenset(FEATURES)}


def add_arguments(parser):
    parser.add_argument('--subset', choices=SUBSETS, default='whole')
    parser.add_argument('--features', help=f'instead of a subset, as average,units: '
                                           f'{", ".join(("core",) + FEATURES)}')


def chosen(args):
    """The features of a command line. Parts of a contract bring contracts along."""
    if args.features is None:
        return SUBSETS[args.subset]
    names = set(args.features.split(',')) - {'core'}
    if names - set(FEATURES):
        raise SystemExit(f'unknown features: {sorted(names - set(FEATURES))}')
    return frozenset(names | ({'contracts'} if names & set(OF_CONTRACTS) else set()))
