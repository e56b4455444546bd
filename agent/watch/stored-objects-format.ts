import type { Cidr } from "../../platform/ip/address.ts";
import type { CatalogObjects } from "../services/catalog/catalog-objects.ts";
import type { KeptEndpoint, KeptEndpointSlice } from "../services/catalog/kept-endpoint-slice.ts";
import type { KeptService } from "../services/catalog/kept-service.ts";
import { sharedName, sharedNames } from "./shared-names.ts";

/** Raise this when the stored fields of an object change: other versions are not read. */
const formatVersion = 1;

/** Large enough for an efficient write, small enough not to block the event loop for long. */
const chunkLength = 64 * 1024;

type Labels = Readonly<Record<string, string>>;

/** Objects as an earlier run stored them. */
export interface StoredSnapshot extends CatalogObjects {
  /** Milliseconds since the epoch. */
  readonly storedAtMs: number;
  /** How many objects there are, of all kinds. */
  readonly size: number;
}

/** The stored form in chunks of whole lines: a line with the version, then one line of JSON for each object. */
export function* renderStoredObjects(objects: CatalogObjects, storedAtMs: number): Generator<string> {
  let chunk = line({ version: formatVersion, storedAtMs });
  for (const [kind, entries] of Object.entries(objects)) {
    for (const [key, kept] of entries) {
      chunk += line([kind, key, kept]);
      if (chunk.length < chunkLength) continue;
      yield chunk;
      chunk = "";
    }
  }
  yield chunk;
}

/** @throws when the lines are of another version of the format, or not of this format at all */
export async function parseStoredObjects(lines: AsyncIterable<string>): Promise<StoredSnapshot> {
  const services = new Map<string, KeptService>();
  const endpointSlices = new Map<string, KeptEndpointSlice>();
  const namespaces = new Map<string, Labels>();
  const serviceCIDRs = new Map<string, readonly Cidr[]>();
  let storedAtMs: number | undefined;
  for await (const text of lines) {
    if (storedAtMs === undefined) {
      storedAtMs = parseHeader(text);
      continue;
    }
    const [kind, key, kept] = JSON.parse(text) as readonly [keyof CatalogObjects, string, unknown];
    switch (kind) {
      case "services":
        services.set(key, parseService(kept));
        break;
      case "endpointSlices":
        endpointSlices.set(key, parseEndpointSlice(kept));
        break;
      case "namespaces":
        namespaces.set(key, kept as Labels);
        break;
      case "serviceCIDRs":
        serviceCIDRs.set(key, kept as readonly Cidr[]);
    }
  }
  if (storedAtMs === undefined) throw new Error("stored objects are not whole");
  const size = services.size + endpointSlices.size + namespaces.size + serviceCIDRs.size;
  return { storedAtMs, size, services, endpointSlices, namespaces, serviceCIDRs };
}

function line(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

function parseHeader(text: string): number {
  const { version, storedAtMs } = JSON.parse(text) as { version?: unknown; storedAtMs?: unknown };
  if (version !== formatVersion || typeof storedAtMs !== "number") {
    throw new Error(`stored objects have format version ${String(version)}, not ${formatVersion}`);
  }
  return storedAtMs;
}

// JSON leaves out undefined fields. They are restored, so that an object equals its stored form when read back.

function parseService(value: unknown): KeptService {
  const service = value as KeptService;
  return {
    ...service,
    ports: service.ports.map((port) => ({ ...port, nodePort: port.nodePort })),
    healthCheckNodePort: service.healthCheckNodePort,
    affinityTimeoutSeconds: service.affinityTimeoutSeconds,
  };
}

function parseEndpointSlice(value: unknown): KeptEndpointSlice {
  const slice = value as KeptEndpointSlice;
  return { ...slice, endpoints: slice.endpoints.map(parseEndpoint), triggerTimeMs: slice.triggerTimeMs };
}

function parseEndpoint(endpoint: KeptEndpoint): KeptEndpoint {
  const { nodeName, nodeHints, zoneHints } = endpoint;
  return {
    ...endpoint,
    nodeName: nodeName === undefined ? undefined : sharedName(nodeName),
    nodeHints: sharedNames(nodeHints),
    zoneHints: sharedNames(zoneHints),
  };
}
