"""Quarantine as a tool: what blocks publishing, that it is kept to the byte, that a file with the same
event ids repairs it, and that nothing counts twice."""
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "ranks"), str(HERE.parent / "oracle")]
from harness import main, require, require_equal, result_of, results  # noqa: E402
from tables import rows  # noqa: E402

BOOK = """\
rerate: 1
currency: USD
usage: {account: account, timestamp: time, event_id: id, void: void, meter: meter, quantity: quantity}
meters: {tokens: {aggregate: sum}, calls: {aggregate: count}}
plans: {payg: {versions: [{from: 2025-01-01, charges: [{meter: tokens, per_unit: 1},
                                                       {meter: calls, per_unit: 100}]}]}}
default_plan: payg
"""
HEADER = b"account,time,id,void,meter,quantity\n"


def write(folder, files):
    folder.mkdir()
    (folder / "book.yaml").write_text(BOOK)
    for name, lines in files.items():
        (folder / name).write_bytes(HEADER + b"".join(line + b"\n" for line in lines))


def run(program, ranks, folder, *files, code=0, limit=None, command="run"):
    options = ("--max-quarantine", limit) if limit else ()
    return program.run(ranks, command, "-w", "w", "--json", "--memory", "64K", *options, "book.yaml",
                       *files, cwd=folder, code=code)


def records_of(folder):
    return json.loads(result_of(folder / "w")["reconciliation.json"])["records"]


def quarantined(file):
    """(file, record, code) of a quarantine.csv."""
    _, *body = rows(file.read_bytes())
    return [(row.fields[0].decode(), int(row.fields[1]), row.fields[3].decode()) for row in body]


GOOD = [b"a,2025-01-%02d,g%d,,tokens,1" % (day, day) for day in range(1, 29)]
BAD = [b"a,yesterday,e1,,tokens,10", b"a,2025-01-05,e2,,teapots,10", b"b,2025-01-05,e3,,tokens,many",
       b"b,2025-01-05,e4,maybe,tokens,10"]
REPAIRS = [b"a,2025-01-05,e1,,tokens,10", b"a,2025-01-05,e2,,calls,10", b"b,2025-01-05,e3,,tokens,20",
           b"b,2025-01-05,e4,yes,,"]


def a_repaired_file_is_published(program, scratch, arguments):
    """The user's way: refused, repaired in one more file, published; also in two steps, with the
    repairs first, and all at once. Whatever the way and the ranks, the result has the same bytes."""
    files = {"1-good.csv": GOOD, "2-bad.csv": BAD, "0-repairs.csv": REPAIRS[:3],
             "3-repairs.csv": REPAIRS[3:]}
    bad = [("2-bad.csv", 1, "bad_timestamp"), ("2-bad.csv", 2, "unknown_meter"),
           ("2-bad.csv", 3, "bad_quantity"), ("2-bad.csv", 4, "bad_void")]
    want = None
    for way, ranks in ((("1-good.csv", "2-bad.csv"), "0-repairs.csv", "3-repairs.csv"), None), \
                      ((("2-bad.csv",), "3-repairs.csv", "1-good.csv", "0-repairs.csv"), 3), \
                      ((("0-repairs.csv", "2-bad.csv"), "1-good.csv", "3-repairs.csv"), 2), \
                      ((("0-repairs.csv", "3-repairs.csv", "1-good.csv", "2-bad.csv"),), 4):
        folder = scratch / f"ranks-{ranks}"
        write(folder, files)
        given, left = [], bad
        for step in way:
            given += step if isinstance(step, tuple) else [step]
            left = [row for row in bad if not (row[1] < 4 and "0-repairs.csv" in given) and
                    not (row[1] == 4 and "3-repairs.csv" in given)]
            left = left if "2-bad.csv" in given else []
            _, said = run(program, ranks, folder, *given, code=65 if left else 0)
            require(not left or f"{len(left)} of " in said, f"says how many: {said}")
            beside = folder / "w" / "quarantine.csv"
            require((quarantined(beside) if beside.exists() else []) == left, f"{given}: {left}")
        records = records_of(folder)
        require(records["quarantined"] == {} and
                records["repaired"] == {code: 1 for _, _, code in bad}, f"repaired: {records}")
        require([records[name] for name in ("read", "aggregated", "void", "voided", "duplicate")] ==
                [36, 31, 1, 0, 0], f"counted once: {records}")
        got = result_of(folder / "w")
        want = want or got
        require_equal(want, got, f"{way} on {ranks} ranks")
        out, _ = run(program, ranks, folder, *given)
        require(json.loads(out)["unchanged"] and json.loads(out)["repaired"] == 4, f"again: {out}")
        program.run(None, "verify", "-w", "w", cwd=folder)


