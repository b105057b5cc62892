"""Small books whose results were computed by hand: FOLDER/expected holds what must be published;
and what `check` says where."""
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "ranks"))
from harness import main, require, require_equal, result_of  # noqa: E402


def small(program, scratch, arguments):
    folder = HERE / "small"
    want = {file.name: file.read_bytes() for file in (folder / "expected").iterdir()}
    for ranks in (None, 1, 3):
        workspace = scratch / f"w{ranks}"
        program.run(ranks, "run", "-w", workspace, "book.yaml", "usage.csv", cwd=folder)
        got = result_of(workspace)
        require_equal(want, got, f"{ranks} ranks", want)
        records = json.loads(got["reconciliation.json"])["records"]
        counts = [records[name] for name in ("read", "aggregated", "duplicate", "not_metered")]
        require(counts == [22, 20, 1, 1], f"records: {records}")


def rows_within(table, first, last):
    """The rows of a CSV table whose period lies in [first, last]."""
    header, *rows = table.decode().splitlines(keepends=True)
    at = header.split(",").index("period")
    kept = (row for row in rows if first <= row.split(",")[at] <= last)
    return "".join([header, *kept]).encode()


def periods_are_parts_of_the_whole(program, scratch, arguments):
    """Whatever periods are asked for: balances of contracts and levels follow from their begin."""
    folder = HERE / "periods"
    whole = {file.name: file.read_bytes() for file in (folder / "expected").iterdir()}
    last_usage = "2025-04"
    program.run(None, "run", "-w", scratch / "w", "book.yaml", "usage.csv", cwd=folder)
    for first, last in ((None, "2025-05"), (None, None), ("2025-03", None), ("2025-04", None),
                        (None, "2025-02"), ("2025-02", "2025-03"), ("2025-05", "2025-05"),
                        ("2024-11", "2025-01"), (None, "2024-12")):
        options = (["--from", first] if first else []) + (["--to", last] if last else [])
        want = {name: rows_within(table, first or "", last or last_usage)
                for name, table in whole.items()}
        for ranks in (None, 3):
            program.run(ranks, "rate", "-w", scratch / "w", *options, "book.yaml", cwd=folder)
            require_equal(want, result_of(scratch / "w"), f"{ranks} ranks {options}", want)


def edges(program, scratch, arguments):
    """Units that round a quantity below zero away, a stay without days, terms from the 31st, a refund
    that is shared."""
    folder = HERE / "edges"
    want = {file.name: file.read_bytes() for file in (folder / "expected").iterdir()}
    for ranks in (None, 3):
        program.run(ranks, "run", "-w", scratch / f"w{ranks}", "book.yaml", "usage.csv", cwd=folder)
        require_equal(want, result_of(scratch / f"w{ranks}"), f"{ranks} ranks", want)


def check_warns(program, scratch, arguments):
    """Warnings stand on standard error and in the summary, and refuse nothing."""
    folder = HERE / "warnings"
    out, err = program.run(None, "check", "unused_plan.yaml", cwd=folder)
    require("good: 1 meters, 3 plans, 0 subscriptions, 1 contracts; 1 warning\n" in out, out)
    want = "unused_plan.yaml:12:3: warning: nobody has plan `pro`\n"
    require(err == want, err)
    out, err = program.run(None, "check", "--json", "unused_plan.yaml", cwd=folder)
    found = json.loads(out)
    require(found["good"] and found["n_warnings"] == 1 and found["mistakes"] == [], out)
    require(found["warnings"] == [{"file": "unused_plan.yaml", "line": 12, "column": 3,
                                   "text": "nobody has plan `pro`"}], out)
    require(err == want, err)
    usage = HERE / "small" / "usage.csv"
    out, err = program.run(None, "check", "--json", "book.yaml", "--usage", usage,
                           cwd=HERE / "small")
    require(json.loads(out)["usage"] == {"file": str(usage), "read": 22, "accepted": 22,
                                         "quarantined": {}}, out)


def check_refuses(program, scratch, arguments):
    """All mistakes of a book and the files beside it, in one run."""
    folder = HERE / "books"
    out, err = program.run(None, "check", "--json", "contracts_of_a_file.yaml", cwd=folder, code=78)
    found = json.loads(out)
    require(not found["good"] and found["n_mistakes"] == len(found["mistakes"]) == 7, out)
    require({mistake["file"] for mistake in found["mistakes"]} ==
            {"beside/broken_contracts.yaml", "broken_members.csv"}, out)
    require(len(err.splitlines()) == 8, err)


if __name__ == "__main__":
    main({test.__name__: test for test in (small, periods_are_parts_of_the_whole, edges,
                                           check_warns, check_refuses)})
