/** Which models a project may use. Every rule holds by itself, so that another one can only narrow. Pure. */

export interface AccessRuleLike {
  readonly rule: 'only' | 'except'
  readonly models: readonly string[]
}

export function mayUse(rules: readonly AccessRuleLike[], model: string): boolean {
  return rules.every(({ rule, models }) => models.includes(model) === (rule === 'only'))
}
