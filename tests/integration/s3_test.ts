import { S3Store } from "../../src/client/s3_store.ts";
import { upgradeFromBucket } from "../support/object_upgrade.ts";
import { S3Server } from "../support/s3_server.ts";

Deno.test("an upgrade from S3 under load fails no request", async () => {
  await using server = await S3Server.start();
  const bucket = await server.createBucket();
  const { region, endpoint } = server;
  const env = server.env();
  await upgradeFromBucket({
    url: `s3://${region}/${bucket}/apps/web`,
    env,
    store: new S3Store({ region, endpoint, bucket, env }),
  });
});
