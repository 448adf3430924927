// SPDX-License-Identifier: Apache-2.0
// tests/console/drive.mjs STILL KEY DEMO - walks the console's pages in Chromium as a person would, by mouse and by keyboard. Each test
// is a promise; a page that writes an error, asks another host, or is wider than the screen fails the test that opened it.
import { chromium } from 'playwright-core';
import assert from 'node:assert/strict';

const [still, key, demoUrl] = process.argv.slice(2);
const demo = demoUrl.replace(/\/#.*/, ''), demoKey = (demoUrl.match(/key=(att_\w+)/) || [])[1];
const shots = process.env.SHOTS;
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });

let faults = []; // of the page: errors that it wrote, requests to elsewhere
const expected = []; // parts of errors that a test provokes

async function open(base, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(30000);
  page.on('console', (m) => { if (m.type() === 'error' && !expected.some((e) => `${m.text()} ${m.location().url}`.includes(e))) faults.push(`console: ${m.text()} ${m.location().url}`); });
  page.on('pageerror', (e) => faults.push(`error: ${e.stack}`));
  page.on('request', (r) => { if (!r.url().startsWith(base) && !r.url().startsWith('data:') && !r.url().startsWith('blob:')) faults.push(`asked elsewhere: ${r.url()}`); });
  return page;
}

async function enter(page, base, its) {
  await page.goto(`${base}/#key=${its}`);
  await page.waitForSelector('main h1');
  assert.ok(!page.url().includes(its), 'the key is taken out of the address');
}

// Loaded anew, so that nothing stays open from the test before.
const go = async (page, base, hash) => {
  await page.goto('about:blank');
  await page.goto(`${base}/${hash}`);
  await page.waitForSelector('main h1');
};

// By the API, as the page's own key.
const ask = (page, method, path, body) => page.evaluate(async ([m, p, b]) => {
  const answer = await fetch(p, { method: m, headers: { Authorization: `Bearer ${sessionStorage.getItem('attune-key')}`, 'Content-Type': 'application/json' }, body: b ? JSON.stringify(b) : undefined });
  return { status: answer.status, json: await answer.json().catch(() => null) };
}, [method, path, body]);

const slateOf = (page) => page.$$eval('.slate .shown .what > a', (list) => list.map((a) => a.textContent));
// Until it is so; by evaluate, since the page's content policy rightly forbids what waitForFunction does.
async function until(page, so, its, { timeout = 30000 } = {}) {
  for (const end = Date.now() + timeout; ;) {
    if (await page.evaluate(so, its).catch(() => false)) return;
    assert.ok(Date.now() < end, `waited ${timeout} ms in vain for ${so}`);
    await new Promise((done) => setTimeout(done, 60));
  }
}

// Waits until the slate is not what it was.
async function otherSlate(page, before) {
  await until(page, (old) => { const now = [...document.querySelectorAll('.slate .shown')].map((s) => s.querySelector('.what > a').textContent + s.querySelector('.score strong').textContent); return now.length && JSON.stringify(now) !== old; }, before);
}
const slateText = (page) => page.$$eval('.slate .shown', (list) => JSON.stringify(list.map((s) => s.querySelector('.what > a').textContent + s.querySelector('.score strong').textContent)));

const tests = [];
const test = (name, run) => tests.push([name, run]);
const person = 'person-00003';

test('without_a_key_it_asks_for_one_and_a_wrong_one_is_told', async () => {
  expected.push('401');
  const page = await open(still);
  await page.goto(still);
  await page.fill('input[type=password]', 'att_' + '0'.repeat(64));
  await page.keyboard.press('Enter');
  await page.waitForSelector('[role=alert]');
  await page.fill('input[type=password]', key);
  await page.keyboard.press('Enter');
  await page.waitForSelector('nav a');
  assert.equal(await page.textContent('h1'), 'Now');
  await page.context().close();
  expected.pop();
});

test('an_address_may_be_badly_encoded_and_may_bring_a_key_at_any_time', async (page) => {
  expected.push('/v1/people/');
  await go(page, still, '#/listener/%zz');
  await page.waitForSelector('text=Nothing is known about “%zz” yet.');
  await page.evaluate((k) => { sessionStorage.removeItem('attune-key'); location.hash = `#key=${k}`; }, key);
  await until(page, (k) => !location.href.includes(k) && sessionStorage.getItem('attune-key') === k, key);
  await until(page, () => document.querySelector('main h1')?.textContent === 'Now');
  expected.pop();
});

