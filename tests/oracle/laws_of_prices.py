"""Laws of price keys: two ways to say the same price publish the same bytes."""

from fractions import Fraction

from lawtrial import (OF_DEALS, PRICES, charges_of, edited, in_order, key_of, priced_nodes, require,
                      same, totals, without)

NO_BOUND = '99999999999999999999'


def same_prices(trial, sample, first, second, *tables):
    """`first` and `second` make the price key of a node, from a unit price; both on every charge."""
    results = []
    prices = [price_of(trial) for _ in range(50)]
    for name, price in (('first', first), ('second', second)):
        remaining = iter(prices * 100)
        book = edited(sample.book, lambda book: reprice(book, price, remaining))
        results.append(trial.run_sample(name, sample, book))
    same(*results, *tables)
    return results


def reprice(book, price, units):
    for charge in charges_of(book):
        for node in priced_nodes(charge):
            for key in PRICES:
                node.pop(key, None)
            node.update(price(next(units)))


def price_of(trial):
    """With few enough digits to be a hundredth of a rate, too."""
    dice = trial.dice
    return dice.choice(['0', '0.5', '0.01', '0.005', '2.5', dice.decimal(2, 2), dice.decimal(3, 6),
                        dice.decimal(2, 14)])


def percent_of(unit):
    """The rate in percent that is a unit price."""
    whole, _, part = unit.partition('.')
    part = part.ljust(2, '0')
    return f'{whole}{part[:2]}.{part[2:]}'.rstrip('.')


def tier_bounds(trial):
    bounds = {float(bound): bound for bound in (trial.dice.decimal(n, 2) for n in (1, 2, 3, 5))}
    return [bounds[bound] for bound in sorted(bounds) if bound > 0]


def one_graduated_tier(trial):
    """`graduated` with one tier equals `per_unit`, of quantities that are not negative."""
    same_prices(trial, trial.sample().without_negatives(), lambda unit: {'per_unit': unit},
                lambda unit: {'graduated': [{'unit': unit}]})


def one_volume_tier(trial):
    """`volume` with one tier equals `per_unit`, of quantities that are not negative."""
    same_prices(trial, trial.sample().without_negatives(), lambda unit: {'per_unit': unit},
                lambda unit: {'volume': [{'unit': unit}]})


def tiers_of_one_price(trial):
    """"each tier prices the part of q inside it", "the tier that q falls in prices all of q": where
    all tiers have one price, their bounds do not matter."""
    bounds = [{'up_to': bound} for bound in tier_bounds(trial)] + [{}]
    key = trial.dice.choice(['graduated', 'volume'])
    same_prices(trial, trial.sample().without_negatives(), lambda unit: {'per_unit': unit},
                lambda unit: {key: [{**bound, 'unit': unit} for bound in bounds]})


def flat_of_one_tier(trial):
    """The only tier "counts as entered at q = 0", graduated or by volume, and in percent."""
    flat = trial.dice.decimal(2, 3)
    keys = trial.dice.sample(['graduated', 'volume', 'graduated_percent'], 2)

    def price(key):
        if key == 'graduated_percent':
            return lambda unit: {key: [{'rate': percent_of(unit), 'flat': flat}]}
        return lambda unit: {key: [{'unit': unit, 'flat': flat}]}

    same_prices(trial, trial.sample(), price(keys[0]), price(keys[1]))


def graduated_and_volume_by_parts(trial):
    """With prices that fall, `graduated` is `volume` with a `flat` for what the parts below the tier
    are dearer."""
    bounds = tier_bounds(trial)
    units = sorted((Fraction(trial.dice.decimal(2, 4)) for _ in range(len(bounds) + 1)),
                   reverse=True)
    graduated, volume, flat, below = [], [], Fraction(0), None
    for unit, bound in zip(units, [*bounds, None]):
        tier = {'unit': decimal(unit), **({'up_to': bound} if bound else {})}
        if below:
            flat += Fraction(below[1]) * (below[0] - unit)
        graduated.append(tier)
        volume.append({**tier, 'flat': decimal(flat)})
        below = unit, bound
    same_prices(trial, trial.sample().without_negatives(), lambda unit: {'graduated': graduated},
                lambda unit: {'volume': volume})


def decimal(number):
    """The text of a fraction that ends."""
    text = f'{int(number * 10**12):013}'
    return f'{text[:-12]}.{text[-12:]}'


def percent_is_a_unit_price(trial):
    """`percent: {rate: r}` equals `per_unit: r/100`."""
    same_prices(trial, trial.sample(), lambda unit: {'per_unit': unit},
                lambda unit: {'percent': {'rate': percent_of(unit)}})


