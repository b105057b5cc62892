// The page of a result.
import {bars, columns} from "./charts.js"
import {h, plainName} from "./dom.js"
import {compare, glance, grouped, scaled, share, sum, unscaled} from "./money.js"
import {badge, facts, figures, laws, leftOut, ofCurrency, periodsOf, recordClasses, section, shortDigest, shorten, sizeName, sumsBy, total} from "./parts.js"
import {table} from "./table.js"

const SERIES = 7

export const currencies = data => data.totals.rows.map(row => row[0])
export const title = data => `Result ${data.facts.result}`
export const subtitle = data => [
  `Billed usage, ${periodsOf(data.facts)}`,
  `book ${shortDigest(data.facts.book)}`,
  `${grouped(data.facts.inputs)} input${data.facts.inputs === 1 ? "" : "s"}`,
].join(" · ")

export const badges = data => [
  data.laws.every(law => law[4]) ? badge(true, "Reconciled") : badge(false, "Does not reconcile"),
  data.facts.kind === "what-if" ? h("span", {class: "badge"}, "What-if: never billed") : null,
]

function keyFigures(data, currency, accounts) {
  const [lines, amount, exact] = ofCurrency(data.totals, currency)[0] ?? [0, "0", "0"]
  const invoices = sum(ofCurrency(data.invoices, currency).map(row => row[1]).concat(rest(data.invoices, currency, 1)))
  const residue = unscaled(scaled(amount) - scaled(exact))
  const records = data.reconciliation.records
  return figures([
    ["Billed", `${grouped(amount)} ${currency}`, `${grouped(lines)} lines`, amount],
    ["Invoices", grouped(invoices), `to ${grouped(accounts?.accounts ?? 0)} accounts`, invoices],
    ["Rounding", `${glance(residue)} ${currency}`, "amounts less exact amounts", residue],
    ["Records", grouped(records.read), `${grouped(records.aggregated)} aggregated, ${grouped(records.duplicate)} duplicate`, records.read],
    ["Quarantined", grouped(total(records.quarantined)), total(records.repaired) ? `${grouped(total(records.repaired))} repaired` : "records that can't be read", total(records.quarantined)],
    ["Unrated", grouped(sum(data.unrated.rows.map(row => row[4]))), "records that nobody is billed for", sum(data.unrated.rows.map(row => row[4]))],
  ])
}

const rest = (rollup, currency, column) => (rollup.rest ?? []).filter(row => row[0] === currency).map(row => String(row[column]))

function revenueChart(rows, currency) {
  const cut = shorten(rows.map(row => row[0]))
  const labels = [...new Set(rows.map(row => cut(row[0])))].sort()
  const charges = sumsBy(rows, row => row[1], [3]).sort(([, [a]], [, [b]]) => compare(b, a))
  const shown = charges.slice(0, SERIES).map(([charge]) => charge)
  const values = keep => labels.map(label => sum(rows.filter(row => cut(row[0]) === label && keep(row[1])).map(row => row[3])))
  const series = shown.map(charge => ({name: plainName(charge), values: values(one => one === charge)}))
  if (charges.length > SERIES)
    series.push({name: `${charges.length - SERIES} other charges`, values: values(one => !shown.includes(one)), colour: SERIES})
  return columns({
    title: "Revenue by period and charge", labels, series, unit: currency,
    description: `Amounts in ${currency}, rounded as billed, stacked by charge. The tables below hold each number.`,
  })
}

function revenue(data, currency) {
  const rows = ofCurrency(data.revenue, currency)
  return section("revenue", "Revenue",
    revenueChart(rows, currency),
    table({
      caption: "By period", id: "by-period",
      columns: [{title: "Period"}, {title: "Invoices", kind: "count"}, {title: `Total, ${currency}`, kind: "money"}],
      rows: ofCurrency(data.invoices, currency).map(row => row.slice(0, 3)),
      note: leftOut(data.invoices, currency, "periods"),
    }),
    table({
      caption: "By period and charge", id: "by-period-charge",
      columns: [{title: "Period"}, {title: "Charge"}, {title: "Lines", kind: "count"}, {title: `Amount, ${currency}`, kind: "money"}, {title: "Exact", kind: "money"}],
      rows, note: leftOut(data.revenue, currency, "rows"),
    }))
}

