/**
 * Mutations. The same request sent twice, after a lost answer for instance, carries the same Idempotency-Key, so
 * that the server answers the first result instead of doing it again.
 */
import { useMutation, type UseMutationResult, useQueryClient } from '@tanstack/react-query'
import { useRef } from 'react'
import { type Answer, call, type CallInput, type JsonName } from './client.ts'

export interface CommandOptions<N extends JsonName> {
  /** Answers that the command makes stale. */
  readonly changes: readonly JsonName[]
  readonly onSuccess?: (answer: Answer<N>, input: CallInput<N>) => void
}

export type Command<N extends JsonName> = UseMutationResult<Answer<N>, Error, CallInput<N>>

export function useCommand<N extends JsonName>(name: N, options: CommandOptions<N>): Command<N> {
  const queryClient = useQueryClient()
  const attempt = useRef<{ readonly request: string; readonly key: string } | null>(null)
  return useMutation<Answer<N>, Error, CallInput<N>>({
    mutationFn: (input) => {
      const request = JSON.stringify(input)
      if (attempt.current?.request !== request)
        attempt.current = { request, key: crypto.randomUUID() }
      return call(name, input, { idempotencyKey: attempt.current.key })
    },
    onSuccess: (answer, input) => {
      attempt.current = null
      for (const changed of options.changes)
        void queryClient.invalidateQueries({ queryKey: [changed] })
      options.onSuccess?.(answer, input)
    },
  })
}
