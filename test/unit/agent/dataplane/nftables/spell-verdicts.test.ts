import assert from "node:assert/strict";
import * as fc from "fast-check";
import { AppliedState } from "../../../../../agent/dataplane/nftables/applied-state.ts";
import { baseRuleset } from "../../../../../agent/dataplane/nftables/base-ruleset.ts";
import { createNftablesDataplane } from "../../../../../agent/dataplane/nftables/index.ts";
import { spellVerdicts } from "../../../../../agent/dataplane/nftables/spell-verdicts.ts";
import { NftVerdictError } from "../../../../../agent/dataplane/nftables/verdict-error.ts";
import { createRunner } from "../../../../../agent/dataplane/runner.ts";
import { ServiceCatalog } from "../../../../../agent/services/catalog/service-catalog.ts";
import type { Frontend, Verdict } from "../../../../../agent/services/desired-state.ts";
import { unmatchedPolicy } from "../../../../../agent/services/policy/decide-verdicts.ts";
import { silentLogger } from "../../../../../platform/log.ts";
import { arbitraryClusterEvent } from "../../../../support/arbitrary-cluster-event.ts";
import { FakeClock } from "../../../../support/fake-clock.ts";
import { FakeCommandRunner } from "../../../../support/fake-command-runner.ts";
import {
  makeDesiredService,
  makeDesiredState,
  makeFrontend,
  makeNodeFamily,
  makeServicePort,
} from "../../../../support/make-desired-state.ts";
import { NftModel } from "../../../../support/nft-model.ts";
import { makeNodeFacts, makeNodeProxyConfig } from "../../../../support/make-objects.ts";
import { tellCatalog } from "../../services/catalog/tell-catalog.ts";

/** Verdicts in words, as in `cluster`, `local masked`, `drop cluster`. */
function parseVerdict(words: string): Verdict {
  const [first = "", second] = words.split(" ");
  if (first === "drop" || first === "refuse") {
    return { kind: first, endpoints: second === "local" ? "local" : "cluster" };
  }
  return {
    kind: "loadBalance",
    endpoints: first === "local" ? "local" : "cluster",
    masquerade: second === "masked",
  };
}

type Words = readonly [pod: string, node: string, outside: string];

function frontendWith(kind: Frontend["kind"], [pod, node, outside]: Words): Frontend {
  const verdicts = { pod: parseVerdict(pod), node: parseVerdict(node), outside: parseVerdict(outside) };
  return { ...makeFrontend("203.0.113.1:80", { kind }), verdicts };
}

const recognising = makeNodeFamily();
const blind = makeNodeFamily({ localDetector: { kind: "none" } });
const { name } = makeServicePort();

interface Row {
  readonly rule: string;
  readonly kind: Frontend["kind"];
  readonly verdicts: Words;
  readonly rules?: typeof recognising;
}

const unspellable: readonly Row[] = [
  {
    rule: "pods with another set than the node",
    kind: "nodePort",
    verdicts: ["local", "cluster masked", "local"],
  },
  {
    rule: "pods that are dropped where the node is not",
    kind: "nodePort",
    verdicts: ["drop cluster", "cluster masked", "cluster masked"],
  },
  {
    rule: "pods with another set than outside where pods are not recognised",
    kind: "nodePort",
    verdicts: ["cluster", "cluster masked", "local"],
    rules: blind,
  },
  {
    rule: "masquerading of pods and the node, but not of outside",
    kind: "loadBalancerIP",
    verdicts: ["cluster masked", "cluster masked", "local"],
  },
  {
    rule: "masquerading of outside alone",
    kind: "externalIP",
    verdicts: ["cluster", "cluster", "cluster masked"],
  },
  {
    rule: "a ClusterIP that masquerades pods where others do not",
    kind: "clusterIP",
    verdicts: ["cluster masked", "cluster masked", "cluster masked"],
  },
  {
    rule: "a ClusterIP that does not masquerade the node where others do",
    kind: "clusterIP",
    verdicts: ["cluster", "cluster", "cluster masked"],
  },
];

const spellNodePort = (words: Words) => spellVerdicts(name, frontendWith("nodePort", words), recognising);

/** Rules of a base chain. */
const chain = (overrides: Parameters<typeof makeNodeFamily>[0], chainName: string) =>
  baseRuleset("ip", makeNodeFamily(overrides)).chains.get(chainName)?.rules;

