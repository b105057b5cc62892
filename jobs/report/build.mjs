// Builds the report page: node build.mjs INSTALLED OUT. INSTALLED holds node_modules; OUT is a C file with the
// page's head and tail (report_page.h). Style and script stand in the page, and its content security policy
// names their hashes: nothing else runs there, whatever the data hold.
import {createHash} from "node:crypto"
import {readFileSync, writeFileSync} from "node:fs"
import {createRequire} from "node:module"
import {dirname, join} from "node:path"
import {fileURLToPath} from "node:url"

const [installed, out] = process.argv.slice(2)
const here = dirname(fileURLToPath(import.meta.url))
const esbuild = createRequire(join(installed, "package.json"))("esbuild")

const bundle = (file, options) => esbuild.buildSync({
  entryPoints: [join(here, file)],
  nodePaths: [join(installed, "node_modules")],
  bundle: true,
  minify: true,
  write: false,
  charset: "ascii",
  target: ["chrome100", "firefox100", "safari15.4"],
  legalComments: "none",
  ...options,
}).outputFiles[0].text.trim()

const hash = text => `'sha256-${createHash("sha256").update(text, "utf8").digest("base64")}'`

const licences = () => Object.entries(
  JSON.parse(readFileSync(join(here, "package-lock.json"), "utf8")).packages)
  .filter(([path, entry]) => path && !entry.dev && !entry.optional)
  .map(([path, entry]) => `${path.replace("node_modules/", "")} ${entry.version} (${entry.license})`)
  .join(", ")

const script = bundle("page.js", {format: "iife"}).replaceAll("</script", "<\\/script")
const style = bundle("page.css")
const parts = {
  policy: `default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; ` +
    `style-src ${hash(style)}; script-src ${hash(script)}`,
  licences: licences(),
  style,
  script,
}
const page = readFileSync(join(here, "page.html"), "utf8")
  .replace(/\{\{(policy|licences|style|script)\}\}/g, (_, name) => parts[name])
const [head, tail, more] = page.split("{{data}}")
if (tail === undefined || more !== undefined)
  throw new Error("page.html wants {{data}} once")

const bytes = (name, text) => {
  const list = [...Buffer.from(text, "utf8")]
  const rows = list.map((byte, i) => byte + (i % 32 === 31 ? ",\n" : ",")).join("")
  return `const char ${name}[] = {\n${rows}\n};\nconst size_t ${name}_bytes = ${list.length};\n`
}
writeFileSync(out, `#include <report_page.h>\n\n${bytes("rr_report_head", head)}` +
  bytes("rr_report_tail", tail))
