import assert from "node:assert/strict";
import type { FlowGroup } from "../../../../../agent/kernel/conntrack/flow-group.ts";
import { findStaleFlows, type FrontendState } from "../../../../../agent/node-services/flows/stale-flows.ts";
import { socketKey } from "../../../../../platform/ip/socket-address.ts";
import { makeEndpoint } from "../../../../support/make-desired-state.ts";

/** Frontend → endpoints; undefined is a frontend that is gone. */
type Served = Readonly<Record<string, readonly string[] | undefined>>;

interface Row {
  readonly rule: string;
  readonly frontends: Served;
  /** Destination → reply source. */
  readonly flow: readonly [string, string];
  readonly stale: boolean;
}

const rows: readonly Row[] = [
  {
    rule: "a flow to an endpoint that answers stays",
    frontends: { "10.96.0.10:53": ["10.0.0.1:5353", "10.0.0.2:5353"] },
    flow: ["10.96.0.10:53", "10.0.0.2:5353"],
    stale: false,
  },
  {
    rule: "a flow to an endpoint that is gone goes",
    frontends: { "10.96.0.10:53": ["10.0.0.2:5353"] },
    flow: ["10.96.0.10:53", "10.0.0.1:5353"],
    stale: true,
  },
  {
    rule: "a flow to another port of an endpoint goes",
    frontends: { "10.96.0.10:53": ["10.0.0.1:5353"] },
    flow: ["10.96.0.10:53", "10.0.0.1:53"],
    stale: true,
  },
  {
    rule: "a flow that began before there was an endpoint goes",
    frontends: { "10.96.0.10:53": ["10.0.0.1:5353"] },
    flow: ["10.96.0.10:53", "10.96.0.10:53"],
    stale: true,
  },
  {
    rule: "a flow goes when no endpoint is left",
    frontends: { "10.96.0.10:53": [] },
    flow: ["10.96.0.10:53", "10.0.0.1:5353"],
    stale: true,
  },
  {
    rule: "a translated flow to a frontend that is gone goes",
    frontends: { "192.0.2.7:30053": undefined },
    flow: ["192.0.2.7:30053", "10.0.0.1:5353"],
    stale: true,
  },
  {
    rule: "an untranslated flow to a frontend that is gone stays: it is for a process of the node",
    frontends: { "192.0.2.7:30053": undefined },
    flow: ["192.0.2.7:30053", "192.0.2.7:30053"],
    stale: false,
  },
  {
    rule: "a flow to another port of the frontend's address stays",
    frontends: { "10.96.0.10:53": [] },
    flow: ["10.96.0.10:54", "10.0.0.1:5353"],
    stale: false,
  },
  {
    rule: "a flow to the frontend's port elsewhere stays",
    frontends: { "192.0.2.7:30053": [] },
    flow: ["203.0.113.9:30053", "203.0.113.9:30053"],
    stale: false,
  },
  {
    rule: "IPv6 flows are judged alike",
    frontends: { "[fd00:10:96::a]:53": ["[fd00::2]:5353"] },
    flow: ["[fd00:10:96::a]:53", "[fd00::1]:5353"],
    stale: true,
  },
];

function makeFlow([destination, replySource]: readonly [string, string]): FlowGroup {
  return { destination: makeEndpoint(destination), replySource: makeEndpoint(replySource) };
}

function makeFrontends(served: Served): ReadonlyMap<string, FrontendState> {
  return new Map(
    Object.entries(served).map(([text, endpoints]) => {
      const state: FrontendState =
        endpoints === undefined
          ? { kind: "removed" }
          : { kind: "served", endpoints: endpoints.map((endpoint) => makeEndpoint(endpoint)) };
      return [socketKey(makeEndpoint(text)), state];
    }),
  );
}

describe("findStaleFlows", () => {
  for (const { rule, frontends, flow, stale } of rows) {
    it(rule, () => {
      const found = findStaleFlows(makeFrontends(frontends), [makeFlow(flow)]);
      assert.deepEqual(found, stale ? [makeFlow(flow)] : []);
    });
  }

  it("names the flows of many clients to one endpoint once, in order", () => {
    const flows = ["10.0.0.20:53", "10.0.0.3:53", "10.0.0.20:53"].map((source) =>
      makeFlow(["10.96.0.10:53", source]),
    );
    assert.deepEqual(findStaleFlows(makeFrontends({ "10.96.0.10:53": [] }), flows), [flows[1], flows[0]]);
  });
});
