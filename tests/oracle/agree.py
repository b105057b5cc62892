#!/usr/bin/python3
"""Holds rerate against the oracle on random books. For each seed: make a book and usage, ask the
oracle, run rerate on each number of ranks, compare. Stops at the first seed that differs and keeps
its folder. A book passes when every number of ranks gives what the oracle gives."""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import compare
import features as feature_switch
import randombook

HERE = Path(__file__).resolve().parent
MPI = {
    'OMPI_ALLOW_RUN_AS_ROOT': '1',
    'OMPI_ALLOW_RUN_AS_ROOT_CONFIRM': '1',
    'OMPI_MCA_rmaps_base_oversubscribe': '1',
    'OMPI_MCA_hwloc_base_binding_policy': 'none',
    'OMPI_MCA_mpi_yield_when_idle': '1',
    'OMPI_MCA_btl_vader_single_copy_mechanism': 'none',
    'OMPI_MCA_odls_base_sigkill_timeout': '0',
}
TIME_LIMIT = 120  # seconds for a run


def check_seed(seed, records, features, ranks, rerate, folder):
    """What differs, as text; empty when all agree."""
    usage = randombook.make(seed, records, folder, features)
    oracle = [sys.executable, HERE / 'oracle.py', 'book.yaml', *usage, '-o', 'oracle']
    code, said = call(oracle, folder)
    if code not in (0, 65):
        return f'the oracle failed with {code}:\n{said}'
    for n in ranks:
        workspace = f'ws-{n}'
        command = [rerate, 'run', '-w', workspace, '--max-quarantine', '100%', '--progress', 'none',
                   'book.yaml', *usage]
        if n != 1:
            command = ['mpirun', '-n', str(n), *command]
        differs = check_run(command, folder, code, folder / workspace / 'results' / 'latest')
        if not differs and code == 0 and n == ranks[-1] and seed % 3 == 0:
            differs = check_workspace([rerate, 'verify', '-w', workspace], folder)
        if differs:
            return f'{n} ranks: {" ".join(map(str, command))}\n{differs}'
    return ''


def check_run(command, folder, expected_code, result):
    code, said = call(command, folder)
    if code != expected_code:
        return f'exit code {code} where {expected_code} is expected:\n{said}'
    if expected_code:
        return 'a result was published' if result.exists() else ''
    return '\n'.join(compare.compare(folder / 'oracle', result))


def check_workspace(command, folder):
    """A workspace that the oracle agrees with passes all checks on itself."""
    code, said = call(command, folder)
    return '' if code == 0 else f'{" ".join(map(str, command))}:\n{said}'


def call(command, folder):
    """Exit code and output; a run that takes too long has the code 'timeout'."""
    process = subprocess.Popen(command, cwd=folder, env={**os.environ, **MPI},
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               start_new_session=True)
    try:
        code, output = None, process.communicate(timeout=TIME_LIMIT)[0]
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        code, output = 'timeout', process.communicate()[0]
    return code or process.returncode, output.decode(errors='replace')


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--rerate', required=True, type=Path, help='the program')
    parser.add_argument('--books', type=int, default=100)
    parser.add_argument('--records', type=int, default=1000, help='usage records of a book')
    parser.add_argument('--ranks', default='1', help='numbers of ranks, as 1,3')
    parser.add_argument('--first-seed', type=int, default=1)
    parser.add_argument('--jobs', type=int, default=1, help='books at a time')
    feature_switch.add_arguments(parser)
    args = parser.parse_args()
    features = feature_switch.chosen(args)
    rerate = args.rerate.resolve(strict=True)
    ranks = [int(n) for n in args.ranks.split(',')]
    home = Path(tempfile.mkdtemp(prefix='rerate-agree-'))
    passed = failed = 0
    with ProcessPoolExecutor(args.jobs) as pool:
        jobs = {}
        for seed in range(args.first_seed, args.first_seed + args.books):
            folder = home / f'seed-{seed}'
            job = pool.submit(check_seed, seed, args.records, features, ranks, rerate, folder)
            jobs[job] = seed, folder
        for job in as_completed(jobs):
            seed, folder = jobs[job]
            differs = job.result()
            if not differs:
                passed += 1
                shutil.rmtree(folder)
                continue
            failed += 1
            print(f'seed {seed} differs; kept in {folder}\n{differs}')
            pool.shutdown(cancel_futures=True)
            break
    if not failed:
        home.rmdir()
    print(f'{passed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