def one_tier_in_percent(trial):
    """`graduated_percent` with one tier equals `percent`, of quantities that are not negative."""
    same_prices(trial, trial.sample().without_negatives(),
                lambda unit: {'percent': {'rate': percent_of(unit)}},
                lambda unit: {'graduated_percent': [{'rate': percent_of(unit)}]})


def tiers_in_percent(trial):
    """"as graduated, with rates in percent of q"."""
    bounds = [{'up_to': bound} for bound in tier_bounds(trial)] + [{}]
    same_prices(trial, trial.sample(),
                lambda unit: {'graduated': [{**bound, 'unit': unit} for bound in bounds]},
                lambda unit: {'graduated_percent': [{**bound, 'rate': percent_of(unit)}
                                                    for bound in bounds]})


def bounds_of_events_that_never_bind(trial):
    """"each record: clamp(value × rate + fixed), summed" is q × rate + fixed × the number of records,
    where nothing is clamped."""
    sample = trial.sample()
    for name, meter in sample.book['meters'].items():
        meter['aggregate'] = 'sum'
        for key in ('p', 'values'):
            meter.pop(key, None)
        if meter.get('of') not in ('quantity', 'bytes', 'seconds "s"'):
            meter.pop('of', None)
    for charge in charges_of(sample.book):
        for key in ('free', 'units'):
            charge.pop(key, None)
    fixed = trial.dice.decimal(1, 3)
    bounds = {'min': f'-{NO_BOUND}', 'max': NO_BOUND}
    bounds = {name: bounds[name] for name in trial.dice.some(list(bounds), least=1)}
    same_prices(trial, sample,
                lambda unit: {'percent': {'rate': percent_of(unit), 'fixed': fixed}},
                lambda unit: {'percent': {'rate': percent_of(unit), 'fixed': fixed,
                                          'per_event': bounds}})


def each_event_at_its_bound(trial):
    """"clamp(value × rate + fixed)" is the bound itself where both are one: the number of records
    times the bound."""
    sample = trial.sample()
    for charge in charges_of(sample.book):
        for key in ('free', 'units', 'minimum', 'maximum'):
            charge.pop(key, None)
    for meter in sample.book['meters'].values():
        meter['aggregate'] = 'sum'
        for key in ('p', 'values', 'of'):
            meter.pop(key, None)
    bound = trial.dice.decimal(2, 3)
    same_prices(trial, sample, lambda unit: {'percent': {'rate': '0', 'fixed': bound}},
                lambda unit: {'percent': {'rate': percent_of(unit), 'fixed': '1',
                                          'per_event': {'min': bound, 'max': bound}}})


def packages_are_rounded_units(trial):
    """`package`: "ceil of q ÷ size, × amount" is `units` rounded up, × the amount."""
    sample = trial.sample().without_negatives()
    for charge in charges_of(sample.book):
        for key in ('free', 'units'):
            charge.pop(key, None)
    size = trial.dice.choice(['1', '7', '10', '33.3', '0.5', '1000'])
    packages, units = [], []
    sizes = {'size': size, 'round': 'up'}
    book = edited(sample.book, lambda book: reprice(
        book, lambda unit: {'package': {**sizes, 'amount': '2.5'}}, iter(range(10000))))
    packages = trial.run_sample('packages', sample, book)
    for charge in charges_of(book):
        if 'flat' not in charge:
            charge['units'] = {'divide_by': size, 'round': 'up'}
    reprice(book, lambda unit: {'per_unit': '2.5'}, iter(range(10000)))
    units = trial.run_sample('units', sample, book)
    same(packages, units, 'invoices', 'shares', 'unrated')
    require(without(packages.lines, 'quantity') == without(units.lines, 'quantity'), 'the lines')


# What does nothing

def same_without(trial, sample, edit):
    """The book's charges with an edit that says nothing new."""
    bare = trial.run_sample('bare', sample)
    same(trial.run_sample('edited', sample, edited(sample.book, lambda book: [
        edit(charge) for charge in charges_of(book)])), bare)


def units_of_one(trial):
    """`units: {divide_by: 1}` converts nothing."""
    def edit(charge):
        if 'meter' in charge and 'flat' not in charge:
            charge['units'] = {'divide_by': '1', **trial.dice.choice([{}, {'round': 'none'}])}

    sample = trial.sample(without=('units', 'per_event'))
    same_without(trial, sample, edit)


def discount_of_zero(trial):
    """`discount: {percent: 0}` takes nothing off."""
    sample = trial.sample()
    for charge in charges_of(sample.book):
        charge.pop('discount', None)
    same_without(trial, sample, lambda charge: charge.update(discount={'percent': '0'}))


