"""Small books whose results were computed by hand: FOLDER/expected holds what must be published."""
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


if __name__ == "__main__":
    main({"small": small})
