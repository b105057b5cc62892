// The page of an impact: what changed between two results.
import {bars, columns} from "./charts.js"
import {h, plainName} from "./dom.js"
import {grouped, isBelow, isZero, percent, scaled, share, signed, sum} from "./money.js"
import {badge, facts, figures, laws, leftOut, ofCurrency, periodsOf, recordClasses, section, shortDigest, shorten, sizeName} from "./parts.js"
import {table} from "./table.js"

const effects = [["price_effect", "Price", 0], ["usage_effect", "Usage", 1], ["rounding", "Rounding", 2]]
const of = (list, currency) => (list ?? []).filter(item => item.currency === currency)

export const currencies = data => data.impact.totals.map(item => item.currency)
export const title = data => `Impact of ${data.old.result} → ${data.new.result}`
export const subtitle = data => {
  const booking = data.impact.booking
  return [
    `What changes between two results, ${periodsOf(data.new)}`,
    `book ${shortDigest(data.old.book)} → ${shortDigest(data.new.book)}`,
    booking && `periods through ${booking.closed_through} are closed; corrections are booked in ${booking.book_in}`,
  ].filter(Boolean).join(" · ")
}
export const badges = data => [
  data.laws.every(law => law[4]) ? badge(true, "Reconciled") : badge(false, "Does not reconcile"),
  data.new.kind === "what-if" ? h("span", {class: "badge"}, "What-if: never billed") : null,
]

function keyFigures(data, t, counts) {
  const unit = t.currency
  return figures([
    ["Difference", `${signed(t.delta)} ${unit}`, !isZero(t.old) && `${percent(share(t.delta, t.old))} of the old total`, t.delta],
    ["Before", `${grouped(t.old)} ${unit}`, `result ${data.old.result}`, t.old],
    ["After", `${grouped(t.new)} ${unit}`, `result ${data.new.result}`, t.new],
    counts && ["Pay more", grouped(counts.more), "accounts", counts.more],
    counts && ["Pay less", grouped(counts.less), "accounts", counts.less],
    counts && ["Unchanged", grouped(counts.unchanged), "accounts", counts.unchanged],
  ])
}

const effectColumns = unit => [
  {title: `Before, ${unit}`, kind: "money"}, {title: "After", kind: "money"}, {title: "Difference", kind: "delta"},
  {title: "Price", kind: "delta"}, {title: "Usage", kind: "delta"}, {title: "Rounding", kind: "delta"},
]
const effectRow = (item, key) => [item[key], item.old, item.new, item.delta, item.price_effect, item.usage_effect, item.rounding]

function causesByPeriod(list, currency) {
  const cut = shorten(list.map(item => item.period))
  const labels = [...new Set(list.map(item => cut(item.period)))].sort()
  const values = effect => labels.map(label => sum(list.filter(item => cut(item.period) === label).map(item => item[effect])))
  return columns({
    title: "Why, period by period", labels, unit: currency,
    description: `In ${currency}, exact. Price: the new book on the old usage. Usage: new or corrected usage. Rounding: the rest.`,
    series: effects.map(([key, name, colour]) => ({name, values: values(key), colour})),
  })
}

function dimension(data, currency, key, caption) {
  const list = of(data.impact[`by_${key}`], currency)
  const changed = list.filter(item => !isZero(item.delta))
  const size = item => { const value = scaled(item.delta); return value < 0n ? -value : value }
  const largest = changed.slice().sort((a, b) => size(a) < size(b) ? 1 : size(a) > size(b) ? -1 : 0).slice(0, 10)
  return [
    largest.length > 0 ? bars({
      title: caption, unit: currency, show: signed,
      description: `Differences${changed.length > 10 ? `, the ten largest of ${changed.length}` : ""}.`,
      rows: largest.map(item => ({name: plainName(item[key]), value: item.delta, colour: isBelow(item.delta) ? 0 : 5})),
    }) : null,
    table({
      caption: `${caption}, with causes`, id: `by-${key}`,
      columns: [{title: key[0].toUpperCase() + key.slice(1)}, ...effectColumns(currency)],
      rows: list.map(item => effectRow(item, key)),
      note: data.impact[`by_${key}_left_out`] ? `${grouped(data.impact[`by_${key}_left_out`])} more rows are in impact.json.` : null,
    }),
  ]
}

function causes(data, currency, t) {
  const rows = ofCurrency(data.causes, currency)
  return section("causes", "Why",
    bars({
      title: "The difference, by cause", unit: currency, show: signed,
      description: "The three add up to the difference exactly.",
      rows: [...effects.map(([key, name, colour]) => ({name, value: t[key], colour})), {name: "Difference", value: t.delta, colour: 7}],
    }),
    causesByPeriod(of(data.impact.by_period, currency), currency),
    dimension(data, currency, "period", "By period").slice(1),
    dimension(data, currency, "charge", "By charge"),
    dimension(data, currency, "plan", "By plan"),
    table({
      caption: "By period and charge, where something changed", id: "by-period-charge",
      columns: [{title: "Period"}, {title: "Charge"}, {title: "Lines", kind: "count"}, {title: `Difference, ${currency}`, kind: "delta"}, {title: "Price", kind: "delta"}, {title: "Usage", kind: "delta"}, {title: "Rounding", kind: "delta"}],
      rows, note: leftOut(data.causes, currency, "rows"),
    }))
}

