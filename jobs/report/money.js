// Exact decimals. Amounts are texts; they are added as whole numbers of 10^-18 and become floating-point
// numbers only where a pixel is placed.

const PLACES = 18

export function scaled(text) {
  const [, sign, whole, part = ""] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(String(text))
  const value = BigInt(whole + part.padEnd(PLACES, "0"))
  return sign ? -value : value
}

// With at least `places` digits after the point.
export function unscaled(value, places = 0) {
  const digits = (value < 0n ? -value : value).toString().padStart(PLACES + 1, "0")
  let part = digits.slice(-PLACES).replace(/0+$/, "")
  part = part.padEnd(places, "0")
  return (value < 0n ? "-" : "") + digits.slice(0, -PLACES) + (part && "." + part)
}

export const places = text => (String(text).split(".")[1] ?? "").length

export function sum(texts) {
  let total = 0n, most = 0
  for (const text of texts) {
    total += scaled(text)
    most = Math.max(most, places(text))
  }
  return unscaled(total, most)
}

export const compare = (a, b) => {
  const x = scaled(a), y = scaled(b)
  return x < y ? -1 : x > y ? 1 : 0
}

export const isZero = text => scaled(text) === 0n
export const isBelow = text => scaled(text) < 0n

// 1234567.5 as 1,234,567.5, and a minus sign that is as wide as a digit.
export function grouped(text) {
  const [whole, part] = String(text).replace("-", "").split(".")
  const sign = String(text).startsWith("-") ? "\u2212" : ""
  return sign + whole.replace(/\B(?=(\d{3})+$)/g, ",") + (part === undefined ? "" : "." + part)
}

export const signed = text => (isBelow(text) || isZero(text) ? "" : "+") + grouped(text)

// part / whole in percent, cut after four digits; nothing where there is no whole.
export function share(part, whole) {
  const w = scaled(whole)
  return w === 0n ? "" : unscaled(scaled(part) * 1000000n / (w < 0n ? -w : w) * 10n ** 14n)
}

// The same to one digit, as it is read.
export function percent(value) {
  if (value === "") return ""
  const tenths = scaled(value) / 10n ** 17n
  if (tenths === 0n && !isZero(value)) return (isBelow(value) ? "\u2212" : "") + "<0.1 %"
  return grouped(unscaled(tenths * 10n ** 17n, 1)) + " %"
}

// At most six digits after the point, for a glance; the tables hold the rest.
export function glance(text) {
  const [whole, part = ""] = text.split(".")
  return grouped(part.length > 6 ? `${whole}.${part.slice(0, 6)}` : text) + (part.length > 6 ? "\u2026" : "")
}

// For pixels only.
export const pixels = text => Number(text)

const short = ["", "k", "M", "G", "T", "P", "E"]
// An axis label: 1.5M
export function brief(value) {
  let size = Math.abs(value), i = 0
  while (size >= 1000 && i < short.length - 1) {
    size /= 1000
    i++
  }
  return (value < 0 ? "\u2212" : "") + Number(size.toPrecision(3)) + short[i]
}
