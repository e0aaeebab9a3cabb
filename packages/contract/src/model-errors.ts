/** What may be wrong with model cards, aliases, access and retirements. */

export const MODEL_ERRORS = {
  'model.changed_meanwhile': {
    status: 409,
    title: 'Somebody else changed it meanwhile',
    remedy: 'Look at what is in force now, and set yours again with its version.',
  },
  'model_alias.name_taken': {
    status: 409,
    title: 'A model has this name',
    remedy: 'Choose a name that no model of the catalog has; a model always comes before an alias.',
  },
  'model_alias.not_found': {
    status: 404,
    title: 'No such alias',
    remedy: 'List aliases with `spillway model aliases`.',
  },
  'model_access.not_found': {
    status: 404,
    title: 'The project has no rule about models',
    remedy: 'List the rules with `spillway model access`.',
  },
  'model_retirement.wrong': {
    status: 400,
    title: 'The model cannot be retired like this',
    remedy: 'Name an instant to come, and a successor that stays longer than the model itself.',
  },
  'model_retirement.not_found': {
    status: 404,
    title: 'The model is not being retired',
    remedy: 'See with `spillway model card` what is announced.',
  },
} as const
