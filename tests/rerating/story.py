"""The story of a mistake, from the day it is found to the day it is settled: two years of usage, a tier that
was wrong for months, a contract that nobody had entered, and usage that came late. Whatever the program
says on the way (results, differences, corrections, explanations, reports) must be what the oracle says, and
what it said before, to the cent; and each byte of it the same on any number of ranks."""
import json
import os
import pathlib
import re
import sys
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "ranks"), str(HERE.parent / "oracle")]
import compare  # noqa: E402
import explanations  # noqa: E402
import impact  # noqa: E402
import ledger  # noqa: E402
import oracle  # noqa: E402
from harness import Failed, main, require, require_equal  # noqa: E402
from storybook import ACCOUNTS, GLOBEX, RIGHT, WRONG, book, usage  # noqa: E402
from tables import read_table  # noqa: E402
from timing import labels_between  # noqa: E402

BOOKS = {"book.yaml": book(WRONG), "fixed.yaml": book(RIGHT), "globex.yaml": book(RIGHT, GLOBEX)}
MONTHS = labels_between("month", "2024-01", "2025-12")
CLOSED, OPEN = "2025-09", "2025-11"
REFUSED = 65


def rows(path):
    header, body = read_table(path)
    return [dict(zip(header, row)) for row in body]


class Story:
    def __init__(self, program, folder, ranks):
        self.program, self.folder, self.ranks = program, folder, ranks
        self.ws = folder / "ws"
        self.truth = {}
        (folder / "usage").mkdir(parents=True)
        for name, text in {**BOOKS, **usage()}.items():
            (folder / name).write_text(text)
        self.months = sorted(f"usage/{path.name}" for path in (folder / "usage").iterdir())

    def tell(self):
        for step in (self.two_years_are_billed, self.invoices_go_out, self.a_tier_was_wrong,
                     self.what_would_a_fix_cost, self.the_fix_waits_for_approval, self.it_is_taken_back_and_put_back,
                     self.a_contract_was_never_entered, self.usage_came_late, self.everything_that_changed,
                     self.every_line_can_be_explained, self.the_report_says_the_same,
                     self.closed_months_are_corrected, self.nothing_is_left, self.all_of_it_can_be_proved):
            try:
                step()
            except Failed as failed:
                raise Failed(f"{step.__name__}: {failed}") from failed

    # ---- helpers ----

    def run(self, command, *arguments, code=0, ranks="as told"):
        ranks = self.ranks if ranks == "as told" else ranks
        return self.program.run(ranks, command, "-w", "ws", *arguments, cwd=self.folder, code=code)

    def result(self, number):
        return self.ws / "results" / f"{number:04}"

    def latest(self):
        return int((self.ws / "results" / "latest").resolve().name)

    def rated(self, book_name, files):
        """The oracle's lines, and its result in a folder."""
        key = book_name, len(files)
        if key not in self.truth:
            os.chdir(self.folder)
            self.truth[key] = impact.sums(oracle.run(book_name, files, f"oracle-{book_name}-{len(files)}"))
        return self.truth[key]

    def is_the_oracles(self, number, book_name, files):
        self.rated(book_name, files)
        found = compare.compare(self.folder / f"oracle-{book_name}-{len(files)}", self.result(number))
        require(not found, f"result {number}: " + "\n".join(found))

    def same_rows(self, path, header, expected):
        actual_header, actual = read_table(path)
        require(",".join(actual_header) == header, f"{path.name}: {actual_header}")
        require(actual == [list(row) for row in expected],
                f"{path}: not what the oracle says: {[p for p in zip(actual, expected) if p[0] != list(p[1])][:1]} "
                f"{len(actual)} {len(expected)}")

    def moves(self):
        """What history.log says of each move of `latest` and each issue."""
        lines = (self.ws / "history.log").read_text().splitlines()
        return [(line["move"], line.get("to")) for line in map(json.loads, lines)]

    @property
    def all_files(self):
        return self.months + ["late.csv"]

    # ---- the story ----

    def two_years_are_billed(self):
        """The usage of two years is read and priced; a tier is wrong from March 2025 on, and nobody knows."""
        self.run("run", "book.yaml", "usage")
        self.is_the_oracles(1, "book.yaml", self.months)
        require(len(self.months) == 24, "two years")

    def invoices_go_out(self):
        """Invoices through September are sent."""
        self.run("issue", "1", "--through", CLOSED, ranks=None)
        self.ledger = ledger.Ledger()
        self.ledger.issue(1, self.rated("book.yaml", self.months), MONTHS, CLOSED)
        require((self.ws / "issued" / "0001" / "issue.json").exists(), "issued/0001")

    def a_tier_was_wrong(self):
        """What would have been, had the tier been right? The question leaves no trace in what counts: it can be
        asked, but not be published or issued."""
        self.run("rate", "--what-if", "fixed.yaml")
        self.is_the_oracles(2, "fixed.yaml", self.months)
        require(self.latest() == 1, "a what-if is latest")
        self.run("publish", "2", code=(64, 65), ranks=None)
        self.run("issue", "2", code=(64, 65), ranks=None)
        self.what_if = (self.result(2) / "lines.csv").read_bytes()

    def what_would_a_fix_cost(self):
        """The impact of the fix is that of the oracle, and touches those alone who have the plan."""
        self.run("impact", "1", "2")
        self.is_the_impact_of((1, 2), "book.yaml", self.months, "fixed.yaml", self.months)
        touched = {row["account"] for row in rows(self.ws / "impact" / "0001-0002" / "lines.csv")}
        require(touched and touched <= {*ACCOUNTS["payg"], "acme-us"}, f"touched: {sorted(touched)}")
        for row in rows(self.ws / "impact" / "0001-0002" / "lines.csv"):
            require(row["period"] >= "2025-03", f"before the mistake: {row}")

    def the_fix_waits_for_approval(self):
        """The fixed book is priced as a candidate; it is too much for a small bound, and then published."""
        self.run("rate", "--stage", "fixed.yaml")
        require(self.latest() == 1, "a candidate is latest")
        require((self.result(3) / "lines.csv").read_bytes() == self.what_if, "it is not what was foreseen")
        self.run("publish", "3", "--max-delta", "0.01", code=REFUSED, ranks=None)
        require(self.latest() == 1, "published beyond the bound")
        self.run("publish", "3", "--max-delta", "50%", ranks=None)
        require(self.latest() == 3, "not published")

    def it_is_taken_back_and_put_back(self):
        """Second thoughts, and third ones; the history has all of them."""
        self.run("rollback", ranks=None)
        require(self.latest() == 1, "not taken back")
        self.run("publish", "3", ranks=None)
        require(self.latest() == 3, "not put back")
        require(self.moves() == [("publish", "0001"), ("issue", "0001"), ("publish", "0003"),
                                 ("rollback", "0001"), ("publish", "0003")], f"history: {self.moves()}")

    def a_contract_was_never_entered(self):
        """The deal with Globex is from June; it is entered now, and only Globex and who pays for it are touched."""
        self.run("rate", "globex.yaml")
        self.is_the_oracles(4, "globex.yaml", self.months)
        self.run("impact", "3", "4")
        self.is_the_impact_of((3, 4), "fixed.yaml", self.months, "globex.yaml", self.months)
        touched = {row["account"] for row in rows(self.ws / "impact" / "0003-0004" / "adjustments.csv")}
        require(touched == {"globex", "globex holding"}, f"touched: {touched}")

    def usage_came_late(self):
        """Usage of spring and summer arrives, some of it for the second time."""
        self.run("run", "globex.yaml", "late.csv")
        self.is_the_oracles(5, "globex.yaml", self.all_files)
        self.run("impact", "4", "5")
        self.is_the_impact_of((4, 5), "globex.yaml", self.months, "globex.yaml", self.all_files)
        require(not any(Decimal(row["price_effect"])
                        for row in rows(self.ws / "impact" / "0004-0005" / "lines.csv")), "a price changed")

    def everything_that_changed(self):
        """From what customers have to what they should have: prices, a contract and usage, each with its part."""
        self.run("impact", "1", "5")
        self.is_the_impact_of((1, 5), "book.yaml", self.months, "globex.yaml", self.all_files)
        found = rows(self.ws / "impact" / "0001-0005" / "lines.csv")
        for effect in ("price_effect", "usage_effect", "rounding"):
            require(any(Decimal(row[effect]) for row in found), f"no {effect}")

    def is_the_impact_of(self, numbers, old_book, old_files, new_book, new_files):
        old, middle, new = (self.rated(*which) for which in ((old_book, old_files), (new_book, old_files),
                                                              (new_book, new_files)))
        made = self.ws / "impact" / "{:04}-{:04}".format(*numbers)
        self.same_rows(made / "lines.csv", impact.LINES, impact.line_rows(old, middle, new))
        self.same_rows(made / "adjustments.csv", impact.ADJUSTMENTS, impact.adjustment_rows(old, new))

    def every_line_can_be_explained(self):
        """Whoever asks is told how each line came to be, in the first result and in the last, and why it changed; and
        of which months its records are."""
        results = [explanations.Result(self.result(number)) for number in (1, 5)]
        for account in sorted(results[0].accounts() | results[1].accounts()):
            out, _ = self.run("explain", "--account", account, "--json", "1", "5", ranks=None)
            explained = json.loads(out)
            explanations.check_pair(account, explained, results, self.ws / "impact" / "0001-0005")
            for line in explained["old"]["lines"] + explained["new"]["lines"]:
                for file in line.get("usage", {}).get("files", []):
                    require(file["file"] == "late.csv" or line["period"][:7] in file["file"],
                            f"{account}: {line['period']} is of {file}")

    def the_report_says_the_same(self):
        """The numbers in the pages that people look at, of the result and of all that changed."""
        old, middle, new = (self.rated(*which) for which in self.from_first_to_last)
        self.run("report", "5", ranks=None)
        page = page_data(self.ws / "reports" / "0005.html")
        self.are_sums(page["revenue"]["rows"], "by_month_and_charge", new, {4: "amount", 5: "exact"})
        self.are_sums(page["invoices"]["rows"], "by_period", new, {3: "amount"})
        self.are_sums(payers_of(page, "most", "least"), "of_payer", new, {3: "amount"})
        self.run("report", "1", "5", ranks=None)
        page = page_data(self.ws / "impact" / "0001-0005" / "report.html")
        causes = {key: tuple(map(str, (change.delta, change.price_effect, change.usage_effect)))
                  for key, change in changed_causes(old, middle, new).items()}
        require({tuple(row[:3]): tuple(str(Fraction(text)) for text in row[4:7])
                 for row in page["causes"]["rows"]} == causes, f"causes: {page['causes']['rows'][:2]}")
        payers = impact.compared(old, new, new, "of_payer")
        require({tuple(row[:2]): row[5] for row in payers_of(page, "most", "least")} ==
                {key: f"{float(change.delta):.2f}" for key, change in payers.items() if change.delta},
                "who gains and loses")
        for kept in (page, page_data(self.ws / "reports" / "0005.html")):
            require(all(law[-1] for law in kept["laws"]), f"laws: {kept['laws']}")

    @property
    def from_first_to_last(self):
        """The old side, the middle and the new side."""
        return (("book.yaml", self.months), ("globex.yaml", self.months), ("globex.yaml", self.all_files))

    def are_sums(self, page_rows, part, lines, columns):
        """The page's rows are the oracle's sums: {column: which sum of a Sum}."""
        sums = defaultdict(impact.Sum)
        for key, total in lines.items():
            sums[(key.currency, key.period, key.charge) if part == "by_month_and_charge"
                 else getattr(key, part)] += total
        for column, name in columns.items():
            page = {tuple(row[:len(next(iter(sums)))]): Fraction(row[column]) for row in page_rows}
            require(page == {key: getattr(total, name) for key, total in sums.items()},
                    f"{part}: {name}: {list(page.items())[:2]}")

    def closed_months_are_corrected(self):
        """Invoices that were sent stay as they are: their corrections go out in November, each naming the month
        that it corrects, and as rows of FOCUS too."""
        self.closing = ("impact", "1", "5", "--closed-through", CLOSED, "--book-in", OPEN)
        self.run(*self.closing)
        booking = self.book()
        self.same_booking(booking)
        require({row[3] for row in booking.correction_rows()} > {"2025-03", "2025-09"}, "too little to correct")
        made = self.ws / "impact" / "0001-0005"
        billed = defaultdict(Decimal)
        for row in rows(made / "focus.csv"):
            require(row["ChargeClass"] == "Correction", f"FOCUS: {row}")
            billed[row["BillingAccountId"]] += Decimal(row["BilledCost"])
        corrected = defaultdict(Decimal)
        for row in rows(made / "corrections.csv"):
            corrected[row["payer"]] += Decimal(row["amount"])
        require({k: v for k, v in billed.items() if v} == {k: v for k, v in corrected.items() if v},
                f"FOCUS {dict(billed)}, corrections {dict(corrected)}")

    def book(self):
        old, middle, new = (self.rated(*which) for which in self.from_first_to_last)
        return self.ledger.book(old, middle, 5, new, CLOSED, OPEN)

    def same_booking(self, booking):
        made = self.ws / "impact" / "0001-0005"
        self.same_rows(made / "corrections.csv", ledger.CORRECTIONS, booking.correction_rows())
        self.same_rows(made / "lines.csv", impact.LINES, booking.line_rows())
        self.same_rows(made / "adjustments.csv", impact.ADJUSTMENTS, booking.adjustment_rows())

    def nothing_is_left(self):
        """Once the corrections went out, the same question has no answer."""
        booking = self.book()
        self.run("issue", "5", ranks=None)
        self.ledger.issue_booked(booking, 5, MONTHS)
        self.run(*self.closing)
        self.same_booking(self.book())
        for name in ("corrections", "lines", "adjustments"):
            require(not rows(self.ws / "impact" / "0001-0005" / f"{name}.csv"), f"{name} are left")
        require(self.moves()[-1][0] == "issue", f"history: {self.moves()}")

    def all_of_it_can_be_proved(self):
        """Every digest and every law, from the files alone."""
        self.run("verify", ranks=None)


