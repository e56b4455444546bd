import assert from "node:assert/strict";
import { unbounded, type CapacityPolicy } from "../../../../../agent/dataplane/nftables/frontend-capacity.ts";
import { createNftablesDataplane } from "../../../../../agent/dataplane/nftables/index.ts";
import { CommandError, type CommandRunner } from "../../../../../agent/kernel/command/command.ts";
import { createRunner, type DataplaneRunner } from "../../../../../agent/dataplane/runner.ts";
import { retirementMs } from "../../../../../agent/dataplane/nftables/retirement.ts";
import type { DesiredService } from "../../../../../agent/services/desired-state.ts";
import { silentLogger } from "../../../../../platform/log.ts";
import { FakeClock } from "../../../../support/fake-clock.ts";
import { FakeCommandRunner } from "../../../../support/fake-command-runner.ts";
import {
  makeDesiredService,
  makeDesiredState,
  makeEndpoint,
  makeFrontend,
} from "../../../../support/make-desired-state.ts";
import { NftModel } from "../../../../support/nft-model.ts";
import { createNftNamespace, type NftNamespace } from "../../../../support/nft-namespace.ts";

/** With so many endpoints. */
const service = (number: number, endpoints = 1): DesiredService =>
  makeDesiredService(`ns/s${number}`, [
    {
      frontends: [makeFrontend(`10.96.0.${number}:80`)],
      clusterEndpoints: Array.from({ length: endpoints }, (_, index) =>
        makeEndpoint(`10.244.${index >> 8}.${index & 255}:80`),
      ),
    },
  ]);

const services = (count: number, endpoints?: number): readonly DesiredService[] =>
  Array.from({ length: count }, (_, index) => service(index + 1, endpoints));

const full = (dataplane: DataplaneRunner, wanted: readonly DesiredService[]) =>
  dataplane.sync(makeDesiredState(wanted), { kind: "full" });

/** A sync of the changed ones only. */
const partial = (dataplane: DataplaneRunner, wanted: readonly DesiredService[], changed = wanted) =>
  dataplane.sync(makeDesiredState(wanted), {
    kind: "partial",
    services: new Set(changed.map(({ name }) => name)),
  });

const exactly: CapacityPolicy = (count) => count;

/** Room for two more, from four on. */
const capacityFor: CapacityPolicy = (frontends) => (frontends < 4 ? unbounded : frontends + 2);

const create = (commands: CommandRunner, policy = capacityFor, clock = new FakeClock()): DataplaneRunner =>
  createRunner((deps) => createNftablesDataplane(deps, { capacityFor: policy }), {
    commands,
    log: silentLogger,
    clock,
  });

/** Runs everything up to the transaction with this text, and nothing of that. */
function endingBefore(text: string, commands: CommandRunner): CommandRunner {
  return {
    run: (command, args, options) =>
      options?.input?.includes(text) === true
        ? Promise.reject(new CommandError(command, "the agent has ended"))
        : commands.run(command, args, options),
    start(command, args, options) {
      const program = commands.start(command, args, options);
      return {
        ...program,
        write: (line) => (line.includes(text) ? void program.stop() : program.write(line)),
      };
    },
  };
}

const linesOf = (table: string): readonly string[] =>
  table
    .split(/[\n,]/)
    .map((line) => line.trim())
    .toSorted();

/** So many Services, the first with affinity. */
const sticky = (count: number): readonly DesiredService[] => [
  makeDesiredService("ns/s1", [
    { affinityTimeoutSeconds: 10_800, clusterEndpoints: [makeEndpoint("10.244.0.0:80")] },
  ]),
  ...services(count).slice(1),
];

function start() {
  const model = new NftModel();
  const open = (): DataplaneRunner => create(new FakeCommandRunner(model.commands));
  /** The sizes with which the map was made so far. */
  const sizes = (): readonly (string | undefined)[] =>
    model.committed.flatMap((commands) =>
      commands.some((command) => /^delete (table ip kubesteer|map ip kubesteer svc)$/.test(command))
        ? [
            / size (\d+);/.exec(
              commands.find((line) => line.includes("add map ip kubesteer svc {")) ?? "",
            )?.[1],
          ]
        : [],
    );
  const frontends = (): number => model.elements("ip kubesteer", "svc").size;
  return { model, open, sizes, frontends };
}

