#!/usr/bin/env python3
"""The report page in headless Chromium: that it draws without a complaint, says what the files say, sorts, filters,
is usable by keyboard, on a phone and in the dark, and takes names for text whatever they hold.

usage: report.py RERATE --chromium PROGRAM --axe axe.min.js [--keep DIR]
"""
import argparse
import collections
import csv
import json
import os
import subprocess
import sys
import tempfile
from decimal import Decimal, getcontext

from browser import Browser

getcontext().prec = 80

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    "<!-- <script>",
    "\"quoted\" 'twice' & <b>bold</b> &lt;",
    "two\nlines\r\tand a tab",
    "\u202eabc\u202c \u200f right \u2066 left \u2069",
    "\u2028line\u2029paragraph",
    "x" * 3000,
    "=1+1", "__proto__", "constructor", "\U0001f600 \u00e9\u0301 \u65e5\u672c",
    "javascript:alert(3)", "${alert(4)}", "{{data}}", "]]>",
]

BOOK = """rerate: 1
currency: USD
timezone: UTC
period: month
usage: {{account: a, timestamp: t, event_id: e, meter: m, quantity: q, dimensions: [kind]}}
meters:
  calls: {{aggregate: sum, by: [kind]}}
  "</script><i>meter": {{aggregate: count}}
plans:
  basic:
    versions:
      - from: 2025-01-01
        charges:
          - {{id: "base", flat: "3.99", prorate: true}}
          - {{meter: calls, split: [kind], per_unit: "{price}"}}
default_plan: basic
subscriptions: []
"""


def write_inputs(folder):
    accounts = HOSTILE + [f"acct-{i:04d}" for i in range(300)]
    with open(f"{folder}/usage.csv", "w", newline="", encoding="utf-8") as out:
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(["e", "a", "t", "m", "q", "kind"])
        for i, account in enumerate(accounts):
            for month in (1, 2, 3):
                rows.writerow([f"{i}-{month}", account, f"2025-{month:02d}-1{i % 9}T00:00:00Z", "calls",
                               f"{12000 - i * 37 + month * 11}.{i % 7}", HOSTILE[i % 4]])
            rows.writerow([f"{i}-x", account, "2025-02-02T00:00:00Z", "</script><i>meter", "1", ""])
        rows.writerow(["0-1", accounts[0], "2025-01-10T00:00:00Z", "calls", "12011.0", HOSTILE[0]])
        rows.writerow(["bad", accounts[0], "no time", "calls", "1", ""])
        rows.writerow(["bad2", accounts[0], "2025-01-10T00:00:00Z", "calls", "much", ""])
    for name, price in (("old", "0.0137"), ("new", "0.0121")):
        with open(f"{folder}/{name}.yaml", "w", encoding="utf-8") as out:
            out.write(BOOK.format(price=price))


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def make_workspace(rerate, folder):
    write_inputs(folder)
    ws = f"{folder}/ws"
    run(rerate, "run", "-w", ws, f"{folder}/old.yaml", f"{folder}/usage.csv", "--max-quarantine", "2", "--progress", "none")
    run(rerate, "rate", "-w", ws, f"{folder}/new.yaml", "--max-quarantine", "2", "--progress", "none")
    run(rerate, "impact", "-w", ws, "1", "2")
    return ws


