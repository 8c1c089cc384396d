// What a page does with hls.js: plays a video to its end while the rung changes, then jumps in it.
const PATIENCE_MS = 120_000

// A machine that is busy makes a player wait; that says nothing of what it was given.
const OF_TIME = new Set(["bufferStalledError", "bufferNudgeOnStall"])

function when(target, name, holds = () => true) {
  return new Promise((done, refuse) => {
    const late = setTimeout(() => refuse(new Error(`no ${name} in time`)), PATIENCE_MS)
    const hear = (event) => {
      if (!holds(event)) return
      clearTimeout(late)
      target.removeEventListener(name, hear)
      done(event)
    }
    target.addEventListener(name, hear)
  })
}

const shown = (video) =>
  new Promise((done) => video.requestVideoFrameCallback((_, frame) => done(frame)))

export async function play(video, Hls, tell, { url, views_url }) {
  const errors = []
  const captions = []
  const hls = new Hls({ enableWorker: false, renderTextTracksNatively: false })
  hls.on(Hls.Events.ERROR, (_, { type, details, fatal, error }) => {
    if (fatal || !OF_TIME.has(details)) errors.push(`${type} ${details} ${error?.message ?? ""}`)
  })
  hls.on(Hls.Events.CUES_PARSED, (_, { cues }) => captions.push(...cues.map((cue) => cue.text)))
  const parsed = new Promise((done) => hls.once(Hls.Events.MANIFEST_PARSED, (_, told) => done(told)))
  hls.loadSource(url)
  hls.attachMedia(video)
  const { levels } = await parsed
  hls.subtitleTrack = 0
  const stop = tell(video, views_url, { every: 2_000, failed: (why) => errors.push(`views ${why}`) })

  const heights = []
  video.addEventListener("resize", () => heights.push(video.videoHeight))
  hls.nextLevel = 0
  video.playbackRate = 2
  await video.play()
  for (let level = 1; level < levels.length; level += 1) {
    const from = (video.duration * level) / levels.length
    await when(video, "timeupdate", () => video.currentTime >= from)
    hls.nextLevel = level
  }
  await when(video, "ended")
  const { totalVideoFrames, corruptedVideoFrames } = video.getVideoPlaybackQuality()
  const ended = video.currentTime
  await stop()

  hls.subtitleTrack = hls.allSubtitleTracks.length - 1
  const jumps = []
  for (const part of [0.7, 0.1, 0.95, 0.33]) {
    const target = video.duration * part
    const frame = shown(video)
    video.currentTime = target
    await when(video, "seeked")
    jumps.push({ target, shown: (await frame).mediaTime })
  }
  const until = Date.now() + PATIENCE_MS
  while (captions.length < hls.allSubtitleTracks.length && Date.now() < until) {
    await new Promise((done) => setTimeout(done, 100))
  }
  return {
    errors, heights, ended, jumps, captions,
    levels: levels.map(({ height }) => height),
    duration: video.duration,
    frames: { total: totalVideoFrames, corrupted: corruptedVideoFrames },
    subtitles: hls.allSubtitleTracks.map(({ name, lang }) => ({ name, lang })),
  }
}
