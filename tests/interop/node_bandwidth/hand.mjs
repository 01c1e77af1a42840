// Does what it is told with Bandwidth's own client: node hand.mjs BASE CLIENT_ID CLIENT_SECRET ACCOUNT
// Each line of the input is one call, as tests/interop/hands.py says: an operation id of the Voice API, the ids in its
// path, and its body. Calls do not wait for each other.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { CallsApi, ConferencesApi, Configuration, RecordingsApi, TranscriptionsApi } from "bandwidth-sdk";

const [base, clientId, clientSecret, account] = process.argv.slice(2);
const configuration = new Configuration({ clientId, clientSecret, basePath: `${base}/api/v2` });
const apis = [CallsApi, ConferencesApi, RecordingsApi, TranscriptionsApi].map((Api) => new Api(configuration));

// The client asks for its tokens at one fixed host, whatever its base path is. Its request goes to ours instead.
const axios = createRequire(import.meta.resolve("bandwidth-sdk"))("axios");
axios.interceptors.request.use((request) => {
  request.url = request.url.replace("https://api.bandwidth.com", base);
  return request;
});

const call = async ({ do: operation, where, parameters }) => {
  const api = apis.find((each) => operation in each);
  const body = "body" in parameters ? [parameters.body] : [];
  const isSound = operation.startsWith("download");
  const options = isSound ? [{ responseType: "arraybuffer" }] : [];
  const { data } = await api[operation](account, ...where, ...body, ...options);
  return isSound ? Buffer.from(data).toString("base64") : data;
};

for await (const line of createInterface({ input: process.stdin })) {
  const wish = JSON.parse(line);
  call(wish).then(
    (result) => console.log(JSON.stringify({ id: wish.id, result })),
    (error) => {
      if (error.response === undefined) console.error(error);
      const { status, data } = error.response ?? { status: 0, data: {} };
      console.log(JSON.stringify({ id: wish.id, refused: { status, code: data.type ?? null } }));
    },
  );
}
