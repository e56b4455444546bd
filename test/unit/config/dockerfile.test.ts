import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import packageJson from "../../../package.json" with { type: "json" };
import { parseDockerfile, type Stage } from "./parse-dockerfile.ts";

const root = join(import.meta.dirname, "../../..");
const dockerfile = readFileSync(join(root, "Dockerfile"), "utf8");
const allowed = readFileSync(join(root, ".dockerignore"), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("!"))
  .map((line) => line.slice(1));
const stages = parseDockerfile(dockerfile);

function stageNamed(name: string): Stage {
  const stage = stages.find((candidate) => candidate.name === name);
  assert.ok(stage !== undefined, `stage ${name} is missing`);
  return stage;
}

function textsOf(stage: Stage, keyword: string): readonly string[] {
  return stage.instructions.flatMap((instruction) =>
    instruction.keyword === keyword ? [instruction.text] : [],
  );
}

/** Debian packages of the commands in the agent's source. */
function packagesOfAgent(): readonly string[] {
  const sources = globSync("agent/**/*.ts", { cwd: root }).map((path) =>
    readFileSync(join(root, path), "utf8"),
  );
  const commands = sources.flatMap((source) =>
    [...source.matchAll(/\.(?:run|start)\("([a-z0-9-]+)"/g)].map(([, command = ""]) => command),
  );
  return [...new Set(commands)].map((command) => (command === "nft" ? "nftables" : command)).toSorted();
}

describe("Dockerfile", () => {
  it("has one builder and one runtime stage, with replaceable base images", () => {
    assert.deepEqual(
      stages.map(({ base, name }) => `${name} on ${base}`),
      ["builder on ${BUILD_IMAGE}", "runtime on ${BASE_IMAGE}"],
    );
    assert.match(dockerfile, /^ARG BUILD_IMAGE=node:24-.*\nARG BASE_IMAGE=debian:/m);
  });

  it("copies only what exists and .dockerignore includes", () => {
    const sources = stages
      .flatMap((stage) => textsOf(stage, "COPY"))
      .filter((text) => !text.startsWith("--from="))
      .flatMap((text) => text.split(" ").slice(0, -1))
      .filter((source) => source !== ".");
    assert.ok(sources.length > 0);
    for (const source of sources) {
      assert.ok(existsSync(join(root, source)), `${source} does not exist`);
      assert.ok(allowed.includes(source), `.dockerignore hides ${source}`);
    }
  });

  it("copies the sources of every program, but no tests, to the builder", () => {
    const needed = ["agent", "crds", "operator", "platform", "scripts", "package-lock.json"];
    assert.deepEqual(
      needed.filter((path) => !allowed.includes(path)),
      [],
    );
    assert.deepEqual(
      allowed.filter((path) => /test|playground|node_modules|\.git/.test(path)),
      [],
    );
  });

  it("installs the locked packages before it copies the sources, so that a change of the sources reuses that layer", () => {
    const steps = stageNamed("builder").instructions.map(({ keyword, text }) => `${keyword} ${text}`);
    const install = steps.findIndex((step) => step.startsWith("RUN npm ci"));
    assert.ok(install > steps.indexOf("COPY .npmrc package.json package-lock.json ./"));
    assert.ok(install < steps.indexOf("COPY . ."));
    assert.ok(steps.indexOf("RUN npm run build") > steps.indexOf("COPY . ."));
  });

  it("copies only the bundles and the locked Node.js from the builder to the runtime", () => {
    assert.deepEqual(textsOf(stageNamed("runtime"), "COPY"), [
      "--from=builder /src/bin/node /usr/local/bin/",
      "--from=builder /src/dist /app",
      "LICENSE /app/",
    ]);
  });

  it("installs exactly the tools that the agent runs, and leaves no package lists behind", () => {
    const [install = ""] = textsOf(stageNamed("runtime"), "RUN");
    const packages = /--no-install-recommends ([a-z0-9 -]+?) +&&/.exec(install)?.[1]?.split(/ +/) ?? [];
    assert.deepEqual(packages.toSorted(), packagesOfAgent());
    assert.ok(packages.length > 0);
    assert.match(install, /rm -rf \/var\/lib\/apt\/lists\/\*$/);
  });

  it("ends with a numeric user that is not root, as runAsNonRoot requires", () => {
    assert.match(textsOf(stageNamed("runtime"), "USER").at(-1) ?? "", /^[1-9]\d*:[1-9]\d*$/);
  });

  it("contains no secrets and downloads nothing except with package managers", () => {
    assert.doesNotMatch(dockerfile, /token|password|secret|credential/i);
    assert.doesNotMatch(dockerfile, /^ADD |curl|wget/m);
  });

  it("is labelled with where it comes from, which scripts/build-image.sh fills in", () => {
    const runtime = stageNamed("runtime");
    const label = textsOf(runtime, "LABEL").at(-1) ?? "";
    const labels = new Map(
      [...label.matchAll(/org\.opencontainers\.image\.([a-z.]+)="([^"]*)"/g)].map(
        ([, key = "", value = ""]) => [key, value],
      ),
    );
    const repository = packageJson.repository.url.replace(/^git\+|\.git$/g, "");
    assert.equal(labels.get("source"), repository);
    assert.equal(labels.get("licenses"), packageJson.license);
    const filledIn = ["version", "revision", "created"].map((key) => labels.get(key));
    assert.deepEqual(filledIn, ["${VERSION}", "${REVISION}", "${CREATED}"]);
    const declared = textsOf(runtime, "ARG");
    const script = readFileSync(join(root, "scripts/build-image.sh"), "utf8");
    for (const name of ["VERSION", "REVISION", "CREATED"]) {
      assert.ok(declared.includes(name), `ARG ${name} is missing`);
      assert.ok(script.includes(`--build-arg "${name}=`), `scripts/build-image.sh does not set ${name}`);
    }
  });

  it("starts the operator", () => {
    assert.deepEqual(textsOf(stageNamed("runtime"), "CMD"), ['["node", "/app/operator.js"]']);
  });
});