describe("the map of frontends", () => {
  it("has no size when the policy wants none", async () => {
    const { open, sizes } = start();
    await full(open(), services(3));
    assert.deepEqual(sizes(), [undefined]);
  });

  it("has a size for all Services of a cold load, not only for its first step", async () => {
    const { open, sizes, frontends, model } = start();
    const steps = services(12, 1_000);
    await full(open(), steps);
    assert.deepEqual(sizes(), ["14"]);
    assert.equal(frontends(), 12);
    assert.ok(
      model.committed.filter((commands) => commands.some((line) => line.includes("svc { 10"))).length > 1,
    );
  });

  it("takes a last one, and grows before one too many comes", async () => {
    const { open, sizes, frontends, model } = start();
    const dataplane = open();
    await full(dataplane, services(4));
    assert.equal((await partial(dataplane, services(6))).scope, "partial");
    assert.deepEqual(sizes(), ["6"]);
    const report = await partial(dataplane, services(7));
    assert.deepEqual([report.scope, report.rejected], ["full", []]);
    assert.deepEqual(sizes(), ["6", "9"]);
    assert.equal(frontends(), 7);
    assert.deepEqual(model.refused, []);
  });

  it("keeps its place for one that comes as another goes, and after some have gone", async () => {
    const { open, sizes } = start();
    const dataplane = open();
    await full(dataplane, services(4));
    await partial(dataplane, services(6));
    await partial(dataplane, [...services(5), service(9)], [service(6), service(9)]);
    await partial(dataplane, services(1), [...services(6), service(9)]);
    assert.equal((await partial(dataplane, services(6))).scope, "partial");
    assert.deepEqual(sizes(), ["6"]);
  });

  it("is known from an earlier process, and grows only where it is too small", async () => {
    const { open, sizes, frontends, model } = start();
    await full(open(), services(4));
    await full(open(), services(6));
    const dataplane = open();
    await full(dataplane, services(2));
    assert.equal((await partial(dataplane, services(6))).scope, "partial");
    assert.deepEqual(sizes(), ["6"]);
    await full(open(), services(7));
    assert.deepEqual(sizes(), ["6", "9"]);
    assert.equal(frontends(), 7);
    assert.deepEqual(model.refused, []);
  });

  it("stays without a size in a table that had none, however many Services come", async () => {
    const { open, sizes, frontends } = start();
    const dataplane = open();
    await full(dataplane, services(3));
    await partial(dataplane, services(20));
    await full(open(), services(20));
    assert.deepEqual(sizes(), [undefined]);
    assert.equal(frontends(), 20);
  });

  it("may have a size in one family and none in the other", async () => {
    const { open, model } = start();
    const ipv6 = makeDesiredService("ns/six", [{ frontends: [makeFrontend("[fd96::1]:80")] }]);
    await full(open(), [...services(4), ipv6]);
    const names = (table: string) =>
      Object.keys(Object.fromEntries(Object.entries(model.snapshot()))[table] ?? {}).filter((name) =>
        name.startsWith("layout"),
      );
    assert.deepEqual(names("ip kubesteer"), ["layout-1-size-6"]);
    assert.deepEqual(names("ip6 kubesteer"), ["layout-1"]);
  });
});

