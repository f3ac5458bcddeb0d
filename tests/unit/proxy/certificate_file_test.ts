import assert from "node:assert/strict";
import {
  type CertificateChange,
  readCertificate,
  watchCertificate,
} from "../../../src/proxy/http/certificate_file.ts";
import type { Certificate } from "../../../src/proxy/http/front.ts";
import { ConfigError, FilesystemError } from "../../../src/base/errors.ts";
import { eventually } from "../../support/eventually.ts";
import { TempDir } from "../../support/temp_dir.ts";
import { issue } from "../../support/tls_bench.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

const [FIRST, SECOND] = [await issue(), await issue()];

/** The two files of a certificate. */
class Files implements AsyncDisposable {
  readonly cert: string;
  readonly key: string;

  constructor(readonly folder: TempDir) {
    this.cert = folder.join("cert.pem");
    this.key = folder.join("key.pem");
  }

  static async create({ cert, key }: Certificate): Promise<Files> {
    const files = new Files(await TempDir.create());
    await Deno.writeTextFile(files.cert, cert);
    await Deno.writeTextFile(files.key, key);
    return files;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.folder[Symbol.asyncDispose]();
  }
}

/** The changes that are told while a test changes the files. */
class Watch implements AsyncDisposable {
  readonly changes: CertificateChange[] = [];
  #clock = new VirtualClock();
  #stopped = new AbortController();
  #reading: Promise<void>;

  constructor(files: Files, current: Certificate = FIRST) {
    const { signal } = this.#stopped;
    const watching = watchCertificate(files, {
      current,
      clock: this.#clock,
      signal,
    });
    this.#reading = this.#read(watching);
  }

  /** Lets time pass until there are `count` changes; what each was. */
  async until(count: number): Promise<readonly string[]> {
    await eventually(async () => {
      await this.#clock.run(3_000);
      return this.changes.length >= count;
    }, { message: `${count} changes are told` });
    return this.changes.map((change) =>
      change.kind === "renewed" ? change.kind : String(change.error)
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort();
    await this.#reading;
  }

  async #read(watching: AsyncIterable<CertificateChange>): Promise<void> {
    for await (const change of watching) this.changes.push(change);
  }
}

Deno.test("a certificate is read", async () => {
  await using files = await Files.create(FIRST);
  const { cert, key } = FIRST;
  assert.deepEqual(await readCertificate(files), { cert, key });
});

