import { GcsStore } from "../../src/client/gcs_store.ts";
import { GcsServer } from "../support/gcs_server.ts";
import { upgradeFromBucket } from "../support/object_upgrade.ts";

Deno.test("an upgrade from Google Cloud Storage under load fails no request", async () => {
  await using server = await GcsServer.start();
  const bucket = await server.createBucket();
  const env = server.env();
  await upgradeFromBucket({
    url: `gs://${bucket}/apps/web`,
    env,
    store: new GcsStore({ bucket, env }),
  });
});
