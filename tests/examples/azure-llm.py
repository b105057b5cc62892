"""The trace's known totals: 8,819 requests, 18,059,974 tokens read, 245,896 written."""
from example import check, main

RECORDS = {"read": 8819, "aggregated": 8819, "duplicate": 0, "superseded": 0, "voided": 0, "void": 0,
           "quarantined": {}, "repaired": {}, "not_metered": 0}
LINES = [("input_tokens", "18059974", "45.149935", "45.15"),
         ("output_tokens", "245896", "2.45896", "2.46"),
         ("requests", "8819", "0", "0.00")]


def checks(result):
    check("records", result.reconciliation["records"], RECORDS)
    lines = [(row["charge"], row["quantity"], row["exact"], row["amount"])
             for row in result.rows("lines.csv")]
    check("lines", lines, LINES)
    check("invoices", [row["total"] for row in result.rows("invoices.csv")], ["47.61"])
    check("unrated", result.rows("unrated.csv"), [])


main(checks)
