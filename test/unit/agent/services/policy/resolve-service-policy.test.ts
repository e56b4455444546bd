import assert from "node:assert/strict";
import { makeService } from "../../../../support/make-objects.ts";
import { compileObjects, onlyPortOf } from "../compile-objects.ts";

interface Row {
  readonly rule: string;
  readonly service?: Parameters<typeof makeService>[0];
  readonly namespaceLabels?: Readonly<Record<string, string>>;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly algorithm?: string;
  readonly timeout?: number | undefined;
  readonly mode?: string;
  readonly problems?: readonly string[];
}

const clientIP = { sessionAffinity: "ClientIP", sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } } };
const maglev = { scheduling: { algorithm: "Maglev" } };
const roundRobin = { scheduling: { algorithm: "RoundRobin" } };
const app = { labels: { app: "shop" } };
const selectsApp = { serviceSelector: { matchLabels: { app: "shop" } } };

const rows: readonly Row[] = [
  { rule: "the algorithm is Random unless it is set" },
  { rule: "spec.scheduling is for all Services", config: roundRobin, algorithm: "RoundRobin" },
  {
    rule: "a rule is for the Services it names",
    config: { ...roundRobin, services: [{ name: "r", names: ["default/web"], ...maglev }] },
    algorithm: "Maglev",
  },
  {
    rule: "a rule is not for Services that it does not name",
    config: { ...roundRobin, services: [{ name: "r", names: ["default/web2", "other/web"], ...maglev }] },
    algorithm: "RoundRobin",
  },
  {
    rule: "a rule is for the Services with its labels",
    service: app,
    config: { services: [{ name: "r", ...selectsApp, ...maglev }] },
    algorithm: "Maglev",
  },
  {
    rule: "a rule is not for Services with other labels",
    service: { labels: { app: "shop2" } },
    config: { services: [{ name: "r", ...selectsApp, ...maglev }] },
  },
  {
    rule: "a rule is for the Services of its namespaces",
    namespaceLabels: { team: "a" },
    config: { services: [{ name: "r", namespaceSelector: { matchLabels: { team: "a" } }, ...maglev }] },
    algorithm: "Maglev",
  },
  {
    rule: "a rule is not for Services of other namespaces",
    namespaceLabels: { team: "b" },
    config: { services: [{ name: "r", namespaceSelector: { matchLabels: { team: "a" } }, ...maglev }] },
  },
  {
    rule: "a namespace has its name as a label, also before its object is known",
    config: {
      services: [
        {
          name: "r",
          namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "default" } },
          ...maglev,
        },
      ],
    },
    algorithm: "Maglev",
  },
  {
    rule: "an empty namespaceSelector is every namespace",
    config: { services: [{ name: "r", namespaceSelector: {}, ...maglev }] },
    algorithm: "Maglev",
  },
  {
    rule: "everything that a rule selects by must hold",
    service: app,
    config: { services: [{ name: "r", ...selectsApp, names: ["default/other"], ...maglev }] },
  },
  {
    rule: "the first matching rule that sets a field wins",
    service: { ...app, ...clientIP },
    config: {
      services: [
        { name: "affinity-only", ...selectsApp, sessionAffinity: { type: "None" } },
        { name: "first", ...selectsApp, ...maglev, sessionAffinity: { type: "ClientIP" } },
        { name: "second", ...selectsApp, ...roundRobin },
      ],
    },
    algorithm: "Maglev",
    timeout: undefined,
  },

  { rule: "affinity type Service obeys the Service: none", timeout: undefined },
  {
    rule: "affinity type Service obeys the Service: ClientIP with its timeout",
    service: clientIP,
    timeout: 60,
  },
  {
    rule: "sessionAffinity ClientIP without config has the default timeout",
    service: { sessionAffinity: "ClientIP" },
    timeout: 10_800,
  },
  {
    rule: "a timeout outside 1–86400 is reported, the default is used",
    service: { ...clientIP, sessionAffinityConfig: { clientIP: { timeoutSeconds: 86_401 } } },
    timeout: 10_800,
    problems: ["spec.sessionAffinityConfig.clientIP.timeoutSeconds"],
  },
  {
    rule: "an unknown sessionAffinity is reported and is none",
    service: { sessionAffinity: "Cookie" },
    timeout: undefined,
    problems: ["spec.sessionAffinity"],
  },
  {
    rule: "affinity type None overrides the Service",
    service: clientIP,
    config: { sessionAffinity: { type: "None" } },
    timeout: undefined,
  },
  {
    rule: "affinity type ClientIP overrides the Service",
    service: clientIP,
    config: { sessionAffinity: { type: "ClientIP", clientIP: { timeoutSeconds: 7 } } },
    timeout: 7,
  },
  {
    rule: "affinity type ClientIP without settings has the default timeout",
    config: { sessionAffinity: { type: "ClientIP" } },
    timeout: 10_800,
  },
  {
    rule: "a rule with type Service gives a Service its own affinity back",
    service: { ...app, ...clientIP },
    config: {
      sessionAffinity: { type: "None" },
      services: [{ name: "r", ...selectsApp, sessionAffinity: { type: "Service" } }],
    },
    timeout: 60,
  },

  {
    rule: "without a rule for it a Service has the node's mode",
    config: { services: [{ name: "r", names: ["default/other"], mode: "userspace" }] },
  },
  {
    rule: "a rule gives a mode to the Services it selects",
    config: { services: [{ name: "r", names: ["default/web"], mode: "userspace" }] },
    mode: "userspace",
  },
  {
    rule: "a rule may ask for the node's mode",
    config: { mode: "ipvs", services: [{ name: "r", names: ["default/web"], mode: "ipvs" }] },
    mode: "ipvs",
  },
  {
    rule: "of the rules that set a mode the first wins",
    config: {
      services: [
        { name: "q", names: ["default/web"], ...maglev },
        { name: "r", names: ["default/web"], mode: "nftables" },
        { name: "s", names: ["default/web"], mode: "userspace" },
      ],
    },
    algorithm: "Maglev",
    mode: "nftables",
  },
];

describe("settings for a Service", () => {
  for (const row of rows) {
    it(row.rule, () => {
      const compiled = compileObjects({
        services: [makeService(row.service)],
        namespaces:
          row.namespaceLabels === undefined
            ? []
            : [{ metadata: { name: "default", labels: row.namespaceLabels } }],
        config: row.config ?? {},
      });
      const port = onlyPortOf(compiled);
      assert.equal(port.algorithm, row.algorithm ?? "Random");
      assert.equal(port.affinityTimeoutSeconds, row.timeout);
      assert.deepEqual(
        [...compiled.services.values()].map(({ mode }) => mode),
        [row.mode],
      );
      assert.deepEqual(
        compiled.problems.map(({ field }) => field),
        row.problems ?? [],
      );
    });
  }
});