def page_data(path):
    """What a report holds for its script."""
    text = path.read_text(encoding="utf-8")
    return json.loads(re.search('<script type="application/json" id="data">(.*?)</script>', text, re.S)[1])


def payers_of(page, *lists):
    """[CURRENCY, ACCOUNT, ROWS, AMOUNT, ...]"""
    return [[entry["currency"], *row] for entry in page["accounts"] for name in lists for row in entry[name]]


def changed_causes(old, middle, new):
    """By currency, period and charge, where a line changed."""
    found = defaultdict(lambda: impact.Change(0, 0, 0, 0))
    for key, change in impact.changes(old, middle, new, "line").items():
        name = key[4], key[1], key[2]
        found[name] = impact.Change(*(a + b for a, b in zip(found[name], change)))
    return found


def published(folder):
    """The bytes of everything that people are given."""
    return {str(path.relative_to(folder)): path.read_bytes() for name in ("results", "impact", "issued")
            for path in sorted((folder / "ws" / name).rglob("*/*")) if path.is_file()}


def the_story(program, scratch, arguments):
    told = {}
    for ranks in map(int, arguments.ranks.split(",")):
        folder = scratch / f"ranks-{ranks}"
        Story(program, folder, ranks if ranks > 1 else None).tell()
        told[ranks] = published(folder)
        first = min(told)
        require_equal(told[first], told[ranks], f"told on {first} ranks and on {ranks}")


if __name__ == "__main__":
    main({"story": the_story}, "--ranks")