function plans(data, currency) {
  const rows = ofCurrency(data.plans, currency)
  const all = sum(rows.map(row => row[3]))
  const byCharge = sumsBy(rows, row => `${row[0]} / ${row[1]}`, [3]).sort(([, [a]], [, [b]]) => compare(b, a)).slice(0, 10)
  return section("plans", "Plans and charges",
    bars({
      title: "The largest charges", unit: currency,
      description: `What each charge of a plan brought, over all periods${rows.length > 10 ? `; the ten largest of ${grouped(rows.length)}` : ""}.`,
      rows: byCharge.map(([key, [value]]) => ({name: plainName(key), value})),
    }),
    table({
      caption: "By plan and charge", id: "by-plan-charge",
      columns: [{title: "Plan"}, {title: "Charge"}, {title: "Lines", kind: "count"}, {title: `Amount, ${currency}`, kind: "money"}, {title: "Exact", kind: "money"}, {title: "Share", kind: "share"}],
      rows: rows.map(row => [...row, share(row[3], all)]),
      note: leftOut(data.plans, currency, "rows"),
    }))
}

function customers(data, currency, accounts) {
  if (!accounts) return null
  const list = [...accounts.most, ...accounts.least.slice().reverse()]
  const all = sum([accounts.sum_above, accounts.sum_below])
  return section("accounts", "Accounts",
    columns({
      title: "How many accounts are billed how much", unit: "accounts",
      description: `Accounts by what they are billed over all periods, in ${currency}.`,
      labels: accounts.sizes.map(([k]) => sizeName(k)),
      series: [{name: "accounts", values: accounts.sizes.map(([, n]) => String(n))}],
    }),
    table({
      caption: "Accounts by size", id: "sizes",
      columns: [{title: `Billed, ${currency}`}, {title: "Accounts", kind: "count"}, {title: "Together", kind: "money"}],
      rows: accounts.sizes.map(([k, n, value]) => [sizeName(k), n, value]),
    }),
    table({
      caption: "The largest accounts", id: "top-accounts",
      note: `${grouped(list.length)} of ${grouped(accounts.accounts)} accounts` +
        (list.length < accounts.accounts ? ": those with the most revenue, and those below zero with the most credit. Accounts not listed are in invoices.csv." : "."),
      columns: [{title: "Account"}, {title: "Invoices", kind: "count"}, {title: `Billed, ${currency}`, kind: "money"}, {title: "Share", kind: "share"}],
      rows: list.map(row => [...row, share(row[2], all)]),
    }))
}

function quality(data) {
  const {records, meters, conflicts} = data.reconciliation
  return section("quality", "Data quality",
    table({
      caption: "What became of the records", id: "records",
      columns: [{title: "Class"}, {title: "Code"}, {title: "Records", kind: "count"}],
      rows: [...recordClasses(records), ["conflicts among duplicates", "", conflicts]],
    }),
    table({
      caption: "Usage that nobody is billed for", id: "unrated",
      columns: [{title: "Reason"}, {title: "Meter"}, {title: "Rows", kind: "count"}, {title: "Quantity", kind: "count"}, {title: "Records", kind: "count"}],
      rows: data.unrated.rows,
    }),
    table({
      caption: "Quantities by meter", id: "meters",
      columns: [{title: "Meter"}, ...["read", "aggregated", "duplicate", "superseded", "voided", "void"].map(kind => ({title: kind, kind: "count"}))],
      rows: Object.entries(meters).map(([meter, m]) => [meter, m.read, m.aggregated, m.duplicate, m.superseded, m.voided, m.void]),
    }))
}

function run(data) {
  const f = data.facts
  return section("run", "How it was made",
    facts([
      ["Periods", periodsOf(f)], ["Book", f.book], f.subscriptions && ["Subscriptions", f.subscriptions],
      f.contracts && ["Contracts", f.contracts], ["Way of reading usage", f.state], f.control && ["Control totals", f.control],
      f.priced && ["Lines priced", `${grouped(f.priced.computed)} computed, ${grouped(f.priced.carried)} carried over`],
      ["Program", `rerate ${f.rerate}`],
    ]),
    table({
      caption: "Inputs", id: "inputs",
      columns: [{title: "Path"}, {title: "Records", kind: "count"}, {title: "Quarantined", kind: "count"}, {title: "Bytes", kind: "count"}, {title: "First"}, {title: "Last"}, {title: "Digest", kind: "code"}],
      rows: data.inputs.rows.map(input => [input.path, input.records, total(input.quarantined), input.size, input.first, input.last, input.digest]),
      note: data.inputs.left_out ? `The first ${grouped(data.inputs.rows.length)}; ${grouped(data.inputs.left_out)} more are in inputs.json.` : null,
    }),
    table({
      caption: "Files of the result", id: "files",
      columns: [{title: "File"}, {title: "Bytes", kind: "count"}, {title: "Digest", kind: "code"}],
      rows: data.files,
    }))
}

export function sections(data, currency) {
  const accounts = data.accounts.find(one => one.currency === currency)
  return [
    section("totals", "In short", keyFigures(data, currency, accounts)),
    revenue(data, currency), plans(data, currency), customers(data, currency, accounts),
    laws(data.laws), quality(data), run(data),
  ].filter(Boolean)
}
