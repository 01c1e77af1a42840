// Reads rooms with Twilio's own client and prints what it saw as one JSON object.
// node read.mjs BASE ACCOUNT_SID AUTH_TOKEN CONFERENCE_SID
import twilio from "twilio";

const [base, account, token, conference] = process.argv.slice(2);
const connect = (password) => {
  const client = twilio(account, password);
  client.api.baseUrl = base;
  return client;
};
const client = connect(token);
const names = (rooms) => rooms.map((room) => room.friendlyName);
const seen = { pages: {} };

for (const pageSize of [1, 2, 50, 1000]) {
  seen.pages[pageSize] = names(await client.conferences.list({ status: "completed", pageSize }));
}
seen.live = names(await client.conferences.list());
seen.named = names(await client.conferences.list({ status: "completed", friendlyName: "room-7" }));
seen.dated = names(
  await client.conferences.list({
    status: "completed",
    dateCreatedAfter: new Date("2026-05-04T00:00:00Z"),
    dateCreatedBefore: new Date("2026-05-05T00:00:00Z"),
    limit: 3,
  }),
);
seen.room = await client.conferences(conference).fetch();
seen.participants = (await client.conferences(conference).participants.list()).map((one) => one.callSid);
seen.muted = (await client.conferences(conference).participants.list({ muted: true })).map((one) => one.label);
seen.labelled = (await client.conferences(conference).participants("alice").fetch()).callSid;
seen.recordings = await client.conferences(conference).recordings.list();

const refused = async (ask) => {
  try {
    await ask();
    return null;
  } catch (error) {
    return [error.status, error.code];
  }
};
seen.refused = {
  unknown: await refused(() => client.conferences("CF" + "9".repeat(32)).fetch()),
  name: await refused(() => client.conferences("standup").fetch()),
  password: await refused(() => connect("wrong").conferences(conference).fetch()),
  end: await refused(() => client.conferences(conference).update({ status: "init" })),
};
console.log(JSON.stringify(seen));
