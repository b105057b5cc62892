"""Control totals: what the producers say of their files blocks publishing where it is not so, and the
message names the files and by how much."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "ranks"))
from harness import main, require, require_equal, result_of, results  # noqa: E402

BOOK = """\
rerate: 1
currency: USD
usage: {account: account, timestamp: at, event_id: id, meter: meter, quantity: quantity}
meters:
  tokens: {aggregate: sum}
  calls: {aggregate: count}
plans:
  payg: {versions: [{from: 2024-01-01, charges: [{meter: tokens, per_unit: "0.1"}]}]}
default_plan: payg
"""
HEADER = "id,account,at,meter,quantity\n"
FILES = {  # records and quantity by hand; copies count, what is quarantined has no quantity
    "u/a.csv": ("e1,x,2025-01-01T00:00:00Z,tokens,1.25\n"
                "e2,x,2025-01-02T00:00:00Z,tokens,-0.5\n"
                "e2,x,2025-01-02T00:00:00Z,tokens,-0.5\n"
                "e3,y,2025-01-02T00:00:00Z,calls,7\n"
                "e4,y,2025-01-02T00:00:00Z,calls,none\n", 5, "7.25"),
    "u/b.csv": ("e5,x,2025-02-01T00:00:00Z,tokens,3\n"
                "e6,x,2025-02-01T00:00:00Z,disks,100\n", 2, "3"),
    "v/a.csv": ("e7,z,2025-03-01T00:00:00Z,tokens,12345678901234567890.123456789012345678\n"
                "e8,z,2025-03-01T00:00:00Z,tokens,-12345678901234567890.123456789012345678\n", 2, "0"),
}
RIGHT = "".join(f"{name},{records},{quantity}\n" for name, (_, records, quantity) in FILES.items())
RUN = ("run", "--max-quarantine", "1", "-w", "w", "book.yaml")


def write(folder):
    (folder / "book.yaml").write_text(BOOK)
    for name, (rows, _, _) in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(HEADER + rows)


def control(folder, rows, header="file,records,quantity\n", name="control.csv"):
    (folder / name).write_text(header + rows)
    return "--control", name


def totals_that_hold(program, scratch, arguments):
    write(scratch)
    program.run(None, "run", "--max-quarantine", "1", "-w", "plain", "book.yaml", "u", "v",
                cwd=scratch)
    plain = result_of(scratch / "plain")
    for ranks in (None, 1, 3):
        options = control(scratch, "".join(reversed(RIGHT.splitlines(keepends=True))))
        program.run(ranks, *RUN, "--fresh", *options, "u", "v", cwd=scratch)
        got = result_of(scratch / "w")
        require_equal(plain, got, "the same result", set(plain) - {"run.json"})
        facts, before = json.loads(got["run.json"]), json.loads(plain["run.json"])
        require(facts.pop("own_digest") != before.pop("own_digest"), "another run.json")
        require(facts.pop("control") and facts == before, "run.json has the digest of the totals")
    require(results(scratch / "w") == ["0001", "latest"], "the same totals, the same result")
    for rows in (RIGHT.replace("u/b.csv", "b.csv"), RIGHT.replace("7.25", "7.250"),
                 RIGHT.replace(",7.25", ",").replace(",3\n", ",\n")):
        program.run(2, *RUN, *control(scratch, rows), "u", "v", cwd=scratch)
        program.run(2, "rate", *RUN[1:], *control(scratch, rows), cwd=scratch)
    require(not (scratch / "w" / "control.csv").exists(), "no list")


def differences_block(program, scratch, arguments):
    write(scratch)
    wrong = RIGHT.replace("u/a.csv,5,7.25", "u/a.csv,4,7.5").replace("v/a.csv", "v/c.csv")
    want = ("file,what,expected,have,difference\nu/a.csv,records,4,5,1\n"
            "u/a.csv,quantity,7.5,7.25,-0.25\nv/a.csv,not_expected,,2,\nv/c.csv,no_input,2,,\n")
    for ranks in (None, 3):
        _, said = program.run(ranks, *RUN, *control(scratch, wrong), "u", "v", cwd=scratch, code=65)
        for text in ("u/a.csv: records 5, expected 4 (+1)",
                     "u/a.csv: quantity 7.25, expected 7.5 (-0.25)", "control.csv",
                     "v/a.csv: an input with 2 records, and not expected", "1 more difference",
                     "nothing was published", "w/control.csv"):
            require(text in said, f"{text}: {said}")
        require((scratch / "w" / "control.csv").read_text() == want, "all of them are listed")
        require(results(scratch / "w") == [], "nothing is published")
        _, said = program.run(ranks, "rate", *RUN[1:], *control(scratch, wrong), cwd=scratch,
                              code=65)
        require("u/a.csv: records 5" in said, f"rate: {said}")
    _, said = program.run(2, *RUN, "--max-quarantine", "0", *control(scratch, wrong), "u", "v",
                          cwd=scratch, code=65)
    require("1 of 9 records are quarantined" in said and "besides, the inputs are not" in said and
            "w/control.csv" in said, f"both are told: {said}")
    require((scratch / "w" / "quarantine.csv").exists() and
            (scratch / "w" / "control.csv").read_text() == want, "both are listed")
    program.run(2, *RUN, *control(scratch, RIGHT), "u", "v", cwd=scratch)
    require(results(scratch / "w") == ["0001", "latest"], "what is right is published")
    require(not (scratch / "w" / "control.csv").exists(), "the list goes")


def increments_are_held_against_all(program, scratch, arguments):
    write(scratch)
    first = RIGHT.splitlines(keepends=True)[0]
    program.run(2, *RUN, *control(scratch, first), "u/a.csv", cwd=scratch)
    _, said = program.run(2, *RUN, *control(scratch, first), "u", "v", cwd=scratch, code=65)
    require("u/b.csv: an input with 2 records, and not expected" in said, said)
    program.run(2, *RUN, *control(scratch, RIGHT), "u", "v", cwd=scratch)
    out, _ = program.run(3, "rate", "--as-of", "1", "--json", *RUN[1:], *control(scratch, first),
                         cwd=scratch)
    require(json.loads(out)["result"] == "0001", f"as of then, by the totals of then: {out}")
    program.run(3, "rate", "--as-of", "1", *RUN[1:], *control(scratch, RIGHT), cwd=scratch, code=65)


def mistakes_in_the_file(program, scratch, arguments):
    """Told before anything is read."""
    write(scratch)
    for rows, header, code, text in (
            ("u/a.csv,x,\n", None, 65, "control.csv:2:9: `records` x: wants a whole number"),
            (RIGHT + "u/a.csv,5,\n", None, 65, "control.csv:5:1: `u/a.csv` stands twice, first in line 2"),
            (RIGHT, "path,records,quantity\n", 65, "no column `file` in the header")):
        for ranks in (None, 2):
            _, said = program.run(ranks, *RUN, *control(scratch, rows, header or "file,records,"
                                                        "quantity\n"), "u", "v", cwd=scratch, code=code)
            require(text in said, f"{text}: {said}")
            require(not (scratch / "w" / "state").exists(), "nothing was read")
    _, said = program.run(2, *RUN, "--control", "none.csv", "u", "v", cwd=scratch, code=66)
    require("none.csv" in said, said)
    _, said = program.run(2, *RUN, *control(scratch, RIGHT.replace("u/a.csv", "a.csv")), "u", "v",
                          cwd=scratch, code=65)
    require("`a.csv` is the name of 2 inputs" in said, said)
    (scratch / "count.yaml").write_text(BOOK.replace(", quantity: quantity", "")
                                        .replace("aggregate: sum", "aggregate: count"))
    _, said = program.run(2, "run", "-w", "w2", *control(scratch, RIGHT), "count.yaml", "u", "v",
                          cwd=scratch, code=65)
    require("control.csv:2: gives a quantity" in said, said)
    program.run(2, "run", "--max-quarantine", "1", "-w", "w2", *control(
        scratch, "".join(f"{name},{records},\n" for name, (_, records, _) in FILES.items())),
                "count.yaml", "u", "v", cwd=scratch)
    require(b'"quantity":' not in result_of(scratch / "w2")["inputs.json"], "no column, no sum")


if __name__ == "__main__":
    main({test.__name__: test for test in (
        totals_that_hold, differences_block, increments_are_held_against_all,
        mistakes_in_the_file)})