const pages = { now: 'Now', listener: 'A listener', [`listener/${person}`]: 'A listener', catalogue: 'Catalogue', 'catalogue/music-00001': 'Catalogue', experiments: 'Experiments', 'experiments/bolder-mix': 'Experiments', reports: 'The long run',
  music: 'Music', 'music/sound': 'Music', queue: 'Queue', models: 'Models and policies', policy: 'Models and policies' };

test('every_page_fits_wide_and_narrow_light_and_dark', async () => {
  for (const [width, height] of [[1280, 900], [390, 844]]) for (const colorScheme of ['light', 'dark']) {
    for (const [base, its, list] of [[still, key, pages], [demo, demoKey, { live: 'Watch it learn' }]]) {
      const page = await open(base, { viewport: { width, height }, colorScheme });
      await enter(page, base, its);
      for (const [hash, title] of Object.entries(list)) {
        await go(page, base, `#/${hash}`);
        await until(page, (t) => document.querySelector('main h1')?.textContent === t, title);
        await until(page, () => document.querySelector('main .card, main .tag, main input, main .hint'));
        await page.waitForLoadState('networkidle').catch(() => {});
        if (shots) await page.waitForTimeout(700);
        const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(over <= 0, `${hash} is ${over} pixels wider than ${width}`);
        assert.equal(await page.locator('main [role=alert]').count(), 0, `${hash}: ${await page.locator('main [role=alert]').allTextContents()}`);
        if (shots) await page.screenshot({ path: `${shots}/${hash.replace(/\W+/g, '-')}-${width}-${colorScheme}.png`, fullPage: true });
      }
      await page.context().close();
    }
  }
});

test('a_slider_moved_by_keys_redraws_the_slate_at_once', async (page) => {
  await go(page, still, `#/listener/${person}`);
  await page.waitForSelector('.slate .shown');
  assert.equal((await slateOf(page)).length, 10);
  const before = await slateText(page);
  await page.focus('input[aria-label=novelty]');
  await page.keyboard.press('End');
  await otherSlate(page, before);
  const known = await ask(page, 'GET', `/v1/people/${person}`);
  assert.equal(known.json.novelty, 1);
  const high = await slateText(page);
  await page.keyboard.press('Home');
  await otherSlate(page, high);
  assert.equal((await ask(page, 'GET', `/v1/people/${person}`)).json.novelty, -1);
});

test('less_like_this_changes_the_slate', async (page) => {
  await go(page, still, `#/listener/${person}`);
  await page.waitForSelector('.slate .shown');
  const before = await slateText(page), first = (await slateOf(page))[0];
  await page.locator('.shown').first().getByRole('button', { name: 'Less like this' }).click();
  await page.waitForSelector(`text=Less like ${first} from now on.`);
  await otherSlate(page, before);
  assert.equal((await ask(page, 'GET', `/v1/people/${person}`)).json.less_like.length, 1);
});

test('what_is_blocked_is_gone_and_comes_back_when_it_is_not', async (page) => {
  await go(page, still, `#/listener/${person}`);
  await page.waitForSelector('.slate .shown');
  const before = await slateText(page), second = (await slateOf(page))[1];
  await page.locator('.shown').nth(1).getByRole('button', { name: 'Block' }).click();
  await page.waitForSelector('button.chip');
  await otherSlate(page, before);
  assert.ok(!(await slateOf(page)).includes(second));
  await page.click('button.chip');
  await until(page, (title) => [...document.querySelectorAll('.shown .what > a')].some((a) => a.textContent === title), second);
});

test('why_tells_terms_that_sum_to_the_score', async (page) => {
  await go(page, still, `#/listener/${person}`);
  await page.locator('.shown').first().getByRole('button', { name: 'Why' }).click();
  await page.waitForSelector('.whybox table');
  const figures = (await page.$$eval('.whybox td.number', (list) => list.map((td) => td.textContent))).map((t) => Number(t.replace('−', '-').replace('+', '')));
  const score = figures.pop();
  assert.ok(Math.abs(figures.reduce((a, b) => a + b, 0) - score) < 0.005, `${figures} against ${score}`);
});

test('reasons_that_are_open_follow_the_situation', async (page) => {
  await go(page, still, `#/listener/${person}`);
  await until(page, () => document.querySelectorAll('.slate .shown').length === 10);
  for (const button of await page.locator('.shown').getByRole('button', { name: 'Why' }).all()) await button.click();
  await until(page, () => document.querySelectorAll('.whybox table').length === 10);
  const asked = page.waitForRequest((r) => r.url().endsWith('/v1/explanations') && r.postDataJSON().context?.activity === 'sleep');
  await page.selectOption('.selects label:nth-child(3) select', 'sleep');
  await asked;
});

