/** A real installation with a real browser in front of it, as the console's tests need them. */
import { type Client, createClient } from '@spillway/contract'
import axe from 'axe-core'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import {
  cloneDatabase,
  requirement,
  type TestDatabase,
  untilTrue,
} from '../../server/test/harness/index.ts'
import { startInstallation, type TestInstallation } from '../../server/test/harness/installation.ts'
import { findChromium, launchChromium } from './chromium.ts'

const executablePath = findChromium()

/** Whether this machine can run browser tests at all. */
export const hasChromium = requirement('chromium', executablePath !== null)

export type Visitor = 'operator' | 'buyer' | 'nobody'

export interface PageOptions {
  readonly as: Visitor
  readonly theme?: 'light' | 'dark'
  readonly width?: number
}

export interface OpenPage {
  readonly page: Page
  /** What the browser complained about since the page was opened. */
  readonly complaints: string[]
  /** Goes to an address and waits until what it shows is there. */
  readonly go: (path: string) => Promise<void>
  readonly close: () => Promise<void>
}

export interface Scene {
  readonly installation: TestInstallation
  /** For what no client can bring about. */
  readonly db: TestDatabase['db']
  readonly operator: Client
  readonly buyer: Client
  readonly open: (options: PageOptions) => Promise<OpenPage>
  readonly stop: () => Promise<void>
}

const HEIGHT = 900

async function signIn(context: BrowserContext, url: string, credential: string): Promise<void> {
  const answer = await context.request.post(`${url}/api/v1/sessions`, { data: { credential } })
  if (!answer.ok()) throw new Error(`signing in failed: ${answer.status()} ${await answer.text()}`)
}

async function openPage(
  browser: Browser,
  installation: TestInstallation,
  options: PageOptions,
): Promise<OpenPage> {
  const { as, theme = 'light', width = 1280 } = options
  const context = await browser.newContext({
    colorScheme: theme,
    viewport: { width, height: HEIGHT },
    baseURL: installation.url,
  })
  if (as === 'operator') await signIn(context, installation.url, installation.operatorToken)
  if (as === 'buyer') await signIn(context, installation.url, installation.demoApiKey)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`${message.text()} ${message.location().url}`)
  })
  const go = async (path: string): Promise<void> => {
    await page.goto(path)
    await page.locator('h1').first().waitFor()
    await untilTrue(async () => (await page.locator('main [aria-busy="true"]').count()) === 0)
  }
  return { page, complaints, go, close: () => context.close() }
}

export async function startScene(): Promise<Scene> {
  if (executablePath === null) throw new Error('There is no Chromium on this machine.')
  const { db, url: databaseUrl } = await cloneDatabase()
  const installation = await startInstallation({ databaseUrl })
  const browser = await launchChromium(executablePath)
  const client = (credential: string): Client => createClient({ url: installation.url, credential })
  return {
    installation,
    db,
    operator: client(installation.operatorToken),
    buyer: client(installation.demoApiKey),
    open: (options) => openPage(browser, installation, options),
    stop: async () => {
      await browser.close()
      await installation.stop()
    },
  }
}

/** What the accessibility rules find wrong, one line each; empty when nothing is. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate<axe.AxeResults>('axe.run(document)')
  return violations.flatMap((violation) =>
    violation.nodes.map(
      (node) => `${violation.id}: ${node.html.slice(0, 160)} ${node.failureSummary ?? ''}`,
    ),
  )
}

/** The same of a page in the light theme, and once more in the dark one. */
export async function faultsInBothThemes(page: Page): Promise<string[]> {
  const light = await accessibilityFaults(page)
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
  await page.locator('[data-theme="dark"]').waitFor()
  // Colours on their way from one theme to the other are of neither.
  await page.evaluate(
    'Promise.allSettled(document.getAnimations().map(({ finished }) => finished)).then(() => null)',
  )
  const dark = await accessibilityFaults(page)
  return [...light, ...dark.map((fault) => `in the dark theme: ${fault}`)]
}
