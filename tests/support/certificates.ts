import { join } from "node:path";

/** Files of an authority and of a server certificate it made. */
export interface Certificates {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Makes an authority and a certificate for `localhost`, 127.0.0.1 and ::1, of servers and clients, with openssl in `folder`. */
export async function makeCertificates(folder: string): Promise<Certificates> {
  const path = (name: string) => join(folder, name);
  await Deno.writeTextFile(
    path("leaf.ext"),
    "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1\nextendedKeyUsage=serverAuth,clientAuth\nbasicConstraints=CA:FALSE\n",
  );
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
  await openssl(folder, [
    ...["req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=Test CA", ...key],
    ...["-addext", "keyUsage=critical,keyCertSign"],
    ...["-keyout", "ca.key", "-out", "ca.pem"],
  ]);
  await openssl(folder, [
    ...["req", "-nodes", "-subj", "/CN=localhost", ...key],
    ...["-keyout", "leaf.key", "-out", "leaf.csr"],
  ]);
  await openssl(folder, [
    ...["x509", "-req", "-in", "leaf.csr", "-days", "2", "-CAcreateserial"],
    ...["-CA", "ca.pem", "-CAkey", "ca.key"],
    ...["-extfile", "leaf.ext", "-out", "leaf.pem"],
  ]);
  return { ca: path("ca.pem"), cert: path("leaf.pem"), key: path("leaf.key") };
}

async function openssl(cwd: string, args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("openssl", {
    args: [...args],
    cwd,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (success) return;
  throw new Error(`openssl failed: ${new TextDecoder().decode(stderr)}`);
}
