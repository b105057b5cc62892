"""What a small fix lets `rate` compute, line by line, of a book made by hand: no more than the fix can touch, and
no less than what it changes; all other lines are carried over. And what must never be carried over: lines of
a result that is damaged, or of another state."""
import pathlib
import shutil
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "ranks"), str(HERE.parent / "oracle")]
from harness import Failed, main, require  # noqa: E402
from results import Differs, lines_of, priced, require_same  # noqa: E402
from tables import read_table  # noqa: E402

BOOK = """rerate: 1
currency: USD
usage:
  account: account
  timestamp: time
  meter: meter
  quantity: quantity
  dimensions: [model]
meters:
  calls: {aggregate: count}
  tokens: {aggregate: sum, by: [model]}
plans:
  payg:
    versions:
      - from: 2025-01-01
        charges:
          - {id: fee, flat: "5.00", prorate: true}
          - {meter: calls, free: 2, per_unit: "0.25"}
          - {meter: tokens, split: [model], per_unit: "0.011"}
      - from: 2025-03-01
        charges:
          - {id: fee, flat: "6.00", prorate: true}
          - {meter: calls, free: 2, per_unit: "0.24"}
          - {meter: tokens, split: [model], graduated: [{up_to: 50, unit: "0.0125"}, {unit: "0.009"}]}
  pro:
    versions:
      - from: 2025-01-01
        charges:
          - {meter: calls, per_unit: "0.15"}
          - {meter: tokens, per_unit: "0.0085"}
  floor:
    minimum: "40.00"
    versions:
      - from: 2025-01-01
        charges:
          - {meter: calls, per_unit: "0.17"}
          - {meter: tokens, per_unit: "0.0095"}
  yen:
    currency: JPY
    versions:
      - from: 2025-01-01
        charges:
          - {meter: calls, per_unit: "35"}
          - {meter: tokens, per_unit: "1.5"}
default_plan: pro
subscriptions: subscriptions.csv
contracts: contracts.yaml
"""
SUBSCRIPTIONS = """account,plan,start,end,contract
payg 1,payg,2025-01-01,,
payg 2,payg,2025-01-01,,
payg 3,payg,2025-01-01,2025-04-01,
payg 3,pro,2025-04-01,,
pro 1,pro,2025-01-01,,
pro 2,pro,2025-01-01,,
floor 1,floor,2025-01-01,,
floor 2,floor,2025-01-01,,
floor 3,floor,2025-01-01,2025-02-01,
yen 1,yen,2025-01-01,,
pooled 3,,2025-04-01,,pool
"""
CONTRACTS = """pool:
  plan: payg
  accounts: [pooled 1, pooled 2]
  bill_to: pooled 1
  start: 2025-02-01
  pool: true
  credits: [{id: promo, amount: "3.00", from: 2025-02-01}]
pair:
  plan: payg
  accounts: [pair 1, pair 2]
  bill_to: payer
  start: 2025-01-01
  pool: true
single:
  plan: pro
  accounts: [single 1]
  start: 2025-01-01
  discount: {percent: "10"}
"""
FILES = {"book.yaml": BOOK, "subscriptions.csv": SUBSCRIPTIONS, "contracts.yaml": CONTRACTS}
FLOOR = ("floor 1", "floor 2", "floor 3")
ACCOUNTS = ["payg 1", "payg 2", "payg 3", "pro 1", "pro 2", *FLOOR, "yen 1", "pooled 1",
            "pooled 2", "pooled 3", "pair 1", "pair 2", "payer", "single 1", "nobody's"]
HEADER = "account,contract,period,plan,charge,detail,from,to,quantity,exact,amount,currency".split(",")
POOL, PAIR = ("pooled 1", "pooled 2", "pooled 3"), ("pair 1", "pair 2", "payer")
DEALS = POOL + PAIR  # of plan payg; who has a contract is priced with all that it binds