describe("verdicts in the words of nft", () => {
  for (const { rule, kind, verdicts, rules = recognising } of unspellable) {
    it(`cannot say: ${rule}`, () => {
      assert.throws(
        () => spellVerdicts(name, frontendWith(kind, verdicts), rules),
        (error) => error instanceof NftVerdictError && error.message.startsWith(`${name} at 203.0.113.1: `),
      );
    });
  }

  it("cannot balance among endpoints that are not there, and leaves out such a Service alone", async () => {
    const good = makeDesiredService("ns/good");
    const [port = makeServicePort()] = makeDesiredService("ns/bad").ports;
    const frontends = [frontendWith("clusterIP", ["local", "local masked", "local masked"])];
    const bad = { ...makeDesiredService("ns/bad"), ports: [{ ...port, frontends, localEndpoints: [] }] };
    const runner = createRunner(createNftablesDataplane, {
      commands: new FakeCommandRunner(new NftModel().commands),
      log: silentLogger,
      clock: new FakeClock(),
    });
    const node = { ipv4: makeNodeFamily(recognising), ipv6: makeNodeFamily() };
    const { services, rejected } = await runner.sync(makeDesiredState([good, bad], node), { kind: "full" });
    assert.equal(services, 1);
    assert.deepEqual(
      rejected.map(({ service }) => service),
      ["ns/bad"],
    );
    assert.match(rejected[0]?.reason ?? "", /^ns\/bad:p0\/TCP at 203\.0\.113\.1: /);
  });

  it("masquerade only clients whose connections are balanced", () => {
    assert.equal(spellNodePort(["cluster", "cluster masked", "drop local"]).masquerade, "host");
    assert.equal(spellNodePort(["cluster masked", "cluster masked", "drop local"]).masquerade, "all");
    assert.equal(spellNodePort(["drop cluster", "drop cluster", "local"]).masquerade, "none");
  });

  it("are one lookup where all clients go the same way, and two where they do not", () => {
    assert.equal(spellNodePort(["cluster masked", "cluster masked", "cluster masked"]).routing.kind, "alike");
    assert.equal(spellNodePort(["refuse cluster", "refuse cluster", "refuse cluster"]).routing.kind, "alike");
    assert.equal(
      spellNodePort(["refuse cluster", "refuse cluster", "refuse local"]).routing.kind,
      "byOrigin",
    );
    assert.equal(spellNodePort(["cluster", "cluster masked", "drop local"]).routing.kind, "byOrigin");
  });

  it("can say all that a catalog decides", () => {
    fc.assert(
      fc.property(fc.array(arbitraryClusterEvent, { minLength: 5, maxLength: 40 }), (events) => {
        const catalog = new ServiceCatalog({ config: makeNodeProxyConfig(), node: makeNodeFacts() });
        for (const event of events) tellCatalog(catalog, event);
        const { node, services } = catalog.takeChanges().desired;
        const changes = [...services].map(([name, after]) => ({ name, after }));
        for (const family of ["ip", "ip6"] as const) {
          const facts = family === "ip" ? node.ipv4 : node.ipv6;
          baseRuleset(family, facts);
          new AppliedState(family, facts).plan(changes);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe("policy of the node in the words of nft", () => {
  it("refuses or drops what matches no frontend, as requested", () => {
    const unmatched = {
      undefinedPort: "drop",
      unallocatedAddress: "refuse",
      passToOwnAddress: { pod: false, node: false, outside: false },
    } as const;
    assert.deepEqual(chain({ unmatched }, "clusterip-miss"), [
      "ip daddr @elsewhere return",
      "ip daddr @cluster-ips drop",
      "goto no-endpoints",
    ]);
  });

  it("cannot let only some of the clients that come from elsewhere pass to the node", () => {
    const passToOwnAddress = { pod: true, node: false, outside: false };
    assert.throws(
      () => chain({ unmatched: { ...unmatchedPolicy, passToOwnAddress } }, "clusterip-miss"),
      NftVerdictError,
    );
  });

  it("cannot leave out pods from masquerading where they are not recognised", () => {
    const localDetector = { kind: "none" } as const;
    const clusterIPMasquerade = { pod: false, node: true, outside: true };
    assert.throws(() => chain({ localDetector, clusterIPMasquerade }, "post"), NftVerdictError);
  });

  it("cannot masquerade the node alone", () => {
    const clusterIPMasquerade = { pod: false, node: true, outside: false };
    assert.throws(() => chain({ clusterIPMasquerade }, "post"), NftVerdictError);
  });

  it("has no rule where no client is masqueraded", () => {
    const [, , ...masquerading] = chain({ localDetector: { kind: "none" } }, "post") ?? [];
    assert.deepEqual(masquerading, []);
  });
});