def nothing_free(trial):
    """`free: 0` takes no units off."""
    sample = trial.sample(without=('per_event',))
    for charge in charges_of(sample.book):
        charge.pop('free', None)
    same_without(trial, sample,
                 lambda charge: 'flat' in charge or charge.update(free='0'))


def bounds_that_never_bind(trial):
    """`minimum` and `maximum` bound an amount: not one that is between them. As every bound they are
    prorated, and a day of a year leaves enough."""
    sample = trial.sample().without_negatives()
    for charge in charges_of(sample.book):
        for key in ('minimum', 'maximum'):
            charge.pop(key, None)
    same_without(trial, sample, lambda charge: charge.update(minimum='0', maximum=NO_BOUND))


def proration_of_whole_periods(trial):
    """"`prorate: true` by days active ÷ days in the period": of whole periods that is nothing."""
    sample = trial.sample(accept=lambda world: world.bucket == 'period')
    for charge in charges_of(sample.book):
        charge.pop('prorate', None)
    same_without(trial, sample,
                 lambda charge: 'flat' not in charge or charge.update(prorate='true'))


def one_case_for_all(trial):
    """`cases: [{<price key>}]`: "each group goes to the first case that fits", and all fit one without
    `where`; but "a charge with `split` or `cases` has lines only where there is usage"."""
    sample = trial.sample(without=('cases', 'plan_minimum', *OF_DEALS))
    flats = trial.dice.chance(50)
    for charge in charges_of(sample.book):
        if not flats:
            charge.pop('minimum', None)
            for key in ('graduated', 'volume', 'graduated_percent'):
                for tier in charge.get(key, []):
                    tier.pop('flat', None)
                    tier.setdefault('rate' if key == 'graduated_percent' else 'unit', '1')
    bare = trial.run_sample('bare', sample)

    def edit(charge):
        keys = [key for key in PRICES if key in charge]
        if keys:
            charge['cases'] = [{keys[0]: charge.pop(keys[0])}]

    cases = trial.run_sample('cases', sample, edited(sample.book, lambda book: [
        edit(charge) for charge in charges_of(book)]))
    if not flats:
        same(bare, cases)
        return
    missing = [line for line in bare.lines if line not in cases.lines]
    require(all(line in bare.lines for line in cases.lines), 'a line that was not there')
    require(all(line['quantity'] == '0' and line['detail'] == '' for line in missing),
            f'lines that are missing: {missing[:3]}')
    same(bare, cases, 'unrated')


def cases_in_parts(trial):
    """Cases of one price, and none left out, have the quantities of the whole charge in parts."""
    def adds(world):
        return any(meter['aggregate'] in ('sum', 'count') and meter.get('by')
                   for meter in world.meters.values())

    sample = trial.sample(without=('per_event',), accept=adds)
    book = sample.book
    for charge in charges_of(book):
        meter = book['meters'].get(charge.get('meter'), {})
        if meter.get('aggregate') in ('sum', 'count') and 'flat' not in charge:
            for key in ('free', 'units', 'minimum', 'maximum', 'cases', 'split', *PRICES):
                charge.pop(key, None)
            charge['per_unit'] = '1'
    whole = trial.run_sample('whole', sample)
    halved = []
    for charge in charges_of(book):
        by = book['meters'].get(charge.get('meter'), {}).get('by')
        if charge.get('per_unit') == '1' and 'cases' not in charge and by:
            where = {trial.dice.choice(by): ['eu', 'us', 'large', '1', '']}
            charge['cases'] = [{'where': where, 'per_unit': '1'}, {'per_unit': charge.pop('per_unit')}]
            if trial.dice.chance(50):
                charge['split'] = [trial.dice.choice(by)]
            halved.append(charge.get('id', charge['meter']))
    parts = trial.run_sample('parts', sample)
    key = key_of('account', 'contract', 'plan', 'period', 'charge', 'from', 'to')
    for charge in halved:
        sums = [totals([line for line in result.lines if line['charge'] == charge], key, column)
                for result in (whole, parts) for column in ('quantity',)]
        require(sums[0] == sums[1], f'{charge}: {sums[0]}\n{sums[1]}')
    require(in_order(whole.rows('unrated')) == in_order(parts.rows('unrated')), 'unrated')


LAWS = (one_graduated_tier, one_volume_tier, tiers_of_one_price, flat_of_one_tier,
        graduated_and_volume_by_parts, percent_is_a_unit_price, one_tier_in_percent,
        tiers_in_percent, bounds_of_events_that_never_bind, each_event_at_its_bound,
        packages_are_rounded_units, units_of_one, discount_of_zero, nothing_free,
        bounds_that_never_bind, proration_of_whole_periods, one_case_for_all, cases_in_parts)