def usage():
    """A few records of each account in each of six months."""
    rows = ["account,time,meter,quantity,model"]
    for a, account in enumerate(ACCOUNTS):
        for month in range(1, 7):
            rows += [f"{account},2025-{month:02}-{3 + 4 * n:02},calls,1," for n in range(3 + a % 3)]
            rows += [f"{account},2025-{month:02}-{5 + 6 * n:02},tokens,{37 + 11 * a + 5 * month + n},{model}"
                     for n, model in enumerate(("large", "small", "large"))]
    return "\n".join(rows) + "\n"


def of(*accounts):
    return lambda line: line["account"] in accounts


def no_line(line):
    return False


def any_line(line):
    return True


# What is fixed: the file, its text, its new text, and the lines that may be computed.
FIXES = {
    "a comment": ("book.yaml", "rerate: 1\n", "rerate: 1 # of 2025\n", no_line),
    "the price of a charge from March on": (
        "book.yaml", '"0.24"', '"0.23"', lambda line: line["account"] in DEALS or (
            line["plan"] == "payg" and line["charge"] == "calls" and line["period"] >= "2025-03")),
    "the units that are free until March": (
        "book.yaml", 'free: 2, per_unit: "0.25"', 'free: 1, per_unit: "0.25"',
        lambda line: line["account"] in DEALS or (
            line["plan"] == "payg" and line["charge"] == "calls" and line["period"] < "2025-03")),
    "a tier": ("book.yaml", "up_to: 50", "up_to: 60", lambda line: line["account"] in DEALS or (
        line["plan"] == "payg" and line["charge"] == "tokens" and line["period"] >= "2025-03")),
    "a fee": ("book.yaml", '"6.00"', '"6.50"', lambda line: line["account"] in DEALS or (
        line["plan"] == "payg" and line["charge"] == "fee" and line["period"] >= "2025-03")),
    "a price of the default plan": ("book.yaml", 'per_unit: "0.15"', 'per_unit: "0.16"', lambda line: line["account"] in
                                    ("single 1", *DEALS) or line["charge"] == "calls" and line["plan"] == "pro"),
    "a price of a plan with a minimum": ("book.yaml", '"0.17"', '"0.18"', of(*FLOOR)),
    "a plan's minimum": ("book.yaml", '"40.00"', '"41.00"', of(*FLOOR)),
    "a version's first day": ("book.yaml", "from: 2025-03-01", "from: 2025-03-11",
                              lambda line: line["account"] in DEALS or (
                                  line["account"].startswith("payg") and line["period"] == "2025-03")),
    "a plan's first day": ("book.yaml", '"40.00"\n    versions:\n      - from: 2025-01-01',
                           '"40.00"\n    versions:\n      - from: 2025-01-09',
                           lambda line: line["account"] in FLOOR and line["period"] == "2025-01"),
    "a charge's name": ("book.yaml", '{meter: tokens, per_unit: "1.5"}',
                        '{id: words, meter: tokens, per_unit: "1.5"}', of("yen 1")),
    "a new fee": ("book.yaml", '          - {meter: calls, per_unit: "0.17"}',
                  '          - {id: fee, flat: "1.00"}\n          - {meter: calls, per_unit: "0.17"}',
                  of(*FLOOR)),
    "a plan's currency": ("book.yaml", "JPY", "KWD", of("yen 1")),
    "the default plan": ("book.yaml", "default_plan: pro", "default_plan: floor", of("nobody's", *DEALS)),
    "a plan that nobody has": ("book.yaml", "default_plan:", """  new:
    versions:
      - {from: 2025-01-01, charges: [{meter: calls, per_unit: "1"}]}
default_plan:""", no_line),
    "a subscription's end": ("subscriptions.csv", "payg 2,payg,2025-01-01,,", "payg 2,payg,2025-01-01,2025-05-16,",
                             of("payg 2")),
    "a subscription's plan": ("subscriptions.csv", "pro 1,pro", "pro 1,floor", of("pro 1")),
    "one subscription less": ("subscriptions.csv", "pro 2,pro,2025-01-01,,\n", "", of("pro 2")),
    "one subscription more": ("subscriptions.csv", "yen 1", "nobody's,payg,2025-05-01,,\nyen 1",
                              of("nobody's")),
    "a day on which plans change": ("subscriptions.csv", """payg 3,payg,2025-01-01,2025-04-01,
payg 3,pro,2025-04-01,,""", """payg 3,payg,2025-01-01,2025-04-09,
payg 3,pro,2025-04-09,,""", of("payg 3")),
    "the order of subscriptions": ("subscriptions.csv", """payg 1,payg,2025-01-01,,
payg 2,payg,2025-01-01,,
""", """payg 2,payg,2025-01-01,,
payg 1,payg,2025-01-01,,
""", no_line),
    "a member's first day": ("subscriptions.csv", "pooled 3,,2025-04-01", "pooled 3,,2025-05-01", of(*POOL)),
    "a contract's discount": ("contracts.yaml", '"10"', '"11"', of("single 1")),
    "a credit": ("contracts.yaml", '"3.00"', '"4.00"', of(*POOL)),
    "who pays": ("contracts.yaml", "bill_to: pooled 1", "bill_to: pooled 2", of(*POOL)),
    "one member less": ("contracts.yaml", "[pooled 1, pooled 2]", "[pooled 1]", of(*POOL)),
    "one contract more": ("contracts.yaml", "single:", "late:\n  plan: pro\n  accounts: [payg 1]\n"
                          "  start: 2025-03-01\n  end: 2025-05-01\nsingle:", of("payg 1")),
    "a pooled contract less": ("contracts.yaml", CONTRACTS[CONTRACTS.index("pair:"):CONTRACTS.index("single:")],
                               "", of(*PAIR)),
    "one contract less": ("contracts.yaml", CONTRACTS[CONTRACTS.index("single:"):], "", of("single 1")),
    "rounding": ("book.yaml", "currency: USD\n", "currency: USD\nrounding: half_even\n", any_line),
    "the book's currency": ("book.yaml", "currency: USD\n", "currency: EUR\n", any_line),
}
NOTHING = ("book.yaml", "rerate: 1\n", "rerate: 1\n")


