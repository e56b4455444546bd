import assert from "node:assert/strict";
import { AppliedState } from "../../../../../agent/dataplane/nftables/applied-state.ts";
import { renderPlan } from "../../../../../agent/dataplane/nftables/render.ts";
import { retirementMs } from "../../../../../agent/dataplane/nftables/retirement.ts";
import { TableWriter } from "../../../../../agent/dataplane/nftables/table-writer.ts";
import type { NftCommit, NftFamily, NftTransaction } from "../../../../../agent/kernel/nft/nft-session.ts";
import type { SchedulingAlgorithm } from "../../../../../crds/api.ts";
import { silentLogger } from "../../../../../platform/log.ts";
import { FakeClock } from "../../../../support/fake-clock.ts";
import {
  makeDesiredService,
  makeEndpoint,
  makeFrontend,
  makeNodeFamily,
  parseServiceName,
} from "../../../../support/make-desired-state.ts";

const refused: NftCommit = { kind: "refused", reason: "Device or resource busy" };

/** A Service with so many endpoints; its chain is tcp-1, tcp-2 and so on. */
const web = (endpoints: number, algorithm: SchedulingAlgorithm = "Random") =>
  makeDesiredService("default/web", [
    {
      algorithm,
      clusterEndpoints: Array.from({ length: endpoints }, (_, index) =>
        makeEndpoint(`10.244.1.${index + 2}:80`),
      ),
    },
  ]);

function open(family: NftFamily = "ip") {
  const clock = new FakeClock();
  const transactions: (readonly string[])[] = [];
  const answers: NftCommit[] = [];
  const session = {
    commit({ commands }: NftTransaction): Promise<NftCommit> {
      transactions.push(commands);
      return Promise.resolve(answers.shift() ?? { kind: "committed" });
    },
  };
  const writer = new TableWriter({ family, session, clock, log: silentLogger });
  const state = new AppliedState(family, makeNodeFamily());
  /** Makes default/web be like this and returns the transactions that it took. */
  const apply = async (
    after: ReturnType<typeof web> | undefined,
  ): Promise<readonly (readonly string[])[]> => {
    transactions.length = 0;
    const plan = state.plan([{ name: parseServiceName("default/web"), after }]);
    const result = await writer.commit(plan, { preparation: [], commands: renderPlan(family, plan) });
    if (result.kind === "committed") state.record(plan);
    return [...transactions];
  };
  const removeDue = async (): Promise<readonly (readonly string[])[]> => {
    transactions.length = 0;
    await writer.removeDue();
    return [...transactions];
  };
  return { clock, answers, writer, apply, removeDue };
}

const removalOf = (chain: string) => [
  [`flush chain ip kubesteer ${chain}`, `delete chain ip kubesteer ${chain}`],
];

const mentions = (transaction: readonly string[] | undefined, text: string): boolean =>
  transaction?.some((command) => command.includes(text)) ?? false;

describe("TableWriter", () => {
  it("puts a chain with its rules into the table one transaction before the first reference", async () => {
    const { apply } = open();
    const [preparation, main, ...more] = await apply(web(1));
    assert.deepEqual(more, []);
    assert.ok(mentions(preparation, "add chain ip kubesteer tcp-1"));
    assert.ok(mentions(preparation, "add rule ip kubesteer tcp-1 drop"));
    assert.ok(!mentions(preparation, "goto tcp-1"));
    assert.ok(mentions(main, "goto tcp-1"));
  });

  it("empties a map that was unused when it is needed again: who was remembered there may be gone", async () => {
    const { apply } = open("ip6");
    const sticky = makeDesiredService("default/web", [
      {
        affinityTimeoutSeconds: 10,
        frontends: [makeFrontend("[fd96::1]:80")],
        clusterEndpoints: [makeEndpoint("[fd44::2]:80")],
      },
    ]);
    const [first] = await apply(sticky);
    assert.ok(mentions(first, "add map ip6 kubesteer mem-") && !mentions(first, "flush map"));
    await apply(undefined);
    const [again, main] = await apply(sticky);
    assert.ok(mentions(again, "flush map ip6 kubesteer mem-") && !mentions(again, "add map"));
    assert.ok(!mentions(main, "flush map"));
    assert.ok(!(await apply(sticky)).some((transaction) => mentions(transaction, "flush map")));
  });

  it("leaves a chain as it was in the transaction that makes it unused", async () => {
    const { apply } = open();
    await apply(web(1));
    for (const transaction of await apply(web(2)))
      assert.ok(!mentions(transaction, "chain ip kubesteer tcp-1"));
  });

  it("removes it when no packet can be on its way into it any more", async () => {
    const { apply, removeDue, clock } = open();
    await apply(web(1));
    await apply(web(2));
    await clock.advance(retirementMs - 1);
    assert.deepEqual(await removeDue(), []);
    await clock.advance(1);
    assert.deepEqual(await removeDue(), removalOf("tcp-1"));
    assert.deepEqual(await removeDue(), []);
  });

  it("takes an unused chain into use again without writing it", async () => {
    const { apply, removeDue, clock } = open();
    await apply(web(1));
    await apply(web(2));
    const transactions = await apply(web(1));
    assert.equal(transactions.length, 1);
    assert.ok(!mentions(transactions[0], "chain ip kubesteer tcp-1"));
    await clock.advance(retirementMs);
    assert.deepEqual(await removeDue(), removalOf("tcp-2"));
  });

  it("writes an unused chain before its use when it needs other rules than it has", async () => {
    const { apply } = open();
    await apply(web(2, "RoundRobin"));
    await apply(undefined);
    const [preparation] = await apply(web(3, "RoundRobin"));
    assert.ok(mentions(preparation, "flush chain ip kubesteer rr-"));
    assert.ok(mentions(preparation, "numgen inc mod 3"));
  });

  it("makes a removed chain again", async () => {
    const { apply, removeDue, clock } = open();
    await apply(web(1));
    await apply(web(2));
    await clock.advance(retirementMs);
    await removeDue();
    assert.ok(mentions((await apply(web(1)))[0], "add chain ip kubesteer tcp-1"));
  });

  it("removes chains that were made for a refused transaction", async () => {
    const { apply, removeDue, answers, clock } = open();
    answers.push({ kind: "committed" }, refused);
    await apply(web(1));
    await clock.advance(retirementMs);
    assert.deepEqual(await removeDue(), removalOf("tcp-1"));
  });

  it("does not go on when the kernel refuses the chains", async () => {
    const { apply, answers, writer } = open();
    answers.push(refused);
    assert.equal((await apply(web(1))).length, 1);
    assert.equal(writer.nextDueMs, undefined);
  });
});
