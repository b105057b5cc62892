"""The bill's known total, to the last of its 11 places: nothing lost, nothing made up."""
from decimal import Decimal

from example import check, main

TOTAL = "20.52022672899"
RECORDS = {"read": 1000, "aggregated": 1000, "duplicate": 0, "superseded": 0, "voided": 0, "void": 0,
           "quarantined": {}, "repaired": {}, "not_metered": 0}


def checks(result):
    check("records", result.reconciliation["records"], RECORDS)
    check("cost", result.reconciliation["meters"]["cost"],
          {"read": TOTAL, "aggregated": TOTAL, "duplicate": "0",
               "superseded": "0", "voided": "0", "void": "0"})
    check("Σ exact", [t["exact"] for t in result.reconciliation["totals"]], [TOTAL])
    lines = result.rows("lines.csv")
    check("Σ quantity", str(sum(Decimal(row["quantity"]) for row in lines)), TOTAL)
    check("Σ lines", sum(Decimal(row["amount"]) for row in lines),
          sum(Decimal(row["total"]) for row in result.rows("invoices.csv")))
    check("unrated", result.rows("unrated.csv"), [])


main(checks)
