import type { EmitEvent } from "../base/event.ts";
import type { BackendTable } from "../proxy/backend.ts";
import type { Certificate } from "../proxy/http/front.ts";
import { LineWriter } from "../proxy/line_writer.ts";
import { Proxy } from "../proxy/proxy.ts";
import type { ContainerSettings } from "./settings.ts";

/** Backends are published on the loopback address only. */
const BACKEND_HOSTS = ["127.0.0.1"];

/**
 * Opens the ports of container mode.
 *
 * @throws {SourceError} When one cannot be listened on.
 */
export async function openProxy(
  settings: ContainerSettings,
  { certificate, table, emit }: {
    readonly certificate: Certificate | undefined;
    /** Backends that there are already. */
    readonly table: BackendTable;
    readonly emit: EmitEvent;
  },
): Promise<Proxy> {
  const { certificate: _, workers, ...given } = settings.proxy;
  const ports = settings.ports.map(({ proxy: port, protocol }) => ({
    port,
    protocol,
  }));
  const log = new LineWriter({
    write: async (bytes) => {
      for (let rest = bytes; rest.length > 0;) {
        rest = rest.subarray(await Deno.stdout.write(rest));
      }
    },
    onDropped: (count) =>
      emit({
        type: "proxy-trouble",
        port: ports[0]?.port ?? 0,
        trouble: "access-log-dropped",
        count,
      }),
  });
  const { accessLog, ...rest } = given;
  return await Proxy.start({
    settings: {
      ...rest,
      ports,
      backendHosts: BACKEND_HOSTS,
      workers: isolateCount(workers, {
        os: Deno.build.os,
        cores: navigator.hardwareConcurrency,
      }),
      ...(accessLog === undefined ? {} : { accessLog }),
      ...(certificate === undefined ? {} : { certificate }),
    },
    table,
    emit,
    onAccessLog: (lines) => log.add(lines),
  });
}

/** Returns how many isolates share the ports: one for two cores unless a number is given. */
export function isolateCount(
  given: number | undefined,
  { os, cores }: {
    readonly os: typeof Deno.build.os;
    readonly cores: number;
  },
): number {
  // Only Linux deals connections out among those that listen.
  if (os !== "linux") return 1;
  return given ?? Math.max(1, Math.floor(cores / 2));
}
