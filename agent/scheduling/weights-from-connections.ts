/** What the share of one endpoint depends on. */
export interface EndpointLoad {
  /** Share of all connections that it should hold, relative to the others; 0 gets no new ones. */
  readonly weight: number;
  /** Connections that it holds now. */
  readonly connections: number;
}

/** Largest result: bounds the number of slots. */
export const maxConnectionWeight = 16;

/** Lower bound for the new connections per endpoint to expect: with few open ones, counts are mostly chance. */
export const expectedPerEndpoint = 16;

/**
 * Weights that lead to equal numbers of connections, each in proportion to the endpoint's own weight. They are what every
 * endpoint would get if as many connections as there are now came one by one, each to the emptiest: endpoints fill up to
 * a common level, and those above the level get nothing. Expecting that many keeps the weights stable: a counted
 * difference is made up over time, not overshot before the next count.
 *
 * @returns integers in 0–{@link maxConnectionWeight}; all 0 only when all weights are
 */
export function weightsFromConnections(loads: readonly EndpointLoad[]): readonly number[] {
  const level = commonLevel(loads);
  const lacking = loads.map(({ weight, connections }) => Math.max(0, level * weight - connections));
  const most = Math.max(...lacking);
  return lacking.map((missing) =>
    missing === 0 ? 0 : Math.max(1, Math.round((missing / most) * maxConnectionWeight)),
  );
}

/** Connections per unit of weight once the expected ones have come. */
function commonLevel(loads: readonly EndpointLoad[]): number {
  const open = loads.reduce((sum, { connections }) => sum + connections, 0);
  let room = Math.max(open, expectedPerEndpoint * loads.length);
  let weight = 0;
  let level = 0;
  const weighted = loads.filter((load) => load.weight > 0);
  for (const load of weighted.toSorted((left, right) => fillLevel(left) - fillLevel(right))) {
    // All emptier endpoints rise to this one's level, as far as there are connections.
    const needed = (fillLevel(load) - level) * weight;
    if (needed >= room) break;
    room -= needed;
    level = fillLevel(load);
    weight += load.weight;
  }
  return weight === 0 ? 0 : level + room / weight;
}

function fillLevel({ weight, connections }: EndpointLoad): number {
  return connections / weight;
}
