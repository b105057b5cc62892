"""What-if results: any number of books, priced in one pass over the state, each as if it were alone; and none
of them ever counts."""
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "ranks"), str(HERE.parent / "oracle")]
import bookedits  # noqa: E402
import features  # noqa: E402
import randombook  # noqa: E402
from editablebook import EditableBook  # noqa: E402
from dice import Dice  # noqa: E402
from harness import main, require, require_equal, result_of, results  # noqa: E402

FILES = ("a.csv", "b.csv.zst")
MANY = ("--max-quarantine", "100%")
OWN = {"run.json"}  # says which kind a result is, and holds a digest of that
USAGE, REFUSED, BOOK = 64, (64, 65), 78


def world(folder, seed):
    """Usage, a book, and three others of the same meters."""
    dice = Dice(f"what if {seed}")
    randombook.make(seed, 400, folder, features.SUBSETS["whole"], list(FILES), duplicates="first")
    names = ["book.yaml"]
    for n in range(3):
        edited, _ = bookedits.edit(EditableBook.read(folder / "book.yaml"), dice)
        names.append(f"other{n}.yaml")
        edited.write(folder / names[-1], dice)
    return names


def as_bytes(workspace, name):
    files = result_of(workspace, name)
    return {name: files[name] for name in set(files) - OWN}


def alone(program, folder, names):
    """What each book makes of the usage, one after the other."""
    program.run(None, "run", "-w", "alone", *MANY, names[0], *FILES, cwd=folder)
    for name in names[1:]:
        program.run(None, "rate", "-w", "alone", *MANY, "--stage", name, cwd=folder)
    found = results(folder / "alone")
    require(len(found) == len(names) + 1, f"books that make one result, choose another seed: {found}")
    return [as_bytes(folder / "alone", f"{n + 1:04}") for n in range(len(names))]


def in_one_pass(program, scratch, arguments):
    """At any number of ranks, with little memory too, where an account's cells are kept in a file."""
    for seed in map(int, arguments.seeds.split(",")):
        folder = scratch / f"{seed}"
        folder.mkdir()
        names = world(folder, seed)
        wanted = alone(program, folder, names)
        options = [word for name in names[1:] for word in ("--what-if", name)]
        for ranks, memory in ((None, "1G"), (1, "1K"), (2, "1G"), (3, "1K"), (4, "1G"), (7, "1K")):
            ws = f"ws-{ranks}-{memory}"
            program.run(ranks, "run", "-w", ws, *MANY, names[0], *FILES, cwd=folder)
            program.run(ranks, "rate", "-w", ws, *MANY, "--memory", memory, *options, cwd=folder)
            for n, expected in enumerate(wanted):
                require_equal(expected, as_bytes(folder / ws, f"{n + 1:04}"),
                              f"seed {seed}, book {names[n]} at {ranks} ranks in {memory}")
            require((folder / ws / "results/latest").readlink().name == "0001", "latest has moved")
        program.run(None, "verify", "-w", ws, cwd=folder)


def none_counts(program, scratch, arguments):
    names = world(scratch, 1)

    def run(*words, code=0):
        return "".join(program.run(None, words[0], "-w", "ws", *words[1:], cwd=scratch, code=code))

    run("run", *MANY, names[0], *FILES)
    run("rate", *MANY, "--what-if", names[1])
    require('"kind": "what-if"' in (scratch / "ws/results/0002/run.json").read_text(), "run.json says so")
    for command in ("publish", "issue", "rollback"):
        require("0002" in run(command, "2", code=REFUSED), f"{command} names what it refuses")
    run("rate", *MANY, "--what-if", names[1])
    require(results(scratch / "ws") == ["0001", "0002", "latest"], "the same again makes no other")
    run("rate", *MANY, names[1])
    require(results(scratch / "ws") == ["0001", "0002", "0003", "latest"], "what counts is another result")
    require_equal(as_bytes(scratch / "ws", "0002"), as_bytes(scratch / "ws", "0003"), "with the same rows")
    run("verify")


def wrong_calls(program, scratch, arguments):
    names = world(scratch, 1)
    text = (scratch / names[0]).read_text()
    (scratch / "meters.yaml").write_text(re.sub(r"(?m)^meters:", "meters:\n  more: {aggregate: count}", text))

    def run(*words, code):
        return "".join(program.run(None, "rate", "-w", "ws", *MANY, *words, cwd=scratch, code=code))

    program.run(None, "run", "-w", "ws", *MANY, names[0], *FILES, cwd=scratch)
    require("one book" in run(names[0], "--what-if", names[1], code=USAGE), "a book besides")
    require("--stage" in run("--stage", "--what-if", names[1], code=USAGE), "it can't wait to be published")
    said = run("--what-if", names[1], "--what-if", "meters.yaml", code=BOOK)
    require("meters.yaml" in said and names[1] in said, f"another state: {said}")
    run("--what-if", "meters.yaml", code=BOOK)
    require(results(scratch / "ws") == ["0001", "latest"], "nothing was made")


if __name__ == "__main__":
    main({"in_one_pass": in_one_pass, "none_counts": none_counts, "wrong_calls": wrong_calls}, "--seeds")