class World:
    """Files of the book and its usage; workspaces beside them."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        for name, text in {**FILES, "usage.csv": usage()}.items():
            (folder / name).write_text(text)
        self.run("run", "ws", "book.yaml", "usage.csv")

    def run(self, command, workspace, *arguments, ranks=None, code=0):
        """All that it said."""
        return "".join(self.program.run(ranks, command, "-w", workspace, *arguments, cwd=self.folder, code=code))

    def copy(self, workspace, source="ws"):
        shutil.rmtree(self.folder / workspace, ignore_errors=True)
        shutil.copytree(self.folder / source, self.folder / workspace, symlinks=True)

    def fix(self, name, old, new):
        text = FILES[name]
        require(text.count(old) == 1, f"{old!r} is {text.count(old)} times in {name}")
        for file in FILES:
            (self.folder / file).write_text(FILES[file])
        (self.folder / name).write_text(text.replace(old, new))

    def result(self, workspace, number):
        return self.folder / workspace / "results" / f"{number:04}"

    def price_both_ways(self, *options, ranks=None, number=2):
        """The result that carries lines over, and all that was said of it."""
        self.copy("all", "one")
        said = self.run("rate", "one", *options, "book.yaml", ranks=ranks)
        self.run("rate", "all", "--all", *options, "book.yaml")
        one, everything = (self.result(workspace, number) for workspace in ("one", "all"))
        same(one, everything)
        n = len(lines_of(one))
        require(priced(everything) == (n, 0), f"--all: {priced(everything)} of {n}")
        require(sum(priced(one)) == n, f"{priced(one)} of {n}")
        return one, said


def same(one, other):
    try:
        require_same(one, other)
    except Differs as differs:
        raise Failed(str(differs)) from differs


def changed_lines(new, old):
    """How many are not in the old result as they are."""
    return len(set(lines_of(new)) - set(lines_of(old)))


def as_dicts(result):
    return [dict(zip(HEADER, line)) for line in lines_of(result)]


def a_fix_computes_what_it_touches(program, scratch, arguments):
    world, wrong = World(program, scratch), []
    for n, (name, (file, old, new, touched)) in enumerate(FIXES.items()):
        world.copy("one")
        world.fix(file, old, new)
        result, _ = world.price_both_ways(ranks=(None, None, 2, None, 3)[n % 5],
                                          *(("--compress", "zstd") if n % 4 == 3 else ()))
        least = changed_lines(result, world.result("one", 1))
        most = sum(map(touched, as_dicts(result)))
        computed, carried = priced(result)
        if touched is any_line:
            least = most
        if not least <= computed <= most:
            wrong.append(f"{name}: {computed} lines computed, {carried} carried over, {least} changed, "
                         f"{most} may be computed")
    world.run("verify", "one")
    require(not wrong, "\n".join(wrong))


def only_a_whole_result_is_carried_over(program, scratch, arguments):
    """One byte of the result before is another: everything is computed, and that is said."""
    world = World(program, scratch)
    world.fix(*FIXES["a fee"][:3])
    before = world.result("one", 1)
    for name in ("lines.csv", "unrated.csv", "invoices.csv", "shares.csv", "run.json", "book.yaml"):
        world.copy("one")
        damaged = bytearray((before / name).read_bytes())
        damaged[len(damaged) // 2] ^= 1
        (before / name).write_bytes(damaged)
        result, said = world.price_both_ways()
        require(priced(result)[1] == 0, f"{name} is damaged, and {priced(result)[1]} lines are carried over")
        require(said.count(name) == 1, f"{name} is damaged, and that is not said once: {said}")
    for path in sorted((world.folder / "ws" / "books").iterdir()):
        world.copy("one")
        kept = world.folder / "one" / "books" / path.name
        kept.write_bytes(kept.read_bytes()[:-1])
        result, said = world.price_both_ways()
        require(priced(result)[1] == 0, f"{path.name} is cut, and {priced(result)[1]} lines are carried over")
        require("books/" in said, f"{path.name} is cut, and nothing is said of it: {said}")


def what_was_removed_is_no_damage(program, scratch, arguments):
    """Where no result will do, the gaps between them are not told of."""
    world = World(program, scratch)
    world.copy("one")
    world.fix(*FIXES["a fee"][:3])
    world.run("rate", "one", "book.yaml")
    shutil.rmtree(world.result("one", 1))
    said = world.run("rate", "one", "--from", "2025-02", "book.yaml")
    require(priced(world.result("one", 3))[1] == 0, "lines of other periods are carried over")
    require("0001" not in said, f"what was removed is told of: {said}")


def only_the_same_state_is_carried_over(program, scratch, arguments):
    """New usage can touch anything, also where `latest` still names a result without it; what was staged, taken
    back, or only asked what if is no wrong ground either."""
    world = World(program, scratch)
    (scratch / "more.csv").write_text("account,time,meter,quantity,model\nnobody's,2025-02-02,calls,1,\n")
    world.copy("one")
    world.run("run", "one", "book.yaml", "more.csv")
    require(priced(world.result("one", 2))[1] == 0, "lines are carried over new usage")
    for options in ([], ["--stage"]):
        world.copy("one")
        world.fix(*NOTHING)
        world.run("run", "one", *options, "book.yaml", "more.csv")
        if not options:
            world.run("rollback", "one")
        world.fix(*FIXES["a fee"][:3])
        world.price_both_ways(number=3)
    for option in ("--stage", "--what-if"):
        world.copy("one")
        world.fix(*FIXES["a credit"][:3])
        world.run("rate", "one", option, "book.yaml")
        world.fix(*FIXES["a fee"][:3])
        result, _ = world.price_both_ways(number=3)
        require(priced(result)[1] > 0, f"nothing is carried over after {option}")


def nothing_is_changed(program, scratch, arguments):
    """No new result, in either way."""
    world = World(program, scratch)
    for options in ([], ["--all"]):
        said = world.run("rate", "ws", *options, "book.yaml")
        require("0001" in said, said)
        require(not world.result("ws", 2).exists(), "a result that is there already is made again")


if __name__ == "__main__":
    main({test.__name__: test for test in (
        a_fix_computes_what_it_touches, only_a_whole_result_is_carried_over,
        what_was_removed_is_no_damage, only_the_same_state_is_carried_over, nothing_is_changed)})
