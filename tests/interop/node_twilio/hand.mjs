// Does what it is told with Twilio's own client: node hand.mjs BASE ACCOUNT_SID AUTH_TOKEN
// Each line of the input is one call, as tests/interop/hands.py says; calls do not wait for each other.
import { createInterface } from "node:readline";
import twilio from "twilio";

const [base, account, token] = process.argv.slice(2);
const client = twilio(account, token);
client.api.baseUrl = base;

const camel = (name) => name.replace(/_$/, "").replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
const snake = (name) => name.replace(/[A-Z]/g, (letter) => "_" + letter.toLowerCase());
const VERBS = { delete: "remove" };

const renamed = (fields, rename) =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [rename(name), value]));

const call = async ({ do: words, where, parameters }) => {
  if (words === "request") {
    const [method, path] = where;
    const answer = await client.request({ method: method.toLowerCase(), uri: base + path, data: parameters });
    if (answer.statusCode >= 400) throw { status: answer.statusCode, code: answer.body.code };
    return answer.body;
  }
  const nouns = words.split(".");
  const verb = nouns.pop();
  const keys = [...where];
  const resource = nouns.reduce((found, noun) => {
    const next = found[camel(noun)];
    return keys.length > 0 ? next(keys.shift()) : next;
  }, client);
  const sent = renamed(parameters, camel);
  const answer = await resource[VERBS[verb] ?? verb](...(Object.keys(sent).length > 0 ? [sent] : []));
  if (Array.isArray(answer)) return answer.map((each) => renamed(each.toJSON(), snake));
  return typeof answer === "object" ? renamed(answer.toJSON(), snake) : answer;
};

for await (const line of createInterface({ input: process.stdin })) {
  const wish = JSON.parse(line);
  call(wish).then(
    (result) => console.log(JSON.stringify({ id: wish.id, result })),
    (error) => {
      if (error.status === undefined) console.error(error);
      console.log(JSON.stringify({ id: wish.id, refused: { status: error.status ?? 0, code: error.code ?? null } }));
    },
  );
}