def table(path):
    with open(path, newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def sums(rows, keys, values):
    out = collections.defaultdict(lambda: [0] + [Decimal(0)] * len(values))
    for row in rows:
        at = out[tuple(row[key] for key in keys)]
        at[0] += 1
        for i, value in enumerate(values):
            at[i + 1] += Decimal(row[value])
    return out


ROWS = """(id => { const t = document.getElementById(id); t.querySelector('button.more').hidden ||
t.querySelector('button.more').click(); return [...t.querySelectorAll('tbody tr')].map(
row => [...row.children].map(cell => cell.dataset.value)) })"""


def shown(browser, name):
    return browser.value(f"{ROWS}({json.dumps(name)})")


def number(text):
    return Decimal(text or "0")


def figure(browser, label):
    return number(browser.value(f"document.querySelector('[data-figure={json.dumps(label)}] dd').dataset.value"))


def same(what, have, want):
    assert have == want, f"{what}: the page has {have!r}, the files {want!r}"


def same_sums(what, browser, name, keys, want):
    have = {tuple(row[:keys]): [number(value) for value in row[keys:keys + len(next(iter(want.values())))]]
            for row in shown(browser, name)}
    same(what, have, {key: list(value) for key, value in want.items()})


# ---- numbers ----

def check_result(browser, ws):
    result = f"{ws}/results/0001"
    lines, invoices = table(f"{result}/lines.csv"), table(f"{result}/invoices.csv")
    reconciliation = json.load(open(f"{result}/reconciliation.json", encoding="utf-8"))
    same("billed", figure(browser, "Billed"), sum(Decimal(row["total"]) for row in invoices))
    same("invoices", figure(browser, "Invoices"), len(invoices))
    same("rounding", figure(browser, "Rounding"), sum(Decimal(row["amount"]) - Decimal(row["exact"]) for row in lines))
    same("quarantined", figure(browser, "Quarantined"), sum(reconciliation["records"]["quarantined"].values()))
    same("unrated", figure(browser, "Unrated"), sum(int(row["records"]) for row in table(f"{result}/unrated.csv")))
    same_sums("by period", browser, "by-period", 1, sums(invoices, ["period"], ["total"]))
    same_sums("by period and charge", browser, "by-period-charge", 2, sums(lines, ["period", "charge"], ["amount", "exact"]))
    same_sums("by plan and charge", browser, "by-plan-charge", 2, sums(lines, ["plan", "charge"], ["amount", "exact"]))
    same_sums("unrated", browser, "unrated", 2, sums(table(f"{result}/unrated.csv"), ["reason", "meter"], ["quantity", "records"]))
    accounts = sums(invoices, ["account"], ["total"])
    largest = sorted(accounts.items(), key=lambda item: (-item[1][1], item[0][0].encode()))[:200]
    same("largest accounts", [(row[0], number(row[1]), number(row[2])) for row in shown(browser, "top-accounts")],
         [(key[0], value[0], value[1]) for key, value in largest])


def check_impact(browser, ws):
    impact = f"{ws}/impact/0001-0002"
    adjustments, lines = table(f"{impact}/adjustments.csv"), table(f"{impact}/lines.csv")
    old, new = (sum(Decimal(row["total"]) for row in table(f"{ws}/results/{n}/invoices.csv")) for n in ("0001", "0002"))
    delta = sum(Decimal(row["delta"]) for row in adjustments)
    same("difference", figure(browser, "Difference"), delta)
    same("before", figure(browser, "Before"), old)
    same("after", figure(browser, "After"), new)
    same("difference of results", new - old, delta)
    effects = ["delta", "price_effect", "usage_effect", "rounding"]
    same_sums("causes", browser, "by-period-charge", 2, sums(lines, ["period", "charge"], effects))
    for key in ("period", "charge"):
        want = sums(lines, [key], effects)
        have = {(row[0],): [number(v) for v in row[3:7]] for row in shown(browser, f"by-{key}")}
        same(f"by {key}", {k: v for k, v in have.items() if any(v)}, {k: v[1:] for k, v in want.items() if any(v[1:])})
    accounts = sums(adjustments, ["account"], ["old", "new", "delta"])
    for name, sign in (("more", -1), ("less", 1)):
        ordered = sorted((item for item in accounts.items() if item[1][3] * sign < 0),
                         key=lambda item: (item[1][3] * sign, item[0][0].encode()))[:200]
        same(f"who pays {name}", [(row[0], *map(number, row[1:5])) for row in shown(browser, name)] if ordered else [],
             [(key[0], *value) for key, value in ordered])


def check_laws(browser):
    laws = browser.value("[...document.querySelectorAll('#reconciliation tbody tr')].map("
                         "row => [...row.children].map(cell => cell.dataset.value))")
    assert len(laws) >= 3, laws
    for _, _, left, right, holds in laws:
        same("law", (number(left) == number(right), holds), (True, "yes"))


# ---- use ----

def check_names(browser, ws):
    assert browser.value("document.querySelectorAll('main script, main img, main i, main b, main iframe').length") == 0
    same("scripts", browser.value("document.scripts.length"), 2)
    text = browser.value("document.querySelector('main').textContent")
    for part in ("<img src=x onerror=alert(2)>", "U+202E", "U+000A", "(3000 characters)"):
        assert part in text, f"{part} is not to be read on the page"
    assert "\u202e" not in text


def check_sorting(browser, name):
    column = (f"[...document.querySelectorAll('#{name} tbody tr')].map(row => row.children[2].dataset.value)")
    browser.value(f"document.querySelectorAll('#{name} thead button')[1].focus()")
    browser.key("Tab", 9)
    browser.key("Enter", 13)
    same("sorted by", browser.value(f"document.querySelectorAll('#{name} thead th')[2].getAttribute('aria-sort')"), "descending")
    down = [number(value) for value in browser.value(column)]
    same("descending", down, sorted(down, reverse=True))
    browser.key("Enter", 13)
    up = [number(value) for value in browser.value(column)]
    same("ascending", up, sorted(up))
    assert up[0] != up[-1], "nothing to sort"


def check_filter(browser, name):
    browser.value(f"(() => {{ const box = document.querySelector('#{name} input'); box.value = 'ACCT-001'; "
                  "box.dispatchEvent(new Event('input')) })()")
    found = [row[0] for row in shown(browser, name)]
    assert found and all("acct-001" in account for account in found), found


CONTRAST = """(() => {
  const light = text => { const [r, g, b] = text.match(/[\\d.]+/g).slice(0, 3).map(v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b }
  const ground = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (!/, 0\\)$/.test(c)) return c } return 'rgb(255,255,255)' }
  let worst = [99, '']
  for (const e of document.querySelectorAll('body *')) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()) || !e.checkVisibility() || e.closest('script')) continue
    const style = getComputedStyle(e), ink = e.closest('svg') ? style.fill : style.color
    const [a, b] = [light(ink), light(ground(e))].sort((x, y) => y - x)
    const ratio = (a + 0.05) / (b + 0.05)
    if (ratio < worst[0]) worst = [ratio, e.outerHTML.slice(0, 200)]
  }
  return worst })()"""


def check_looks(browser, axe):
    for scheme in ("light", "dark"):
        browser.scheme(scheme)
        ratio, where = browser.value(CONTRAST)
        assert ratio >= 4.5, f"{scheme}: contrast {ratio:.2f} in {where}"
    dark = browser.value("getComputedStyle(document.body).backgroundColor")
    browser.scheme("light")
    assert dark != browser.value("getComputedStyle(document.body).backgroundColor"), "the dark is not dark"
    browser.size(360, 740)
    browser.value("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))")
    wide = browser.value("document.documentElement.scrollWidth")
    assert wide <= 360, f"on a phone the page is {wide} pixels wide"
    browser.size(1100)
    browser.value(open(axe, encoding="utf-8").read() + ";1")
    found = browser.value("axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.map("
                          "v => v.id + ': ' + v.nodes[0].html.slice(0, 200)))")
    same("accessibility", found, [])


def check_page(browser, path, ws, numbers, accounts, axe):
    browser.size(1100)
    browser.open(path)
    charts = browser.value("[...document.querySelectorAll('figure')].map(f => f.querySelectorAll('svg[role=img] rect').length)")
    assert len(charts) >= 3 and all(charts), f"charts that drew nothing: {charts}"
    numbers(browser, ws)
    check_laws(browser)
    check_names(browser, ws)
    check_sorting(browser, accounts)
    check_filter(browser, accounts)
    same("complaints", browser.complaints(), [])
    check_looks(browser, axe)


def check_refusal(rerate, ws):
    """A table that is not as it was published is no ground for a report."""
    path = f"{ws}/results/0002/lines.csv"
    text = open(path, "rb").read()
    open(path, "wb").write(text.replace(b",USD", b",EUR", 1))
    done = subprocess.run([rerate, "report", "-w", ws, "2"], capture_output=True, text=True)
    same("damaged table", (done.returncode, "lines.csv" in done.stderr), (65, True))
    open(path, "wb").write(text)
    for wrong, code in ((["7"], 66), (["2", "1"], 66), (["x"], 64), (["1", "2", "3"], 64)):
        done = subprocess.run([rerate, "report", "-w", ws, *wrong], capture_output=True, text=True)
        same(f"report {wrong}", done.returncode, code)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("rerate")
    options.add_argument("--chromium", required=True)
    options.add_argument("--axe", required=True)
    options = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ws = make_workspace(options.rerate, folder)
        run(options.rerate, "report", "-w", ws, "1")
        run(options.rerate, "report", "-w", ws, "1", "2", "-o", f"{folder}/impact.html")
        run(options.rerate, "report", "-w", ws, "0001-0002")
        pages = [f"{ws}/reports/0001.html", f"{ws}/impact/0001-0002/report.html"]
        same("bytes", open(pages[1], "rb").read(), open(f"{folder}/impact.html", "rb").read())
        check_refusal(options.rerate, ws)
        data = open(pages[0], encoding="ascii").read().split('id="data">')[1].split("</script>")[0]
        assert not set(data) & set("<>&"), "the data hold what a browser may take for markup"
        names = [row[0] for row in json.loads(data)["accounts"][0]["most"]]
        assert set(HOSTILE) <= set(names), "not all hostile names are among the largest"
        browser = Browser(options.chromium)
        try:
            check_page(browser, pages[0], ws, check_result, "top-accounts", options.axe)
            check_page(browser, pages[1], ws, check_impact, "less", options.axe)
        finally:
            browser.close()
    print("the report is right")


if __name__ == "__main__":
    sys.exit(main())