test('the_situation_bends_the_slate', async (page) => {
  await go(page, still, `#/listener/${person}`);
  await page.waitForSelector('.slate .shown');
  const before = await slateText(page);
  await page.selectOption('.selects label:nth-child(3) select', 'sleep');
  await otherSlate(page, before);
});

test('taste_stands_on_the_map_and_the_slate_does_too', async (page) => {
  await go(page, still, `#/listener/${person}`);
  await page.waitForSelector('.map .taste circle');
  await page.waitForSelector('.map .mark.in-slate');
  assert.ok(await page.locator('.map .mark.in-slate').count() > 0);
});

test('search_finds_and_an_item_tells_rights_and_what_is_near', async (page) => {
  await go(page, still, '#/catalogue');
  await page.fill('#find', 'jazz');
  await until(page, () => { const rows = [...document.querySelectorAll('table.items tbody tr')]; return rows.length > 0 && rows.every((r) => /jazz/i.test(r.textContent)); });
  await page.fill('#find', 'no such words at all');
  await page.waitForSelector('text=Nothing holds all of these words.');
  await page.fill('#find', 'music');
  await until(page, () => document.querySelectorAll('table.items tbody tr').length > 10);
  await page.click('table.items tbody tr:first-child a');
  await page.waitForSelector('.windows .track');
  assert.match(await page.textContent('.windows'), /holds now|not yet|over/);
  assert.ok(await page.locator('.axis span').count() >= 3);
  await page.waitForSelector('.mix.near li');
});

test('an_item_says_where_it_was_shown', async (page) => {
  const slate = await ask(page, 'POST', '/v1/decisions', { user: 'person-00005', count: 5 });
  await go(page, still, `#/catalogue/${slate.json.shown[0].item}`);
  await page.waitForSelector('table.wheres tbody tr');
  assert.match(await page.textContent('table.wheres tbody'), /person-00005/);
});

test('what_is_taken_down_says_so_when_one_asks_why', async (page) => {
  const slate = await ask(page, 'POST', '/v1/decisions', { user: 'person-00004', count: 5, dry: true });
  const item = slate.json.shown[0].item;
  await go(page, still, `#/catalogue/${item}`);
  await page.fill('input[aria-label=reason]', 'a claim');
  await page.getByRole('button', { name: 'Take down' }).click();
  await page.waitForSelector('text=It is in no slate from this moment on.');
  await page.fill('input[aria-label="for whom"]', 'person-00004');
  await page.getByRole('button', { name: 'Ask' }).click();
  await page.waitForSelector('text=It may not be shown:');
});

test('the_policy_editor_flags_an_error_at_its_line', async (page) => {
  await go(page, still, '#/policy');
  await page.waitForSelector('.pane textarea');
  await until(page, () => document.querySelector('.pane textarea').value.includes('exploration:'));
  const text = await page.inputValue('.pane textarea');
  const lines = text.split('\n'), line = lines.findIndex((l) => /^\s+share:/.test(l));
  assert.ok(line > 0);
  const wrong = [...lines];
  wrong[line] = wrong[line].replace(/share:.*/, 'share: a lot');
  await page.fill('.pane textarea', wrong.join('\n'));
  await page.waitForSelector('.gutter .bad');
  assert.equal(await page.textContent('.gutter .bad'), String(line + 1));
  assert.ok(await page.getByRole('button', { name: 'Put in force' }).first().isDisabled());
  await page.getByRole('button', { name: `Go to line ${line + 1}` }).click();
  assert.equal(await page.evaluate(() => { const t = document.querySelector('.pane textarea'); return t.value.slice(0, t.selectionStart).split('\n').length; }), line + 1);
  const right = [...lines];
  right[line] = right[line].replace(/share:.*/, 'share: 0.07');
  await page.fill('.pane textarea', right.join('\n'));
  await page.waitForSelector('.gutter .bad', { state: 'detached' });
  await page.getByRole('button', { name: 'Put in force' }).first().click();
  await page.waitForSelector('text=It is in force from this moment on');
  assert.equal((await ask(page, 'GET', '/v1/status')).json.exploration_share, 0.07);
});