def what_has_no_event_stays(program, scratch, arguments):
    bad = [b",2025-01-05,e1,,tokens,1", b"a,2025-01-05,,,tokens,1", b"a,2025-01-05,e3,,tokens",
           b"a,2025-01-05,e4,,tok\xffens,1", b"a,2025-01-05,e5,,tokens,"]
    good = [b"a,2025-01-05,e%d,,tokens,1" % n for n in range(1, 6)]
    write(scratch / "f", {"bad.csv": bad, "good.csv": good})
    run(program, 2, scratch / "f", "bad.csv", "good.csv", limit="4")
    records = records_of(scratch / "f")
    require(records["repaired"] == {"missing_quantity": 1} and records["quarantined"] ==
            {"missing_account": 1, "missing_event_id": 1, "bad_row": 1, "bad_encoding": 1},
            f"{records}")


def corrections_are_repaired_by_corrections(program, scratch, arguments):
    """A bad record that would have corrected a good one stays in quarantine until it is repaired."""
    header = HEADER.replace(b"void", b"void,version")
    files = {"1.csv": [b"a,2025-01-05,e1,,1,tokens,1", b"a,2025-01-05,e2,,,tokens,1",
                       b"a,2025-01-05,e3,,,tokens,1", b"a,2025-01-05,e4,,7,tokens,1"],
             "2.csv": [b"a,2025-01-05,e1,,2,tokens,x", b"a,x,e2,yes,,,", b"a,x,e3,,two,tokens,1",
                       b"a,2025-01-05,e4,2,6,tokens,1"],
             "3.csv": [b"a,2025-01-05,e1,,2,tokens,5", b"a,2025-01-06,e2,yes,,,"]}
    write(scratch / "f", {})
    book = scratch / "f" / "book.yaml"
    book.write_text(BOOK.replace("void: void", "void: void, version: version"))
    for name, lines in files.items():
        (scratch / "f" / name).write_bytes(header + b"\n".join(lines))
    run(program, 2, scratch / "f", "1.csv", "2.csv", code=65)
    require(quarantined(scratch / "f" / "w" / "quarantine.csv") ==
            [("2.csv", 1, "bad_quantity"), ("2.csv", 2, "bad_timestamp")], "what would correct")
    run(program, 3, scratch / "f", "3.csv")
    records = records_of(scratch / "f")
    require([records[name] for name in ("read", "aggregated", "superseded", "void", "voided")] ==
            [10, 3, 1, 1, 1] and records["repaired"] ==
            {"bad_quantity": 1, "bad_timestamp": 1, "bad_version": 1, "bad_void": 1}, f"{records}")


def without_event_ids_nothing_is_repaired(program, scratch, arguments):
    write(scratch / "f", {"bad.csv": BAD[:3], "good.csv": REPAIRS[:3]})
    book = scratch / "f" / "book.yaml"
    book.write_text(BOOK.replace("event_id: id, void: void, ", ""))
    _, said = run(program, 2, scratch / "f", "bad.csv", "good.csv", code=65)
    require("3 of 6" in said and "event id" not in said, f"says no wrong way out: {said}")
    run(program, 2, scratch / "f", "bad.csv", "good.csv", limit="3")
    require(records_of(scratch / "f")["repaired"] == {}, "repaired")


