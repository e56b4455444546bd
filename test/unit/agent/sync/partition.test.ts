import assert from "node:assert/strict";
import * as fc from "fast-check";
import { partition, type PartitionRules } from "../../../../agent/sync/partition.ts";
import { WantedModes } from "../../../../agent/sync/wanted-modes.ts";
import type { DesiredService, ServiceName } from "../../../../agent/services/desired-state.ts";
import { proxyModes } from "../../../support/arbitrary-mode.ts";
import { makeDesiredService } from "../../../support/make-desired-state.ts";
import type { ProxyMode } from "../../../../crds/api.ts";

const service = (name: string, mode?: ProxyMode): DesiredService => ({
  ...makeDesiredService(name, []),
  mode,
});

const rules: fc.Arbitrary<PartitionRules> = fc
  .tuple(fc.constantFrom(...proxyModes), fc.subarray([...proxyModes]))
  .map(([main, others]) => ({ main, usable: new Set([main, ...others]) }));

const arbitraryService = fc
  .tuple(fc.nat({ max: 5 }), fc.option(fc.constantFrom(...proxyModes), { nil: undefined }))
  .map(([number, mode]) => service(`ns/s${number}`, mode));

const byName = (services: readonly DesiredService[]): ReadonlyMap<ServiceName, DesiredService> =>
  new Map(services.map((each) => [each.name, each]));

describe("partition of Services among modes", () => {
  const nftablesAndIpvs: PartitionRules = { main: "nftables", usable: new Set(["nftables", "ipvs"]) };
  const rows: readonly (readonly [string, ProxyMode | undefined, object])[] = [
    ["without a rule it belongs to the main mode", undefined, { others: [], unmet: [] }],
    ["a rule for the main mode changes nothing", "nftables", { others: [], unmet: [] }],
    ["a rule gives it to another mode", "ipvs", { others: [["ns/a", "ipvs"]], unmet: [] }],
    ["a mode that cannot run leaves it with the main one", "ebpf", { others: [], unmet: [["ns/a", "ebpf"]] }],
  ];
  for (const [name, mode, expected] of rows) {
    it(name, () => {
      const { others, unmet } = partition([service("ns/a", mode)], nftablesAndIpvs);
      assert.deepEqual({ others: [...others], unmet: [...unmet] }, expected);
    });
  }

  it("gives every Service to one usable mode: its own where that can run, else the main one", () => {
    fc.assert(
      fc.property(fc.array(arbitraryService), rules, (list, { main, usable }) => {
        const services = byName(list);
        const { others, unmet } = partition(services.values(), { main, usable });
        for (const { name, mode } of services.values()) {
          const place = others.get(name) ?? main;
          assert.ok(usable.has(place));
          assert.equal(place, mode !== undefined && usable.has(mode) ? mode : main);
          assert.equal(unmet.has(name), mode !== undefined && mode !== place);
        }
        assert.ok([...others.keys(), ...unmet.keys()].every((name) => services.has(name)));
      }),
    );
  });

  it("is the same when it is kept up to date with one Service after the other", () => {
    const changes = fc.array(fc.tuple(arbitraryService, fc.boolean()), { maxLength: 20 });
    fc.assert(
      fc.property(changes, rules, (list, given) => {
        const wanted = new WantedModes();
        const services = new Map<ServiceName, DesiredService>();
        for (const [changed, isGone] of list) {
          if (isGone) services.delete(changed.name);
          else services.set(changed.name, changed);
          wanted.update(changed.name, services.get(changed.name), given);
        }
        const { others, unmet } = partition(services.values(), given);
        assert.deepEqual(new Map(wanted.others), others);
        assert.deepEqual(new Map(wanted.unmet), unmet);
        for (const mode of proxyModes) {
          assert.equal(wanted.count(mode), [...others.values()].filter((each) => each === mode).length);
        }
      }),
    );
  });
});
