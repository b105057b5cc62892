"""Staging, publishing within bounds, rolling back: what `latest` names, and what history.log says of it."""
import fcntl
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

from workspace import Workspace

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "ranks"))
from harness import main, require, require_equal, results  # noqa: E402


def expect(got, wanted, what):
    require(got == wanted, f"{what}: {got!r} instead of {wanted!r}")


def standings(w):
    out, _ = w.run("status", "--json")
    return {entry["result"]: entry["is"] for entry in json.loads(out)["results"]}


def a_staged_result_waits(program, scratch, arguments):
    direct = Workspace(program, scratch / "direct")
    direct.rate("new")
    for ranks in (1, 2, 3):
        w = Workspace(program, scratch / f"w{ranks}", ranks, ("run", "--stage"))
        expect((w.latest(), w.moves()), (None, []), "the first result is but staged")
        w.verify()
        expect(w.rate("new", "--stage", ranks=ranks), "0002", "the second")
        expect(standings(w), {"0001": "staged", "0002": "staged"}, "both wait")
        out, _ = w.run("publish", "0001", ranks=ranks)
        require("/w/results/0001" in out, f"says so: {out}")
        for book, waits in (("new", True), ("old", False)):
            said = json.loads(w.run("rate", f"{book}.yaml", "--stage", "--json", ranks=ranks)[0])
            expect((said["unchanged"], said["staged"]), (True, waits), "it is there already")
        expect((w.latest(), results(w.path)), ("0001", ["0001", "0002", "latest"]), "nothing moves")
        expect(standings(w), {"0001": "latest", "0002": "staged"}, "the second waits")
        expect(w.rate("new", ranks=ranks), "0002", "without --stage it is published as it is")
        expect((w.latest(), results(w.path)), ("0002", ["0001", "0002", "latest"]), "no new number")
        expect(standings(w), {"0001": "published", "0002": "latest"}, "both were published")
        for name in ("0001", "0002"):
            require_equal(direct.holds(name), w.holds(name), f"{name} at {ranks} ranks")
        w.verify()