test('a_policy_is_kept_put_in_force_and_rolled_back', async (page) => {
  const share = async () => (await ask(page, 'GET', '/v1/status')).json.exploration_share;
  await go(page, still, '#/policy');
  await until(page, () => document.querySelector('.pane textarea')?.value.includes('exploration:'));
  const before = await share(), text = await page.inputValue('.pane textarea');
  await page.fill('.pane textarea', text.replace(/^(\s+share:).*$/m, '$1 0.12'));
  await page.fill('input[aria-label="why this change"]', 'a calm week');
  await page.getByRole('button', { name: 'Keep for later' }).click();
  await page.waitForSelector('text=waits to be put in force.');
  assert.equal(await share(), before);
  const waits = page.locator('.versions li', { hasText: 'a calm week' });
  await waits.getByRole('button', { name: 'Put in force' }).click();
  await page.fill('input[aria-label=reason]', 'the week begins');
  await page.keyboard.press('Enter');
  await page.waitForSelector('text=/Version \\d+ is in force\\./');
  assert.equal(await share(), 0.12);
  await page.getByRole('button', { name: 'Roll back' }).click();
  await page.fill('input[aria-label=reason]', 'it is over');
  await page.keyboard.press('Enter');
  await page.waitForSelector('text=/Version \\d+ is in force again\\./');
  assert.equal(await share(), before);
});

test('a_model_is_rolled_back_and_put_in_force_again', async (page) => {
  await go(page, still, '#/models');
  await page.waitForSelector('.versions li.active');
  const newest = await page.textContent('.versions li.active strong');
  await page.getByRole('button', { name: 'Roll back' }).click();
  await page.fill('input[aria-label=reason]', 'it skipped too much');
  await page.keyboard.press('Enter');
  await page.waitForSelector('text=Rolled back.');
  const models = (await ask(page, 'GET', '/v1/models')).json;
  assert.notEqual(String(models.in_use), newest);
  assert.match(models.models.find((m) => m.active).why, /it skipped too much/);
  await until(page, (v) => document.querySelector('.versions li.active strong')?.textContent !== v, newest);
  await page.locator('.versions li', { has: page.locator(`strong:text-is("${newest}")`) }).getByRole('button', { name: 'Put in force' }).click();
  await page.fill('input[aria-label=reason]', 'it was not the model');
  await page.keyboard.press('Enter');
  await page.waitForSelector(`text=Version ${newest} is in force.`);
  assert.equal(String((await ask(page, 'GET', '/v1/models')).json.in_use), newest);
});

test('a_training_is_begun_and_followed_to_its_end', async (page) => {
  await go(page, still, '#/models');
  await page.getByRole('button', { name: 'Train now' }).click();
  await page.waitForSelector('.job');
  await page.waitForSelector('.job:has-text("done")', { timeout: 120000 });
  await page.waitForSelector('text=/ut in force: /');
});

test('an_experiment_shows_arms_intervals_and_guardrails', async (page) => {
  await go(page, still, '#/experiments');
  await page.click('text=bolder-mix');
  await page.waitForSelector('text=Guardrails: must not get worse');
  assert.ok(await page.locator('table:has-text("what it changes") tbody tr').count() === 2);
  await page.waitForSelector('text=Intervals over time');
  await until(page, () => document.querySelector('.plot canvas') || /Too early/.test(document.body.innerText), null, { timeout: 60000 });
});

test('the_long_run_shows_retention_and_survival', async (page) => {
  await go(page, still, '#/reports');
  await page.waitForSelector('h3:has-text("Survival")');
  await page.selectOption('.row label:nth-child(3) select', '7');
  await until(page, () => ['Retention', 'Survival'].every((title) => [...document.querySelectorAll('.card')].some((c) => c.querySelector('h3')?.textContent === title && c.querySelector('canvas'))));
  await page.selectOption('.row label:nth-child(2) select', 'halves');
  await page.waitForSelector('th:has-text("difference")');
});

// What tests/console/run has made, where there is a synthesizer.
test('a_piece_that_was_made_is_heard_and_shows_its_plan', async (page) => {
  const made = (await ask(page, 'GET', '/v1/generations')).json.briefs;
  await go(page, still, '#/music');
  if (!made.some((b) => b.allowed)) return void await page.waitForSelector('text=Nothing was made');
  await page.click('.brief');
  await page.click('.briefs .tracks a');
  await page.waitForSelector('.piece .subject');
  await page.waitForSelector('audio[src^="blob:"]', { state: 'attached' });
  await until(page, () => document.querySelector('audio').readyState >= 1 && document.querySelector('audio').duration > 5);
  assert.ok(await page.$$eval('.wave .beat', (list) => list.length) > 8, 'beats are drawn');
  assert.match(await page.textContent('.plan'), /loop/);
});

