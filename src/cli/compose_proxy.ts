import type { EmitEvent } from "../base/event.ts";
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
  { certificate, emit }: {
    readonly certificate: Certificate | undefined;
    readonly emit: EmitEvent;
  },
): Promise<Proxy> {
  const { certificate: _, workers, ...given } = settings.proxy;
  const ports = settings.ports.map(({ proxy: port, protocol }) => ({
    port,
    protocol,
  }));
  const half = Math.max(1, Math.floor(navigator.hardwareConcurrency / 2));
  const isLinux = Deno.build.os === "linux";
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
      // Only Linux deals connections out among those that listen.
      workers: isLinux ? workers ?? half : 1,
      ...(accessLog === undefined ? {} : { accessLog }),
      ...(certificate === undefined ? {} : { certificate }),
    },
    emit,
    onAccessLog: (lines) => log.add(lines),
  });
}
