import type { EmitEvent } from "../base/event.ts";
import { type Clock, systemClock } from "../base/time.ts";
import type { CertificatePaths } from "../proxy/http/certificate_check.ts";
import { watchCertificate } from "../proxy/http/certificate_file.ts";
import type { Certificate } from "../proxy/http/front.ts";
import type { Proxy } from "../proxy/proxy.ts";
import { asError } from "../supervisor/try_or_tell.ts";

/**
 * Has `proxy` use the certificate that is in the files, until it is disposed
 * of. One that cannot be used is told, and the one before stays.
 */
export function keepCertificate(
  paths: CertificatePaths,
  current: Certificate,
  { proxy, emit, clock = systemClock }: {
    readonly proxy: Pick<Proxy, "renew">;
    readonly emit: EmitEvent;
    readonly clock?: Clock;
  },
): AsyncDisposable {
  const over = new AbortController();
  const { signal } = over;
  const path = paths.cert;
  const refuse = (error: unknown) =>
    emit({ type: "certificate-unusable", path, error: asError(error) });
  const renew = async (certificate: Certificate) => {
    try {
      await proxy.renew(certificate);
      emit({ type: "certificate-renewed", path });
    } catch (error) {
      // The isolates have the last word on it.
      refuse(error);
    }
  };
  const watch = async () => {
    const options = { current, clock, signal };
    for await (const change of watchCertificate(paths, options)) {
      if (change.kind === "renewed") await renew(change.certificate);
      else refuse(change.error);
    }
  };
  const watching = watch();
  return {
    async [Symbol.asyncDispose]() {
      over.abort();
      await watching;
    },
  };
}
