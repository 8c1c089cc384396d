// The same in Node, which has all that Uppy needs of a browser but XMLHttpRequest.
import { readFileSync } from "node:fs"

class XMLHttpRequest extends EventTarget {
  upload = new EventTarget()
  #headers = {}
  #aborting = new AbortController()

  open(method, url) {
    Object.assign(this, { method, responseURL: url })
  }

  setRequestHeader(name, value) {
    this.#headers[name] = value
  }

  abort() {
    this.#aborting.abort()
    this.dispatchEvent(new Event("abort"))
  }

  getResponseHeader(name) {
    return this.reply.headers.get(name)
  }

  getAllResponseHeaders() {
    return [...this.reply.headers].map(([name, value]) => `${name}: ${value}\r\n`).join("")
  }

  async send(body) {
    try {
      const { method, responseURL: url } = this
      const headers = this.#headers
      this.reply = await fetch(url, { method, headers, body, signal: this.#aborting.signal })
      this.status = this.reply.status
      this.responseText = await this.reply.text()
      this.dispatchEvent(new Event("load"))
    } catch {
      if (!this.#aborting.signal.aborted) this.dispatchEvent(new Event("error"))
    }
  }
}

globalThis.XMLHttpRequest = XMLHttpRequest
const [folder] = process.argv.slice(2)
const settings = JSON.parse(readFileSync(`${folder}/settings.json`, "utf8"))
const scenario = await import(`${folder}/scenario.mjs`)
const played = await scenario.play(
  await import(`${folder}/uppy.min.mjs`),
  await import(`${folder}/uppy.mjs`),
  settings,
)
process.stdout.write(JSON.stringify(played))
process.exit(0)