test('what_was_made_is_played_by_taste_and_situation', async (page) => {
  const made = (await ask(page, 'GET', '/v1/generations')).json.briefs;
  if (!made.some((b) => b.allowed)) return;
  await go(page, still, '#/music');
  await page.fill('input[aria-label="person"]', 'person-00007');
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
  await page.waitForSelector('.playlist li .round');
  const asked = page.waitForRequest((r) => r.url().endsWith('/v1/decisions') && r.postDataJSON().context?.activity === 'sleep' && r.postDataJSON().made);
  await page.getByRole('button', { name: 'sleep', exact: true }).click();
  const order = (await (await (await asked).response()).json()).shown.map((s) => s.title);
  await until(page, (n) => document.querySelectorAll('.playlist li').length === n, order.length);
  assert.deepEqual(await page.$$eval('.playlist li a', (list) => list.map((a) => a.textContent)), order);
  assert.ok(await page.$$eval('.playlist li p', (list) => list.every((p) => p.textContent.length > 5)), 'each says why it stands there');
  await page.getByRole('button', { name: 'Play them in this order' }).click();
  await until(page, () => document.querySelector('.now-playing audio')?.currentTime > 0.1);
  assert.match(await page.textContent('.now-playing'), new RegExp(order[0]));
  await page.uncheck('.chips input');
  await until(page, () => document.querySelectorAll('.playlist li').length === 10 && document.querySelector('.playlist a[href^="#/catalogue/"]'));
});

test('what_is_held_says_why_here_and_in_the_queue', async (page) => {
  if (!(await ask(page, 'GET', '/v1/generations')).json.briefs.some((b) => b.allowed)) return;
  const policy = await page.evaluate(async () => (await fetch('/v1/policy', { headers: { Authorization: `Bearer ${sessionStorage.getItem('attune-key')}` } })).text());
  const put = (text) => page.evaluate((body) => fetch('/v1/policy', { method: 'PUT', headers: { Authorization: `Bearer ${sessionStorage.getItem('attune-key')}`, 'Content-Type': 'application/yaml' }, body }).then((r) => r.status), text);
  assert.equal(await put(policy.replace(/^(\s+review:).*$/m, '$1 true')), 200);
  const job = (await ask(page, 'POST', '/v1/generations', { medium: 'music', kind: 'loop', prompt: 'lo-fi', candidates: 1, seed: 5 })).json.id;
  await page.evaluate(async (id) => { for (;;) { const j = await (await fetch(`/v1/jobs/${id}`, { headers: { Authorization: `Bearer ${sessionStorage.getItem('attune-key')}` } })).json(); if (!['waiting', 'running'].includes(j.state)) return; await new Promise((done) => setTimeout(done, 200)); } }, job);
  assert.equal(await put(policy), 200);
  await go(page, still, '#/music');
  await page.click('.brief:has-text("lo-fi")');
  await page.waitForSelector('.briefs .tracks :text("waits for people")');
  await page.click('.briefs .tracks a');
  await page.waitForSelector('.verdict:has-text("It is held until people have looked")');
  assert.match(await page.textContent('.piece .reasons'), /the policy has people look at all that is made/);
  await page.click('text=To its case in the queue');
  await page.waitForSelector('.happened .held:has-text("the policy has people look at all that is made")');
  await page.fill('.acts-form input', 'heard it: fine');
  await page.getByRole('button', { name: 'Decide' }).click();
  await page.waitForSelector('.case .tag.good');
  await page.click('text=hear it, and why');
  await page.waitForSelector('.verdict:has-text("It was held, and people allowed it")');
});

// Strokes on a chord, as a WAV file.
function strokes(seconds) {
  const rate = 16000, frames = seconds * rate, wav = Buffer.alloc(44 + 2 * frames);
  wav.write('RIFF', 0); wav.writeUInt32LE(wav.length - 8, 4); wav.write('WAVEfmt ', 8); wav.writeUInt32LE(16, 16); wav.writeUInt16LE(1, 20); wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(rate, 24); wav.writeUInt32LE(2 * rate, 28); wav.writeUInt16LE(2, 32); wav.writeUInt16LE(16, 34); wav.write('data', 36); wav.writeUInt32LE(2 * frames, 40);
  for (let i = 0, noise = 1; i < frames; i++) {
    const since = (i / rate) % 0.5, hz = 220 * 2 ** ([0, 4, 7, 12, 9, 5][Math.floor(i / rate / 0.5) % 6] / 12);
    noise = (noise * 1103515245 + 12345) % 2147483648;
    wav.writeInt16LE(Math.round(9000 * Math.exp(-since * 40) * (noise / 1073741824 - 1) + 6000 * Math.exp(-since * 3) * Math.sin((2 * Math.PI * hz * i) / rate)), 44 + 2 * i);
  }
  return wav;
}

