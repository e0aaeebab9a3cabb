/** The fleet file of a benchmark on a real Slurm. */
import type { SlurmLab } from '../../packages/server/test/slurm-lab/lab.ts'

/** A pool on a lab, sold with a notice that suits the benchmark. */
export function renderSlurmFleet(
  { confPath }: SlurmLab,
  { workFolder, spotNotice }: { readonly workFolder: string; readonly spotNotice: string },
): string {
  return `installation: bench
sites:
  - name: lab
    region: lab
    jurisdiction: lab
    ownership: owned
    powerUsdPerKwh: 0.1
    pools:
      - name: slurm
        engine: slurm
        accelerator: Lab GPU
        slurm:
          partition: gpu
          conf: ${confPath}
          workFolder: ${workFolder}
          account: spillway
          isolation: none
          qos: { on_demand: spillway_on_demand, spot: spillway_spot, flex: spillway_flex, serving: spillway_serving, anchor: spillway_anchor }
        priceUsdPerGpuHour: { on_demand: 2.35, spot: 0.90, flex: 0.45 }
        notice: { on_demand: 1h, spot: ${spotNotice}, flex: 0s }
        cost: { capexUsdPerGpu: 30000, lifeYears: 5 }
        power: { kwPerGpu: 1 }
demo: { creditUsd: 100000 }
`
}
