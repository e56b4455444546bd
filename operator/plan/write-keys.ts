/** Identifies a write: equal for writes of one kind to one object, in this plan and in later ones. */
export type WriteKey =
  `controllerrevisions/${string}` | `proxyconfigs/${string}/status` | `nodeproxies/${string}`;

export function revisionKey(name: string): WriteKey {
  return `controllerrevisions/${name}`;
}

export function statusKey(proxyConfig: string): WriteKey {
  return `proxyconfigs/${proxyConfig}/status`;
}

export function nodeProxyKey(node: string): WriteKey {
  return `nodeproxies/${node}`;
}
