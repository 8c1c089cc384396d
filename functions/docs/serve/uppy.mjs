/* What Uppy's S3 plugin (@uppy/aws-s3 up to 5) asks its host, answered by Reelate's API:

     import { Uppy, AwsS3 } from "uppy"
     import { reelate } from "./uppy.mjs"  // a copy of /docs/uppy.mjs beside the page's own
     new Uppy().use(AwsS3, reelate({ api, credential: () => token }))

   `api` is the API's URL without a path, `credential` gives a key or a token, now or later.
   A file's meta may hold what `POST /v1/videos` takes beside the file: title, links, owner_id,
   team_id. `opened` is told which video a file becomes. Every part goes to an address that is
   bound to its SHA-256; a file of one part comes in a single PUT. */

const MIB = 1024 * 1024
const SINGLE = 8 * MIB
const FIELDS = ["title", "links", "owner_id", "team_id"]

/** The size in bytes of a file's parts: it follows from the file's size alone. */
export function partSize(size) {
  const wanted = Math.max(SINGLE, Math.min(64 * MIB, Math.ceil(size / 1000)), Math.ceil(size / 10000))
  return Math.ceil(wanted / MIB) * MIB
}

export function reelate({ api, credential, opened = () => {} }) {
  async function call(method, path, body, signal) {
    const reply = await fetch(`${api}/v1/videos${path}`, {
      method,
      signal,
      headers: {
        authorization: `Bearer ${await credential()}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
    const said = await reply.json()
    if (!reply.ok) {
      const error = new Error(said.detail ?? `${reply.status} of ${path}`)
      error.source = { status: reply.status, ...said }
      throw error
    }
    return said
  }

  async function open(file, more, signal) {
    const given = FIELDS.filter((name) => file.meta[name] !== undefined)
    const video = await call("POST", "", {
      filename: file.name,
      content_type: file.type || "application/octet-stream",
      size_bytes: file.size,
      ...Object.fromEntries(given.map((name) => [name, file.meta[name]])),
      ...more,
    }, signal)
    opened(file, video)
    return video
  }

  return {
    shouldUseMultipart: (file) => file.size > SINGLE,
    getChunkSize: (file) => partSize(file.size),

    async createMultipartUpload(file) {
      const video = await open(file, { checksums: "sha256" })
      return { uploadId: video.id, key: video.id }
    },

    async signPart(_file, { uploadId, partNumber, body, signal }) {
      const asked = { part_numbers: [partNumber], sha256: [await sha256(body)] }
      const { data } = await call("POST", `/${uploadId}/parts`, asked, signal)
      return { url: data[0].url, headers: data[0].headers }
    },

    async listParts(_file, { uploadId, signal }) {
      const parts = []
      for (let cursor = ""; cursor !== null; ) {
        const page = await call("GET", `/${uploadId}/parts${cursor}`, undefined, signal)
        parts.push(...page.data)
        cursor = page.next_cursor && `?cursor=${encodeURIComponent(page.next_cursor)}`
      }
      return parts.map((part) => ({
        PartNumber: part.part_number,
        Size: part.size_bytes,
        ETag: part.etag,
      }))
    },

    async completeMultipartUpload(_file, { uploadId, parts, signal }) {
      const sent = parts.map((part) => ({ part_number: part.PartNumber, etag: part.ETag }))
      await call("POST", `/${uploadId}/complete`, { parts: sent }, signal)
      return { location: `${api}/v1/videos/${uploadId}` }
    },

    async abortMultipartUpload(_file, { uploadId, signal }) {
      await call("POST", `/${uploadId}/cancel`, undefined, signal)
    },

    async getUploadParameters(file, { signal } = {}) {
      const video = await open(file, { sha256: await sha256(file.data) }, signal)
      const [whole] = video.upload.parts
      return { method: "PUT", url: whole.url, headers: whole.headers, fields: {} }
    },
  }
}

async function sha256(blob) {
  const digest = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer())
  return btoa(String.fromCharCode(...new Uint8Array(digest)))
}
