import type { ListenAddress } from "../../base/listen_address.ts";
import { systemErrorCode } from "../../base/errors.ts";
import { type DoctorContext, fail, type Finding, ok, warn } from "./finding.ts";

/** Looks whether the ports can be listened on, or are those of the dewy that runs here. */
export async function checkPorts(
  context: DoctorContext,
): Promise<readonly Finding[]> {
  const { settings } = context;
  switch (settings.command) {
    case "server":
      return await Promise.all(
        settings.listen.map((address) => checkAddress(address, context)),
      );
    case "container":
      return settings.ports.map(({ proxy }) =>
        checkTcp("0.0.0.0", proxy, context)
      );
    default:
      return [];
  }
}

async function checkAddress(
  address: ListenAddress,
  context: DoctorContext,
): Promise<Finding> {
  return address.kind === "tcp"
    ? checkTcp(address.host ?? "0.0.0.0", address.port, context)
    : await checkSocket(address.path, context);
}

function checkTcp(
  hostname: string,
  port: number,
  { running }: DoctorContext,
): Finding {
  const name = `port ${port}`;
  try {
    Deno.listen({ hostname, port }).close();
    return ok(name, "it is free");
  } catch (error) {
    return explain(name, error, () => taken(name, String(port), running));
  }
}

/** Somebody listens there. */
function taken(
  name: string,
  place: string,
  running: DoctorContext["running"],
): Finding {
  if (running?.listens?.has(place)) {
    return ok(name, `it is taken by what runs here (${running.shown})`);
  }
  if (running !== undefined && running.listens === undefined) {
    const who = `most likely by what runs here (${running.shown})`;
    return ok(name, `it is taken, ${who}`);
  }
  return fail(
    name,
    "another program listens there",
    "Stop it, or choose another --port; ss -ltnxp shows who it is",
  );
}

function explain(
  name: string,
  error: unknown,
  onTaken: () => Finding,
): Finding {
  const code = systemErrorCode(error);
  if (error instanceof Deno.errors.AddrInUse || code === "EADDRINUSE") {
    return onTaken();
  }
  if (error instanceof Deno.errors.PermissionDenied || code === "EACCES") {
    return fail(
      name,
      "this user may not listen there",
      "Give the right: AmbientCapabilities=CAP_NET_BIND_SERVICE, or use a socket unit",
    );
  }
  if (error instanceof Deno.errors.AddrNotAvailable) {
    return fail(name, "this host has no such address", "Check --port");
  }
  throw error;
}

async function checkSocket(
  path: string,
  { running }: DoctorContext,
): Promise<Finding> {
  const name = `socket ${path}`;
  try {
    (await Deno.connect({ transport: "unix", path })).close();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return ok(name, "it is free");
    if (error instanceof Deno.errors.ConnectionRefused) {
      return ok(name, "it is left over, and will be replaced");
    }
    if (error instanceof Deno.errors.PermissionDenied) {
      return warn(name, "this user may not open it", "Run this as dewy's user");
    }
    throw error;
  }
  return taken(name, path, running);
}
