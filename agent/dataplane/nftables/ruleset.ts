import type { ContainerName } from "./names.ts";

/** One element of a map or set. Keys and data are nft text made of quoted terms. */
export interface Element {
  readonly container: ContainerName;
  readonly key: string;
  /** Undefined for sets. */
  readonly data: string | undefined;
}

/** Name of an element that is unique in its table. */
export function elementId({ container, key }: Element): string {
  return `${container} ${key}`;
}

/** A chain that exists while some service port needs it. */
export interface Chain {
  readonly name: string;
  readonly rules: readonly string[];
  /** The chains that its rules jump to, with what they need in turn. */
  readonly needs: readonly Chain[];
}

/** A map that remembers which endpoints clients got, and what it may hold. */
export interface AffinityMemory {
  readonly map: string;
  /** Frontend whose entries these are; undefined when the whole map belongs to one service port. */
  readonly frontend: string | undefined;
  /** Data of the entries that may stay. */
  readonly endpoints: ReadonlySet<string>;
  readonly timeoutSeconds: number;
}

/** Everything that one Service has in one table. */
export interface ServiceRuleset {
  /** Without duplicates. */
  readonly elements: readonly Element[];
  /** By name, in an order in which each chain comes after those it jumps to. */
  readonly chains: ReadonlyMap<string, readonly string[]>;
  /** Affinity maps of its own: name → declaration. */
  readonly maps: ReadonlyMap<string, string>;
  readonly memories: readonly AffinityMemory[];
}
