import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasChromium, type OpenPage, type Scene, startScene } from './scene.ts'

/** A text or number field by its label. */
function field(page: Page, name: string): Locator {
  const exact = { name, exact: true }
  return page.getByRole('textbox', exact).or(page.getByRole('spinbutton', exact))
}

/** How many slots a lease asks for; a machine without GPUs calls them CPU slots. */
function slots(page: Page): Locator {
  return field(page, 'CPU slots').or(field(page, 'GPUs'))
}

describe.runIf(hasChromium)('forms of the console', () => {
  let scene: Scene

  beforeAll(async () => {
    scene = await startScene()
  }, 180_000)

  afterAll(() => scene?.stop(), 120_000)

  async function at(path: string, as: 'operator' | 'buyer'): Promise<OpenPage> {
    const opened = await scene.open({ as })
    await opened.go(path)
    return opened
  }

  const press = (page: Page, name: string): Promise<void> =>
    page.getByRole('button', { name, exact: true }).click()

  test('signing in refuses a wrong key and lets the right one in, to where it was going', async () => {
    const opened = await scene.open({ as: 'nobody' })
    await opened.page.goto('/leases?state=running')
    await opened.page.getByLabel('Key').fill('not-a-key')
    await press(opened.page, 'Sign in')
    await opened.page.getByText('The credential is not valid').waitFor()
    await opened.page.getByLabel('Key').fill(scene.installation.demoApiKey)
    await press(opened.page, 'Sign in')
    await opened.page.getByRole('heading', { name: 'Leases' }).waitFor()
    expect(new URL(opened.page.url()).search).toBe('?state=running')
    await opened.close()
  })

  test('an empty key is refused in the contract’s words', async () => {
    const opened = await at('/sign-in', 'operator')
    await press(opened.page, 'Sign in')
    await opened.page.locator('input[aria-invalid="true"]').waitFor()
    await opened.close()
  })

  test('the printed link signs in once, and leaves the address', async () => {
    const first = await scene.open({ as: 'nobody' })
    await first.page.goto(scene.installation.signInUrl)
    await first.page.getByRole('heading', { name: 'Overview' }).waitFor()
    expect(first.page.url()).not.toContain('code')
    await first.close()
    const second = await scene.open({ as: 'nobody' })
    await second.page.goto(scene.installation.signInUrl)
    await second.page.getByText('That sign-in link was used already').waitFor()
    await second.close()
  })

  test('a lease from an image needs no command, is shown as a command line, and is refused in the server’s words', async () => {
    const { page, close } = await at('/leases/new', 'buyer')
    await field(page, 'Image').fill('ghcr.io/org/train:v3')
    await page.getByText('--image ghcr.io/org/train:v3').first().waitFor()
    await press(page, 'Create the lease')
    // This installation's operator named no registry.
    await page
      .getByText(/The image cannot be run/)
      .first()
      .waitFor()
    await close()
  })

  test('a lease is refused by the form, by the server, and then made, followed and stopped', async () => {
    const { page, close } = await at('/leases/new', 'buyer')
    await press(page, 'Create the lease')
    await page.getByText(/Name the command to run/).waitFor()
    await field(page, 'Command').fill("sh -c 'echo first line; sleep 600'")
    await slots(page).fill('64')
    await press(page, 'Create the lease')
    await page.getByText('More GPUs than the nodes of the pool could ever give').waitFor()
    await slots(page).fill('1')
    await field(page, 'Time limit').fill('2')
    await page.getByText('at most').first().waitFor()
    await press(page, 'Create the lease')
    await page.getByText('first line').first().waitFor()
    await press(page, 'Stop')
    await press(page, 'Stop the lease')
    await page.getByRole('heading').getByText('stopped').waitFor()
    await close()
  })

  test('the same as CLI and as curl follow what is typed', async () => {
    const { page, close } = await at('/leases/new', 'buyer')
    await field(page, 'Command').fill('python3 train.py')
    await field(page, 'Maximum price').fill('2.50')
    await page
      .getByText(
        'npx spillway lease create --gpus 1 --tier spot --max-price 2.50 -- python3 train.py',
      )
      .waitFor()
    await press(page, 'curl')
    await page.getByText('"maxPriceUsdPerGpuHour":"2.50"').waitFor()
    await close()
  })

  test('what is set behind Advanced is said in its line, opens where it is wrong, and reaches the lease', async () => {
    const { page, close } = await at('/leases/new', 'buyer')
    await field(page, 'Command').fill('cat data/in.txt')
    const advanced = page.getByText(/^Advanced/)
    await advanced.click()
    await field(page, 'Inputs').fill('data/in.txt')
    await page.getByLabel('Start again').selectOption('after a reclaim')
    await advanced.click()
    await page.getByText(/1.input, starts again after a reclaim/).waitFor()
    await press(page, 'Create the lease')
    await page.getByText('is not PATH=URL').waitFor()
    await field(page, 'Inputs').fill('data/in.txt=data:,come%20from%20afar')
    await press(page, 'Create the lease')
    await page.getByText('come from afar').first().waitFor()
    await close()
  })

  test('a key without a name is refused; with one its secret shows once, and it can be revoked', async () => {
    const { page, close } = await at('/keys', 'buyer')
    await press(page, 'Create key')
    await press(page, 'Create the key')
    await page.locator('input[aria-invalid="true"]').waitFor()
    await field(page, 'Name').fill('made by a test')
    await press(page, 'Create the key')
    await page.getByText(/sk-/).first().waitFor()
    await press(page, 'I have copied it')
    await page.getByRole('button', { name: 'Revoke made by a test' }).click()
    await press(page, 'Revoke the key')
    await page.getByText('The key was revoked').waitFor()
    await page.getByRole('button', { name: 'Revoke made by a test' }).waitFor({ state: 'detached' })
    await close()
  })

  test('an organization of a name that exists is refused; a new one is made and given credit', async () => {
    const { page, close } = await at('/organizations', 'operator')
    await press(page, 'Create organization')
    await field(page, 'Name').fill('demo')
    await press(page, 'Create the organization')
    await page.getByText('An organization of that name exists').waitFor()
    await field(page, 'Name').fill('made by a test')
    await press(page, 'Create the organization')
    await press(page, 'I have copied it')
    await page.getByRole('button', { name: 'Grant credit to made by a test' }).click()
    await field(page, 'Amount').fill('-5')
    await press(page, 'Grant the credit')
    await page.getByText(/plain decimal/).waitFor()
    await field(page, 'Amount').fill('12.50')
    await page.getByText('will have $12.50').waitFor()
    await press(page, 'Grant the credit')
    await page
      .getByRole('row', { name: /made by a test/ })
      .getByText('$12.50')
      .waitFor()
    await close()
  })

  test('a webhook to a place inside is refused; one to the internet shows its secret once', async () => {
    const { page, close } = await at('/webhooks', 'buyer')
    await page.getByRole('button', { name: 'Create webhook' }).first().click()
    await press(page, 'Create the webhook')
    await page.locator('input[aria-invalid="true"]').waitFor()
    await field(page, 'Send to').fill('https://127.0.0.1/')
    await press(page, 'Create the webhook')
    await page.getByText('Nothing is sent to this address').waitFor()
    await field(page, 'Send to').fill('https://hooks.invalid/')
    await press(page, 'Create the webhook')
    await page
      .getByText(/whsec_/)
      .first()
      .waitFor()
    await press(page, 'I have copied it')
    await page.getByText('hooks.invalid').first().waitFor()
    await close()
  })

  test('a server that does not answer is refused, and so is an address that is none', async () => {
    const { page, close } = await at('/deployments', 'operator')
    await press(page, 'Add a server')
    await field(page, 'Address').fill('not an address')
    await field(page, 'Its name for the model').fill('m')
    await field(page, 'Name buyers use').fill('m')
    await press(page, 'Add the server')
    await page.locator('input[aria-invalid="true"]').waitFor()
    await field(page, 'Address').fill('http://127.0.0.1:1025/v1')
    await press(page, 'Add the server')
    await page.getByText('This address is not asked').waitFor()
    await page.getByLabel('It may be in a private network').check()
    await press(page, 'Add the server')
    await page.getByText('The upstream does not answer').waitFor()
    await close()
  })

  test('the playground streams an answer with its figures, and shows a refusal in its own shape', async () => {
    const { page, close } = await at('/models/toy', 'buyer')
    await field(page, 'Message').fill('What does the sea sell?')
    await page.keyboard.press('Enter')
    await page.getByText(/first token/).waitFor()
    await page
      .getByText(/\$0\.0000/)
      .first()
      .waitFor()
    expect(await page.getByText(/\d tokens/).count()).toBeGreaterThan(0)
    await field(page, 'Message').fill('sea '.repeat(4000))
    await page.keyboard.press('Enter')
    await page.getByText(/The gateway refused: 4\d\d/).waitFor()
    await close()
  })
})