describe("the map of frontends in the real kernel", () => {
  let namespace: NftNamespace;

  before(function () {
    namespace = createNftNamespace(this);
  });

  after(() => namespace.remove());

  afterEach(() => namespace.nft("flush", "ruleset"));

  async function withDataplane(work: (dataplane: DataplaneRunner) => Promise<void>, policy = capacityFor) {
    const dataplane = create(namespace.commands, policy);
    await work(dataplane);
    await dataplane.close();
  }

  const listMap = (map: string): string => namespace.nft("list", "map", "ip", "kubesteer", map);

  const frontends = (): number => listMap("svc").match(/10\.96\.0\.\d+ /g)?.length ?? 0;

  const size = (): string | undefined => /size (\d+)/.exec(listMap("svc"))?.[1];

  /** Records the endpoint of a client: a refilled table keeps it, a new table does not. */
  const remember = (): string =>
    namespace.nft(
      "add element ip kubesteer aff-tcp { 192.0.2.1 . 10.96.0.1 . 80 timeout 3h : 10.244.0.0 . 80 }",
    );

  const isRemembered = (): boolean => listMap("aff-tcp").includes("192.0.2.1");

  it("is refused one too many", async () => {
    await withDataplane(async (dataplane) => void (await full(dataplane, services(4))), exactly);
    assert.throws(
      () => namespace.nft("add element ip kubesteer svc { 10.96.0.9 . tcp . 80 : drop }"),
      /Too many open files in system/,
    );
  });

  it("is refilled when it is full, and all that it holds can change at once, again and again", async () => {
    await withDataplane(async (dataplane) => {
      await full(dataplane, sticky(200));
      remember();
      for (const endpoints of [2, 3]) {
        const changed = [...sticky(200).slice(0, 1), ...services(200, endpoints).slice(1)];
        const report = await partial(dataplane, changed);
        assert.deepEqual([report.scope, report.rejected], ["partial", []]);
        assert.deepEqual((await full(dataplane, changed)).rejected, []);
        assert.deepEqual([frontends(), size()], [200, "200"]);
      }
    }, exactly);
    for (let restart = 0; restart < 2; restart += 1) {
      await withDataplane(async (dataplane) => void (await full(dataplane, sticky(200))), exactly);
      assert.deepEqual([frontends(), size()], [200, "200"]);
    }
    assert.ok(isRemembered());
  }).timeout(60_000);

  it("grows when it is too small, with the Service that was one too many and after a restart", async () => {
    await withDataplane(async (dataplane) => {
      await full(dataplane, sticky(4));
      remember();
      await partial(dataplane, sticky(6));
      assert.equal(size(), "6");
      const report = await partial(dataplane, sticky(7), [service(7)]);
      assert.deepEqual([report.scope, report.rejected], ["full", []]);
      assert.deepEqual([frontends(), size()], [7, "9"]);
      assert.equal((await partial(dataplane, sticky(9))).scope, "partial");
      assert.deepEqual([frontends(), size()], [9, "9"]);
    });
    await withDataplane(async (dataplane) => {
      await full(dataplane, sticky(20));
      assert.deepEqual([frontends(), size()], [20, "22"]);
    });
    assert.ok(isRemembered());
  });

  it("leaves nothing behind that a new table would not have, when it has grown", async () => {
    const table = (): string =>
      namespace.nft("-s", "list", "table", "ip", "kubesteer").replace(/set rev [^}]*\}[^}]*\}/, "");
    const clock = new FakeClock();
    const dataplane = create(namespace.commands, capacityFor, clock);
    await full(dataplane, services(4));
    await full(dataplane, services(7));
    await clock.advance(retirementMs);
    await dataplane.close();
    const grown = table();
    await dataplane.cleanup();
    await full(dataplane, services(7));
    await dataplane.close();
    assert.deepEqual(linesOf(grown), linesOf(table()));
  });

  it("grows also where an agent was killed in the middle of that", async () => {
    await withDataplane(async (dataplane) => void (await full(dataplane, sticky(4))));
    remember();
    const killed = create(endingBefore("delete map ip kubesteer svc", namespace.commands));
    await assert.rejects(full(killed, sticky(7)), CommandError);
    await killed.close();
    assert.match(namespace.nft("list", "map", "ip", "kubesteer", "svc-interim"), /10\.96\.0\.7 /);
    await withDataplane(async (dataplane) => void (await full(dataplane, sticky(20))));
    assert.deepEqual([frontends(), size(), isRemembered()], [20, "22", true]);
  });

  it("keeps what it has when it has no size", async () => {
    await withDataplane(async (dataplane) => void (await full(dataplane, sticky(3))));
    remember();
    await withDataplane(async (dataplane) => {
      await full(dataplane, sticky(20));
      assert.deepEqual([frontends(), size(), isRemembered()], [20, undefined, true]);
    });
  });
});
