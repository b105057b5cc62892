"""Plans: versions of charges, and a minimum."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import NamedTuple, Optional

from charges import read_charges
from nodes import all_differ, currency_of, money, only_keys, read_date, required


class Version(NamedTuple):
    start: date
    charges: list


@dataclass(frozen=True)
class Plan:
    name: str
    currency: str                  # "`currency` on a plan overrides the book's"
    minimum: Optional[Fraction]    # of the metered lines of a whole period
    versions: list                 # by start

    def version_at(self, day):
        """The version in force, or None before the first."""
        return next((v for v in reversed(self.versions) if v.start <= day), None)


def read_plan(name, node, currency, meters):
    what = f'plan {name}'
    only_keys(node, what, 'currency minimum versions')
    versions = []
    for version in required(node, 'versions', what):
        only_keys(version, what, 'from charges')
        versions.append(Version(read_date(required(version, 'from', what)),
                                read_charges(version['charges'], meters, what)))
    all_differ([version.start for version in versions], f'{what}: versions')
    versions.sort(key=lambda version: version.start)
    currency = currency_of(node.get('currency', currency))
    minimum = money(node['minimum'], currency) if 'minimum' in node else None
    return Plan(name, currency, minimum, versions)
