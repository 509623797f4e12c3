// Takes pictures of pages with Debian's Chromium.
//
//   node tests/shots/shots.mjs --base http://127.0.0.1:8080 --plan plan.json --out DIR
//        [--logins logins.json] [--chromium /usr/bin/chromium]
//
// A plan is
//
//   { "logins": { "recruiter": { "form": "/logga-in", "fields": { "email": "…", "password": "…" } },
//                 "applicant": { "cookie": "name=value" } },
//     "shots": [ { "name": "review", "path": "/…", "login": "recruiter", "lang": "en", "js": false,
//                  "width": 390, "height": 844, "full": true, "status": 200,
//                  "follow": ["css selector", …] } ] }
//
// Only `name` and `path` are needed. `follow` clicks one link or button after the other before the
// picture, for pages whose address is not known beforehand. A login fills in a form in the browser, by the
// names of its fields, and sends it; `--logins` adds logins from a second file, so that a plan can be
// committed and passwords need not be.
//
// A page fails when its status is not as planned, when it asks another host for anything, when the
// browser reports a script error or a breach of the content security policy, or when a `follow` finds
// nothing. The rest goes on. Exit codes: 0 all taken, 1 some failed, 2 called wrongly.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';

const FLAGS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
];
const WAIT_MS = 15_000;

function options() {
  try {
    const { values } = parseArgs({
      options: {
        base: { type: 'string' },
        plan: { type: 'string' },
        out: { type: 'string' },
        logins: { type: 'string' },
        chromium: { type: 'string', default: '/usr/bin/chromium' },
      },
    });
    for (const name of ['base', 'plan', 'out']) {
      if (!values[name]) throw new Error(`--${name} is missing`);
    }
    return values;
  } catch (error) {
    console.error(`shots: ${error.message}`);
    process.exit(2);
  }
}

async function json(file) {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    console.error(`shots: ${file}: ${error.message}`);
    process.exit(2);
  }
}

// Signs in once a login; the pictures share the session.
async function session(browser, base, login) {
  const context = await browser.newContext({ baseURL: base });
  try {
    if (login.cookie) {
      const [name, ...value] = login.cookie.split('=');
      await context.addCookies([{ name, value: value.join('='), url: base }]);
    } else {
      const page = await context.newPage();
      page.setDefaultTimeout(WAIT_MS);
      await page.goto(login.form);
      const names = Object.keys(login.fields);
      for (const name of names) await page.fill(`form [name="${name}"]`, login.fields[name]);
      const form = page.locator(`form:has([name="${names[0]}"])`);
      await Promise.all([
        page.waitForNavigation(),
        form.locator('button[type="submit"], button:not([type]), input[type="submit"]').first().click(),
      ]);
      if (await form.count()) throw new Error('the login was refused');
    }
    return await context.storageState();
  } finally {
    await context.close();
  }
}

// Takes one picture; returns what was wrong with the page.
async function take(browser, base, out, shot, state) {
  const wrong = [];
  const lang = shot.lang ?? 'sv';
  const context = await browser.newContext({
    baseURL: base,
    storageState: state,
    javaScriptEnabled: shot.js ?? true,
    locale: lang === 'en' ? 'en-GB' : 'sv-SE',
    timezoneId: 'Europe/Stockholm',
    viewport: { width: shot.width ?? 1280, height: shot.height ?? 900 },
    reducedMotion: 'reduce',
  });
  try {
    const host = new URL(base).host;
    await context.route('**/*', (route) => {
      const url = new URL(route.request().url());
      if (url.host === host || url.protocol === 'data:') return route.continue();
      wrong.push(`it asks another host: ${url.host}`);
      return route.abort();
    });
    const page = await context.newPage();
    page.setDefaultTimeout(WAIT_MS);
    page.on('pageerror', (error) => wrong.push(`script error: ${error.message}`));
    page.on('console', (message) => {
      // A planned status such as 404 is reported as an error of loading too.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
        wrong.push(`the browser says: ${message.text()}`);
      }
    });
    page.on('response', (response) => {
      if (response.status() >= 400 && response.request().resourceType() !== 'document') {
        wrong.push(`${new URL(response.url()).pathname} answered ${response.status()}`);
      }
    });
    let response = await page.goto(shot.path);
    for (const selector of shot.follow ?? []) {
      if (!(await page.locator(selector).count())) throw new Error(`nothing on the page matches \`${selector}\``);
      [response] = await Promise.all([page.waitForNavigation(), page.locator(selector).first().click()]);
    }
    await page.waitForLoadState('networkidle');
    const wanted = shot.status ?? 200;
    if (response?.status() !== wanted) wrong.push(`status ${response?.status()}, not ${wanted}`);
    const picture = await page.screenshot({ fullPage: shot.full ?? true });
    await writeFile(join(out, `${shot.name}.png`), picture);
  } catch (error) {
    wrong.push(error.message.split('\n')[0]);
  } finally {
    await context.close();
  }
  return wrong;
}

const { base, plan: planFile, out, logins: loginsFile, chromium: executablePath } = options();
const plan = await json(planFile);
const logins = { ...plan.logins, ...(loginsFile ? await json(loginsFile) : {}) };
for (const shot of plan.shots ?? []) {
  if (!/^[a-z0-9_-]+$/.test(shot.name ?? '') || !shot.path?.startsWith('/')) {
    console.error(`shots: ${planFile}: a shot needs a \`name\` of a-z, 0-9, - and _, and a \`path\` from /`);
    process.exit(2);
  }
}
await mkdir(out, { recursive: true });
const browser = await chromium.launch({ executablePath, args: FLAGS });
const states = {};
let failed = 0;
try {
  for (const shot of plan.shots ?? []) {
    let wrong;
    try {
      if (shot.login && !(shot.login in states)) {
        if (!logins[shot.login]) throw new Error(`there is no login \`${shot.login}\``);
        states[shot.login] = await session(browser, base, logins[shot.login]);
      }
      wrong = await take(browser, base, out, shot, shot.login ? states[shot.login] : undefined);
    } catch (error) {
      wrong = [error.message.split('\n')[0]];
    }
    if (wrong.length > 0) failed += 1;
    console.log(`${wrong.length === 0 ? 'ok     ' : 'FAILED '} ${shot.name}${wrong.map((line) => `\n        ${line}`).join('')}`);
  }
} finally {
  await browser.close();
}
process.exit(failed === 0 ? 0 : 1);
