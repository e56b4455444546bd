// Plain CommonJS, which every Node.js version can parse: it reports the problem instead of failing on newer syntax.
const major = Number(process.versions.node.split(".")[0]);
if (major < 24) {
  process.stderr.write(
    `kubesteer requires Node.js 24.11 or newer, found ${process.versions.node}. ` +
      "Run it through npm (npm ci installs Node.js 24 into node_modules/.bin) or make.\n",
  );
  process.exit(1);
}
