"""Promise 4: kill any process at any moment; the same command goes on, on any number of ranks, and
publishes the same bytes.

A workspace is killed some times (a random rank or mpirun itself, after a random time; now and then it
is asked to stop with SIGUSR1 instead, so that there is a checkpoint to go on from), each time
on another number of ranks, then left alone. That is repeated until enough kills have met a live run."""
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "ranks"))
from harness import main, require, require_equal, result_of, results  # noqa: E402

OPTIONS = ("--split", "128K", "--progress", "none")
SELDOM = (*OPTIONS, "--memory", "8M", "--checkpoint-every", "1s")
# A commit after every batch and every slice: so many runs that they are merged.
OFTEN = (*OPTIONS, "--memory", "1M", "--checkpoint-every", "0")
BUSY = "while True: pass"


def ranks_of(launcher):
    try:
        with open(f"/proc/{launcher}/task/{launcher}/children") as file:
            return [int(pid) for pid in file.read().split()]
    except FileNotFoundError:
        return []


def end(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


RANKS_LIVE_ON_S = 20
GRACE_S = "OMPI_MCA_odls_base_sigkill_timeout"


class Trial:
    """One workspace, started and killed."""

    def __init__(self, program, arguments, workspace, dice, seconds):
        self.program, self.arguments, self.workspace = program, arguments, workspace
        self.dice, self.seconds, self.left = dice, seconds, []
        self.options = OFTEN if arguments.often else SELDOM

    def start(self):
        """Where one rank is killed, the launcher gives the others a second to end, or none."""
        self.program.env[GRACE_S] = self.dice.choice("001")
        return self.program.start(self.dice.choice((1, 2, 3, 4)), "run", "-w", self.workspace,
                                  *self.options, "book.yaml", "usage", cwd=self.arguments.sample)

    def disturb(self):
        """Starts a run and disturbs it; returns whether a kill has met it alive."""
        process = self.start()
        lock, began = pathlib.Path(self.workspace, "lock"), time.monotonic()
        while not lock.exists() and process.poll() is None and time.monotonic() - began < 20:
            time.sleep(0.005)
        time.sleep(self.dice.uniform(0, 0.7 * self.seconds))
        ranks, launcher = ranks_of(process.pid), self.dice.random() < 0.3
        alive = process.poll() is None and bool(ranks)
        # How long a run takes changes with what else the machine does.
        self.seconds *= 1.1 if alive else 0.7
        stop = self.dice.random() < 0.25
        if alive and stop:
            process.send_signal(signal.SIGUSR1)
        elif alive:
            end(process.pid if launcher else self.dice.choice(ranks))
        out, said = process.communicate(timeout=120)
        # Without mpirun the ranks go on for a moment: the next run must fence them off.
        self.left += ranks
        if stop:
            require(process.returncode in (0, 75, 138), f"exit {process.returncode}: {said}")
        return alive and not stop

    def finish(self, want, what):
        for name in results(self.workspace):
            require_equal(want, result_of(self.workspace, name), f"{what}: results/{name}")
        out, said = self.program.run(self.dice.choice((1, 2, 3, 4)), "run", "-w", self.workspace,
                                     *self.options, "book.yaml", "usage", cwd=self.arguments.sample)
        require_equal(want, result_of(self.workspace), what)
        self.program.run(None, "verify", "-w", self.workspace, cwd=self.arguments.sample)
        for pid in self.left: # gone by now, or about to
            patience = time.monotonic() + RANKS_LIVE_ON_S
            while is_ours(pid, self.program.path):
                require(time.monotonic() < patience, f"{what}: rank {pid} lives on")
                time.sleep(0.1)


def is_ours(pid, path):
    try:
        return os.readlink(f"/proc/{pid}/exe") == path
    except OSError:
        return False


def kills(program, scratch, arguments):
    dice = random.Random(int(arguments.seed or 1))
    busy = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(int(arguments.busy or 0))]
    try:
        began = time.monotonic()
        program.run(2, "run", "-w", scratch / "reference", *(OFTEN if arguments.often else SELDOM),
                    "book.yaml", "usage", cwd=arguments.sample)
        seconds, met, trials = time.monotonic() - began, 0, 0
        want = result_of(scratch / "reference")
        while met < int(arguments.kills):
            trials += 1
            require(trials < 20 * int(arguments.kills), "the kills meet nothing")
            trial = Trial(program, arguments, scratch / "w", dice, seconds)
            what = f"seed {arguments.seed or 1}, workspace {trials}"
            for _ in range(dice.randint(1, 6)):
                if results(scratch / "w"):
                    break
                met += trial.disturb()
            seconds = trial.seconds
            trial.finish(want, what)
            shutil.rmtree(scratch / "w")
        print(f"      {met} kills met a live run, {trials} workspaces")
    finally:
        for process in busy:
            process.kill()
            process.wait()


if __name__ == "__main__":
    main({"kills": kills}, "--sample", "--kills", "--seed", "--busy", "--often")
