/** A fleet file that drives a lab, to start Spillway with. Pure. */
import { join } from 'node:path'
import type { SlurmLab } from './lab.ts'

const QUALITIES =
  '{ on_demand: spillway_on_demand, spot: spillway_spot, flex: spillway_flex, serving: spillway_serving, anchor: spillway_anchor }'

/** Text of a fleet file with one pool: the lab. */
export function renderFleet(lab: SlurmLab): string {
  const { hasAccounting, directory, graceSeconds } = lab.plan
  const slurm = [
    'partition: gpu',
    `conf: ${lab.confPath}`,
    `workFolder: ${join(directory, 'work')}`,
    'isolation: none # a lab: customers run as whoever started it',
    `node: ${process.execPath}`,
    ...(hasAccounting ? ['account: spillway', `qos: ${QUALITIES}`] : []),
  ]
  return `installation: lab
sites:
  - name: lab
    region: local
    jurisdiction: local
    ownership: owned
    powerUsdPerKwh: 0.15
    pools:
      - name: lab
        engine: slurm
        accelerator: stand-in
        slurm:
${slurm.map((line) => `          ${line}`).join('\n')}
        priceUsdPerGpuHour: { on_demand: 2.35, spot: 0.90, flex: 0.45 }
        notice: { on_demand: 1h, spot: ${graceSeconds}s, flex: 0s }
        cost: { capexUsdPerGpu: 600, lifeYears: 4 }
        power: { kwPerGpu: 0.03 }
`
}
