/** The API process's application: control API, health, metrics, description, console. Listens for the gateway only. */
import { renderOpenApi } from '@spillway/contract'
import { type Context, Hono } from 'hono'
import { bindApi, type BindDeps } from '#platform/http/bind.ts'
import type { Routes } from '#platform/http/handler.ts'

export interface ApiDeps extends BindDeps {
  readonly routes: Routes
  readonly answerConsole: (context: Context) => Response
  /** Null: ready. Otherwise what is missing, as a sentence. */
  readonly unreadiness: () => Promise<string | null>
  readonly renderMetrics: () => Promise<string>
}

export function createApi(deps: ApiDeps): Hono {
  const app = new Hono()
  const description = JSON.stringify(renderOpenApi())
  app.get('/healthz', (context) => context.text('ok\n'))
  app.get('/readyz', async (context) => {
    const missing = await deps.unreadiness()
    return missing === null ? context.text('ready\n') : context.text(`${missing}\n`, 503)
  })
  app.get('/metrics', async () => {
    const text = await deps.renderMetrics()
    return new Response(text, {
      headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
    })
  })
  app.get(
    '/api/openapi.json',
    () => new Response(description, { headers: { 'content-type': 'application/json' } }),
  )
  app.route('/', bindApi(deps, deps.routes))
  app.get('*', deps.answerConsole)
  return app
}
