import { silentLogger } from "../../../../platform/log.ts";
import type { ApiObject } from "../../../../platform/kube/api-client.ts";
import { runReflector, type ReflectorOptions } from "../../../../platform/kube/reflector.ts";
import { resources } from "../../../../platform/kube/resources.ts";
import type { FakeApiClient } from "../../../support/fake-api-client.ts";
import { FakeClock } from "../../../support/fake-clock.ts";

const { services } = resources;

/** The Service that most changes are about. */
export const refA = { resource: services, namespace: "ns", name: "a" };

/** A reflector of Services on a fake API server; `seen` lists the calls of its handler in order. */
export function follow(
  client: FakeApiClient,
  overrides: Partial<ReflectorOptions<string>> & { readonly onUpsert?: (key: string) => void } = {},
) {
  const clock = new FakeClock();
  const stop = new AbortController();
  const seen: string[] = [];
  const done = runReflector<string>({
    client,
    resource: services,
    trim: ({ metadata }) => metadata.labels?.["color"] ?? "plain",
    handler: {
      onUpsert: (key, kept) => {
        seen.push(`+${key} ${kept}`);
        overrides.onUpsert?.(key);
      },
      onDelete: (key) => seen.push(`-${key}`),
      onSynced: () => seen.push("synced"),
    },
    clock,
    log: silentLogger,
    random: () => 1,
    signal: stop.signal,
    ...overrides,
  });
  return {
    clock,
    /** Calls of the handler since the last call of this function. */
    take: () => seen.splice(0),
    stop: async () => {
      stop.abort();
      await done;
    },
  };
}

/** A Service in namespace ns. */
export function service(name: string, color?: string): ApiObject {
  return { metadata: { name, namespace: "ns", ...(color === undefined ? {} : { labels: { color } }) } };
}

/** What the watches asked for, in order. */
export function watchesOf(client: FakeApiClient): readonly WatchOptions[] {
  return client.calls
    .filter(({ method }) => method === "watch")
    .map(({ options }) => options as WatchOptions);
}

interface WatchOptions {
  readonly resourceVersion?: string;
  readonly sendInitialEvents?: boolean;
  readonly timeoutSeconds: number;
  readonly idleTimeoutMs: number;
}
