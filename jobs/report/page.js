// The report page: reads the data that stand in it and draws the sections of a result or an impact.
import {h} from "./dom.js"
import * as impact from "./impact.js"
import * as result from "./result.js"

const data = JSON.parse(document.getElementById("data").textContent)
const page = data.kind === "impact" ? impact : result
const currencies = page.currencies(data)
const program = (data.new ?? data.facts).rerate

function draw(currency) {
  const sections = currencies.length === 0 ?
    [h("section", null, h("p", null, "Nothing is billed."))] : page.sections(data, currency)
  document.getElementById("main").replaceChildren(...sections)
  document.getElementById("nav").replaceChildren(h("ul", null, sections.map(section => section.id &&
    h("li", null, h("a", {href: `#${section.id}`}, section.querySelector("h2").textContent)))))
}

function chooser() {
  if (currencies.length < 2) return null
  return h("label", {class: "currency"}, "Currency ", h("select", {onchange: event => draw(event.target.value)},
    currencies.map(currency => h("option", {value: currency}, currency))))
}

document.title = `rerate: ${page.title(data)}`
document.getElementById("header").append(
  h("p", {class: "kind"}, data.kind === "impact" ? "Re-rating" : "Rating"),
  h("h1", null, page.title(data), " ", page.badges(data)),
  h("p", {class: "subtitle"}, page.subtitle(data)),
  chooser() ?? "")
document.getElementById("footer").append(
  h("p", null, `Made by rerate ${program} from the files themselves. Amounts are exact decimals; this page opens without a network.`))
draw(currencies[0])