def limits_are_exact(program, scratch, arguments):
    """Of 200 records 7 are bad, 3 of them repaired: 4 are 2 percent."""
    bad = BAD[:3] + [b"a,,x%d,,tokens,1" % n for n in range(4)]
    good = [b"a,2025-01-05,n%d,,tokens,1" % n for n in range(190)]
    write(scratch / "f", {"u.csv": bad + good + REPAIRS[:3]})
    for limit, code in (("0", 65), ("3", 65), ("1%", 65), ("0%", 65), ("2%", 0), ("4", 0), ("5", 0)):
        _, said = run(program, None, scratch / "f", "u.csv", limit=limit, code=code)
        require(code == 0 or "4 of 200 records" in said and "(bad_timestamp 4)" in said, said)
    # One more good record, and 4 are less than 2 percent; one fewer record, and they are more.
    for name, lines, code in (("more", bad + good + REPAIRS[:3] + [b"a,2025-01-05,m,,tokens,1"], 0),
                              ("fewer", bad + good[1:] + REPAIRS[:3], 65)):
        write(scratch / name, {"u.csv": lines})
        run(program, 2, scratch / name, "u.csv", limit="2%", code=code)


def raw_text_is_kept(program, scratch, arguments):
    """To the byte, whatever is in it; also beside repaired ones that are left out."""
    raw = [b'a,"not a\r\ntime, ""x""\n",r1,,tokens,1', b"a,\x00,r2,,tokens,1",
           b"a,\xff\xfe\x80,r3,,tokens,1", b'a,"2025-01-05"x,r4,,tokens,1',
           b"a,cr\rcr,r5,,tokens,1", b'"",x,r6,,tokens,"1\n\n"', b"a, 2025-01-05 ,r7,,tokens,1",
           b"\xef\xbb\xbf,x,r8,,tokens,1", b'a,x,r9,,tokens,"']
    lines = [b"a,x,e%d,,tokens,1" % n for n in range(200)]
    for n, text in enumerate(raw):  # the last one runs to the end of the file
        lines.insert(25 * n + 13 if n < 8 else len(lines), text)
    data = HEADER + b"\r\n".join(lines)
    want = [(row.offset, row.raw) for row in list(rows(data))[1:] if b",e" not in row.raw]
    require([text for _, text in want] == raw, "a test that reads what it wrote")
    good = [b"a,2025-01-05,e%d,,tokens,1" % n for n in range(200)]
    write(scratch / "f", {"good.csv": good})
    (scratch / "f" / "u.csv").write_bytes(data)
    for ranks in (None, 2, 4):
        _, said = run(program, ranks, scratch / "f", "u.csv", "good.csv", code=65)
        beside = scratch / "f" / "w" / "quarantine.csv"
        listed = beside.read_bytes()
        _, *body = rows(listed)
        require([(int(row.fields[2]), row.fields[4]) for row in body] == want, f"{ranks} ranks")
        require(all(data[offset:].startswith(text) for offset, text in want), "at its offset")
        run(program, ranks, scratch / "f", limit="9", command="rate")
        require(result_of(scratch / "f" / "w")["quarantine.csv"] == listed, "as in the result")
        require(records_of(scratch / "f")["repaired"] == {"bad_timestamp": 200}, "repaired")
        require(results(scratch / "f" / "w") == ["0001", "latest"], "once")


if __name__ == "__main__":
    main({test.__name__: test for test in (
        a_repaired_file_is_published, what_has_no_event_stays,
        corrections_are_repaired_by_corrections, without_event_ids_nothing_is_repaired,
        limits_are_exact, raw_text_is_kept)})