def every_move_is_a_line(program, scratch, arguments):
    w = Workspace(program, scratch / "w")
    w.rate("new", "--stage")
    w.run("publish", "2", "--max-delta", "8", env={"RERATE_USER": "Zoë"})
    w.run("rollback")
    expect(w.moves(), [("publish", None, "0001"), ("publish", "0001", "0002"),
                       ("rollback", "0002", "0001")], "the moves")
    first, second, third = w.log()
    for line in (first, second, third):
        require(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", line["time"]), "a time in UTC")
        require(line["user"] and line["host"] and line["rerate"], f"who, where, by what: {line}")
    expect((first["from_digest"], first["before"]), (None, None), "nothing was before")
    expect([second["from_digest"], third["to_digest"]], [first["to_digest"]] * 2, "digests of 0001")
    expect(second["to_digest"], third["from_digest"], "digests of 0002")
    require(len({line["before"] for line in w.log()}) == 3, "each line names the one before")
    expect((second["for"], "for" in third), ("Zoë", False), "whom it was for")
    expect(second["max_delta"], "8", "the bound")
    expect(second["delta"]["USD"], {
        "before": "800.00", "after": "800.00", "net": "0.00", "moved": "8.00", "invoices": 8,
        "changed": 8, "greatest": {"account": "d0", "period": "2025-01", "delta": "-1.00"}}, "USD")
    expect(second["delta"]["EUR"], {
        "before": "100.00", "after": "100.00", "net": "0.00", "moved": "0.00", "invoices": 1,
        "changed": 0, "greatest": None}, "EUR")
    for name in ("0001", "0002"):
        content = b"".join(w.holds(name).values())
        require(first["time"].encode() not in content and b"history" not in content,
                "results know nothing of it")


BOUNDS = (  # book, bound, whether it lets the book pass
    ("new", "8.00", True), ("new", "7.99", False), ("new", "1%", True),
    ("new", "0.999999999999999999%", False), ("dear", "7%", True), ("dear", "6.99%", False),
    ("moved", "100", True), ("moved", "99999999999999999999%", False),  # of nothing, in JPY
)


def bounds_hold_to_the_cent(program, scratch, arguments):
    for options in ((), ("--compress", "zstd")):
        w = Workspace(program, scratch / f"w{len(options)}", first=("run", *options))
        number = {book: w.rate(book, "--stage", *options) for book in ("new", "dear", "moved")}
        for book, bound, passes in BOUNDS if not options else BOUNDS[-2:]:
            command = ("publish", number[book], "--max-delta", bound)
            if not passes:
                w.refused(*command, code=65, says=f"--max-delta {bound}")
                continue
            w.run(*command)
            expect(w.latest(), number[book], f"{book} is within {bound}")
            w.run("rollback")
        w.verify()


def bounds_that_are_none(program, scratch, arguments):
    w = Workspace(program, scratch / "w")
    w.rate("new", "--stage")
    for bound in ("", "-1", "5%%"):
        w.refused("publish", "2", "--max-delta", bound, code=64, says="--max-delta")


def the_first_is_compared_with_nothing(program, scratch, arguments):
    w = Workspace(program, scratch / "w", first=("run", "--stage"))
    w.refused("publish", "1", "--max-delta", "100%", code=65, says="--max-delta 100%")
    w.refused("publish", "1", "--max-delta", "799.99", code=65, says="moves 800.00 USD")
    w.run("publish", "1", "--max-delta", "800")
    expect(w.log()[0]["delta"]["USD"]["before"], "0.00", "before")


def what_can_not_be_published(program, scratch, arguments):
    w = Workspace(program, scratch / "w")
    for name, code, says in (("0002", 66, "no result 0002"), ("0", 66, "no result"),
                             ("first", 64, "is no result"), ("../0001", 64, "is no result")):
        w.refused("publish", name, code=code, says=says)
        w.refused("rollback", name, code=code, says=says)
    w.refused("publish", code=64, says="one result")
    w.refused("rollback", "1", "1", code=64, says="one result")
    for command in (("publish", "1"), ("publish", "latest"), ("rollback", "1")):
        out, _ = w.run(*command)
        require("it stands" in out and w.moves() == [("publish", None, "0001")], f"says so: {out}")
    for command in (("publish", "1"), ("rollback",)):
        _, said = program.run(None, command[0], "-w", "nowhere", *command[1:], cwd=w.folder, code=66)
        require("holds no results" in said and not (w.folder / "nowhere").exists(), said)


def a_what_if_stays_one(program, scratch, arguments):
    w = Workspace(program, scratch / "w")
    w.rate("new", "--stage")
    path = w.path / "results" / "0002" / "run.json"
    path.write_text(json.dumps({"kind": "what-if", **json.loads(path.read_text())}, indent=2))
    subprocess.run([arguments.plant, "result", path.parent], check=True)
    w.verify()
    expect(standings(w), {"0001": "latest", "0002": "what-if"}, "it is told apart")
    w.refused("publish", "2", code=64, says="only says what would be")
    w.refused("rollback", "2", code=64, says="only says what would be")
    expect(w.rate("new", "--stage"), "0003", "what is not only said is another result")
    (w.path / "results" / "latest").unlink()
    (w.path / "results" / "latest").symlink_to("0002")
    require("FAILED  latest" in w.verify(code=65), "`latest` never names one")


def what_differs_by_its_making_is_equal(program, scratch, arguments):
    """How many lines were carried over does not make another result of it."""
    w = Workspace(program, scratch / "w")
    path = w.path / "results" / "0001" / "run.json"
    facts = json.loads(path.read_text())
    facts["priced"] = {"computed": 1, "carried": 4}
    path.write_text(json.dumps(facts, indent=2))
    subprocess.run([arguments.plant, "result", path.parent], check=True)
    expect(w.rate("old", "--stage"), "0001", "it stands")


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def what_is_damaged_stays_out(program, scratch, arguments):
    whole = Workspace(program, scratch / "w")
    whole.rate("new")
    whole.rate("dear", "--stage")
    kept = scratch / "kept"
    shutil.move(whole.path, kept)
    for file, command, says in (
            ("results/0003/lines.csv", ("publish", "3"), "FAILED  files: results/0003"),
            ("results/0003/run.json", ("publish", "3"), "run.json"),
            ("results/0003/_SUCCESS", ("publish", "3"), "FAILED  files: results/0003"),
            ("state/runs", ("publish", "3"), "FAILED  runs: state"),
            ("results/0002/invoices.csv", ("publish", "3", "--max-delta", "999"),
             "FAILED  files: results/0002"),
            ("results/0001/shares.csv", ("rollback",), "FAILED  files: results/0001")):
        shutil.copytree(kept, whole.path, symlinks=True)
        path = whole.path / file
        if path.name == "_SUCCESS":
            path.unlink()
        else:
            flip(path if path.is_file() else sorted(path.iterdir())[0])
        whole.refused(*command, code=65, says=says)
        shutil.rmtree(whole.path)
    shutil.copytree(kept, whole.path, symlinks=True)
    shutil.rmtree(whole.path / "results" / "0002")
    _, said = whole.run("publish", "3")
    require("not compared" in said, f"a lost `latest` does not stay for ever: {said}")
    expect((whole.latest(), whole.log()[-1]["delta"]), ("0003", None), "it moved")


def rollbacks_go_back_and_back(program, scratch, arguments):
    w = Workspace(program, scratch / "w")
    for book in ("new", "dear", "moved"):
        w.rate(book)
    w.refused("rollback", "9", code=66, says="no result 9")
    for wanted in ("0003", "0002", "0001"):
        w.run("rollback")
        expect(w.latest(), wanted, "one further back each time")
    w.refused("rollback", code=64, says="nothing that `latest` named before")
    w.run("rollback", "4")
    w.run("rollback")
    expect(w.latest(), "0001", "what was rolled back from comes on top again")
    w.run("publish", "3")
    w.run("publish", "2")
    w.run("publish", "3")
    w.run("rollback", "1")
    w.refused("rollback", code=64, says="nothing that `latest` named before")
    w.rate("moved", "--stage")
    w.rate("new", "--stage", "--to", "2024-12")
    w.refused("rollback", "5", code=64, says="was never published")
    expect(standings(w), {"0001": "latest", "0002": "published", "0003": "published",
                          "0004": "published", "0005": "staged"}, "how all stand")
    w.verify()


def results_stand_where_they_are(program, scratch, arguments):
    """Of equal results it is `latest` that stands."""
    w = Workspace(program, scratch / "w")
    w.rate("new")
    expect(w.rate("old"), "0003", "results are told by their order")
    w.run("rollback", "1")
    expect((w.rate("old"), w.rate("old", "--stage")), ("0001", "0001"), "it stands")
    expect(w.rate("new"), "0002", "published again")
    expect(w.rate("old"), "0003", "and so is this")


def workspaces_from_before(program, scratch, arguments):
    """Without a history, `latest` is found where it is."""
    w = Workspace(program, scratch / "w")
    w.rate("new")
    (w.path / "history.log").unlink()
    w.verify()
    w.refused("rollback", code=64, says="nothing that `latest` named before")
    w.refused("rollback", "1", code=64, says="was never published")
    expect(standings(w), {"0001": "earlier", "0002": "latest"}, "nothing is known of the first")
    w.rate("dear")
    expect(w.moves(), [("found", None, "0002"), ("publish", "0002", "0003")], "found, then moved")
    w.run("rollback")
    expect(w.latest(), "0002", "as far as is known")
    w.verify()


def replace_line(path, n, change):
    lines = path.read_text().splitlines(keepends=True)
    lines[n] = change(lines[n])
    path.write_text("".join(lines))


def history_is_verified(program, scratch, arguments):
    w = Workspace(program, scratch / "w")
    w.rate("new")
    w.rate("dear")
    log, link = w.path / "history.log", w.path / "results" / "latest"
    kept = log.read_text()
    for what, spoil, says in (
            ("a changed line", lambda: replace_line(log, 1, lambda x: x.replace("root", "ruth").replace(
                '"time":"2', '"time":"3')), "line 3: does not follow"),
            ("a removed line", lambda: replace_line(log, 1, lambda x: ""), "line 2: does not follow"),
            ("a first line that is gone", lambda: replace_line(log, 0, lambda x: ""), "line 1: does not"),
            ("no JSON", lambda: replace_line(log, 1, lambda x: x[1:]), "line 2: is damaged"),
            ("no move", lambda: replace_line(log, 2, lambda x: x.replace("publish", "published")),
             "line 3: is damaged"),
            ("another digest", lambda: replace_line(log, 2, lambda x: re.sub(
                r'("to_digest":")..', r'\1zz', x).replace("zz", "00")), "no longer what it was")):
        spoil()
        require(log.read_text() != kept, f"{what}: is another text")
        out = w.verify(code=65)
        require("FAILED  history" in out and says in out, f"{what}: {out[-400:]}")
        log.write_text(kept)
    w.verify()
    link.unlink()
    link.symlink_to("0001")
    require("moved by hand" in w.verify(code=65), "moved by hand")
    w.run("publish", "2")
    expect(w.moves()[-2:], [("found", "0003", "0001"), ("publish", "0001", "0002")], "it is said")
    w.verify()
    w.run("rollback")
    expect(w.latest(), "0001", "where it was found is where it was")


def status_tells_what_was_issued(program, scratch, arguments):
    w = Workspace(program, scratch / "w")
    w.run("issue", "1")
    w.rate("new")
    expect([entry["issued"] for entry in json.loads(w.run("status", "--json")[0])["results"]],
           [1, 0], "periods issued of each result")
    require("0001 published, issued: 2025-01" in w.run("status")[0], "as text")
    expect(w.moves()[1], ("issue", None, "0001"), "a line of history, which moves nothing")
    w.run("rollback")
    expect(w.latest(), "0001", "and is no publication")
    w.verify()


def torn_lines_count_for_nothing(program, scratch, arguments):
    w = Workspace(program, scratch / "w")
    w.rate("new")
    log, link = w.path / "history.log", w.path / "results" / "latest"
    kept = log.read_bytes()
    first = kept.index(b"\n") + 1
    for cut in (first + 1, len(kept) - 2, len(kept) - 1):
        log.write_bytes(kept[:cut])
        link.unlink()
        link.symlink_to("0001")  # a line is there before its move
        w.verify()
        w.run("publish", "2")
        w.verify()
        moves = [("publish", None, "0001"), ("publish", "0001", "0002")]
        if cut == len(kept) - 1:  # all of it but the line end
            moves[2:] = [("found", "0002", "0001"), moves[1]]
        expect(w.moves(), moves, f"cut at {cut} of {len(kept)}")
        require(log.read_bytes().endswith(b"}\n"), "lines are whole")


def one_writer_at_a_time(program, scratch, arguments):
    w = Workspace(program, scratch / "w")
    w.rate("new")
    program.env["RERATE_WATCHDOG"] = "1"  # ranks that have nothing to do wait without end
    with open(w.path / "lock", "r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        started = [program.start(2, "publish", "-w", "w", "1", cwd=w.folder),
                   program.start(None, "rollback", "-w", "w", cwd=w.folder)]
        for process in started:
            _, said = process.communicate(timeout=60)
            require(process.returncode == 73 and "another run" in said, f"is refused: {said}")
    expect((w.latest(), len(w.moves())), ("0002", 2), "nothing has moved")


if __name__ == "__main__":
    os.environ.pop("RERATE_USER", None)
    main({test.__name__: test for test in (
        a_staged_result_waits, every_move_is_a_line, bounds_hold_to_the_cent, bounds_that_are_none,
        the_first_is_compared_with_nothing, what_can_not_be_published, a_what_if_stays_one,
        what_differs_by_its_making_is_equal, what_is_damaged_stays_out,
        rollbacks_go_back_and_back, results_stand_where_they_are,
        workspaces_from_before, history_is_verified,
        status_tells_what_was_issued, torn_lines_count_for_nothing, one_writer_at_a_time)}, "--plant")
