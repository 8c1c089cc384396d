// What a page does with Uppy: a file in parts, paused and resumed; a small one; one given up.
export async function play({ Uppy, AwsS3 }, { reelate }, { api, key }) {
  const calls = {}
  const answers = []
  const videos = {}
  const counted = (options) =>
    Object.fromEntries(
      Object.entries(options).map(([name, act]) => [
        name,
        (...args) => {
          calls[name] = (calls[name] ?? 0) + 1
          const answer = act(...args)
          answers.push(answer)
          return answer
        },
      ]),
    )
  const uppy = new Uppy({ autoProceed: false })
  const opened = (file, video) => (videos[file.name] = video.id)
  uppy.use(AwsS3, { limit: 2, ...counted(reelate({ api, credential: () => key, opened })) })
  const add = (name, size) =>
    uppy.addFile({ name, type: "video/mp4", data: new Blob([bytes(size)], { type: "video/mp4" }) })

  const given = add("given up.mp4", 20 * 1024 * 1024)
  uppy.once("s3-multipart:part-uploaded", (file) => uppy.removeFile(file.id))
  await uppy.upload()

  const big = add("big.mp4", 41 * 1024 * 1024)
  let paused = false
  uppy.on("s3-multipart:part-uploaded", (file) => {
    if (file.id !== big || paused) return
    paused = true
    uppy.pauseResume(big)
    setTimeout(() => uppy.pauseResume(big), 50)
  })
  add("small.mp4", 100_000)
  const result = await uppy.upload()

  await Promise.allSettled(answers)
  return {
    calls,
    videos,
    paused,
    given: typeof given,
    failed: result.failed.map((file) => `${file.name}: ${file.error}`),
    successful: result.successful.map((file) => file.name).sort(),
  }
}

export function bytes(size) {
  const made = new Uint8Array(size)
  for (let at = 0; at < size; at += 1024) made[at] = (at / 1024) % 251
  return made
}