const { cert, key } = FIRST;
const DER = "\u0030\u0082";
const CUT_CERT = cert.slice(0, 200) + "\n-----END CERTIFICATE-----\n";
const CUT_KEY = key.slice(0, 100) + "\n-----END PRIVATE KEY-----\n";
const LOCKED = key.replaceAll("PRIVATE", "ENCRYPTED PRIVATE");
const WRONG: readonly (readonly [string, Certificate, RegExp, RegExp])[] = [
  ["DER", { cert: DER, key }, /cert\.pem" holds no certificate/, /DER/],
  ["swapped", { cert: key, key: cert }, /cert\.pem" holds no/, /exchange/],
  ["twice the cert", { cert, key: cert }, /key\.pem" holds no/, /exchange/],
  ["no key", { cert, key: "" }, /key\.pem" holds no private key/, /BEGIN/],
  ["a cut cert", { cert: CUT_CERT, key }, /cert\.pem" cannot be/, /cut off/],
  ["a cut key", { cert, key: CUT_KEY }, /key\.pem" cannot be/, /cut off/],
  ["a locked key", { cert, key: LOCKED }, /has a passphrase/, /openssl pkey/],
  ["another key", { cert, key: SECOND.key }, /key\.pem" does not fit/, /chain/],
];
for (const [what, certificate, message, hint] of WRONG) {
  Deno.test(`a certificate is refused with its reason: ${what}`, async () => {
    await using files = await Files.create(certificate);
    await assert.rejects(readCertificate(files), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, message);
      assert.match(error.hint ?? "", hint);
      const shown = Deno.inspect(error);
      for (const secret of [FIRST.key, SECOND.key]) {
        const [, line = ""] = secret.split("\n");
        assert.ok(!shown.includes(line), "the key is shown");
      }
      return true;
    });
  });
}

/** Makes a pair that fits, of a kind of key that the platform's TLS does not know. */
async function unknownKind(folder: TempDir): Promise<Certificate> {
  const files = { cert: folder.join("odd.pem"), key: folder.join("odd.key") };
  const { success } = await new Deno.Command("openssl", {
    args: [
      ...["req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=localhost"],
      ...["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp256k1"],
      ...["-keyout", files.key, "-out", files.cert],
    ],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).output();
  assert.ok(success);
  return {
    cert: await Deno.readTextFile(files.cert),
    key: await Deno.readTextFile(files.key),
  };
}

Deno.test("a pair that fits but that nobody can use here is refused, and told once", async () => {
  await using files = await Files.create(FIRST);
  await using watch = new Watch(files);
  const odd = await unknownKind(files.folder);
  await Deno.writeTextFile(files.cert, odd.cert);
  await Deno.writeTextFile(files.key, odd.key);
  const [problem = ""] = await watch.until(1);
  assert.match(problem, /key\.pem" cannot be used for TLS/);
  await assert.rejects(readCertificate(files), (error) => {
    assert.ok(error instanceof ConfigError);
    assert.match(error.hint ?? "", /P-256/);
    return true;
  });
  await Deno.writeTextFile(files.cert, SECOND.cert);
  await Deno.writeTextFile(files.key, SECOND.key);
  const told = await watch.until(2);
  assert.equal(told[1], "renewed");
});

Deno.test("a missing file and an unreadable one are named", async () => {
  await using files = await Files.create(FIRST);
  await Deno.remove(files.key);
  await assert.rejects(readCertificate(files), (error) => {
    assert.ok(error instanceof ConfigError);
    assert.match(error.message, /The key ".*key\.pem" does not exist/);
    assert.match(error.hint ?? "", /--tls-key/);
    return true;
  });
  await Deno.mkdir(files.key);
  await assert.rejects(readCertificate(files), (error) => {
    assert.ok(error instanceof FilesystemError);
    assert.match(error.message, /Cannot read the key ".*key\.pem"/);
    return true;
  });
});

Deno.test("new files are told once, and the same again not at all", async () => {
  await using files = await Files.create(FIRST);
  await using watch = new Watch(files);
  await Deno.writeTextFile(files.cert, SECOND.cert);
  await Deno.writeTextFile(files.key, SECOND.key);
  await watch.until(1);
  const [change] = watch.changes;
  assert.ok(change?.kind === "renewed");
  assert.equal(change.certificate.cert, SECOND.cert);
  assert.equal(change.certificate.key, SECOND.key);
  // Written once more, and then another: only that one is told.
  await Deno.writeTextFile(files.key, SECOND.key);
  await Deno.writeTextFile(files.cert, FIRST.cert);
  await Deno.writeTextFile(files.key, FIRST.key);
  assert.deepEqual(await watch.until(2), ["renewed", "renewed"]);
});

Deno.test("a change of links is seen, as certbot and Kubernetes make it", async () => {
  await using folder = await TempDir.create();
  for (const [name, { cert, key }] of [["1", FIRST], ["2", SECOND]] as const) {
    await Deno.mkdir(folder.join(name));
    await Deno.writeTextFile(folder.join(name, "cert.pem"), cert);
    await Deno.writeTextFile(folder.join(name, "key.pem"), key);
  }
  const files = new Files(folder);
  await Deno.symlink("1", folder.join("..data"));
  await Deno.symlink("..data/cert.pem", files.cert);
  await Deno.symlink("..data/key.pem", files.key);
  await using watch = new Watch(files);
  await Deno.symlink("2", folder.join("..data_tmp"));
  await Deno.rename(folder.join("..data_tmp"), folder.join("..data"));
  assert.deepEqual(await watch.until(1), ["renewed"]);
});

Deno.test("what does not fit is told once, and the pair after it used", async () => {
  await using files = await Files.create(FIRST);
  await using watch = new Watch(files);
  await Deno.writeTextFile(files.cert, SECOND.cert);
  const [problem = ""] = await watch.until(1);
  assert.match(problem, /does not fit/);
  await Deno.remove(files.key);
  const [, missing = ""] = await watch.until(2);
  assert.match(missing, /does not exist/);
  await Deno.writeTextFile(files.key, SECOND.key);
  const told = await watch.until(3);
  assert.equal(told.length, 3);
  assert.equal(told[2], "renewed");
});
