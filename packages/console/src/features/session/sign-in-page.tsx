/** The way in: paste a key. A one-time link signs in by itself; this page then only shows what went wrong. */
import { API, type Session } from '@spillway/contract'
import { useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useRouter } from '@tanstack/react-router'
import { type ReactElement, useState } from 'react'
import { useForm } from 'react-hook-form'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { Button } from '../../ui/button.tsx'
import { InputField } from '../../ui/field.tsx'
import { requestResolver } from '../../ui/form-resolver.ts'
import { Mark } from '../../ui/icons.tsx'
import { Banner, ProblemPanel } from '../../ui/notices.tsx'
import { safeNext } from './safe-next.ts'
import { sessionQuery } from './session.ts'

const route = getRouteApi('/sign-in')

interface SignInValues {
  credential: string
}

const resolver = requestResolver<SignInValues, SignInValues>({
  toRequest: ({ credential }) => ({ credential: credential.trim() }),
  schema: API.createSession.body,
})

export function SignInPage(): ReactElement {
  const { next, reason } = route.useSearch()
  const queryClient = useQueryClient()
  const router = useRouter()
  const [refused, setRefused] = useState<Session | null>(null)
  const form = useForm<SignInValues>({ resolver, defaultValues: { credential: '' } })
  const signIn = useCommand('createSession', {
    changes: [],
    onSuccess: (session) => {
      if (session.role === 'inference') return setRefused(session)
      queryClient.setQueryData(sessionQuery.queryKey, session)
      router.history.push(safeNext(next))
    },
  })
  const submit = form.handleSubmit(({ credential }) => {
    setRefused(null)
    signIn.mutate({ body: { credential: credential.trim() } })
  })
  return (
    <main className="flex min-h-dvh items-center justify-center p-4">
      <div className="w-full max-w-[400px]">
        <div className="mb-6 flex items-center gap-2 text-18 font-bold">
          <Mark />
          Spillway
        </div>
        <h1 className="mb-1 text-24 font-bold">Sign in</h1>
        <p className="mb-4 text-muted">
          Paste a key. The operator’s and a demo key are in <code>credentials.json</code> in the
          data folder, <code>.spillway/</code> unless set otherwise.
        </p>
        {reason && (
          <Banner tone="warn">
            {reason === 'link'
              ? 'That sign-in link was used already or has run out. Paste a key instead.'
              : 'You were signed out. Sign in to continue where you were.'}
          </Banner>
        )}
        <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-3" noValidate>
          <InputField
            label="Key"
            type="password"
            autoComplete="current-password"
            autoFocus
            isMono
            placeholder="sk-…"
            error={form.formState.errors.credential?.message}
            {...form.register('credential')}
          />
          {signIn.error && <ProblemPanel explanation={explain(signIn.error)} />}
          {refused && (
            <Banner tone="warn">
              This key of {refused.organization.name} is for inference only. It works at{' '}
              <code>/v1</code>, but opens no page here.
            </Banner>
          )}
          <Button look="primary" type="submit" isBusy={signIn.isPending}>
            Sign in
          </Button>
        </form>
        <p className="mt-4 text-12 text-muted">
          The server prints a one-time link when it starts; opening that signs in without a key.
        </p>
      </div>
    </main>
  )
}
