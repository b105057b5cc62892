"""Published results side by side: carried over or priced anew, the same bytes, but for how many lines were."""

import json

from tables import read_table

OF_THE_MAKING = ('priced', 'own_digest')  # what run.json says of how it came about, and what hangs on that


class Differs(Exception):
    """Something is not what it must be."""


def require(condition, text):
    if not condition:
        raise Differs(text)


def facts_of(result):
    return json.loads((result / 'run.json').read_text(encoding='utf-8'))


def require_same(a, b):
    """Two folders of results."""
    files = [contents(result) for result in (a, b)]
    require(files[0].keys() == files[1].keys(), f'{a} has {sorted(files[0])}, {b} has {sorted(files[1])}')
    for name in files[0]:
        require(files[0][name] == files[1][name], f'{a} and {b}: {name} differs')


def contents(result):
    files = {path.name: path.read_bytes() for path in result.iterdir()}
    facts = {key: value for key, value in json.loads(files['run.json']).items() if key not in OF_THE_MAKING}
    return {**files, 'run.json': facts}


def priced(result):
    """How many of its lines were (computed, carried over)."""
    said = facts_of(result)['priced']
    return said['computed'], said['carried']


def lines_of(result):
    """The rows of lines.csv, compressed or not, as tuples."""
    plain = result / 'lines.csv'
    _, body = read_table(plain if plain.exists() else result / 'lines.csv.zst')
    return [tuple(row) for row in body]
