// Tables that sort by a button in each head, filter, and show the first rows until asked for all.
import {h, name} from "./dom.js"
import {compare, grouped, isBelow, isZero, percent, signed} from "./money.js"

const FIRST = 50
let tables = 0

const formats = {
  count: {text: grouped, number: true},
  money: {text: grouped, number: true},
  delta: {text: signed, number: true},
  share: {text: percent, number: true},
  text: {text: name, number: false},
  code: {text: value => h("code", null, name(value)), number: false},
}

function cell(column, value, first) {
  const format = formats[column.kind ?? "text"]
  const missing = value === null || value === undefined || value === ""
  const attributes = {
    class: format.number ? "number" : "",
    "data-value": missing ? "" : value,
    scope: first ? "row" : null,
  }
  if (column.kind === "delta" && !missing)
    attributes.class += isBelow(value) ? " less" : isZero(value) ? "" : " more"
  return h(first ? "th" : "td", attributes, missing && format.number ? "" : format.text(value ?? ""))
}

function ordered(rows, columns, sort) {
  if (!sort) return rows
  const number = formats[columns[sort.column].kind ?? "text"].number
  const order = (a, b) => {
    const x = a[sort.column] ?? "", y = b[sort.column] ?? ""
    if (number && x !== "" && y !== "") return compare(x, y)
    return x < y ? -1 : x > y ? 1 : 0
  }
  const sign = sort.descending ? -1 : 1
  return rows.map((row, i) => [row, i])
    .sort(([a, i], [b, j]) => sign * order(a, b) || i - j)
    .map(([row]) => row)
}

// {caption, columns: [{title, kind}], rows: [[value, ...], ...], note}; a value is a text or a number.
export function table({caption, columns, rows, note, sort = null, id = null}) {
  const state = {sort, filter: "", all: false}
  const label = `table-${++tables}`
  const body = h("tbody")
  const status = h("p", {class: "status", role: "status"})
  const more = h("button", {type: "button", class: "more", onclick: () => { state.all = true; draw() }})
  const heads = columns.map((column, i) => h("th", {
    scope: "col",
    class: formats[column.kind ?? "text"].number ? "number" : "",
  }, h("button", {type: "button", onclick: () => resort(i)}, column.title, h("span", {class: "arrow", "aria-hidden": "true"}))))
  const search = h("input", {
    type: "search", placeholder: "Filter", "aria-label": `Filter: ${caption}`, autocomplete: "off", spellcheck: "false",
    oninput: event => { state.filter = event.target.value.toLowerCase(); draw() },
  })

  function resort(column) {
    const number = formats[columns[column].kind ?? "text"].number
    const again = state.sort?.column === column
    state.sort = {column, descending: again ? !state.sort.descending : number}
    draw()
  }

  function draw() {
    const found = state.filter === "" ? rows :
      rows.filter(row => row.some(value => String(value ?? "").toLowerCase().includes(state.filter)))
    const shown = ordered(found, columns, state.sort).slice(0, state.all ? undefined : FIRST)
    heads.forEach((head, i) => {
      const on = state.sort?.column === i
      if (on) head.setAttribute("aria-sort", state.sort.descending ? "descending" : "ascending")
      else head.removeAttribute("aria-sort")
    })
    body.replaceChildren(...shown.map(row => h("tr", null, columns.map((column, i) => cell(column, row[i], i === 0)))))
    status.textContent = rows.length <= FIRST && state.filter === "" ? "" :
      `${grouped(shown.length)} of ${grouped(found.length)} rows` +
      (found.length < rows.length ? ` (${grouped(rows.length)} without the filter)` : "")
    more.hidden = shown.length === found.length
    more.textContent = `Show all ${grouped(found.length)} rows`
  }

  draw()
  return h("div", {class: "table", id},
    h("div", {class: "table-head"}, h("h3", {id: label}, caption), rows.length > 8 ? search : null),
    note ? h("p", {class: "note"}, note) : null,
    rows.length === 0 ? h("p", {class: "empty"}, "None.") :
      h("div", {class: "scroll", role: "region", tabindex: "0", "aria-labelledby": label},
        h("table", {"aria-labelledby": label}, h("thead", null, h("tr", null, heads)), body)),
    h("div", {class: "table-foot"}, status, more))
}