function customers(data, currency, accounts) {
  if (!accounts) return section("accounts", "Who pays more, who less", h("p", null, `Nobody's invoice changes in ${currency}.`))
  const columnsOf = [{title: "Account"}, {title: "Invoices", kind: "count"}, {title: `Before, ${currency}`, kind: "money"}, {title: "After", kind: "money"}, {title: "Difference", kind: "delta"}, {title: "Change", kind: "share"}]
  const list = (caption, id, rows, all) => table({
    caption, id, columns: columnsOf, rows: rows.map(row => [...row, share(row[4], row[2])]),
    note: `${grouped(rows.length)} of ${grouped(all)} accounts` + (rows.length < all ? ": those with the largest differences. The others are in adjustments.csv." : "."),
  })
  return section("accounts", "Who pays more, who less",
    h("p", null, `${grouped(accounts.above)} accounts pay ${grouped(accounts.sum_above)} ${currency} more, ` +
      `${grouped(accounts.below)} pay ${grouped(accounts.sum_below.replace("-", ""))} ${currency} less. ` +
      `Before and after are sums over the invoices that change.`),
    columns({
      title: "How many accounts change by how much", unit: "accounts",
      description: `Accounts by the sum of their differences, in ${currency}.`,
      labels: accounts.sizes.map(([k]) => sizeName(k)),
      series: [{name: "pay less", values: accounts.sizes.map(([k, n]) => k < 0 ? String(n) : "0"), colour: 0},
        {name: "pay more", values: accounts.sizes.map(([k, n]) => k < 0 ? "0" : String(n)), colour: 5}],
    }),
    table({
      caption: "Accounts by size of the difference", id: "sizes",
      columns: [{title: `Difference, ${currency}`}, {title: "Accounts", kind: "count"}, {title: "Together", kind: "delta"}],
      rows: accounts.sizes.map(([k, n, value]) => [sizeName(k), n, value]),
    }),
    list("Who pays more", "more", accounts.most, accounts.above),
    list("Who pays less", "less", accounts.least, accounts.below))
}

function corrections(data, currency) {
  const booking = data.impact.booking
  if (!booking) return null
  return section("corrections", `Corrections booked in ${booking.book_in}`,
    table({
      caption: "By the closed period that they correct", id: "booked",
      columns: [{title: "Corrects"}, {title: "Rows", kind: "count"}, {title: `Amount, ${currency}`, kind: "delta"}],
      rows: of(data.impact.booked, currency).map(item => [item.corrects, item.rows, item.amount]),
    }))
}

function quality(data) {
  const key = row => `${row[0]}\u0000${row[1]}`
  const [before, after] = [data.old, data.new].map(side =>
    new Map([...recordClasses(side.records), ["conflicts among duplicates", "", side.conflicts]].map(row => [key(row), row])))
  const keys = [...new Set([...before.keys(), ...after.keys()])]
  return section("quality", "Data quality",
    table({
      caption: "What became of the records, before and after", id: "records",
      columns: [{title: "Class"}, {title: "Code"}, {title: "Before", kind: "count"}, {title: "After", kind: "count"}],
      rows: keys.map(k => [...(after.get(k) ?? before.get(k)).slice(0, 2), before.get(k)?.[2] ?? 0, after.get(k)?.[2] ?? 0]),
    }))
}

function run(data) {
  const one = f => facts([
    ["Result", f.result + (f.kind ? ` (${f.kind})` : "")], ["Periods", periodsOf(f)], ["Book", f.book],
    f.subscriptions && ["Subscriptions", f.subscriptions], f.contracts && ["Contracts", f.contracts],
    ["Inputs", grouped(f.inputs)],
    f.priced && ["Lines priced", `${grouped(f.priced.computed)} computed, ${grouped(f.priced.carried)} carried over`],
    ["Program", `rerate ${f.rerate}`],
  ])
  return section("run", "How it was made",
    h("div", {class: "sides"}, h("div", null, h("h3", null, "Before"), one(data.old)), h("div", null, h("h3", null, "After"), one(data.new))),
    table({
      caption: "Files of the impact", id: "files",
      columns: [{title: "File"}, {title: "Bytes", kind: "count"}, {title: "Digest", kind: "code"}],
      rows: Object.entries(data.impact.files).map(([file, f]) => [file, f.bytes, f.digest]),
    }))
}

export function sections(data, currency) {
  const t = of(data.impact.totals, currency)[0]
  const accounts = data.accounts.find(one => one.currency === currency && one.accounts > 0)
  return [
    section("totals", "In short", keyFigures(data, t, of(data.impact.accounts, currency)[0])),
    causes(data, currency, t), customers(data, currency, accounts), corrections(data, currency),
    laws(data.laws), quality(data), run(data),
  ].filter(Boolean)
}