test('a_sound_of_ones_own_is_uploaded_heard_and_checked', async (page) => {
  await go(page, still, '#/music/sound');
  await page.setInputFiles('input[type=file]', { name: 'strokes.wav', mimeType: 'audio/wav', buffer: strokes(8) });
  await page.waitForSelector('.piece .subject:has-text("120")');
  assert.ok(await page.$$eval('.wave .beat', (list) => list.length) >= 12, 'beats are drawn');
  await until(page, () => document.querySelector('.wave .peaks').getAttribute('d').split('L').length > 1000);
  await page.getByRole('button', { name: 'Check it' }).click();
  await page.waitForSelector('[role=alert]:has-text("this store knows no recordings and no artists")');
  const hash = page.url().split('/').pop();
  const job = (await ask(page, 'POST', `/v1/sounds/${hash}/jobs`, { action: 'know', name: 'Strokes' })).json.id;
  await page.evaluate(async (id) => { for (;;) { const j = await (await fetch(`/v1/jobs/${id}`, { headers: { Authorization: `Bearer ${sessionStorage.getItem('attune-key')}` } })).json(); if (!['waiting', 'running'].includes(j.state)) return; await new Promise((done) => setTimeout(done, 100)); } }, job);
  await page.getByRole('button', { name: 'Check it' }).click();
  await page.waitForSelector('.tag.bad:has-text("denied")');
  assert.match(await page.textContent('.card .reasons'), /a part of it is in Strokes/);
  // Of a long one the split is cancelled, and offered again.
  await page.setInputFiles('input[type=file]', { name: 'long.wav', mimeType: 'audio/wav', buffer: strokes(240) });
  await until(page, (old) => !location.hash.endsWith(old) && document.querySelector('.piece'), hash);
  await page.getByRole('button', { name: 'Split into stems' }).click();
  await page.locator('.card:has(h3:text-is("Stems"))').getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: 'Split into stems' }).waitFor();
  assert.equal((await ask(page, 'GET', '/v1/jobs')).json.jobs.filter((j) => j.kind === 'sound' && j.state === 'cancelled').length, 1);
});

// Web Audio is watched, not heard: which sources start when, and where each gain is going.
const watchAudio = (context) => context.addInitScript(() => {
  const starts = (window.starts = []), gains = (window.gains = []);
  const { start } = AudioBufferSourceNode.prototype, make = AudioContext.prototype.createGain;
  AudioBufferSourceNode.prototype.start = function (when, from) { starts.push({ when, from, length: this.buffer.length }); return start.call(this, when, from); };
  AudioContext.prototype.createGain = function () { const node = make.call(this), set = node.gain.setTargetAtTime; gains.push(0); const i = gains.length - 1; node.gain.setTargetAtTime = function (value, ...more) { gains[i] = value; return set.call(this, value, ...more); }; return node; };
});

