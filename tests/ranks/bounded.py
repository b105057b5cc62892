"""Promise 6, while usage is read: whatever the number of accounts, keys and bad records, and however much
of the usage one account has, it is read under the limit, and the bytes published are the same."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "bench"))
import skew  # noqa: E402
from harness import main, require, require_equal, result_of  # noqa: E402

RECORDS = 60_000
LITTLE = ("--memory", "16M")


def run(program, ranks, folder, *options):
    program.run(ranks, "run", "--fresh", "-w", "w", "--max-quarantine", "100%", *options,
                "book.yaml", "usage", cwd=folder)
    manifest = json.loads((folder / "w/state/manifest.json").read_text())
    return result_of(folder / "w"), manifest


def runs_of(manifest, kind):
    return [run for run in manifest["runs"] if run["kind"] == kind]


def rank_of(run):
    """Which rank wrote it: records-ID-RANK-NUMBER.h5."""
    return int(run["name"].split("-")[-2])


def shards_of_rank(rank, ranks, shards):
    return shards * rank // ranks, shards * (rank + 1) // ranks


def is_guest(run, ranks, shards):
    """Whether a run holds other shards than those of the rank that wrote it."""
    first, end = shards_of_rank(rank_of(run), ranks, shards)
    return run["first_shard"] < first or run["end_shard"] > end


def require_spread(manifest, ranks, kind):
    """The heavy account's shard stands in runs of every rank, in runs of its own on all but one, and no
    rank has far more than its share."""
    runs, shards = runs_of(manifest, kind), manifest["shards"]
    guests = [run for run in runs if is_guest(run, ranks, shards)]
    require({rank_of(run) for run in guests} >= set(range(ranks)) - {guest_owner(guests, ranks, shards)},
            f"every other rank has rows of the heavy account: {guests}")
    require(all(run["end_shard"] - run["first_shard"] == 1 for run in guests),
            f"guests' runs hold one shard: {guests}")
    if kind == "records":
        items = [sum(run["items"] for run in runs if rank_of(run) == rank) for rank in range(ranks)]
        require(max(items) < 1.5 * sum(items) / ranks, f"records of each rank: {items}")


def guest_owner(guests, ranks, shards):
    require(guests, "rows of a heavy account are dealt out")
    shard = guests[0]["first_shard"]
    return next(rank for rank in range(ranks)
                if shards_of_rank(rank, ranks, shards)[0] <= shard <
                shards_of_rank(rank, ranks, shards)[1])


def heavy_account(program, scratch, arguments):
    for ids, kind in ((True, "records"), (False, "cells")):
        folder = scratch / kind
        skew.make("account", RECORDS, folder, ids=ids)
        want, _ = run(program, None, folder)
        require(b"whale" in want["lines.csv"], "the heavy account is billed")
        for ranks in (1, 2, 3, 7):
            # Small parts: every rank reads some, even where others are quick.
            got, manifest = run(program, ranks, folder, "--split", "256K")
            require_equal(want, got, f"{kind} at {ranks} ranks")
            if ranks in (2, 3): # with more, a rank may read too few records of it
                require_spread(manifest, ranks, kind)


def same_in_little_memory(program, folder, ranks, kind, least):
    """The manifest of the last; `least` runs of that kind prove that the limit was felt."""
    want, _ = run(program, None, folder)
    for n in ranks:
        got, manifest = run(program, n, folder, *LITTLE)
        require_equal(want, got, f"{n} ranks")
        require(len(runs_of(manifest, kind)) >= least,
                f"at least {least} runs of {kind}, not {len(runs_of(manifest, kind))}")
    return manifest


def many_names(program, scratch, arguments):
    """Names are forgotten several times, each time with a commit."""
    for case in ("accounts", "split"):
        skew.make(case, RECORDS, scratch / case)
        manifest = same_in_little_memory(program, scratch / case, (2, 1), "records", 2)
        require(manifest["generation"] > 4, f"{case}: {manifest['generation']} commits")


def many_names_without_event_ids(program, scratch, arguments):
    for case in ("accounts", "split"):
        skew.make(case, RECORDS, scratch / case, ids=False)
        same_in_little_memory(program, scratch / case, (3, 1), "cells", 2)


def many_bad_records(program, scratch, arguments):
    skew.make("bad", RECORDS, scratch / "bad")
    same_in_little_memory(program, scratch / "bad", (2, 1), "quarantine", 4)


def states_that_own_memory(program, scratch, arguments):
    skew.make("lists", 2 * RECORDS, scratch / "lists", ids=False)
    same_in_little_memory(program, scratch / "lists", (2, 1), "cells", 3)


main({test.__name__: test for test in (heavy_account, many_names, many_names_without_event_ids,
                                       many_bad_records, states_that_own_memory)})
