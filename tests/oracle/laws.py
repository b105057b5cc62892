#!/usr/bin/python3
"""Holds rerate to laws on random books: what must be true of any result, and what must not change a
result. No oracle is asked. Each law is tried on its own books; a book that breaks one is kept."""

import argparse
import sys
import traceback
import zlib
from pathlib import Path

import laws_of_contracts
import laws_of_money
import laws_of_prices
import laws_of_splitting
import laws_of_usage
from lawtrial import Broken, Trial
from trials import run_trials

LAWS = {law.__name__: law for module in (laws_of_money, laws_of_contracts, laws_of_prices,
                                         laws_of_usage, laws_of_splitting)
        for law in module.LAWS}


def attempt(name, number, args, folder):
    """What breaks the law on the book of this number, as text; empty when it holds."""
    seed = zlib.crc32(f'{name} {number}'.encode())
    ranks = args.ranks[number % len(args.ranks)]
    # Each law begins with another case, so that few books have all of them.
    case = number + list(LAWS).index(name)
    trial = Trial(args.rerate, ranks, args.all_ranks, case, seed, folder)
    try:
        LAWS[name](trial)
    except Broken as broken:
        return str(broken)
    except Exception:  # a mistake in the law, or a result that can not be read
        return traceback.format_exc()
    return ''


def numbers(text):
    return [int(n) for n in text.split(',')]


def parsed_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--rerate', required=True, type=Path, help='the program')
    parser.add_argument('--laws', help='names, as a,b; all if left out')
    parser.add_argument('--books', type=int, default=10, help='books of each law')
    parser.add_argument('--first-seed', type=int, default=1)
    parser.add_argument('--ranks', type=numbers, default=[1], help='in turn for a law\'s books')
    parser.add_argument('--all-ranks', type=numbers, default=[2, 3, 4, 7],
                        help='what the laws of splitting compare one rank with')
    parser.add_argument('--jobs', type=int, default=1, help='books at a time')
    parser.add_argument('--list', action='store_true', help='only show the laws')
    args = parser.parse_args()
    args.rerate = args.rerate.resolve(strict=True)
    args.names = args.laws.split(',') if args.laws else list(LAWS)
    if set(args.names) - set(LAWS):
        parser.error(f'no such law: {", ".join(sorted(set(args.names) - set(LAWS)))}')
    return args


def main():
    args = parsed_arguments()
    if args.list:
        for name in args.names:
            print(f'{name}: {" ".join(LAWS[name].__doc__.split())}')
        return 0
    seeds = range(args.first_seed, args.first_seed + args.books)
    return run_trials('rerate-laws-', args.jobs, attempt,
                      [(f'{name} {seed}', (name, seed, args)) for seed in seeds for name in args.names])


if __name__ == '__main__':
    sys.exit(main())
