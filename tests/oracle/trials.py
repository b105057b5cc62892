"""Many trials at a time, each in a folder of its own; the folders of those that fail are kept."""
import os
import shutil
import tempfile
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path


def give_mpi_a_folder(home):
    """Of its own for each worker: Open MPI removes what it takes for empty."""
    folder = home / f'mpi-{os.getpid()}'
    folder.mkdir()
    os.environ['OMPI_MCA_orte_tmpdir_base'] = str(folder)
    os.environ['OMPI_MCA_btl_vader_backing_directory'] = str(folder)


def run_trials(prefix, jobs, attempt, trials):
    """Calls attempt(*arguments, folder), which tells what is wrong, for each (name, arguments). Prints the
    failures and how many there were; returns the exit code."""
    home = Path(tempfile.mkdtemp(prefix=prefix))
    passed = failed = 0
    with ProcessPoolExecutor(jobs, initializer=give_mpi_a_folder, initargs=(home,)) as pool:
        running = {}
        for name, arguments in trials:
            folder = home / name.replace(' ', '-')
            running[pool.submit(attempt, *arguments, folder)] = name, folder
        for job in as_completed(running):
            name, folder = running[job]
            wrong = job.result()
            if not wrong:
                passed += 1
                shutil.rmtree(folder)
                continue
            failed += 1
            print(f'{name}: kept in {folder}\n{wrong}', flush=True)
    for folder in home.glob('mpi-*'):
        shutil.rmtree(folder)
    if not failed:
        home.rmdir()
    print(f'{passed} passed, {failed} failed')
    return 1 if failed else 0
