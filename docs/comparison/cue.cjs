// Evaluates the CUE files named after the first argument, a file of JSON, and prints what CUE says.
const fs = require("fs");
const { init } = require("cue-wasm");
(async () => {
  const cue = await init();
  const source = process.argv.slice(2).map((file) => fs.readFileSync(file, "utf8")).join("\n");
  try {
    cue.parse(source);
    console.log("nothing");
  } catch (error) {
    console.log(String(error).split("\n")[0].slice(0, 200));
  }
  process.exit(0);
})();
