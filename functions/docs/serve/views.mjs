/* Tells Reelate what is watched of a video, from any page and any player:

     import { tell } from "./views.mjs"  // a copy of /docs/views.mjs beside the page's own
     const stop = tell(document.querySelector("video"), session.views_url)

   `views_url` is in the reply of `POST /v1/playback/sessions` and `POST /v1/videos/{id}/playback`.
   What was played is told every ten seconds, when it pauses or ends, and when the page is left. Each
   telling has a number and is sent again under the same one until it has arrived, so it counts once.
   `stop()` tells the rest and listens no more. */

const EVERY_MS = 10_000
const MOST_SPANS = 50 // in one telling
const LEAST_MS = 250 // less is no watching

export function tell(video, url, { every = EVERY_MS, failed = () => {} } = {}) {
  let began = null // where the stretch that is being played began, in seconds
  let reached = 0
  let spans = []
  let sequence = 0
  const waiting = new Map() // number -> what was not yet heard
  let dead = false

  function close() {
    if (began !== null && (reached - began) * 1000 >= LEAST_MS) {
      spans.push({ from_ms: Math.round(began * 1000), to_ms: Math.round(reached * 1000) })
    }
    began = null
  }

  function cut() {
    const playing = began !== null && !video.paused
    close()
    if (playing) began = reached
  }

  async function post(number, telling, keepalive) {
    telling.going = true
    try {
      const { played } = telling
      const reply = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ sequence: number, played }),
        keepalive,
      })
      if (reply.status >= 500 || reply.status === 429) return // again with the next turn
      waiting.delete(number)
      if (reply.ok) return
      dead = true // the link has ended, say: nothing more will be taken
      failed(await reply.json())
    } catch (error) {
      failed(error) // the network: again with the next turn
    } finally {
      telling.going = false
    }
  }

  function send(leaving = false) {
    while (spans.length > 0) {
      sequence += 1
      waiting.set(sequence, { played: spans.splice(0, MOST_SPANS), going: false })
    }
    if (dead) return Promise.resolve()
    // Of a page that is left the browser forgets what is on its way without `keepalive`.
    const due = [...waiting].filter(([, telling]) => leaving || !telling.going)
    return Promise.all(due.map(([number, telling]) => post(number, telling, leaving)))
  }

  // A jump is told by `seeking` when `currentTime` is already beyond it: so what was reached counts.
  const handlers = {
    playing() {
      if (began === null) began = reached = video.currentTime
    },
    timeupdate() {
      if (began !== null && !video.seeking) reached = Math.max(reached, video.currentTime)
    },
    seeking: close,
    seeked() {
      if (!video.paused) began = reached = video.currentTime
    },
    pause() {
      if (!video.seeking && began !== null) reached = Math.max(reached, video.currentTime)
      close()
      send()
    },
    ended() {
      if (began !== null) reached = Math.max(reached, video.currentTime)
      close()
      send()
    },
  }
  function leave() {
    cut()
    send(true)
  }

  for (const [name, handle] of Object.entries(handlers)) video.addEventListener(name, handle)
  addEventListener("pagehide", leave)
  const turn = setInterval(() => {
    cut()
    send()
  }, every)

  return async function stop() {
    clearInterval(turn)
    for (const [name, handle] of Object.entries(handlers)) video.removeEventListener(name, handle)
    removeEventListener("pagehide", leave)
    close()
    await send()
    while (!dead && waiting.size > 0) {
      await new Promise((done) => setTimeout(done, 1_000))
      await send()
    }
  }
}
