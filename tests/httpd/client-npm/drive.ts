// drive.ts URL KEY - the client that @hey-api/openapi-ts generated from /openapi.json drives the service, as somebody who never saw it
// would: each call by its operation, each body and answer by its type. What does not compile is a fault of the document too.
import { strict as assert } from 'node:assert'
import { client } from './client/client.gen'
import * as attune from './client/sdk.gen'
import type { Event, Item, Slate } from './client/types.gen'

const [url, key] = process.argv.slice(2)
client.setConfig({ baseUrl: url, auth: () => key, throwOnError: false })

let calls = 0
// The answer of a call that must succeed.
async function got<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<NonNullable<T>> {
  const { data, error, response } = await call
  calls++
  assert.ok(response.ok, `${response.status} ${JSON.stringify(error)}`)
  return data as NonNullable<T>
}
// Bodies of text go as they are.
const text = { bodySerializer: null }
const lines = (objects: object[]) => objects.map((o) => JSON.stringify(o) + '\n').join('')
const names = (slate: Slate) => slate.shown.map((s) => s.item)

async function drive() {
  // The catalogue.
  assert.equal((await got(attune.health())).status, 'ok')
  assert.equal((await got(attune.ready())).ready, true)
  const items: Item[] = Array.from({ length: 12 }, (_, i) => ({ id: `g${i}`, title: `Made ${i}`, medium: 'music', tags: [i % 2 ? 'odd' : 'even'],
    rights: [{ start: '2020-01-01', end: '2099-01-01T00:00:00Z', uses: ['stream'] }] }))
  assert.equal((await got(attune.putItems({ body: lines(items), ...text }))).added, 12)
  assert.equal((await got(attune.putItem({ path: { item: 'a/b c' }, body: { title: 'With a slash', published_at: '2026-01-01' } }))).title, 'With a slash')
  assert.equal((await got(attune.getItem({ path: { item: 'a/b c' } }))).id, 'a/b c')
  const page = await got(attune.listItems({ query: { q: 'made', limit: 5 } }))
  assert.equal(page.items.length, 5)
  assert.equal(page.more, true)

  // What people do, and what they are shown.
  const like: Event = { id: 'npm-1', user: 'nora', item: 'g1', signal: 'like', at: '2026-11-01T10:00:00Z' }
  assert.equal((await got(attune.addEvent({ body: like }))).added, true)
  assert.equal((await got(attune.addEvent({ body: like }))).added, false)
  const plays = items.slice(2, 6).map((item, i): Event => ({ user: 'nora', item: item.id, signal: 'play', position_ms: 1000 * i, length_ms: 100000 }))
  assert.equal((await got(attune.addEvents({ body: lines(plays), ...text }))).added, 4)
  const slate = await got(attune.decide({ body: { user: 'nora', count: 6, context: { device: 'phone', activity: 'commute' } } }))
  assert.equal(slate.shown.length, 6)
  for (const { score, terms } of slate.shown)
    assert.ok(Math.abs(score - Object.values(terms).reduce((sum, term) => sum + term, 0)) < 1e-4)
  assert.equal((await got(attune.explain({ body: { user: 'nora', item: 'g1' } }))).shown.item, 'g1')
  const blocked = names(slate)[0]
  await got(attune.control({ path: { user: 'nora' }, body: { control: 'block', item: blocked } }))
  assert.ok(!names(await got(attune.decide({ body: { user: 'nora', count: 20 } }))).includes(blocked))
  assert.deepEqual((await got(attune.getPerson({ path: { user: 'nora' } }))).blocked, [blocked])
  await got(attune.takeDown({ path: { item: 'g7' }, body: { reason: 'a test' } }))
  assert.ok(!names(await got(attune.decide({ body: { user: 'otto', count: 20 } }))).includes('g7'))

  // One of a few, and what came of it.
  const choice = await got(attune.choose({ body: { choice: 'cover', user: 'nora', options: [{ id: 'face' }, { id: 'scene' }] } }))
  assert.ok(choice.decision)
  assert.equal((await got(attune.addReward({ body: { decision: choice.decision, value: 1 } }))).added, 1)

  // Experiments, policies, models, jobs.
  await got(attune.createExperiment({ body: 'key: npm\nnote: by a client\nvariations: [{key: a}, {key: b, policy: {objective: {novelty: 0.4}}}]\n', ...text }))
  assert.equal((await got(attune.startExperiment({ path: { experiment: 'npm' } }))).status, 'running')
  assert.equal((await got(attune.readExperiment({ path: { experiment: 'npm' }, query: { alpha: 0.1 } }))).arms.length, 2)
  assert.match(await got(attune.getPolicy({ parseAs: 'text' })) as string, /exploration:/)
  const checked = await got(attune.checkPolicy({ body: 'exploration:\n  share: 7\n', ...text }))
  assert.equal(checked.valid, false)
  assert.match(checked.fault ?? '', /share/)
  await got(attune.putPolicy({ body: 'exploration:\n  share: 0.1\n', ...text }))
  const job = await got(attune.startJob({ body: { kind: 'train' } }))
  const heard = await got(attune.listenToJob({ path: { job: job.id }, parseAs: 'text' })) as string // a stream that ends with the job
  assert.match(heard, /^event: done$/m)
  const done = await got(attune.getJob({ path: { job: job.id } }))
  assert.equal(done.state, 'done')
  assert.ok((await got(attune.listModels())).models.some((model) => model.version === done.training?.version))
  assert.ok((await got(attune.getReport())).groups.length > 0)
  assert.match(await got(attune.metrics({ parseAs: 'text' })) as string, /^attune_/m)
  assert.ok((await got(attune.getStatus())).events > 0)

  // A policy kept for later, put in force and taken back; a complaint, looked at by somebody; an item that goes.
  const kept = await got(attune.stagePolicy({ body: 'exploration:\n  share: 0.05\n', query: { reason: 'a try' }, ...text }))
  await got(attune.activatePolicy({ path: { version: String(kept.version) }, body: { reason: 'tried' } }))
  assert.match(await got(attune.getPolicy({ parseAs: 'text' })) as string, /share: 0\.05\b/)
  assert.notEqual((await got(attune.rollBackPolicy({ body: { reason: 'enough' } }))).version, kept.version)
  const reported = await got(attune.reportItem({ body: { user: 'otto', item: 'g3', reason: 'too loud' } }))
  assert.ok((await got(attune.listCases({ query: { waiting: true } }))).cases.some((c) => c.id === reported.case))
  const decided = await got(attune.decideCase({ path: { case: reported.case }, body: { acts: [{ act: 'deny', reason: 'it is' }], by: 'npm' } }))
  assert.equal(decided.verdict, 'deny')
  assert.ok(!names(await got(attune.decide({ body: { user: 'otto', count: 20 } }))).includes('g3'))
  await got(attune.deleteItem({ path: { item: 'a/b c' } }))
  assert.equal((await attune.getItem({ path: { item: 'a/b c' } })).response.status, 404)

  // A person's data goes out, and then away.
  const exported = await got(attune.exportPerson({ path: { user: 'nora' }, parseAs: 'text' })) as string
  assert.ok(exported.trim().split('\n').map((line) => JSON.parse(line)).length >= 5)
  assert.ok((await got(attune.forgetPerson({ path: { user: 'nora' } }))).rows >= 5)

  // Errors have a type as well.
  const wrong = await attune.decide({ body: { user: 'nora', count: 0 } })
  assert.equal(wrong.response.status, 400)
  assert.equal(wrong.error?.errors?.[0]?.field, 'count')
  const nobody = await attune.getStatus({ auth: 'not-a-key' })
  assert.equal(nobody.response.status, 401)
  assert.equal(nobody.error?.status, 401)
  const nothing = await attune.getItem({ path: { item: 'not there' } })
  assert.equal(nothing.response.status, 404)
  console.log(`ok: ${calls} calls by the generated client`)
}

void drive()
