// Elements, made without markup: whatever a name holds, it becomes text.

export function h(tag, attributes, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value)
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value)
  }
  element.append(...children.flat(Infinity).filter(child => child !== null && child !== undefined))
  return element
}

// Characters that draw nothing, break lines or turn the direction of writing: shown by their number, so that
// two names that differ look different.
const hidden = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu
const LONGEST = 80

// A name of the user's, cut when it is very long.
export function name(text) {
  const characters = [...text]
  const shown = characters.length > LONGEST ? characters.slice(0, LONGEST).join("") : text
  const out = h("bdi", {class: "name"})
  let at = 0
  for (const match of shown.matchAll(hidden)) {
    const code = match[0].codePointAt(0).toString(16).toUpperCase().padStart(4, "0")
    out.append(shown.slice(at, match.index), h("span", {class: "hidden-character"}, `U+${code}`))
    at = match.index + match[0].length
  }
  out.append(shown.slice(at))
  if (shown !== text) out.append(h("span", {class: "cut"}, `… (${characters.length} characters)`))
  if (text === "") out.append("(none)")
  return out
}

export const plainName = text => name(text).textContent
