// Charts as SVG by D3: sharp in print, coloured by the page's own style. What a chart shows stands in the table
// below it; to a screen reader it is one picture with a description.
import {axisBottom, axisLeft} from "d3-axis"
import {scaleBand, scaleLinear} from "d3-scale"
import {create} from "d3-selection"
import {stack, stackOffsetDiverging} from "d3-shape"
import {h} from "./dom.js"
import {brief, grouped, pixels} from "./money.js"

let charts = 0

// Draws again when the width changes. `draw(width)` gives an SVG selection.
function figure({title, description, legend, draw}) {
  const id = `chart-${++charts}`
  const place = h("div", {class: "chart"})
  let drawn = 0
  const redraw = () => {
    const width = Math.round(place.clientWidth)
    if (width === 0 || width === drawn) return
    drawn = width
    const svg = draw(width).attr("role", "img").attr("aria-labelledby", `${id}-title ${id}-text`)
    place.replaceChildren(svg.node())
  }
  new ResizeObserver(redraw).observe(place)
  return h("figure", null,
    h("figcaption", null, h("h3", {id: `${id}-title`}, title), h("p", {class: "note", id: `${id}-text`}, description)),
    legend, place)
}

const swatches = series => series.length < 2 ? null :
  h("ul", {class: "legend"}, series.map((one, i) =>
    h("li", null, h("span", {class: `swatch c${one.colour ?? i}`, "aria-hidden": "true"}), h("bdi", null, one.name))))

const svgOf = (width, height) =>
  create("svg").attr("width", width).attr("height", height).attr("viewBox", `0 0 ${width} ${height}`)

// Bars side by side, each a stack of series; amounts below zero go down.
// {title, description, labels, series: [{name, values: [text of each label]}], unit}
export function columns({title, description, labels, series, unit}) {
  const rows = labels.map((label, i) => ({label, i}))
  const stacked = stack().keys(series.map((_, s) => s)).offset(stackOffsetDiverging)
    .value((row, s) => pixels(series[s].values[row.i]))(rows)
  const low = Math.min(0, ...stacked.flat().map(part => part[0]))
  const high = Math.max(0, ...stacked.flat().map(part => part[1]))
  const draw = width => {
    const height = width < 500 ? 220 : 280, left = 48, bottom = 28, top = 8
    const svg = svgOf(width, height)
    const x = scaleBand(labels, [left, width - 4]).padding(0.22)
    const y = scaleLinear([low, high === low ? 1 : high], [height - bottom, top]).nice(5)
    const step = Math.ceil(labels.length / Math.max(1, Math.floor((width - left) / 62)))
    svg.append("g").attr("class", "grid").attr("transform", `translate(${left},0)`)
      .call(axisLeft(y).ticks(5).tickFormat(brief).tickSize(-(width - left)))
    stacked.forEach((parts, s) => {
      const group = svg.append("g").attr("class", `c${series[s].colour ?? s}`)
      parts.forEach((part, i) => {
        const size = Math.abs(y(part[0]) - y(part[1]))
        if (size === 0) return
        group.append("rect").attr("x", x(labels[i])).attr("width", x.bandwidth())
          .attr("y", Math.min(y(part[0]), y(part[1]))).attr("height", size)
          .append("title").text(`${labels[i]}, ${series[s].name}: ${grouped(series[s].values[i])} ${unit}`)
      })
    })
    svg.append("line").attr("class", "zero").attr("x1", left).attr("x2", width - 4).attr("y1", y(0)).attr("y2", y(0))
    svg.append("g").attr("class", "axis").attr("transform", `translate(0,${height - bottom})`)
      .call(axisBottom(x).tickValues(labels.filter((_, i) => i % step === 0)).tickSize(0).tickPadding(8))
    return svg
  }
  return figure({title, description, legend: swatches(series), draw})
}

// Bars below each other from a common zero. {title, description, rows: [{name, value, colour}], unit, show}
export function bars({title, description, rows, unit, show = grouped}) {
  const values = rows.map(row => pixels(row.value))
  const low = Math.min(0, ...values), high = Math.max(0, ...values)
  const draw = width => {
    const row = 40
    const svg = svgOf(width, rows.length * row + 4)
    const x = scaleLinear([low, high === low ? 1 : high], [1, width - 1])
    rows.forEach((one, i) => {
      const group = svg.append("g").attr("transform", `translate(0,${i * row})`)
      const label = one.name.length > 44 ? one.name.slice(0, 43) + "…" : one.name
      group.append("text").attr("class", "label").attr("x", 0).attr("y", 14).text(label)
      group.append("text").attr("class", "value").attr("x", width).attr("y", 14).attr("text-anchor", "end")
        .text(`${show(one.value)} ${unit}`)
      group.append("rect").attr("class", "track").attr("x", 0).attr("y", 20).attr("width", width).attr("height", 12)
      group.append("rect").attr("class", `c${one.colour ?? 0}`).attr("x", Math.min(x(0), x(values[i])))
        .attr("y", 20).attr("width", Math.max(1, Math.abs(x(values[i]) - x(0)))).attr("height", 12)
    })
    svg.append("line").attr("class", "zero").attr("x1", x(0)).attr("x2", x(0)).attr("y1", 0).attr("y2", rows.length * row)
    return svg
  }
  return figure({title, description, draw})
}
