import assert from "node:assert/strict";
import { readRunWords } from "../../../src/container/run_option_words.ts";
import { refusal } from "./read_run.ts";

/** Words, and the options with values that they are. */
const READ: readonly (readonly [string[], string])[] = [
  [[], ""],
  [["--"], ""],
  [["--env", "A=1"], "--env A=1"],
  [["--env=A=1"], "--env A=1"],
  [["--env=--publish"], "--env --publish"],
  [["--env", "--publish"], "--env --publish"],
  [["--env", "--"], "--env --"],
  [["--env", ""], "--env "],
  [["--env="], "--env "],
  [["-e-p"], "-e -p"],
  [["-e", "-p=80:80"], "-e -p=80:80"],
  [["-e=-d"], "-e -d"],
  [["-e="], "-e ="],
  [["-e=="], "-e ="],
  [["-e--privileged"], "-e --privileged"],
  [["--label", "--rm", "--"], "--label --rm"],
  [["-itd"], "-i true, -t true, -d true"],
  [["-iteA=1"], "-i true, -t true, -e A=1"],
  [["-it", "-e", "A"], "-i true, -t true, -e A"],
  [["-ie", "A"], "-i true, -e A"],
  [["-i=false"], "-i false"],
  [["-di=false"], "-d true, -i false"],
  [["--init"], "--init true"],
  [["--init=false"], "--init false"],
  [["--net", "a", "--dns-opt=b"], "--net a, --dns-opt b"],
  [["-m512m"], "-m 512m"],
];

for (const [words, expected] of READ) {
  Deno.test(`readRunWords() reads ${JSON.stringify(words)}`, () => {
    const given = readRunWords(words).map(({ spelling, value }) =>
      `${spelling} ${value}`
    );
    assert.equal(given.join(", "), expected);
  });
}

const REFUSED: readonly (readonly [string[], RegExp, RegExp])[] = [
  [["nginx"], /"nginx" is no option$/, /--registry.*--cmd/],
  [["--init", "true"], /"true" is no option$/, /--cmd/],
  [["--", "--init"], /"--init" is no option$/, /--cmd/],
  [["-"], /"-" is no option$/, /--cmd/],
  [[""], /"" is no option$/, /--cmd/],
  [["--ennv", "A"], /option "--ennv" is unknown$/, /"--env"/],
  [["--ennv=secret"], /option "--ennv" is unknown$/, /"--env"/],
  [["--memry=1g"], /option "--memry" is unknown$/, /"--memory"/],
  [["--replicas", "3"], /option "--replicas" is unknown$/, /before it/],
  [["--__proto__"], /option "--__proto__" is unknown$/, /before it/],
  [["--=x"], /option "--" is unknown$/, /before it/],
  [["---env"], /option "---env" is unknown$/, /"--env"/],
  [["-Z"], /option "-Z" is unknown$/, /before it/],
  [["-i="], /option "-=" is unknown$/, /before it/],
  [["-💥"], /option "-💥" is unknown$/, /before it/],
  [["--env"], /option "--env" needs a value$/, /"--env NAME\[=VALUE\]"/],
  [["-ie"], /option "-e" needs a value$/, /"-e NAME/],
];

for (const [words, message, hint] of REFUSED) {
  Deno.test(`readRunWords() refuses ${JSON.stringify(words)}`, () => {
    const error = refusal(words);
    assert.match(error.message, /^Cannot read what follows "--": /);
    assert.match(error.message, message);
    assert.match(error.hint ?? "", hint);
  });
}

Deno.test("readRunWords() does not repeat what may be the end of a secret", () => {
  const error = refusal(["-e", "PASSWORD=hunter2", "and-more"]);
  assert.match(error.message, /the word after option "-e" and its value/);
  assert.doesNotMatch(`${error.message} ${error.hint}`, /hunter2|and-more/);
});

Deno.test("readRunWords() reads 10,000 options within a second", () => {
  const words = Array.from({ length: 10_000 }, (_, i) => ["-e", `A${i}=${i}`]);
  const startedAt = performance.now();
  const given = readRunWords(words.flat());
  assert.equal(given.length, 10_000);
  assert.equal(given.at(-1)?.value, "A9999=9999");
  assert.ok(performance.now() - startedAt < 1000);
});
