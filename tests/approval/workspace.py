"""A small workspace to publish in, whose deltas can be told by hand: eight accounts that pay 100 USD, of which a
new book moves four up and four down, and one that pays 100 EUR."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "ranks"))
from harness import require, result_of, results  # noqa: E402

BOOK = """rerate: 1
currency: USD
usage: {{account: account_id, timestamp: ts, event_id: id, meter: meter}}
meters:
  calls: {{aggregate: count}}
plans:
  up:
    versions: [{{from: 2025-01-01, charges: [{{id: fee, flat: "{up}"}}, {{meter: calls, per_unit: "0.25"}}]}}]
  down:
    versions: [{{from: 2025-01-01, charges: [{{id: fee, flat: "{down}"}}]}}]
  abroad:
    currency: {code}
    versions: [{{from: 2025-01-01, charges: [{{id: fee, flat: {abroad}}}]}}]
subscriptions:
""" + "".join(f"  - {{{{account: {plan[0]}{i}, plan: {plan}, start: 2025-01-01}}}}\n"
              for plan, n in (("up", 4), ("down", 4), ("abroad", 1)) for i in range(n))
OLD = {"up": "99.75", "down": "100", "code": "EUR", "abroad": "100"}
BOOKS = {
    "old": OLD,
    "new": {**OLD, "up": "100.75", "down": "99"},  # 8 USD up and down, 1 % of 800, 0 in sum
    "dear": {**OLD, "abroad": "107"},  # 7 EUR
    "moved": {**OLD, "code": "JPY"},  # 100 EUR less, 100 JPY of nothing before
}


class Workspace:
    """FOLDER/w, made by `run` with the old book."""

    def __init__(self, program, folder, ranks=None, first=("run",)):
        self.program, self.folder, self.path = program, folder, folder / "w"
        folder.mkdir(parents=True)
        for name, values in BOOKS.items():
            (folder / f"{name}.yaml").write_text(BOOK.format(**values))
        (folder / "usage.csv").write_text("id,account_id,ts,meter\n" + "".join(
            f"x{i},u{i},2025-01-05T00:00:00Z,calls\n" for i in range(4)))
        self.run(*first, "old.yaml", "usage.csv", ranks=ranks)

    def run(self, command, *arguments, code=0, ranks=None, env=None):
        """Standard output of a command, and what it says on standard error."""
        return self.program.run(ranks, command, "-w", self.path, *arguments, cwd=self.folder, code=code,
                                env=env)

    def rate(self, book, *options, ranks=None):
        """The number of the result that a book makes."""
        out, _ = self.run("rate", f"{book}.yaml", "--json", *options, ranks=ranks)
        return json.loads(out)["result"]

    def latest(self):
        link = self.path / "results" / "latest"
        return link.readlink().name if link.is_symlink() else None

    def log(self):
        path = self.path / "history.log"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def moves(self):
        return [(line["move"], line["from"], line["to"]) for line in self.log()]

    def holds(self, name):
        return result_of(self.path, name)

    def refused(self, *command, code, says):
        """A command that is refused for a reason, and changes nothing."""
        before = self.latest(), self.moves(), results(self.path)
        _, said = self.run(*command, code=code)
        require(says in said, f"{' '.join(command)}: says why ({says!r}): {said}")
        require(before == (self.latest(), self.moves(), results(self.path)),
                f"{' '.join(command)}: nothing has moved")

    def verify(self, code=0):
        return self.run("verify", code=code)[0]
