// What the pages of results and impacts have in common.
import {h, name} from "./dom.js"
import {grouped, sum} from "./money.js"
import {table} from "./table.js"

export const section = (id, title, ...content) =>
  h("section", {id, "aria-labelledby": `${id}-title`}, h("h2", {id: `${id}-title`}, title), ...content)

// [[label, text, remark, value], ...]; `value` is the exact one behind the text.
export const figures = list => h("dl", {class: "figures"}, list.filter(Boolean).map(([label, text, remark, value]) =>
  h("div", {"data-figure": label}, h("dt", null, label), h("dd", {"data-value": value ?? text}, text),
    remark ? h("dd", {class: "remark"}, remark) : null)))

export const badge = (good, text) => h("span", {class: `badge ${good ? "good" : "bad"}`},
  h("span", {"aria-hidden": "true"}, good ? "✓ " : "✗ "), text)

export const shortDigest = digest => digest ? digest.slice(0, 12) : ""

// Rows of one currency, without its name.
export const ofCurrency = (rollup, currency) => rollup.rows.filter(row => row[0] === currency).map(row => row.slice(1))

// What the rows that are not shown come to, as a note.
export function leftOut(rollup, currency, what) {
  if (!rollup.left_out) return null
  const rest = rollup.rest.find(row => row[0] === currency)
  return `Shown are the largest; ${grouped(rollup.left_out)} more ${what} are left out` +
    (rest ? `, which come to ${grouped(rest[2])} ${currency}.` : ".")
}

// Sums by one column of rows: [[key, [sum, ...]], ...], in order of the key.
export function sumsBy(rows, key, values) {
  const groups = new Map()
  for (const row of rows) {
    const k = key(row)
    if (!groups.has(k)) groups.set(k, [])
    groups.get(k).push(row)
  }
  return [...groups].sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0)
    .map(([k, list]) => [k, values.map(value => sum(list.map(row => row[value])))])
}

// Periods short enough for a chart: days become months, months years.
export function shorten(periods) {
  let length = Infinity
  for (const next of [7, 4])
    if (new Set(periods.map(period => period.slice(0, length))).size > 60) length = next
  return period => period.slice(0, length)
}

export function laws(list) {
  const bad = list.filter(law => !law[4]).length
  return section("reconciliation", "Reconciliation",
    h("p", null, bad === 0 ? badge(true, `All ${list.length} laws hold`) : badge(false, `${bad} of ${list.length} laws do not hold`),
      " Each side was summed on its own, from the files."),
    table({
      caption: "Laws and both their sides",
      columns: [{title: "Law"}, {title: "Of"}, {title: "Left side", kind: "money"}, {title: "Right side", kind: "money"}, {title: "Holds"}],
      rows: list.map(([law, of, left, right, holds]) => [law, of, left, right, holds ? "yes" : "NO"]),
    }))
}

const sizes = ["zero", "below 1", "1 to 10", "10 to 100", "100 to 1 k", "1 k to 10 k", "10 k to 100 k", "100 k to 1 M", "1 M and more"]
export const sizeName = k => k === 0 ? "zero" : (k < 0 ? "\u2212 " : "") + sizes[Math.abs(k)]

export const facts = list => h("dl", {class: "facts"}, list.filter(Boolean).map(([label, value]) =>
  h("div", null, h("dt", null, label), h("dd", null, typeof value === "string" ? name(value) : value))))

export function recordClasses(records) {
  const rows = []
  for (const [kind, value] of Object.entries(records)) {
    if (typeof value === "number") rows.push([kind.replace("_", " "), "", value])
    else for (const [code, n] of Object.entries(value)) rows.push([kind, code, n])
  }
  return rows
}

export const total = value => typeof value === "number" ? value : Object.values(value ?? {}).reduce((a, b) => a + b, 0)

export const periodsOf = result => result.periods ? `${result.periods.from} to ${result.periods.to}` : "no period"
