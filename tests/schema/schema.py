"""docs/book.schema.json and the parser know the same keys, and say the same of every book here.

Without python3-jsonschema only the keys are compared, and the test counts as skipped.
"""
import json
import subprocess
import sys
from pathlib import Path

import yaml

TREE = Path(__file__).resolve().parents[2]
BOOKS = TREE / 'tests/golden/books'
SCHEMA = json.loads((TREE / 'docs/book.schema.json').read_text(encoding='utf-8'))
SKIPPED = 77

# Broken books of which a schema sees nothing: it takes the whole book, another file, or a calendar.
CROSSWISE = set('''
bad_date case_dimension_not_kept case_never_reached charge_twice columns_without_end
commit_nobody_pays commit_open_contract commit_quarter_of_years constant_no_number
contract_before_its_plan contract_ends_first contract_inside_period contract_row_outside
contract_unknown_plan contract_without_account contracts_of_a_file credit_unknown_charge
dimension_not_kept key_twice last_tier_bounded many_mistakes match_without_meter
nothing_to_aggregate per_event_bounds_crossed per_event_of_a_count per_event_with_units
plan_minimum plan_minimum_yen row_without_contracts row_without_plans
subscription_inside_period subscriptions_columns subscriptions_csv subscriptions_header
subscriptions_overlap subscriptions_wide tag tier_without_bound tiers_fall tiers_from_zero
timezone_outside too_many_columns two_deals_at_once unknown_default_plan unknown_dimensions
unknown_meter unknown_plan_currency unknown_timezone version_inside_period versions_fall
'''.split())

class Typed(yaml.SafeLoader):
    """As editors read YAML: numbers, truth and nothing have types; dates are texts."""


Typed.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in pairs if not tag.endswith(':timestamp')]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()}
LOADERS = (yaml.BaseLoader, Typed)


def fail(text):
    sys.exit(f'schema: {text}')


def require_equal(want, got, what):
    if want != got:
        fail(f'{what}: the parser has {sorted(want)}, the schema {sorted(got)}')


def parser_keys(program):
    """{table: {key: optional, required or refused}}"""
    tables = {}
    lines = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    for line in lines.splitlines():
        table, key, state = line.split()
        tables.setdefault(table, {})[key] = state
    return tables


def part(name):
    return SCHEMA if name == 'book' else SCHEMA['$defs'][name]


def compare_keys(tables):
    for name, keys in tables.items():
        known = {key for key, state in keys.items() if state != 'refused'}
        require_equal(known, set(part(name)['properties']), f'the keys of {name}')
        required = {key for key, state in keys.items() if state == 'required'}
        require_equal(required, set(part(name).get('required', ())), f'the required keys of {name}')
    mappings = {name for name, node in SCHEMA['$defs'].items() if 'properties' in node}
    require_equal(set(tables), mappings | {'book'}, 'mappings')


def check_descriptions(tables):
    for name in tables:
        for key, node in part(name)['properties'].items():
            if not node.get('description'):
                fail(f'`{key}` of {name} has no description')


def resolved(node):
    while '$ref' in node:
        node = {**part(node['$ref'].rsplit('/', 1)[1]),
                **{key: value for key, value in node.items() if key != '$ref'}}
    return node


def note_used(value, node, used):
    """Notes each key of the schema that a book uses, as (all keys of its mapping, key)."""
    node = resolved(node)
    for choice in node.get('oneOf', []):
        if '$ref' in choice or choice.get('type') == ('array' if isinstance(value, list) else None):
            note_used(value, choice, used)
    if isinstance(value, list) and 'items' in node:
        for item in value:
            note_used(item, node['items'], used)
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in node.get('properties', {}):
                used.add((frozenset(node['properties']), key))
                note_used(inner, node['properties'][key], used)
            elif isinstance(node.get('additionalProperties'), dict):
                note_used(inner, node['additionalProperties'], used)


def load(path, loader):
    return yaml.load(path.read_text(encoding='utf-8'), loader)


def contracts_beside(path):
    """The file of contracts that a book names, if it does."""
    name = load(path, yaml.BaseLoader).get('contracts')
    return path.parent / name if isinstance(name, str) else None


def good_books():
    found = [path for path in sorted(BOOKS.glob('*.yaml')) if not path.with_suffix('.txt').exists()]
    found += sorted(TREE.glob('tests/golden/warnings/*.yaml'))
    found += sorted(TREE.glob('examples/*/book.yaml')) + sorted(TREE.glob('tests/bench/books/*.yaml'))
    return found + [TREE / 'tests/golden/small/book.yaml']


def check_every_key_is_used(tables):
    used = set()
    for path in good_books():
        note_used(load(path, yaml.BaseLoader), SCHEMA, used)
        beside = contracts_beside(path)
        if beside:
            note_used(load(beside, yaml.BaseLoader), part('contracts'), used)
    for name in tables:
        for key in part(name)['properties']:
            if (frozenset(part(name)['properties']), key) not in used:
                fail(f'no good book of the tests has `{key}` of {name}')


def check_good(jsonschema):
    whole = jsonschema.Draft202012Validator(SCHEMA)
    contracts = jsonschema.Draft202012Validator({**SCHEMA['$defs']['contracts'],
                                                 '$defs': SCHEMA['$defs']})
    for path in good_books():
        beside = contracts_beside(path)
        for loader in LOADERS:
            refuse_errors(whole, path, loader)
            if beside:
                refuse_errors(contracts, beside, loader)
    return len(good_books())


def refuse_errors(validator, path, loader):
    for error in validator.iter_errors(load(path, loader)):
        fail(f'{path}: {error.json_path}: {error.message}')


def check_broken(jsonschema):
    """Each broken book is wrong by the schema too, or takes more than a schema to see."""
    whole, n = jsonschema.Draft202012Validator(SCHEMA), 0
    for words in sorted(BOOKS.glob('*.txt')):
        path = words.with_suffix('.yaml')
        try:
            book = load(path, yaml.BaseLoader)
        except (yaml.YAMLError, RecursionError):
            continue
        valid = whole.is_valid(book)
        if valid != (path.stem in CROSSWISE):
            fail(f'{path} is {"right" if valid else "wrong"} by the schema')
        n += not valid
    return n


def main():
    tables = parser_keys(sys.argv[1])
    compare_keys(tables)
    check_descriptions(tables)
    check_every_key_is_used(tables)
    try:
        import jsonschema
    except ImportError:
        print('SKIPPED: books against the schema (Debian: python3-jsonschema)')
        sys.exit(SKIPPED)
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    print(check_good(jsonschema), 'good books,', check_broken(jsonschema), 'broken ones')


if __name__ == '__main__':
    main()