test('stems_are_heard_in_step_under_faders_that_keep_to_their_limits_and_a_remix_beside_the_original', async () => {
  const page = await open(still);
  await watchAudio(page.context());
  await enter(page, still, key);
  const brief = (await ask(page, 'GET', '/v1/generations')).json.briefs.find((b) => b.allowed);
  if (!brief) return void await page.context().close();
  const item = (await ask(page, 'GET', `/v1/generations/${brief.id}`)).json.candidates.find((c) => c.shown).item;
  await go(page, still, `#/music/${item}`);
  await page.getByRole('button', { name: 'Split into stems' }).click();
  await page.waitForSelector('.stems .stem');
  assert.equal(await page.locator('.stems .peaks-of').count(), 4);
  const near = (a, b) => Math.abs(a - b) < 1e-4, power = (db) => 10 ** (db / 20);
  // The service's limits are the fader's ends.
  const job = (await ask(page, 'GET', '/v1/jobs')).json.jobs.find((j) => j.kind === 'sound');
  const stems = (await ask(page, 'GET', `/v1/jobs/${job.id}`)).json.sound.stems;
  for (const s of stems) {
    const [least, most] = await page.$eval(`input[aria-label="${s.stem}, in dB"]`, (e) => [Number(e.min), Number(e.max)]);
    assert.ok(most <= s.most_db && most > Math.min(s.most_db, 12) - 0.11, `${s.stem}: ${most} of ${s.most_db}`);
    assert.ok(least >= (s.least_db ?? -24) && least < Math.max(s.least_db ?? -24, -24) + 0.11, `${s.stem}: ${least} of ${s.least_db}`);
  }
  await page.getByRole('button', { name: 'Play', exact: true }).click();
  await until(page, () => document.querySelector('.position').value > 0.3);
  const starts = await page.evaluate(() => window.starts);
  assert.equal(starts.length, 4);
  assert.ok(starts.every((s) => s.when === starts[0].when && s.from === 0 && s.length === starts[0].length), JSON.stringify(starts));
  // By keys alone: a fader down, to its end; the others as they were.
  await page.focus('input[aria-label="drums, in dB"]');
  await page.keyboard.press('Home');
  assert.notEqual(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle), 'none', 'a fader that has the focus shows it');
  const least = Number(await page.$eval('input[aria-label="drums, in dB"]', (e) => e.min));
  await until(page, () => window.gains[0] < 1);
  const gains = await page.evaluate(() => window.gains);
  assert.ok(near(gains[0], power(least)) && gains.slice(1, 4).every((g) => near(g, 1)), `${gains}`);
  await page.getByRole('button', { name: 'solo bass' }).press('Enter');
  await until(page, () => window.gains[0] === 0 && window.gains[2] === 0 && window.gains[1] === 1);
  await page.getByRole('button', { name: 'solo bass' }).press('Enter');
  await page.getByRole('button', { name: 'mute vocals' }).click();
  const vocals = stems.find((s) => s.stem === 'vocals');
  await until(page, (g) => Math.abs(window.gains[2] - g) < 1e-4, vocals.least_db === null ? 0 : power(vocals.least_db));
  await page.getByRole('button', { name: 'Make this remix' }).click();
  await page.waitForSelector('.told');
  const made = (await ask(page, 'GET', `/v1/jobs/${(await ask(page, 'GET', '/v1/jobs')).json.jobs[0].id}`)).json.sound;
  assert.ok(near(made.stems[0].asked_db, least) && !made.stems[0].limited, 'what a fader offers is given');
  assert.equal(made.stems[2].asked_db, null);
  if (made.stems[2].limited) assert.match(await page.textContent('.told'), /vocals by −[\d.]+ dB instead of left out/);
  // The remix is heard at the same place; then the original, the louder of the two turned down; nothing starts anew.
  const count = await page.evaluate(() => window.starts.length);
  const apart = made.made[0].loudness_lufs - made.loudness_lufs;
  const all = (list) => until(page, (wanted) => wanted.every((g, i) => Math.abs(window.gains[i] - g) < 1e-3), list);
  await all([0, 0, 0, 0, power(Math.min(0, -apart))]);
  await page.check('input[name=heard][value=original]');
  await all([...Array(4).fill(power(Math.min(0, apart))), 0]);
  await page.uncheck('.equal input');
  await all([1, 1, 1, 1, 0]);
  assert.equal(await page.evaluate(() => window.starts.length), count);
  // A situation's gains are those that the service says, within the limits.
  await page.selectOption('select[aria-label="remix for a situation"]', 'sleep');
  const sleep = (await ask(page, 'GET', `/v1/jobs/${job.id}`)).json.sound.contexts.find((c) => c.context === 'sleep');
  for (const s of stems) assert.ok(Math.abs(Number(await page.inputValue(`input[aria-label="${s.stem}, in dB"]`)) - sleep[s.stem]) < 0.11, s.stem);
  for (const [width, colorScheme] of [[1280, 'light'], [1280, 'dark'], [390, 'light'], [390, 'dark']]) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.setViewportSize({ width, height: 900 });
    const over = await page.evaluate(() => { scrollTo(0, 0); return document.documentElement.scrollWidth - innerWidth; });
    assert.ok(over <= 0, `the desk is ${over} pixels wider than ${width}`);
    if (shots) await page.screenshot({ path: `${shots}/music-desk-${width}-${colorScheme}.png`, fullPage: true });
  }
  await page.context().close();
});

