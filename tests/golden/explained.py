"""Explanations as people read them: the examples, whose invoices were worked out by hand, and a small book with
late, repeated and withdrawn usage, hostile names and a price that was wrong. What must be said is in explain/; with
--write yes it is written anew, to be read."""
import json
import pathlib
import shutil
import sys

HERE = pathlib.Path(__file__).resolve().parent
EXAMPLES = HERE.parents[1] / "examples"
SAID = HERE / "explain"
sys.path.insert(0, str(HERE.parent / "ranks"))
from harness import main, require  # noqa: E402

USAGE, REFUSED, INPUT = 64, 65, 66

# What is asked of each example.
ASKED = {
    "enterprise": {"nova-lab": [], "nova-shop": ["--period", "2025-Q3"], "orbit-us": [], "orbit-eu": []},
    "payments": {"atelier": [], "kissaten": []},
    "saas-seats": {"cedar": [], "dogwood": []},
    "llm-api": {"lab": []},
    "object-storage": {"films": []},
}


def same(arguments, name, said):
    path = SAID / name
    if arguments.write:
        path.write_text(said, encoding="utf-8")
    want = path.read_text(encoding="utf-8")
    for number, (a, b) in enumerate(zip(want.splitlines(), said.splitlines()), 1):
        require(a == b, f"{name} line {number}:\n  wanted {a}\n  said   {b}")
    require(want == said, f"{name}: {len(said)} bytes instead of {len(want)}")


def examples(program, scratch, arguments):
    for example, accounts in ASKED.items():
        folder = scratch / example
        shutil.copytree(EXAMPLES / example, folder)
        program.run(None, "run", "-w", "ws", "--progress", "none", "book.yaml", "usage.csv", cwd=folder)
        for account, options in accounts.items():
            out, _ = program.run(None, "explain", "-w", "ws", "--account", account, *options, cwd=folder)
            same(arguments, f"{example}-{account}.txt", out)
    out, _ = program.run(None, "explain", "-w", "ws", "--account", "atelier", "--json", cwd=scratch / "payments")
    same(arguments, "payments-atelier.json", json.dumps(json.loads(out), indent=1) + "\n")


def story(program, folder):
    """Three results: as billed, with a price fixed, and with late usage."""
    for path in (SAID / "story").iterdir():
        shutil.copy(path, folder)
    quiet = ("--progress", "none", "--max-quarantine", "1")
    program.run(None, "run", "-w", "ws", *quiet, "book.yaml", "march.csv", cwd=folder)
    program.run(3, "rate", "-w", "ws", *quiet, "fixed.yaml", cwd=folder)
    program.run(3, "run", "-w", "ws", *quiet, "fixed.yaml", "late.csv", cwd=folder)


def what_changed(program, scratch, arguments):
    story(program, scratch)

    def explain(name, *words):
        out, _ = program.run(None, "explain", "-w", "ws", *words, cwd=scratch)
        same(arguments, name, out)
        return out

    explain("story-old.txt", "--account", "acme", "1")
    explain("story-prices.txt", "--account", "acme", "1", "2")
    explain("story-usage.txt", "--account", "acme", "0002-0003")
    explain("story-both.txt", "--account", "acme", "1", "3")
    explain("story-new-account.txt", "--account", "late only", "2", "3")
    said = explain("story-hostile.txt", "--account", "evil\x1b[31m\u202e\n")
    require("\x1b" not in said and "\u202e" not in said, "a name moves the terminal")
    out, _ = program.run(None, "explain", "-w", "ws", "--account", "acme", "--json", "1", "3", cwd=scratch)
    same(arguments, "story-both.json", json.dumps(json.loads(out), indent=1) + "\n")
    out, _ = program.run(3, "explain", "-w", "ws", "--account", "acme", "1", "3", cwd=scratch)
    same(arguments, "story-both.txt", out)


def what_is_not_there(program, scratch, arguments):
    """Each says what there is instead."""
    story(program, scratch)

    def refuse(code, text, *words):
        out, err = program.run(None, "explain", "-w", "ws", *words, cwd=scratch, code=code)
        require(out == "" and text in err, f"{words}: {out}{err}")

    refuse(USAGE, "explain wants --account", "1")
    refuse(USAGE, "explain wants --account", "--account", "acme", "1", "2", "3")
    refuse(INPUT, "there is no result 9", "--account", "acme", "9")
    refuse(INPUT, "neither a line nor usage", "--account", "Acme")
    refuse(INPUT, "there are lines in 2025-03", "--account", "acme", "--period", "2025-04", "1")
    refuse(INPUT, "of the charges calls, gb, seats, minimum", "--account", "acme", "--charge", "gbs", "1")
    program.run(None, "run", "-w", "ws", "--fresh", "--max-quarantine", "1", "fixed.yaml", "late.csv", cwd=scratch)
    refuse(INPUT, "does not know any more what result 0001 is of", "--account", "acme", "1")


def a_result_that_says_otherwise(program, scratch, arguments):
    """Of a changed row nothing is explained; the row is named."""
    story(program, scratch)
    for table, was, instead in (("lines.csv", ",gb,region=eu,", ",gb,region=us,"),
                                ("invoices.csv", "acme,2025-03,USD,", "acme,2025-03,EUR,"),
                                ("unrated.csv", "acme,2025-03,", "acme,2025-04,")):
        path = scratch / "ws/results/0001" / table
        text = path.read_text()
        require(was in text, f"{table}: {text}")
        path.write_text(text.replace(was, instead, 1))
        _, err = program.run(None, "explain", "-w", "ws", "--account", "acme", "1", cwd=scratch, code=REFUSED)
        require(f"results/0001/{table}: row " in err and "of 'acme'" in err, err)
        program.run(None, "explain", "-w", "ws", "--account", "late only", "3", cwd=scratch)
        path.write_text(text)
    program.run(None, "explain", "-w", "ws", "--account", "acme", "1", cwd=scratch)


if __name__ == "__main__":
    main({test.__name__: test for test in (examples, what_changed, what_is_not_there,
                                           a_result_that_says_otherwise)}, "--write")
