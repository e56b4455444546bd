import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { TerminalError } from "../../platform/errors.ts";
import { stepNames, type StepName } from "./case/case-description.ts";
import type { WorkloadSize } from "./cluster/workload.ts";

export interface BenchOptions {
  readonly sizes: readonly WorkloadSize[];
  /** Sizes for connections through Services. */
  readonly trafficSizes: readonly WorkloadSize[];
  readonly steps: readonly StepName[];
  /** Program of the agent, absolute. */
  readonly agent: string;
  /** Binary of kube-proxy, absolute; undefined if there is none to compare with. */
  readonly kubeProxy: string | undefined;
}

const bundle = join(import.meta.dirname, "../../dist/agent.js");
const defaultSizes = "100x10,1000x10,5000x10,10000x10,5000x50,30000x2";

const defaultTrafficSizes = "1x10,100x10,10000x10,100x1,100x100";

const usage = `measures kubesteer on this machine

Usage: node test/bench/main.ts [flags]     (as root; make bench builds dist/ first)

  --sizes LIST      Services x endpoints of each, such as 100x10,5000x50
                    (default ${defaultSizes};
                    for traffic ${defaultTrafficSizes})
  --services LIST   numbers of Services with 10 endpoints each: 100,1000
  --only LIST       ${stepNames.join(", ")} (default all)
  --agent FILE      the agent, bundled or not (default dist/agent.js)
  --help

KUBE_PROXY=FILE     also measure this kube-proxy, in nftables mode
`;

/** Undefined if only help was requested, which is printed. @throws {TerminalError} with the flag, its value and the allowed values */
export function readOptions(): BenchOptions | undefined {
  const { values } = parseArgs({
    options: {
      sizes: { type: "string" },
      services: { type: "string" },
      only: { type: "string" },
      agent: { type: "string", default: bundle },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return undefined;
  }
  const asked = values.sizes ?? values.services;
  const kubeProxy = process.env["KUBE_PROXY"];
  return {
    sizes: parseSizes(asked ?? defaultSizes),
    trafficSizes: parseSizes(asked ?? defaultTrafficSizes),
    agent: resolve(values.agent),
    kubeProxy: kubeProxy === undefined || kubeProxy === "" ? undefined : resolve(kubeProxy),
    steps: values.only === undefined ? stepNames : listOf(values.only).map(parseStep),
  };
}

/** A number of Services alone means 10 endpoints each. */
function parseSizes(list: string): readonly WorkloadSize[] {
  return listOf(list).map((text) => parseSize(/^\d+$/.test(text) ? `${text}x10` : text));
}

function listOf(text: string): readonly string[] {
  return text.split(",").map((item) => item.trim());
}

function parseSize(text: string): WorkloadSize {
  const [, services, endpoints] = /^(\d+)x(\d+)$/.exec(text) ?? [];
  const size = { services: Number(services), endpoints: Number(endpoints) };
  const isPossible =
    size.services >= 1 && size.services <= 50_000 && size.endpoints >= 1 && size.endpoints <= 100;
  if (!isPossible) {
    throw new TerminalError(
      `a size must be 1-50000 Services x 1-100 endpoints such as 1000x10; got ${JSON.stringify(text)}`,
      { hint: "Run with --help to see all flags." },
    );
  }
  return size;
}

function parseStep(text: string): StepName {
  const step = stepNames.find((known) => known === text);
  if (step === undefined) {
    throw new TerminalError(`--only must be a list of ${stepNames.join(", ")}; got ${JSON.stringify(text)}`, {
      hint: "Run with --help to see all flags.",
    });
  }
  return step;
}