test('a_case_is_decided_by_several_acts_and_appealed', async (page) => {
  const item = (await ask(page, 'GET', '/v1/items?limit=1&offset=20')).json.items[0];
  assert.equal((await ask(page, 'POST', '/v1/queue/reports', { user: 'person-00007', item: item.id, reason: 'a stolen song' })).status, 200);
  await ask(page, 'POST', '/v1/queue/holds', { text: 'buy my pills at once', author: 'person-00008', reason: 'looks like spam', matched: 'buy my pills', score: 0.97, by: 'spam-words' });
  await go(page, still, '#/queue');
  await page.click('.cases a:has-text("buy my pills")');
  await page.waitForSelector('mark:has-text("buy my pills")');
  await page.selectOption('.acts-form select', 'deny');
  await page.fill('.acts-form input', 'spam');
  await page.getByRole('button', { name: 'Another act' }).click();
  await page.fill('.acts-form fieldset:nth-of-type(2) input', 'third time this week');
  await page.getByRole('button', { name: 'Do all 2' }).click();
  await page.waitForSelector('text=denied it, noted.');
  assert.match(await page.textContent('.happened'), /third time this week/);
  await page.click('text=Ask to look again');
  await page.fill('input[aria-label="why it should be looked at again"]', 'they are vitamins');
  await page.getByRole('button', { name: 'Appeal', exact: true }).click();
  await page.waitForSelector('.happened .appealed:has-text("they are vitamins")');
  await page.getByRole('button', { name: 'Appeals' }).click();
  await page.waitForSelector('.cases a:has-text("buy my pills")');
  await page.getByRole('button', { name: 'All', exact: true }).click();
  await page.click(`.cases a:has-text("${item.title}")`);
  await page.waitForSelector('.happened:has-text("a stolen song")');
});

test('everything_is_reached_by_the_keyboard', async (page) => {
  await go(page, still, '#/now');
  await page.waitForSelector('.cards');
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'To the page');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
  await page.keyboard.press('Shift+Tab');
  const tabTo = async (text, key_ = 'Tab') => {
    for (let i = 0; i < 60; i++) {
      if ((await page.evaluate(() => document.activeElement.textContent)).trim() === text) return true;
      await page.keyboard.press(key_);
    }
    return false;
  };
  assert.ok(await tabTo('Catalogue', 'Shift+Tab'), 'Catalogue is reached by Tab');
  const ring = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  assert.notEqual(ring, 'none', 'what has the focus has a ring');
  await page.keyboard.press('Enter');
  await page.waitForSelector('table.items');
  await page.keyboard.press('/');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'find');
  await page.keyboard.type('music-00002');
  await until(page, () => document.querySelectorAll('table.items tbody tr').length === 1);
  const title = await page.textContent('table.items tbody a');
  assert.ok(await tabTo(title), 'the item is reached by Tab');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.windows');
  await go(page, still, `#/listener/${person}`);
  await page.waitForSelector('.slate .shown');
  for (const action of ['Why', 'Like', 'Less like this', 'Block']) assert.ok(await tabTo(action), `${action} is reached by Tab`);
});

test('nothing_interactive_is_without_a_name', async (page) => {
  for (const hash of Object.keys(pages)) {
    await go(page, still, `#/${hash}`);
    await page.waitForLoadState('networkidle').catch(() => {});
    const nameless = await page.$$eval('a, button, input, select, textarea', (list) => list.filter((e) => !(e.textContent.trim() || e.getAttribute('aria-label') || e.closest('label')?.textContent.trim() || e.title)).map((e) => e.outerHTML));
    assert.deepEqual(nameless, [], hash);
  }
});

test('the_demo_is_labelled_on_every_page_and_its_figures_move', async () => {
  const page = await open(demo);
  await enter(page, demo, demoKey);
  assert.equal(await page.textContent('h1'), 'Watch it learn');
  for (const hash of ['live', 'now', 'listener', 'catalogue', 'experiments', 'reports', 'music', 'queue', 'models', 'policy']) {
    await go(page, demo, `#/${hash}`);
    assert.match(await page.textContent('.strip'), /^Simulated\. Nobody here is real/);
  }
  await go(page, demo, '#/live');
  await page.waitForSelector('.plot canvas');
  const visits = () => page.locator('.card:has(h3:text-is("Slates asked for")) .figure').textContent();
  const before = await visits();
  await until(page, (old) => [...document.querySelectorAll('.card')].find((c) => c.querySelector('h3')?.textContent === 'Slates asked for').querySelector('.figure').textContent !== old, before);
  await until(page, () => document.querySelectorAll('.feed.timed li').length > 3);
  await page.click('.feed.timed li a');
  await page.waitForSelector('.slate .shown');
  await page.context().close();
});

const page = await open(still);
await enter(page, still, key);
const only = process.env.ONLY;
let failed = 0, number = 0;
console.log(`1..${tests.filter(([n]) => !only || n.includes(only)).length}`);
for (const [name, run] of tests) {
  if (only && !name.includes(only)) continue;
  faults = [];
  let error = null;
  try { await run(page); assert.deepEqual(faults, []); } catch (e) { error = e; }
  console.log(`${error ? 'not ok' : 'ok'} ${++number} - ${name}`);
  if (error) {
    failed++;
    console.log(`# ${String(error.stack).split('\n').slice(0, 14).join('\n# ')}`);
  }
}
await browser.close();
process.exit(failed ? 1 : 0);
